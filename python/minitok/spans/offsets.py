"""The offsets of tokens in their text, in bytes and in characters.

A character begins at every byte that is not a continuation byte (80 to BF), so how many begin in a token is known without the
text, and offsets are sums over the ids. ``byte_spans`` and ``char_spans`` say it token by token; ``TokenSizes`` computes the
same for many ids at once.

By hand: ``é!`` as the tokens ``C3``, ``A9``, ``!``: one, none and one character begin in them, and the second continues one. So
the first two span the first character, (0, 1), and the third the second, (1, 2).

Costs: O(n) for n ids, some ten nanoseconds each in arrays.
"""

from __future__ import annotations

from itertools import accumulate
from operator import index
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from ..backend import load_backend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from ..backend import Codec

    Ends = npt.NDArray[np.int64]

__all__ = [
    "TokenSizes",
    "Unit",
    "as_sequence",
    "byte_spans",
    "char_spans",
    "check_unit",
    "id_array",
    "span_list",
    "spans_of",
]

Unit = Literal["char", "byte"]
# A table by id is made if it has at most this many entries for each id that is looked up.
WORTH = 16


def byte_spans(tokens: Sequence[bytes]) -> list[tuple[int, int]]:
    """Returns start and end of each token in the bytes that they spell.

    >>> byte_spans([b"ab", b"c"])
    [(0, 2), (2, 3)]
    """
    ends = list(accumulate(map(len, tokens)))
    return list(zip([0, *ends], ends))


def char_spans(tokens: Sequence[bytes]) -> list[tuple[int, int]]:
    """Returns the characters that each token holds, even in part, of the UTF-8 text that they spell.

    >>> char_spans([b"a\\xc3", b"\\xa9!"])
    [(0, 2), (1, 3)]
    """
    spans: list[tuple[int, int]] = []
    begun = 0  # characters that have begun so far
    for token in tokens:
        continues = bool(token) and token[0] & 0xC0 == 0x80 and begun > 0
        start = begun - continues
        begun += sum(byte & 0xC0 != 0x80 for byte in token)
        spans.append((start, begun))
    return spans


class TokenSizes:
    """Of each of some ids, how many bytes its token has, how many characters begin in it, and whether it continues one.

    >>> import minitok
    >>> sizes = TokenSizes(minitok.Tokenizer([]).definition.codec(), np.array([195, 169, 33]))
    >>> sizes.bytes.tolist(), sizes.begun.tolist(), sizes.continues.tolist()
    ([1, 1, 1], [1, 0, 1], [False, True, False])
    """

    def __init__(self, codec: Codec, ids: npt.NDArray[np.integer]) -> None:
        count = int(ids.max()) + 1 if len(ids) else 0
        if count > WORTH * len(ids):
            # Few ids of many: only those that occur.
            known, ids = np.unique(ids, return_inverse=True)
            tokens = [codec.token_bytes(int(token_id)) or b"" for token_id in known]
            sizes = np.fromiter(map(len, tokens), np.uint32, len(tokens))
            begun = np.array([sum(byte & 0xC0 != 0x80 for byte in token) for token in tokens], np.uint32)
            continues = np.array([token[:1] >= b"\x80" and token[:1] < b"\xc0" for token in tokens], np.bool_)
        else:
            sizes, begun, continues = codec.token_sizes(count)
        # `take` survives where there is no memory, which indexing by an array does not.
        self.bytes: npt.NDArray[np.uint32] = sizes.take(ids)
        self.begun: npt.NDArray[np.uint32] = begun.take(ids)
        self.continues: npt.NDArray[np.bool_] = continues.take(ids)

    def byte_ends(self) -> Ends:
        """Where in the bytes each token ends."""
        return np.cumsum(self.bytes, dtype=np.int64)

    def char_ends(self) -> Ends:
        """How many characters have begun when each token ends."""
        return np.cumsum(self.begun, dtype=np.int64)

    def starts(self, ends: Ends, unit: Unit) -> Ends:
        """Where each token begins, given where each ends, in bytes or, for the unit ``"char"``, in characters."""
        starts: Ends = ends - (self.bytes if unit == "byte" else self.begun)
        if unit == "char" and self.continues.any():
            starts -= self.continues & (starts > 0)
        return starts


def spans_of(
    codec: Codec, ids: npt.NDArray[np.integer], unit: Unit = "char", *, prefixed: bool = False
) -> tuple[Ends, Ends]:
    """Where each token begins, and where it ends.

    ``prefixed``: a space may have been put before the text, which is in the tokens, and not in the text that they decode to.
    """
    check_unit(unit)
    sizes = TokenSizes(codec, ids)
    ends = sizes.byte_ends() if unit == "byte" else sizes.char_ends()
    starts = sizes.starts(ends, unit)
    if prefixed and int(sizes.bytes.sum(dtype=np.int64)) != len(codec.decode_bytes(ids)):
        starts, ends = (starts - 1).clip(0), (ends - 1).clip(0)
    return starts, ends


def check_unit(unit: Unit) -> None:
    if unit not in get_args(Unit):
        raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}")


def span_list(starts: Ends, ends: Ends, backend: str | None = None) -> list[tuple[int, int]]:
    """The pairs of Python's integers.

    >>> span_list(np.array([0, 1]), np.array([1, 3]))
    [(0, 1), (1, 3)]
    """
    return load_backend(backend).span_list(starts, ends)


def as_sequence(ids: Iterable[int]) -> Sequence[int] | npt.NDArray[np.integer]:
    """Ids that can be gone over twice."""
    return ids if isinstance(ids, np.ndarray) else list(ids)


def id_array(ids: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Ids that have been found to be ones, in an array."""
    return ids.astype(np.int64) if isinstance(ids, np.ndarray) else np.fromiter(map(index, ids), np.int64, len(ids))
