"""``PieceEncoder``: a model's tokens of pieces, as they reach it after the pre-tokenizer, in the notation of the vocabulary.

How many bytes of a piece a token has, its name says, unless a piece begins as symbols (SPEC S7). Then a symbol has the bytes of
its character, a run that fuses those of all its characters, and one that is dropped none: ``tokenizers`` counts the tokens of
a piece from its start as if nothing were missing. A token that merges make takes as many symbols as its two sides.

By hand, with the unknown token ``[UNK]``, ``fuse_unk`` and the merge (a, b): ``☃☃ab`` is ``[UNK]`` of six bytes and ``ab``
of two.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.formats.byte_level import to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minitok.definition import Definition

    from .models import BPE

__all__ = ["PieceEncoder", "Token"]

BYTE = re.compile("<0x[0-9A-Fa-f]{2}>")
# What a definition does to text before it is cut, and how it cuts: nothing.
PLAIN: dict[str, Any] = {
    "pattern": "none", "prefix": None, "special_tokens": {}, "added_tokens": {}, "late_tokens": (), "token_flags": {},
    "normalizer": None, "words": None,
}  # fmt: skip


class Token(NamedTuple):
    """A token of a piece: its id, its text, and where it begins and ends, in bytes of the piece."""

    id: int
    value: str
    offsets: tuple[int, int]

    def as_tuple(self) -> tuple[int, str, tuple[int, int]]:
        """The three in a tuple."""
        return self.id, self.value, self.offsets


class PieceEncoder:
    """Encodes pieces.

    Args:
        model: The model.
        definition: What encodes with it, whatever is done to text before.
    """

    def __init__(self, model: BPE, definition: Definition) -> None:
        self.model, self.definition = model, definition.changed(**PLAIN)
        self.is_text = definition.symbols is not None and definition.symbols.unit == "characters"
        self.has_marks = definition.prefix not in (None, "bytes")

    def encode(self, pieces: list[str]) -> list[list[Token]]:
        """The tokens of each piece."""
        batch = self.definition.codec().encode_batch(list(map(self.read, pieces)))
        return [self.placed(piece, ids) for piece, ids in zip(pieces, batch, strict=True)]

    def read(self, piece: str) -> str | bytes:
        """A piece as the codec takes it."""
        return piece.replace("▁", " ") if self.has_marks else piece if self.is_text else to_bytes(piece)

    def placed(self, piece: str, ids: Sequence[int]) -> list[Token]:
        """The tokens of ids, with where they stand."""
        names, found, at = self.model.names(), [], 0
        for token_id, size in zip(ids, self.sizes(piece, ids), strict=True):
            found.append(Token(token_id, names[token_id], (at, at + size)))
            at += size
        return found

    def sizes(self, piece: str, ids: Sequence[int]) -> list[int]:
        """How many bytes of a piece each of its tokens has."""
        if self.definition.symbols is None:
            values = [self.model.names()[token_id] for token_id in ids]
            if values and (suffix := self.model.end_of_word_suffix):
                values[-1] = values[-1].removesuffix(suffix)
            return [1 if self.has_marks and BYTE.fullmatch(value) else len(value.encode()) for value in values]
        if self.model.ignore_merges and piece in self.model.vocab():
            return [len(piece.encode())]
        symbols = iter(self.symbol_sizes(piece))
        return [sum(size for _, size in zip(range(self.counts.get(token_id, 1)), symbols)) for token_id in ids]

    @cached_property
    def counts(self) -> dict[int, int]:
        """How many symbols each token takes that a merge makes."""
        counts: dict[int, int] = {}
        vocab, prefix = self.model.vocab(), self.model.continuing_subword_prefix or ""
        for left, right in self.model.merges():
            made = vocab[left + right.removeprefix(prefix)]
            counts.setdefault(made, sum(counts.get(vocab[side], 1) for side in (left, right)))
        return counts

    def symbol_sizes(self, piece: str) -> list[int]:
        """How many bytes each of the symbols has that a piece begins as."""
        vocab, has_unknown = self.model.vocab(), bool(self.model.unk_token)
        prefix, suffix = self.model.continuing_subword_prefix or "", self.model.end_of_word_suffix or ""
        sizes: list[int] = []
        fused = False
        for at, char in enumerate(piece):
            is_token = (prefix if at else "") + char + (suffix if at == len(piece) - 1 else "") in vocab
            if fused and not is_token:
                sizes[-1] += len(char.encode())
            elif is_token or has_unknown:
                sizes.append(len(char.encode()))
            fused = has_unknown and self.model.fuse_unk and not is_token
        return sizes
