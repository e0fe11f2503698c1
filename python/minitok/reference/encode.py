"""A piece -> ids: lowest rank first, leftmost on ties.

By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y, 2: (X, c) -> Z and the piece ``a b c b c``:

* rank 0 stands at place 0: ``X c b c``
* rank 1 stands at place 2: ``X c Y``
* rank 2 stands at place 0: ``Z Y``, and no two neighbours merge any more

Trying each merge in the order of learning gives the same ids; this only avoids trying those that do not occur. Taking the
longest token from the left is a different algorithm, with different ids.

Costs, n bytes: O(n log n) time, O(n) space, for any piece; no recursion.

Implements SPEC E1, E2, E6 and E7.
"""

from __future__ import annotations

from .merging import merge_parts
from .vocab import Vocab


def encode_piece(vocab: Vocab, piece: bytes) -> list[int]:
    """Returns the ids of one piece: those of its bytes, merged; that of the whole piece, where the vocabulary has it so.

    >>> encode_piece(Vocab.from_merges(bytes(range(256)), [(97, 98), (98, 99), (256, 99)]), b"abcbc")
    [258, 257]
    """
    if vocab.whole_pieces:
        whole = vocab.token_id(piece)
        if whole is not None:
            return [whole]
    return merge_parts(vocab.merge_of, vocab.initial_parts(piece))
