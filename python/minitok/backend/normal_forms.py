"""The normal forms of Unicode, in time that grows with the text.

``unicodedata`` puts combining marks in order by insertion: a run of n marks, made to be in the wrong order, takes n^2 steps. So
long runs are put in order before. That changes no result, since a normal form orders them anyway. And a long text is normalized
in blocks, so that signals are seen between them: no normal form looks across the place before an ASCII character or one of the
ideographs that UTF-8 begins with E5 to E8.

By hand: ``e`` with a hundred times ``◌́◌̣`` (classes 230 and 220) has the marks ``◌̣`` first, a hundred of them, and then ``◌́``.

Costs: O(n), and O(m log m) for a run of m marks.

Implements SPEC N1, for both backends.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ..text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORMS", "normal", "normal_by_look"]

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
# From how many on, marks in a row are put in order before.
LONG_RUN = 256
# How many bytes are normalized at once.
BLOCK = 1 << 20
SAFE_CUT = re.compile(rb"[\x00-\x7f\xe5-\xe8]")


def normal(text: str | bytes, form: str | None) -> bytes:
    r"""Returns the text in the normal form, or unchanged, as UTF-8; bytes that are not UTF-8 do not change.

    >>> normal("e\u0301", "NFC").decode()
    'é'
    """
    data = utf8(text)
    if form is None or data.isascii():
        return data
    if len(data) <= BLOCK:
        return normal_block(data, form)
    return b"".join(normal_block(block, form) for block in blocks(data))


def normal_by_look(text: str | bytes, form: str) -> str | bytes | None:
    r"""Returns the text in the normal form, where a look finds the few places that may not be in it; else None.

    >>> normal_by_look("漢字", "NFC"), normal_by_look("字" * 300 + "cafe\u0301", "NFC")[-5:].decode()
    ('漢字', 'café')
    """
    from .._rust import odd_places, splice

    places = odd_places(text) if form == "NFC" else None
    if not places or not isinstance(text, str):
        return text if places is not None else None
    found = [(start, end, order_marks(text[start:end], form)) for start, end in places]
    normal_places = [(start, end, unicodedata.normalize("NFC", place)) for start, end, place in found]
    changed = [(start, end, place) for start, end, place in normal_places if place != text[start:end]]
    return splice(text, changed) if changed else text


def blocks(data: bytes) -> Iterator[bytes]:
    """The text in blocks that are normalized as in the whole: cut at the first safe place from ``BLOCK`` bytes on."""
    start = 0
    while found := SAFE_CUT.search(data, start + BLOCK):
        yield data[start : found.start()]
        start = found.start()
    yield data[start:]


def normal_block(data: bytes, form: str) -> bytes:
    """Returns a text in the normal form."""
    chars = data.decode("utf-8", "surrogateescape")
    ordered = order_marks(chars, form)
    if ordered == chars and unicodedata.is_normalized(form, chars):  # type: ignore[arg-type]
        return data
    return unicodedata.normalize(form, ordered).encode("utf-8", "surrogateescape")  # type: ignore[arg-type]


def order_marks(chars: str, form: str) -> str:
    """Puts long runs of combining marks in order. A run of ``LONG_RUN`` covers one of the places that are looked at."""
    full = "NFKD" if "K" in form else "NFD"
    done = 0
    parts: list[str] = []
    for at in range(0, len(chars), LONG_RUN):
        if at < done or not is_mark(chars[at], full):
            continue
        start, stop = at, at + 1
        while start > done and is_mark(chars[start - 1], full):
            start -= 1
        while stop < len(chars) and is_mark(chars[stop], full):
            stop += 1
        if stop - start >= LONG_RUN:
            marks = "".join(unicodedata.normalize(full, mark) for mark in chars[start:stop])  # type: ignore[arg-type]
            parts += [chars[done:start], *sorted(marks, key=unicodedata.combining)]
            done = stop
    return "".join([*parts, chars[done:]]) if parts else chars


def is_mark(char: str, form: str) -> bool:
    """Whether a character begins as a combining mark, once it is decomposed."""
    return unicodedata.combining(unicodedata.normalize(form, char)[0]) > 0  # type: ignore[arg-type]
