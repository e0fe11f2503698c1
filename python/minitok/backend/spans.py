"""A text in spans, some of them trusted -> the special tokens in it, and the text between them.

A program that writes a conversation trusts what it writes itself, and not what a user wrote. So a special token is found only
where all its characters are trusted (SPEC E8). Everything else is text, as if no special token were there; and spans are no
borders: text is cut into pieces across them, unless they are to be kept *apart*.

By hand, with ``<s>``: the spans ``<s>`` (trusted), ``a<`` (not), ``s>`` (trusted) are the special token, and the text ``a<s>``.

Text may be changed before it is encoded: put into a normal form, or with spaces for its markers (``normalizing``). A *fragment*
is what becomes of a span, or of a part of it. Where a change reaches across two spans (an accent joins the letter before it),
the characters that it may concern are a separate fragment, which is trusted only if both spans are.

Costs: O(n) for n bytes in any number of spans, and the encoding.

Implements SPEC E8, for both backends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..reference.metaspace import spaced
from ..text import utf8
from .normalizing import NormalizingCodec, as_flagged

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

__all__ = ["Fragment", "Part", "SpanCutter"]

ASCII = re.compile(rb"[\x00-\x7f]")
SPACE = 0x20
# How many bytes beside a border are looked at: more than all marks that a character has in any language.
REACH = 256


class Fragment(NamedTuple):
    """Text that comes from one span: its number, and whether it is trusted."""

    data: bytes
    trusted: bool
    span: int


class Part(NamedTuple):
    """A special token, or text between two of them (``token_id`` is None), and the fragments that it consists of."""

    fragments: list[Fragment]
    token_id: int | None

    @property
    def data(self) -> bytes:
        return joined(self.fragments)


class SpanCutter:
    """Finds special tokens in spans: ``names`` in trusted ones, and those of ``everywhere`` in all.

    >>> import minitok
    >>> cutter = minitok.Tokenizer([], special_tokens={"<s>": 256}).definition.span_cutter
    >>> [(part.data, part.token_id) for part in cutter.parts([("<s>", True), ("a<s", False), (">", True)])]
    [(b'<s>', 256), (b'a<s>', None)]
    """

    def __init__(
        self, codec: NormalizingCodec, special_tokens: Callable[[dict[str, int]], Any], everywhere: Collection[str]
    ) -> None:
        special = codec.special
        self.codec = codec
        self.flags = {special.ids[name]: flags for name, flags in special.flags.items()}

        def finders(*, late: bool) -> tuple[Any, Any]:
            text_of = codec.late_text if late else str
            names = {name: text_of(name) for name in special.ids if (name in special.late) is late}
            ids = {text: special.ids[name] for name, text in names.items()}
            of_all = {text: special.ids[name] for name, text in names.items() if name in everywhere}
            return special_tokens(ids), special_tokens(of_all)

        self.early = finders(late=False)
        self.late = finders(late=True) if special.late else None

    def parts(self, spans: Iterable[tuple[str | bytes, bool]], *, apart: bool = False) -> list[Part]:
        """The special tokens and the text between them, as it is encoded: each text by itself.

        ``apart``: text of two spans is never in one part.
        """
        fragments = [Fragment(utf8(text), bool(trusted), number) for number, (text, trusted) in enumerate(spans)]
        found: list[Part] = []
        starts = True  # whether the next segment starts the text
        for part in self.cut(fragments, self.early, apart=apart):
            if part.token_id is not None:
                found.append(part)
            elif apart:
                for number, fragment in enumerate(part.fragments):
                    found += self.of_segment([fragment], starts=starts, goes_on=number > 0)
            else:
                found += self.of_segment(part.fragments, starts=starts)
            starts = False
        return found

    def cut(
        self, fragments: list[Fragment], finders: tuple[Any, Any], *, apart: bool = False, marked: bool = False
    ) -> Iterator[Part]:
        """The special tokens that are found in the text of fragments, and what is between them.

        ``marked``: the spaces are markers. One before trusted text counts as a part of it, whoever wrote it, where Hugging
        Face's ``Prepend`` makes it the beginning of late special tokens (``NormalizingCodec.late_text``).
        """
        data = joined(fragments)
        stretches = trusted_stretches(fragments, apart=apart)
        if marked and self.codec.prefix == "segment":
            ends = [0, *(end for _, end in stretches)]
            stretches = [
                (start - (start > before and data[start - 1] == SPACE), end)
                for (start, end), before in zip(stretches, ends, strict=False)
            ]
        finder, everywhere = finders
        parts = finder.split_trusted(data, stretches, everywhere)
        return shared_out(fragments, as_flagged(data, list(parts), self.flags, marked=marked))

    def of_segment(self, fragments: list[Fragment], *, starts: bool, goes_on: bool = False) -> list[Part]:
        """A segment as it is cut into pieces, and the late special tokens in it.

        ``goes_on``: it goes on from the text before it, so that no space is put before it.
        """
        fragments = changed(self.codec.normalize, fragments)
        if not self.codec.spaces_first():
            parts = [Part(fragments, None)] if self.late is None else list(self.cut(fragments, self.late))
            found = []
            for part in parts:
                is_text = part.token_id is None
                own = self.with_space(part.fragments, starts=starts, goes_on=goes_on) if is_text else part.fragments
                found.append(Part(own, part.token_id))
                starts = goes_on = False
            return found
        fragments = self.with_space(fragments, starts=starts, goes_on=goes_on)
        if self.late is None:
            return [Part(fragments, None)]
        return list(self.cut(fragments, self.late, marked=True))

    def with_space(self, fragments: list[Fragment], *, starts: bool, goes_on: bool) -> list[Fragment]:
        """The fragments of a text with its markers as spaces, and with the space before it."""
        rule = self.codec.spaces.rule
        if rule is None:
            return fragments
        fragments = fragments if self.codec.spaces.kept else changed(spaced, fragments)
        if goes_on or not rule.puts_space(joined(fragments), starts):
            return fragments
        return [Fragment(b" ", trusted=False, span=fragments[0].span), *fragments]


def trusted_stretches(fragments: list[Fragment], *, apart: bool) -> list[tuple[int, int]]:
    """Start and end of each stretch of trusted text; neighbours are one stretch unless they are kept apart."""
    found: list[tuple[int, int]] = []
    at = 0
    for fragment in fragments:
        start, at = at, at + len(fragment.data)
        if not fragment.trusted or start == at:
            continue
        if found and found[-1][1] == start and not apart:
            start = found.pop()[0]
        found.append((start, at))
    return found


def shared_out(fragments: list[Fragment], places: Iterable[tuple[int, int, int | None]]) -> Iterator[Part]:
    """The parts at these places of a text, which are in order, each with its share of the fragments of the text."""
    number = at = 0  # the fragment that a part may begin in, and where it starts
    for start, end, token_id in places:
        own = []
        while True:
            fragment = fragments[number]
            stop = at + len(fragment.data)
            data = fragment.data[max(start - at, 0) : end - at]
            if data:
                own.append(fragment._replace(data=data))
            if stop >= end:
                break
            number, at = number + 1, stop
        yield Part(own, token_id)


def changed(change: Callable[[bytes], bytes], fragments: list[Fragment]) -> list[Fragment]:
    """The fragments of a text that is changed as a whole.

    By hand, in NFC: ``xe`` and ``◌́y`` are the text ``xéy``: the fragments ``x``, ``é`` (of both) and ``y``.
    """
    data = joined(fragments)
    whole = change(data)
    if whole == data:
        return fragments
    found: list[Fragment] = []
    for fragment in fragments:
        if found and not stands_alone(change, found[-1].data, fragment.data):
            left, touched = before_last_ascii(found[-1].data)
            touching, right = before_first_ascii(fragment.data)
            last = found.pop()
            both = last.trusted and fragment.trusted
            found += [last._replace(data=left), Fragment(touched + touching, trusted=both, span=last.span)]
            found.append(fragment._replace(data=right))
            found = [fragment for fragment in found if fragment.data]
        else:
            found.append(fragment)
    found = [fragment._replace(data=change(fragment.data)) for fragment in found]
    if joined(found) == whole:
        return found
    # It is not known which part of the whole comes from where, so that all of it is trusted, or nothing.
    return [Fragment(whole, trusted=all(fragment.trusted for fragment in fragments), span=fragments[0].span)]


def stands_alone(change: Callable[[bytes], bytes], before: bytes, behind: bytes) -> bool:
    """Whether the texts on both sides of a border are changed as if each were alone, as far as a look at both shows."""
    if not behind or behind[0] < 0x80:
        return True  # nothing joins an ASCII character to what is before it
    left, right = before_last_ascii(before)[1], before_first_ascii(behind)[0]
    return change(left + right) == change(left) + change(right)


def before_last_ascii(data: bytes) -> tuple[bytes, bytes]:
    """The text before its last ASCII character, if that is in reach, and the rest."""
    least = max(len(data) - REACH, 0)
    at = len(data)
    while at > least:
        at -= 1
        if data[at] < 0x80:
            return data[:at], data[at:]
    while at < len(data) and continues(data[at]):
        at += 1
    return data[:at], data[at:]


def before_first_ascii(data: bytes) -> tuple[bytes, bytes]:
    """The text before its first ASCII character, if that is in reach, and the rest."""
    if found := ASCII.search(data, 0, REACH):
        return data[: found.start()], data[found.start() :]
    at = min(len(data), REACH)
    while 0 < at < len(data) and continues(data[at]):
        at -= 1
    return data[:at], data[at:]


def continues(byte: int) -> bool:
    """Whether a byte continues a character."""
    return 0x80 <= byte < 0xC0


def joined(fragments: Sequence[Fragment]) -> bytes:
    return fragments[0].data if len(fragments) == 1 else b"".join(fragment.data for fragment in fragments)
