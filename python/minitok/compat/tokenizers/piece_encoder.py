"""``PieceEncoder``: a model's tokens of pieces, as they reach it after the pre-tokenizer.

Pieces are in the notation of the vocabulary. Where a codec of the whole tokenizer is known, its vocabulary is used: its tokens
are bytes, or characters with spaces for markers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from minitok.formats.byte_level import to_bytes

from .symbol_sizes import SymbolSizes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from minitok.definition import Definition

__all__ = ["PieceEncoder", "Token"]

BYTE = re.compile("<0x[0-9A-Fa-f]{2}>")
MARKER = "▁"
# How a piece in the notation of the vocabulary is read: as bytes, with markers for spaces, or as it stands.
READERS: dict[str, Callable[[str], str | bytes]] = {
    "bytes": to_bytes,
    "marks": lambda piece: piece.replace(MARKER, " "),
    "text": str,
}


@dataclass(frozen=True)
class Token:
    """A token of a piece: its id, its text, and where it begins and ends, in bytes of the piece."""

    id: int
    value: str
    offsets: tuple[int, int]

    def as_tuple(self) -> tuple[int, str, tuple[int, int]]:
        """The three in a tuple."""
        return self.id, self.value, self.offsets


class Vocabulary(Protocol):
    """What a model has."""

    def names(self) -> Mapping[int, str]: ...
    def vocab(self) -> Mapping[str, int]: ...
    def merges(self) -> Sequence[tuple[str, str]]: ...
    def options(self) -> Mapping[str, Any]: ...


class PieceEncoder:
    """Encodes pieces.

    Args:
        model: The model.
        definition: What encodes with it, whatever is done to text before.
    """

    def __init__(self, model: Vocabulary, definition: Definition) -> None:
        self.model = model
        self.definition = definition.replace(
            pattern="none",
            prefix=None,
            special_tokens={},
            added_tokens={},
            late_tokens=(),
            token_flags={},
            normalizer=None,
            words=None,
        )
        is_text = definition.symbols is not None and definition.symbols.unit == "characters"
        has_marks = definition.prefix not in (None, "bytes")
        self.notation = "marks" if has_marks else "text" if is_text else "bytes"

    @cached_property
    def symbol_sizes(self) -> SymbolSizes | None:
        """The sizes of tokens, where their names do not say them."""
        if self.definition.symbols is None:
            return None
        return SymbolSizes(self.model.vocab(), self.model.merges(), self.model.options())

    def encode(self, pieces: list[str]) -> list[list[Token]]:
        """The tokens of each piece."""
        read = READERS[self.notation]
        batch = self.definition.codec().encode_batch([read(piece) for piece in pieces])
        return [self.placed(piece, ids) for piece, ids in zip(pieces, batch, strict=True)]

    def placed(self, piece: str, ids: Sequence[int]) -> list[Token]:
        """The tokens of ids, with where they stand."""
        names, found, at = self.model.names(), [], 0
        for token_id, size in zip(ids, self.sizes(piece, ids), strict=True):
            found.append(Token(token_id, names[token_id], (at, at + size)))
            at += size
        return found

    def sizes(self, piece: str, ids: Sequence[int]) -> list[int]:
        """How many bytes of a piece each of its tokens has."""
        if self.symbol_sizes is not None:
            return self.symbol_sizes.of(piece, ids)
        values = [self.model.names()[token_id] for token_id in ids]
        if values and (suffix := self.model.options()["end_of_word_suffix"]):
            values[-1] = values[-1].removesuffix(suffix)
        return [1 if self.notation == "marks" and BYTE.fullmatch(value) else len(value.encode()) for value in values]
