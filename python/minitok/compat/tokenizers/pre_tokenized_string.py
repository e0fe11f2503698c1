"""``PreTokenizedString``: a text in pieces, each with where it comes from, and with its tokens once it has some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError

from .columns import Columns, SourceSlice
from .components import Borrowed
from .encoding import Encoding
from .normalized_string import NormalizedString
from .options import instance

if TYPE_CHECKING:
    from .columns import Span
    from .models import Token


@dataclass(slots=True)
class Piece:
    """A piece of a text, and its tokens; None as long as it has none."""

    normalized: NormalizedString
    tokens: list[Token] | None = None


class PreTokenizedString:
    """A text that is cut into pieces, which are normalized and tokenized. Pieces that have tokens do not change.

    >>> text = PreTokenizedString("Hey there")
    >>> text.split(lambda index, piece: piece.split(" ", "removed"))
    >>> text.get_splits()
    [('Hey', (0, 3), None), ('there', (4, 9), None)]
    """

    __slots__ = ("original", "pieces")

    def __init__(self, sequence: str) -> None:
        whole = NormalizedString(sequence)
        self.original, self.pieces = whole.original, [Piece(whole)]

    def split(self, func: Callable[[int, NormalizedString], Sequence[NormalizedString]]) -> None:
        """Puts the pieces that a function makes of each in its place; empty ones are dropped."""
        # They are copied: one may have been given twice, or kept.
        self.cut(lambda index, piece: [instance(part, NormalizedString).copy() for part in func(index, piece)])

    def cut(self, func: Callable[[int, NormalizedString], Sequence[NormalizedString]]) -> None:
        """The same with a function that gives away what it makes."""
        found: list[Piece] = []
        for index, piece in enumerate(self.pieces):
            if piece.tokens is not None:
                found.append(piece)
            else:
                found += [Piece(made) for made in func(index, piece.normalized) if made.normalized]
        self.pieces = found

    def normalize(self, func: Callable[[NormalizedString], Any]) -> None:
        """Calls a function with each piece, which it may change."""
        for piece in self.pieces:
            if piece.tokens is None:
                Borrowed.lend(piece.normalized, "Cannot use a NormalizedStringRefMut outside `normalize`", func)

    def tokenize(self, func: Callable[[str], list[Token]]) -> None:
        """Gives each piece the tokens that a function makes of its text."""
        for piece in self.pieces:
            if piece.tokens is None:
                piece.tokens = list(func(piece.normalized.normalized))

    def get_splits(
        self, offset_referential: str = "original", offset_type: str = "char"
    ) -> list[tuple[str, Span, list[Token] | None]]:
        """The pieces, each with its text, where it stands, and its tokens.

        Args:
            offset_referential: Where it stands in the ``original`` or in the ``normalized`` text.
            offset_type: Counted in characters (``char``) or in bytes of UTF-8 (``byte``).

        Raises:
            ValueError: An argument is neither of these.
        """
        if offset_referential not in ("original", "normalized"):
            raise ValueError("Wrong value for OffsetReferential, expected one of `original, normalized`")
        if offset_type not in ("char", "byte"):
            raise ValueError("Wrong value for OffsetType, expected one of `byte, char`")
        texts = [piece.normalized.normalized for piece in self.pieces]
        spans, whole = [piece.normalized.span for piece in self.pieces], self.original
        if offset_referential == "normalized":
            ends = list(accumulate(map(len, texts), initial=0))
            spans, whole = list(zip(ends, ends[1:])), "".join(texts)
        if offset_type == "byte":
            places = list(accumulate((len(char.encode()) for char in whole), initial=0))
            spans = [(places[start], places[end]) for start, end in spans]
        return [(text, span, piece.tokens) for text, span, piece in zip(texts, spans, self.pieces)]

    def to_encoding(self, type_id: int = 0, word_idx: int | None = None) -> Encoding:
        """The encoding of all tokens.

        Args:
            type_id: Their type.
            word_idx: The number of the word that all are in; None if each piece is one.

        Raises:
            ComponentError: A piece has no tokens.
        """
        columns = self.columns()
        if word_idx is not None:
            columns = columns._replace(words=[word_idx] * len(columns.ids))
        return Encoding((SourceSlice(columns, 0, len(columns.ids), type_id),) if columns.ids else ())

    def columns(self) -> Columns:
        """The ids, tokens, offsets and words. Raises ComponentError if a piece has no tokens."""
        found: list[tuple[int, str, Span, int]] = []
        for word, piece in enumerate(self.pieces):
            if piece.tokens is None:
                raise ComponentError("a split has no tokens; call `PreTokenizedString.tokenize` first")
            text = piece.normalized.normalized
            # The character that each byte is of.
            owners = range(len(text)) if text.isascii() else [at for at, char in enumerate(text) for _ in char.encode()]
            found += [(token.id, token.value, origin(piece, token.offsets, owners), word) for token in piece.tokens]
        ids, tokens, offsets, words = zip(*found) if found else ((), (), (), ())
        return Columns(ids, tokens, offsets, words)


def origin(piece: Piece, span: Span, owners: Sequence[int]) -> Span:
    """Where in the text a span of bytes of a piece comes from; the span itself if the piece does not have it.

    ``owners``: the character that each byte of the piece is of.
    """
    start, end = span
    if not 0 <= start < end <= len(owners):
        return span
    return piece.normalized.span_of(owners[start], owners[end - 1] + 1)
