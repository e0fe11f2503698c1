"""The vocabularies of published files: of ranks, of scores, and of characters.

They come in three forms: with merges; with a rank for each token (tiktoken); with a score for each (SentencePiece). ``ranks``
makes merges of ranks and scores. In a vocabulary of ranks, the rank of a merge is the id that it makes.

A vocabulary may start from characters instead of bytes, with a *fallback* id for each byte (S1). Then ``a`` and the byte 0x61
are two ids with the same bytes: ``token_id`` returns the character's. A vocabulary of ``Symbols`` has an unknown token
instead of byte fallback (S7).

By hand: with the tokens ``a`` 0, ``b`` 1 and ``ab`` 2 and the merge (0, 1), a vocabulary that drops bytes encodes ``abc`` as 2.

Invariants: those of ``vocab``, except that bytes may be missing where they are dropped, and in a vocabulary of ``Symbols``;
there, a merge may drop the prefix of its right side.

Costs, V tokens of L bytes: O(V L) space; merges from ranks or scores O(V L^2).

Implements SPEC T9, E2, E6, S1, S2, S6, S7 and S8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ...errors import MissingByteError, VocabularyError
from ...lazy import cached_property
from .. import vocab
from ..vocab import Merge
from .characters import Symbols, add_fallback, characters, check_fallback, check_symbols
from .metaspace import MARKER
from .ranks import every_split, merges_from_scores, recover_merges

if TYPE_CHECKING:
    from typing_extensions import Self


class Vocab(vocab.Vocab):
    """A vocabulary that may begin pieces as characters or symbols, and may lack bytes.

    >>> vocab = Vocab.from_tokens({b"a": 0, b"b": 1, b"ab": 2}, [(0, 1)], whole_pieces=False, drops_bytes=True)
    >>> vocab.token_bytes(2), vocab.initial_parts(b"abc")
    (b'ab', [0, 1])
    """

    def __init__(
        self,
        tokens: Mapping[int, bytes],
        merges: Iterable[tuple[int, int, int, int]],
        whole_pieces: bool,
        fallback: Sequence[int] | None = None,
        drops_bytes: bool = False,
        symbols: Symbols | None = None,
    ) -> None:
        """As ``vocab.Vocab``.

        ``fallback``: pieces begin as characters, and these are the ids of the 256 bytes (S1). ``drops_bytes``: a byte
        without a token is left out of a piece; it is an error otherwise (E6). ``symbols``: what pieces begin as, instead of
        either (S7).
        """
        self.fallback = None if fallback is None else tuple(fallback)
        self.fallbacks = frozenset(self.fallback or ())
        self.drops_bytes = drops_bytes
        self.symbols = symbols
        # True if the merges are known to make each token from its bytes, so that `whole_pieces` changes nothing; false if not
        # known.
        self.merges_make_all = False
        super().__init__(tokens, merges, whole_pieces)

    @classmethod
    def from_merges(cls, byte_order: bytes, pairs: Sequence[tuple[int, int]], most_bytes: int | None = None) -> Self:
        """As ``vocab.Vocab``. The tokens may be ``most_bytes`` bytes long together."""
        if most_bytes is not None:
            check_token_bytes(pairs, most_bytes)
        return super().from_merges(byte_order, pairs)

    @classmethod
    def from_tokens(
        cls,
        ids: Mapping[bytes, int],
        pairs: Iterable[tuple[int, int]],
        whole_pieces: bool,
        fallback: Sequence[int] | None = None,
        drops_bytes: bool = False,
        symbols: Symbols | None = None,
    ) -> Vocab:
        """Makes a vocabulary of tokens with any ids, and pairs of ids in rank order (Hugging Face, GPT-2).

        The ids of ``fallback`` are not among ``ids``.
        """
        tokens = tokens_by_id(ids)
        prefix = b"" if symbols is None else symbols.prefix
        merges: list[Merge] = []
        for rank, (left, right) in enumerate(pairs):
            if left not in tokens or right not in tokens:
                raise VocabularyError(f"merge {rank} joins {left} and {right}, which are not both tokens")
            joined = tokens[left] + tokens[right].removeprefix(prefix)
            if joined not in ids:
                raise VocabularyError(f"merge {rank} joins {left} and {right} to {joined!r}, which is not a token")
            merges.append(Merge(left, right, ids[joined], rank))
        add_fallback(tokens, fallback)
        return cls(tokens, merges, whole_pieces, fallback, drops_bytes, symbols)

    @classmethod
    def from_ranks(cls, ranks: Mapping[bytes, int]) -> Vocab:
        """Makes a vocabulary of the bytes and the rank of each token; the rank is also the id (tiktoken)."""
        tokens = tokens_by_id(ranks)
        recovered = recover_merges(ranks)
        made = cls(tokens, every_split(ranks) if recovered is None else recovered, whole_pieces=True)
        made.merges_make_all = recovered is not None
        return made

    @classmethod
    def from_scores(cls, pieces: Sequence[tuple[bytes, int, float]], fallback: Sequence[int]) -> Vocab:
        """Makes a vocabulary of the bytes, id and score of each piece, and the id of each byte (SentencePiece; S2)."""
        ids: dict[bytes, int] = {}
        for piece, token_id, _ in pieces:
            if ids.setdefault(piece, token_id) != token_id:
                raise VocabularyError(f"the piece {piece!r} has the ids {ids[piece]} and {token_id}")
        tokens = tokens_by_id(ids)
        merges = merges_from_scores(pieces, ids)
        add_fallback(tokens, fallback)
        return cls(tokens, merges, whole_pieces=False, fallback=fallback)

    def check_tokens(self) -> None:
        """Checks the ids, and that each byte has a token, a fallback id, or need not have one."""
        if self.fallback is None and self.symbols is None and not self.drops_bytes:
            super().check_tokens()
            return
        vocab.check_ids(self.tokens)
        if self.fallback is not None:
            check_fallback(self.tokens, self.fallback)
        if self.symbols is not None:
            check_symbols(self.tokens, self.symbols)
            if self.fallback is not None or self.drops_bytes:
                raise VocabularyError("a vocabulary of symbols has no fallback ids, and does not drop bytes")

    def index_by_bytes(self) -> dict[bytes, int]:
        """Returns the id of each token's bytes: of several the lowest, and a fallback id only where there is no other."""
        ids: dict[bytes, int] = {}
        for token_id in sorted(self.tokens, key=lambda token_id: (token_id in self.fallbacks, token_id)):
            ids.setdefault(self.tokens[token_id], token_id)
        return ids

    def check_merge(self, merge: Merge) -> None:
        """Checks that a merge makes its token, and that no fallback id takes part in it."""
        super().check_merge(merge)
        if not self.fallbacks.isdisjoint((merge.left, merge.right, merge.id)):
            raise VocabularyError(
                f"the merge of {merge.left} and {merge.right} is of a byte, which only characters may be"
            )

    def joined(self, left: int, right: int) -> bytes:
        """Returns the bytes that two tokens spell together, the right one without its prefix (S8)."""
        prefix = b"" if self.symbols is None else self.symbols.prefix
        return self.tokens[left] + self.tokens[right].removeprefix(prefix)

    @cached_property
    def inner_pairs(self) -> set[bytes]:
        """Returns every two bytes that are adjacent in a token that a merge makes."""
        made = (self.tokens[merge.id] for merge in self.merges)
        return {token[at : at + 2] for token in made for at in range(len(token) - 1)}

    @cached_property
    def sorted_ids(self) -> list[int]:
        """Returns the ids in the order of their bytes; of equal bytes, the lower id first."""
        return sorted(self.tokens, key=lambda token_id: (self.tokens[token_id], token_id))

    @cached_property
    def longest(self) -> int:
        """Returns how many bytes the longest token has."""
        return max(map(len, self.tokens.values()), default=0)

    def safe_cut(self, text: bytes | bytearray) -> int:
        """Returns the last offset of a text that no merge and no character extends across; 0 if none is known (S6).

        What a merge makes is a token that holds the two bytes side by side. Beside a marker, which is yet to become a space,
        the bytes do not say.
        """
        for at in range(len(text) - 1, 0, -1):
            at_marker = MARKER.startswith(text[at : at + len(MARKER)]) or text[:at].endswith(MARKER)
            if text[at] & 0xC0 != 0x80 and bytes(text[at - 1 : at + 1]) not in self.inner_pairs and not at_marker:
                return at
        return 0

    def is_first(self, token: bytes) -> bool:
        """Returns whether pieces may begin as a token: a byte, a character, a symbol, or the unknown token."""
        if self.symbols is not None:
            is_unknown = self.token_id(token) == self.symbols.unknown
            return is_unknown or any(len(characters(form)) == 1 for form in (token, self.symbols.without(token)))
        return len(token) == 1 or (self.fallback is not None and len(characters(token)) == 1)

    def truncate(self, n_merges: int) -> Vocab:
        """Returns the vocabulary as it was after its first merges (T9)."""
        kept = self.merges[:n_merges]
        made = {merge.id for merge in kept}
        tokens = {i: token for i, token in self.tokens.items() if i in made or self.is_first(token)}
        return Vocab(tokens, kept, self.whole_pieces, self.fallback, self.drops_bytes, self.symbols)

    def initial_parts(self, piece: bytes) -> list[int]:
        """Returns the ids that a piece begins as: of its bytes, its characters or its symbols."""
        return initial_parts(self, piece)


