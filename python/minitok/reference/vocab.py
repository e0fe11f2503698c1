"""Ids <-> bytes, and the merges that connect them.

A vocabulary gives every id its bytes. The single bytes are tokens; each merge joins two tokens into a new one. The *rank* of
a merge is the number that orders merges: encoding applies the lowest first. In a list of merges, merge k (counted from 0) has
rank k; in a vocabulary of ranks, the rank of a merge is the id that it makes.

By hand: the merges (97, 98) and (256, 99) over the bytes in their own order make token 256 = ``ab`` and token 257 = ``abc``.

Published vocabularies come in two forms. One has merges. The other (tiktoken's files) has only ranks: the bytes and the id of
each token; two neighbours may merge whenever their concatenation is a token, lowest id first. If every token, encoded with
only the ranks below its own, becomes exactly two parts, those two parts are its merge, and both forms give the same ids
(proof: docs/algorithms.md, "Merges from ranks"). Otherwise every way to cut a token into two tokens is a merge of that
token's rank.

Invariants: all 256 single bytes are tokens; both sides of a merge are tokens, and together they spell the token it makes;
ranks ascend.

Costs, V tokens of L bytes: O(V L) space; recovering merges from ranks O(V L^2).

Implements SPEC T1, T9 and E2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..errors import VocabularyError

LIMIT = 1 << 31


class Merge(NamedTuple):
    """Two ids, the id they make, and the rank that decides which merge comes first."""

    left: int
    right: int
    id: int
    rank: int


class Vocab:
    """The tokens of an encoding and the merges between them, without the special tokens.

    >>> vocab = Vocab.from_merges(bytes(range(256)), [(97, 98), (256, 99)])
    >>> vocab.token_bytes(257), vocab.token_id(b"ab"), vocab.merge_of(97, 98)
    (b'abc', 256, (0, 256))
    """

    def __init__(
        self, tokens: Mapping[int, bytes], merges: Iterable[tuple[int, int, int, int]], whole_pieces: bool
    ) -> None:
        """``whole_pieces``: a piece that equals a token becomes that token, even if merging would give other ids."""
        self.tokens = dict(tokens)
        self.merges = [Merge(*merge) for merge in merges]
        self.whole_pieces = whole_pieces
        # True if the merges are known to make each token from its bytes, so that `whole_pieces` changes nothing; false if not
        # known.
        self.merges_make_all = False
        self.ids: dict[bytes, int] = {}
        for token_id in sorted(self.tokens):
            if not 0 <= token_id < LIMIT:
                raise VocabularyError(f"token id {token_id} is not between 0 and {LIMIT - 1}")
            self.ids.setdefault(self.tokens[token_id], token_id)
        for byte in range(256):
            if bytes([byte]) not in self.ids:
                raise VocabularyError(f"the byte 0x{byte:02x} has no token")
        self.by_pair: dict[tuple[int, int], tuple[int, int]] = {}
        for left, right, token_id, rank in self.merges:
            check_merge(self.tokens, left, right, token_id)
            if (left, right) in self.by_pair:
                raise VocabularyError(f"the pair ({left}, {right}) is merged twice")
            self.by_pair[left, right] = rank, token_id

    @classmethod
    def from_merges(cls, byte_order: bytes, pairs: Iterable[tuple[int, int]]) -> Vocab:
        """From pairs of ids in rank order: merge k makes id 256 + k. ``byte_order[i]`` is the byte of id i."""
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
    def from_tokens(cls, ids: Mapping[bytes, int], pairs: Iterable[tuple[int, int]], whole_pieces: bool) -> Vocab:
        """From tokens with any ids, and pairs of ids in rank order (Hugging Face, GPT-2)."""
        tokens = tokens_by_id(ids)
        merges: list[Merge] = []
        for rank, (left, right) in enumerate(pairs):
            if left not in tokens or right not in tokens:
                raise VocabularyError(f"merge {rank} joins {left} and {right}, which are not both tokens")
            joined = tokens[left] + tokens[right]
            if joined not in ids:
                raise VocabularyError(f"merge {rank} joins {left} and {right} to {joined!r}, which is not a token")
            merges.append(Merge(left, right, ids[joined], rank))
        return cls(tokens, merges, whole_pieces)

    @classmethod
    def from_ranks(cls, ranks: Mapping[bytes, int]) -> Vocab:
        """From the bytes and the rank of each token; the rank is also the id (tiktoken)."""
        tokens = tokens_by_id(ranks)
        recovered = recover_merges(ranks)
        vocab = cls(tokens, every_split(ranks) if recovered is None else recovered, whole_pieces=True)
        vocab.merges_make_all = recovered is not None
        return vocab

    @property
    def n_ids(self) -> int:
        """One more than the highest id; gaps count."""
        return max(self.tokens) + 1

    def token_bytes(self, token_id: int) -> bytes | None:
        """Returns the bytes of an id; None if there is no such token."""
        return self.tokens.get(token_id)

    def token_id(self, token: bytes) -> int | None:
        """Returns the id of a token's bytes (the lowest, if several ids share them); None if there is no such token."""
        return self.ids.get(token)

    def merge_of(self, left: int, right: int) -> tuple[int, int] | None:
        """Returns the rank and the id of the merge of two neighbours; None if they do not merge."""
        return self.by_pair.get((left, right))

    def truncate(self, n_merges: int) -> Vocab:
        """Returns the vocabulary as it was after its first merges (T9)."""
        kept = self.merges[:n_merges]
        made = {merge.id for merge in kept}
        tokens = {i: token for i, token in self.tokens.items() if i in made or len(token) == 1}
        return Vocab(tokens, kept, self.whole_pieces)


def check_merge(tokens: Mapping[int, bytes], left: int, right: int, made: int) -> None:
    """Checks that a merge joins two tokens into the one that their bytes spell."""
    if not {left, right, made} <= tokens.keys() or tokens[left] + tokens[right] != tokens[made]:
        raise VocabularyError(f"the merge of {left} and {right} does not make the token {made}")


def tokens_by_id(ids: Mapping[bytes, int]) -> dict[int, bytes]:
    """Inverts the mapping. Two tokens with one id contradict each other."""
    tokens: dict[int, bytes] = {}
    for token, token_id in ids.items():
        if token_id in tokens:
            raise VocabularyError(f"id {token_id} stands for {tokens[token_id]!r} and for {token!r}")
        tokens[token_id] = token
    return tokens


def recover_merges(ranks: Mapping[bytes, int]) -> list[Merge] | None:
    """Returns the merge that makes each token, in rank order; None if a token is not made by one merge of lower ranks."""
    merges: list[Merge] = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            parts = split_by_ranks(token, ranks, rank)
            if len(parts) != 2:
                return None
            merges.append(Merge(ranks[parts[0]], ranks[parts[1]], rank, rank))
    return merges


def split_by_ranks(token: bytes, ranks: Mapping[bytes, int], below: int) -> list[bytes]:
    """Encodes a token by the rule of ranks (E2), using only the ranks below a given one."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 1:
        rank, at = min((ranks.get(parts[i] + parts[i + 1], below), i) for i in range(len(parts) - 1))
        if rank >= below:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def every_split(ranks: Mapping[bytes, int]) -> list[Merge]:
    """Returns every way to cut a token into two tokens, as a merge of the token's rank."""
    merges: list[Merge] = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        for cut in range(1, len(token)):
            left, right = ranks.get(token[:cut]), ranks.get(token[cut:])
            if left is not None and right is not None:
                merges.append(Merge(left, right, rank, rank))
    return merges
