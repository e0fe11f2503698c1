"""How many bytes of a piece each of its tokens has, where a piece begins as symbols (SPEC S7): the names of tokens do not say.

A symbol has the bytes of its character; a run that fuses has those of all its characters. One that is dropped has none:
``tokenizers`` counts the tokens of a piece from its start as if nothing were missing. A token that merges make takes as many
symbols as its two sides.

By hand, with the unknown token ``[UNK]``, ``fuse_unk`` and the merge (a, b): ``☃☃ab`` is ``[UNK]`` of six bytes and ``ab``
of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["SymbolSizes"]


class SymbolSizes:
    """The sizes of the tokens of pieces.

    Args:
        vocab: The tokens and their ids.
        merges: The merges as pairs of tokens.
        options: Those of the model.
    """

    def __init__(self, vocab: Mapping[str, int], merges: Iterable[tuple[str, str]], options: Mapping[str, Any]) -> None:
        self.vocab, self.has_unknown = vocab, bool(options["unk_token"])
        self.fuses, self.takes_whole = self.has_unknown and options["fuse_unk"], options["ignore_merges"]
        self.prefix, self.suffix = options["continuing_subword_prefix"] or "", options["end_of_word_suffix"] or ""
        # How many symbols each token takes that a merge makes.
        self.counts: dict[int, int] = {}
        for left, right in merges:
            made = vocab[left + right.removeprefix(self.prefix)]
            parts = [self.counts.get(vocab[side], 1) for side in (left, right)]
            self.counts.setdefault(made, sum(parts))

    def of(self, piece: str, ids: Sequence[int]) -> list[int]:
        """The sizes of the tokens of a piece."""
        if self.takes_whole and piece in self.vocab:
            return [len(piece.encode())]
        symbols = self.symbols(piece)
        sizes, at = [], 0
        for token_id in ids:
            end = at + self.counts.get(token_id, 1)
            sizes.append(sum(symbols[at:end]))
            at = end
        return sizes

    def symbols(self, piece: str) -> list[int]:
        """The sizes of the symbols that a piece begins as."""
        sizes: list[int] = []
        fused = False
        for at, char in enumerate(piece):
            symbol = (self.prefix if at else "") + char + (self.suffix if at == len(piece) - 1 else "")
            is_token = symbol in self.vocab
            if fused and not is_token:
                sizes[-1] += len(char.encode())
            elif is_token or self.has_unknown:
                sizes.append(len(char.encode()))
            fused = self.fuses and not is_token
        return sizes