def check_token_bytes(pairs: Iterable[tuple[int, int]], most: int) -> None:
    """Checks that the tokens of all merges have at most ``most`` bytes in total, before any is made.

    A merge can double a token: thirty short lines can stand for gigabytes.
    """
    lengths = [1] * 256
    total = 0
    for pair in pairs:
        # A side that is not a token yet is refused by `from_merges`.
        length = sum(lengths[side] for side in pair if 0 <= side < len(lengths))
        lengths.append(length)
        total += length
        if total > most:
            raise VocabularyError(
                f"the tokens of merges 0 to {len(lengths) - 257} are longer than {most} bytes together"
            )


def tokens_by_id(ids: Mapping[bytes, int]) -> dict[int, bytes]:
    """Inverts the mapping. Two tokens with one id contradict each other."""
    tokens: dict[int, bytes] = {}
    for token, token_id in ids.items():
        if token_id in tokens:
            raise VocabularyError(f"id {token_id} stands for {tokens[token_id]!r} and for {token!r}")
        tokens[token_id] = token
    return tokens


def initial_parts(vocab: Vocab, piece: bytes) -> list[int]:
    """Returns the ids that a piece begins as: of its bytes, its characters or its symbols."""
    if vocab.symbols is not None:
        return single_symbols(vocab, vocab.symbols, piece)
    return single_bytes(vocab, piece) if vocab.fallback is None else single_characters(vocab, vocab.fallback, piece)


