"""A piece -> ids: lowest rank first, leftmost on ties.

By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y, 2: (X, c) -> Z and the piece ``a b c b c``:

* rank 0 stands at place 0: ``X c b c``
* rank 1 stands at place 2: ``X c Y``
* rank 2 stands at place 0: ``Z Y``, and no two neighbours merge any more

Trying each merge in the order of learning gives the same ids; this only avoids trying those that do not occur. Taking the
longest token from the left is a different algorithm, with different ids.

A piece begins as its bytes or, in a vocabulary of characters, as these (``characters``).

Costs, n bytes: O(n log n) time, O(n) space, for any piece; no recursion.

Implements SPEC E1, E2, E6, E7, S1, S7 and S8.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import MissingByteError
from .merging import merge_parts
from .published.characters import Symbols, characters
from .vocab import Vocab


def encode_piece(vocab: Vocab, piece: bytes) -> list[int]:
    """Returns the ids of one piece.

    >>> encode_piece(Vocab.from_merges(bytes(range(256)), [(97, 98), (98, 99), (256, 99)]), b"abcbc")
    [258, 257]
    """
    if vocab.whole_pieces:
        whole = vocab.token_id(piece)
        if whole is not None:
            return [whole]
    return merge_parts(vocab.merge_of, first_parts(vocab, piece))


def first_parts(vocab: Vocab, piece: bytes) -> list[int]:
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
