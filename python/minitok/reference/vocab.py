"""Ids <-> bytes, and the merges that connect them.

A vocabulary gives every id its bytes. The single bytes are tokens; each merge joins two tokens into a new one. The *rank* of
a merge is the number that orders merges: encoding applies the lowest first. In a list of merges, merge k (counted from 0) has
rank k; in a vocabulary of ranks, the rank of a merge is the id that it makes.

By hand: the merges (97, 98) and (256, 99) over the bytes in their own order make token 256 = ``ab`` and token 257 = ``abc``.

Published vocabularies come in three forms: with merges; with a rank for each token (tiktoken); with a score for each
(SentencePiece). ``ranks`` makes merges of ranks and scores.

A vocabulary may start from characters instead of bytes, with a *fallback* id for each byte (S1). Then ``a`` and the byte 0x61
are two ids with the same bytes: ``token_id`` returns the character's. A vocabulary of ``Symbols`` has an unknown token
instead of byte fallback (S7).

On a first reading, take ``from_merges``, ``token_bytes``, ``token_id`` and ``merge_of``: a vocabulary of merges over bytes.
The other constructors and fields are for published files.

Invariants: each byte has a token, except those that UTF-8 never contains (E6), unless the vocabulary is of ``Symbols``; both
sides of a merge are tokens, and together they spell the token it makes; ranks ascend.

Costs, V tokens of L bytes: O(V L) space; merges from ranks or scores O(V L^2).

Implements SPEC T1, T9, E2, E6, S1, S2, S6, S7 and S8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..errors import VocabularyError
from ..lazy import cached_property
from .published.characters import Symbols, add_fallback, characters, check_fallback, check_symbols
from .published.metaspace import MARKER
from .published.ranks import Merge, every_split, merges_from_scores, recover_merges

LIMIT = 1 << 31

# The bytes that never occur in UTF-8.
NEVER_IN_UTF8 = frozenset((0xC0, 0xC1, *range(0xF5, 0x100)))


class Vocab:
    """The tokens of an encoding and the merges between them, without the special tokens.

    >>> vocab = Vocab.from_merges(bytes(range(256)), [(97, 98), (256, 99)])
    >>> vocab.token_bytes(257), vocab.token_id(b"ab"), vocab.merge_of(97, 98)
    (b'abc', 256, (0, 256))
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
        """From the bytes of each id, and the merges in rank order.

        ``whole_pieces``: a piece that equals a token becomes that token, even if merging would give other ids.
        ``fallback``: pieces begin as characters, and these are the ids of the 256 bytes (S1). ``drops_bytes``: a byte
        without a token is left out of a piece; it is an error otherwise (E6). ``symbols``: what pieces begin as, instead of
        either (S7).
        """
        self.tokens = dict(tokens)
        self.merges = [Merge(*merge) for merge in merges]
        self.whole_pieces = whole_pieces
        self.fallback = None if fallback is None else tuple(fallback)
        self.drops_bytes = drops_bytes
        self.symbols = symbols
        # True if the merges are known to make each token from its bytes, so that `whole_pieces` changes nothing; false if not
        # known.
        self.merges_make_all = False
        fallbacks = frozenset(self.fallback or ())
        self.ids = self.index_by_bytes(fallbacks)
        self.by_pair: dict[tuple[int, int], tuple[int, int]] = {}
        for left, right, token_id, rank in self.merges:
            check_merge(self.tokens, left, right, token_id, b"" if symbols is None else symbols.prefix)
            if not fallbacks.isdisjoint((left, right, token_id)):
                raise VocabularyError(f"the merge of {left} and {right} is of a byte, which only characters may be")
            if (left, right) in self.by_pair:
                raise VocabularyError(f"the pair ({left}, {right}) is merged twice")
            self.by_pair[left, right] = rank, token_id

    def index_by_bytes(self, fallbacks: frozenset[int]) -> dict[bytes, int]:
        """Returns the id of each token's bytes: of several the lowest, and a fallback id only where there is no other."""
        ids: dict[bytes, int] = {}
        for token_id in sorted(self.tokens):
            if not 0 <= token_id < LIMIT:
                raise VocabularyError(f"token id {token_id} is not between 0 and {LIMIT - 1}")
            if token_id not in fallbacks:
                ids.setdefault(self.tokens[token_id], token_id)
        if self.fallback is not None:
            check_fallback(self.tokens, self.fallback)
            for byte, token_id in enumerate(self.fallback):
                ids.setdefault(bytes([byte]), token_id)
        if self.symbols is not None:
            check_symbols(self.tokens, self.symbols)
            if self.fallback is not None or self.drops_bytes:
                raise VocabularyError("a vocabulary of symbols has no fallback ids, and does not drop bytes")
            return ids
        for byte in range(256):
            if bytes([byte]) not in ids and byte not in NEVER_IN_UTF8 and not self.drops_bytes:
                raise VocabularyError(f"the byte 0x{byte:02x} has no token")
        return ids

    @classmethod
    def from_merges(cls, byte_order: bytes, pairs: Sequence[tuple[int, int]], most_bytes: int | None = None) -> Vocab:
        """Makes a vocabulary of pairs of ids in rank order: merge k makes id 256 + k. ``byte_order[i]`` is the byte of id i.

        The tokens may be ``most_bytes`` bytes long together.
        """
        if most_bytes is not None:
            check_token_bytes(pairs, most_bytes)
        if sorted(byte_order) != list(range(256)):
            raise VocabularyError("the byte order is not a permutation of the 256 bytes")
        tokens = {index: bytes([byte]) for index, byte in enumerate(byte_order)}
        merges: list[Merge] = []
        for rank, (left, right) in enumerate(pairs):
            new_id = 256 + rank
            for side in (left, right):
                if side not in tokens:
                    raise VocabularyError(f"merge {rank} joins {left} and {right}, but {side} is not a token before it")
            tokens[new_id] = tokens[left] + tokens[right]
            merges.append(Merge(left, right, new_id, rank))
        return cls(tokens, merges, whole_pieces=False)

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

        The ids of ``fallback`` are beside those of ``ids``.
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
        vocab = cls(tokens, every_split(ranks) if recovered is None else recovered, whole_pieces=True)
        vocab.merges_make_all = recovered is not None
        return vocab

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

    @property
    def n_ids(self) -> int:
        """One more than the highest id; gaps count."""
        return max(self.tokens, default=-1) + 1

    def token_bytes(self, token_id: int) -> bytes | None:
        """Returns the bytes of an id; None if there is no such token."""
        return self.tokens.get(token_id)

    def token_id(self, token: bytes) -> int | None:
        """Returns the id of a token's bytes (the lowest, if several ids share them); None if there is no such token."""
        return self.ids.get(token)

    def merge_of(self, left: int, right: int) -> tuple[int, int] | None:
        """Returns the rank and the id of the merge of two neighbours; None if they do not merge."""
        return self.by_pair.get((left, right))

    @cached_property
    def joined(self) -> set[bytes]:
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
            beside = MARKER.startswith(text[at : at + len(MARKER)]) or text[:at].endswith(MARKER)
            if text[at] & 0xC0 != 0x80 and bytes(text[at - 1 : at + 1]) not in self.joined and not beside:
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


def check_merge(tokens: Mapping[int, bytes], left: int, right: int, made: int, prefix: bytes) -> None:
    """Checks that a merge joins two tokens into the one that their bytes spell, without a prefix of the right one (S8)."""
    known = {left, right, made} <= tokens.keys()
    if not known or tokens[left] + tokens[right].removeprefix(prefix) != tokens[made]:
        raise VocabularyError(f"the merge of {left} and {right} does not make the token {made}")


def check_token_bytes(pairs: Iterable[tuple[int, int]], most: int) -> None:
    """Checks, before any token is made, that those of the merges are no longer than ``most`` bytes together.

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
