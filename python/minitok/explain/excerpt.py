"""Explains one piece of a long text as if the whole text were explained.

Explaining megabytes would take too long, but a piece depends on little of the text around it. So the whole text is split,
which is fast, and only the wanted piece is explained, together with at most some hundred bytes after it. It is checked that
the piece is cut there as in the whole text; if a pattern looks further ahead, or behind, a short text is explained from its
beginning.

Costs: O(n) to split n bytes; then that of ``Tokenizer.explain`` for a few pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..backend import load_backend
from ..text import utf8

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..tokenizer import Tokenizer
    from .model import Explanation, Piece

__all__ = ["Excerpt", "as_read", "explain_at", "whole_characters"]

# How many pieces after the wanted one are explained with it, in at most how many bytes: its neighbour, and one to look ahead
# to.
AFTER, AFTER_BYTES = 2, 512
# A text of at most this many bytes can be explained as a whole.
SHORT = 1 << 14


@dataclass(frozen=True)
class Excerpt:
    """An explained part of a text: ``told`` counts from byte ``start`` of the text; ``piece`` is the wanted one."""

    start: int
    told: Explanation
    piece: Piece


def explain_at(
    tokenizer: Tokenizer,
    text: str | bytes,
    at: int,
    allowed_special: Collection[str] | str = (),
    longest: int | None = None,
) -> Excerpt:
    """Explain the piece, or the special token, in which byte ``at`` of the text, as the tokenizer reads it, lies.

    Raises:
        ValueError: The text has no byte ``at``, or the piece has more than ``longest`` bytes, or cannot be understood from
            what follows it.

    >>> import minitok
    >>> found = explain_at(minitok.Tokenizer([(97, 98)]), "so abc", 4)
    >>> found.start, found.piece.start, [token.token for token in found.piece.tokens]
    (2, 0, [b' ', b'ab', b'c'])
    """
    data = as_read(tokenizer, text, allowed_special)
    if not 0 <= at < len(data):
        raise ValueError(f"there is no byte {at} in a text of {len(data)} bytes")
    spans = piece_spans(tokenizer, data, allowed_special)
    number = next(index for index, (_, end) in enumerate(spans) if at < end)
    start, end = spans[number]
    if longest is not None and end - start > longest:
        raise ValueError(f"a piece of {end - start:,} bytes is too long to draw; the longest that is has {longest:,}")
    last = min(spans[min(number + AFTER, len(spans) - 1)][1], end + AFTER_BYTES)
    windows = [(start, whole_characters(data, last))]
    if len(data) <= SHORT:
        windows.append((0, len(data)))
    for first, last in windows:
        told = tokenizer.explain(data[first:last], allowed_special=allowed_special)
        for piece in told.pieces:
            if (first + piece.start, first + piece.end) == (start, end):
                return Excerpt(first, told, piece)
    raise ValueError("the pattern looks too far around this piece to explain it in so long a text")


def as_read(tokenizer: Tokenizer, text: str | bytes, allowed_special: Collection[str] | str = ()) -> bytes:
    """Returns the bytes that the tokens of a text spell: the text, or its normal form if the tokenizer has one.

    >>> import minitok
    >>> as_read(minitok.Tokenizer([], normalizer="NFC"), "e\u0301").decode() == "\u00e9"
    True
    """
    if tokenizer.definition.spells_text:
        return utf8(text)
    return b"".join(tokenizer.tokenize(text, allowed_special=allowed_special))


def whole_characters(data: bytes, end: int) -> int:
    """Returns the offset, or the last one before it that does not cut a character."""
    while 0 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


def piece_spans(tokenizer: Tokenizer, data: bytes, allowed_special: Collection[str] | str) -> list[tuple[int, int]]:
    """Returns the offsets of each piece and each special token."""
    backend = load_backend(tokenizer.backend)
    names = list(tokenizer.special_tokens if allowed_special == "all" else allowed_special)
    split = backend.pattern(tokenizer.pattern).split
    spans: list[tuple[int, int]] = []
    for start, end, special in backend.special_tokens(tokenizer.special_tokens).split(data, names):
        pieces = [data[start:end]] if special is not None else split(data[start:end])
        for piece in pieces:
            spans.append((start, start + len(piece)))
            start += len(piece)  # noqa: PLW2901
    return spans
