"""Cuts a text into parts of a limited number of tokens.

A part must not end inside a character, which may be several tokens, and by itself it should have the same tokens as within
the text. That does not hold at every cut: a piece may be cut differently without the text after it (``'l`` of ``'ll`` in
``gpt2``), and a token that is taken whole need not come from merges. So each part is encoded again and shortened if
necessary, which in practice it rarely is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from .offsets import Sizes
from .streaming import encode_iterable
from .text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from .backend import Codec

__all__ = ["chunk", "truncate_text"]

# How much of a text is encoded at a time, in characters, when only its beginning is wanted.
SLICE = 1 << 14


def truncate_text(codec: Codec, text: str, max_tokens: int, allowed: Sequence[str]) -> str:
    """See ``Tokenizer.truncate_text``. The text is normalized already."""
    check_number("max_tokens", max_tokens, least=0)
    slices = (text[start : start + SLICE] for start in range(0, len(text), SLICE))
    # One more than wanted shows whether this is all of it.
    ids = list(islice(encode_iterable(codec, slices, allowed), max_tokens + 1))
    if len(ids) <= max_tokens:
        return utf8(text).decode()
    data = codec.decode_bytes(ids)
    ends = token_ends(codec, np.array(ids), len(data)).tolist()
    for count in range(max_tokens, 0, -1):
        if is_boundary(data, ends[count]):
            start = data[: ends[count]].decode()
            if codec.encode(start, allowed) == ids[:count]:
                return start
    return ""


def chunk(codec: Codec, text: str, max_tokens: int, overlap: int, allowed: Sequence[str]) -> list[str]:
    """See ``Tokenizer.chunk``. The text is normalized already."""
    check_number("max_tokens", max_tokens, least=1)
    check_number("overlap", overlap, least=0)
    if overlap >= max_tokens:
        raise ValueError(f"overlap {overlap} is not less than max_tokens {max_tokens}: no part would go on")
    return list(Chunks(codec, text, max_tokens, overlap, allowed).parts())


class Chunks:
    """The state of cutting one text into parts. A cut is given by the number of tokens before it."""

    def __init__(self, codec: Codec, text: str, max_tokens: int, overlap: int, allowed: Sequence[str]) -> None:
        self.codec, self.max_tokens, self.overlap, self.allowed = codec, max_tokens, overlap, allowed
        ids = codec.encode_to_numpy(text, allowed)
        # The text, but for the spaces that were put before its segments.
        self.data = codec.decode_bytes(ids)
        ends = token_ends(codec, ids, len(self.data))
        self.ends = memoryview(ends)  # type: ignore[arg-type]
        # The cuts between two characters, ascending; the first is 0, the last the end of the text.
        padded = np.frombuffer(self.data + b" ", np.uint8)
        self.places = memoryview(np.flatnonzero(padded[ends] & 0xC0 != 0x80))  # type: ignore[arg-type]

    def parts(self) -> Iterator[str]:
        end = 0
        while end < self.places[-1]:
            start, end = self.following(end)
            yield self.text(start, end)

    def following(self, before: int) -> tuple[int, int]:
        """Returns the part after the one that ends at ``before``. It must reach further, and overlaps as far as that allows."""
        first = bisect_left(self.places, max(0, before - self.overlap))
        for start in self.places[first : bisect_right(self.places, before)]:
            for end in reversed(
                self.places[bisect_right(self.places, before) : bisect_right(self.places, start + self.max_tokens)]
            ):
                if self.codec.count(self.text(start, end), self.allowed) <= self.max_tokens:
                    return start, end
        here = self.ends[before]
        char = self.data[here:].decode()[:1]
        raise ValueError(f"max_tokens {self.max_tokens} is too small for {char!r} at byte {here} of the text")

    def text(self, start: int, end: int) -> str:
        return self.data[self.ends[start] : self.ends[end]].decode()


def token_ends(codec: Codec, ids: npt.NDArray[np.integer], length: int) -> npt.NDArray[np.int64]:
    """Where in the bytes each token ends, after a 0 for the beginning; a space put before the text is not one of its bytes."""
    ends: npt.NDArray[np.int64] = np.concatenate([np.zeros(1, np.int64), Sizes(codec, ids).byte_ends()])
    ends -= ends[-1] - length
    return ends.clip(0)


def is_boundary(data: bytes, place: int) -> bool:
    """Returns whether a character of the UTF-8 text, or the text itself, ends before the byte.

    >>> [is_boundary("é!".encode(), place) for place in range(4)]
    [True, False, True, True]
    """
    return place == len(data) or data[place] & 0xC0 != 0x80


def check_number(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
