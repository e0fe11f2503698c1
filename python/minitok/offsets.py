"""The offsets of tokens in their text, in bytes and in characters."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["byte_spans", "char_spans"]


def byte_spans(tokens: Sequence[bytes]) -> list[tuple[int, int]]:
    """Returns start and end of each token in the bytes that they spell.

    >>> byte_spans([b"ab", b"c"])
    [(0, 2), (2, 3)]
    """
    ends = list(accumulate(map(len, tokens)))
    return list(zip([0, *ends], ends))


def char_spans(tokens: Sequence[bytes]) -> list[tuple[int, int]]:
    """Returns the characters that each token holds, even in part, of the UTF-8 text that they spell.

    A character begins at every byte that is not a continuation byte (80 to BF).

    >>> char_spans([b"a\\xc3", b"\\xa9!"])
    [(0, 2), (1, 3)]
    """
    spans: list[tuple[int, int]] = []
    begun = 0  # characters that have begun so far
    for token in tokens:
        continues = bool(token) and token[0] & 0xC0 == 0x80 and begun > 0
        start = begun - continues
        begun += sum(byte & 0xC0 != 0x80 for byte in token)
        spans.append((start, begun))
    return spans
