"""Ids <-> bytes, and the merges that connect them.

A vocabulary gives every id its bytes. The single bytes are tokens; each merge joins two tokens into a new one. The *rank* of
a merge is the number that orders merges: encoding applies the lowest first. In a list of merges, merge k (counted from 0) has
rank k.

By hand: the merges (97, 98) and (256, 99) over the bytes in their own order make token 256 = ``ab`` and token 257 = ``abc``.

Vocabularies of published files may have ranks or scores instead of merges, and may begin from characters: ``vocabs`` has
these.

Invariants: each byte has a token, but those that UTF-8 never contains need none (E6); both sides of a merge are tokens, and
together they spell the token it makes. The caller gives merges in the order of their ranks; several may share one.

Costs, V tokens of L bytes: O(V L) time and space.

Implements SPEC T1, T9 and E6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import MissingByteError, VocabularyError

if TYPE_CHECKING:
    from typing_extensions import Self

LIMIT = 1 << 31

# The bytes that never occur in UTF-8.
NEVER_IN_UTF8 = frozenset((0xC0, 0xC1, *range(0xF5, 0x100)))


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
        """From the bytes of each id, and the merges in rank order.

        ``whole_pieces``: a piece that equals a token becomes that token, even if merging would give other ids.
        """
        self.tokens = dict(tokens)
        self.merges = [Merge(*merge) for merge in merges]
        self.whole_pieces = whole_pieces
        self.check_tokens()
        self.ids = self.index_by_bytes()
        self.by_pair: dict[tuple[int, int], tuple[int, int]] = {}
        for merge in self.merges:
            self.check_merge(merge)
            if (merge.left, merge.right) in self.by_pair:
                raise VocabularyError(f"the pair ({merge.left}, {merge.right}) is merged twice")
            self.by_pair[merge.left, merge.right] = merge.rank, merge.id

    @classmethod
    def from_merges(cls, byte_order: bytes, pairs: Sequence[tuple[int, int]]) -> Self:
        """Makes a vocabulary of pairs of ids in rank order: merge k makes id 256 + k. ``byte_order[i]`` is the byte of id i."""
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

    def check_tokens(self) -> None:
        """Checks that the ids are in range, and that each byte has a token."""
        check_ids(self.tokens)
        known = set(self.tokens.values())
        for byte in range(256):
            if bytes([byte]) not in known and byte not in NEVER_IN_UTF8:
                raise VocabularyError(f"the byte 0x{byte:02x} has no token")

    def index_by_bytes(self) -> dict[bytes, int]:
        """Returns the id of each token's bytes: the lowest, if several ids share them."""
        ids: dict[bytes, int] = {}
        for token_id in sorted(self.tokens):
            ids.setdefault(self.tokens[token_id], token_id)
        return ids

    def check_merge(self, merge: Merge) -> None:
        """Checks that a merge joins two tokens into the one that their bytes spell."""
        known = {merge.left, merge.right, merge.id} <= self.tokens.keys()
        if not known or self.joined(merge.left, merge.right) != self.tokens[merge.id]:
            raise VocabularyError(f"the merge of {merge.left} and {merge.right} does not make the token {merge.id}")

    def joined(self, left: int, right: int) -> bytes:
        """Returns the bytes that two tokens spell together."""
        return self.tokens[left] + self.tokens[right]

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

    def truncate(self, n_merges: int) -> Vocab:
        """Returns the vocabulary as it was after its first merges (T9)."""
        kept = self.merges[:n_merges]
        made = {merge.id for merge in kept}
        tokens = {i: token for i, token in self.tokens.items() if i in made or len(token) == 1}
        return Vocab(tokens, kept, self.whole_pieces)

    def initial_parts(self, piece: bytes) -> list[int]:
        """Returns the ids that a piece begins as: those of its bytes."""
        ids: list[int] = []
        for byte in piece:
            token_id = self.token_id(bytes([byte]))
            if token_id is None:
                raise MissingByteError(byte)
            ids.append(token_id)
        return ids


def check_ids(ids: Iterable[int]) -> None:
    """Checks that ids are in range."""
    for token_id in ids:
        if not 0 <= token_id < LIMIT:
            raise VocabularyError(f"token id {token_id} is not between 0 and {LIMIT - 1}")