def single_bytes(vocab: Vocab, piece: bytes) -> list[int]:
    """Returns the ids of the single bytes of a piece."""
    ids: list[int] = []
    for byte in piece:
        token_id = vocab.token_id(bytes([byte]))
        if token_id is not None:
            ids.append(token_id)
        elif not vocab.drops_bytes:
            raise MissingByteError(byte)
    return ids


def single_characters(vocab: Vocab, fallback: Sequence[int], piece: bytes) -> list[int]:
    """Returns the ids of the characters of a piece; for one that is not a token, the ids of its bytes."""
    ids: list[int] = []
    for char in characters(piece):
        token_id = vocab.token_id(char)
        ids += [fallback[byte] for byte in char] if token_id is None else [token_id]
    return ids


def single_symbols(vocab: Vocab, symbols: Symbols, piece: bytes) -> list[int]:
    """Returns the ids of the symbols of a piece; for one that is not a token, the unknown id, if there is one."""
    ids: list[int] = []
    fused = False  # whether the unknown id of the symbol before stands for this one too
    for symbol in symbols.written(piece):
        token_id = vocab.token_id(symbol)
        if token_id is not None:
            ids.append(token_id)
        elif symbols.unknown is not None and not fused:
            ids.append(symbols.unknown)
        fused = token_id is None and symbols.fuses
    return ids
