"""Converts text, ``str`` or ``bytes``, to UTF-8; says what a surrogate becomes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

__all__ = ["Text", "join_surrogates", "utf8"]

Text = str | bytes


def utf8(text: str | bytes) -> bytes:
    """Returns the text as bytes; in a ``str``, a surrogate pair is its code point, a lone surrogate U+FFFD (SPEC E4).

    >>> utf8("a\\ud83d\\ude00\\ud83d").decode()
    'a😀�'
    """
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise TypeError(f"text must be str or bytes, not {type(text).__name__}{hint(text)}")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def hint(value: object) -> str:
    """Returns what to do with a value that is not a text, for the end of a message."""
    if isinstance(value, (list, tuple)):
        return "; methods whose names end in _batch take several texts, such as encode_batch"
    if isinstance(value, os.PathLike):
        return "; read the file first, for instance with Path.read_text()"
    return ""


def join_surrogates(chunks: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """Yields the chunks without cutting a surrogate pair: a high surrogate at an end waits for the next chunk.

    >>> list(join_surrogates(["a\\ud83d", "\\ude00b"]))
    ['a', '\\ud83d\\ude00b']
    """
    held = ""
    for chunk in chunks:
        if not isinstance(chunk, str):
            if held:
                yield held
                held = ""
            yield chunk
            continue
        whole = held + chunk
        held = whole[-1:] if "\ud800" <= whole[-1:] <= "\udbff" else ""
        yield whole[: len(whole) - len(held)]
    if held:
        yield held
