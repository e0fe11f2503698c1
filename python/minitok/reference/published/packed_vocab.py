"""A vocabulary as the package stores it: merges as pairs of ids, packed to the bit.

The bytes of a published token need not be stored: it is the merge of two earlier tokens. So a vocabulary is the order of the
256 bytes and one pair of ids for each merge. Small ids are more frequent, and take fewer bits: a fifth of the size of
tiktoken's text, read in one pass without decompression. Wheels and servers compress bytes, so that a byte holds the length of
an id and its first bits, which are far from random; the bits below, which are nearly so, follow all of these bytes.

The layout, integers little-endian and of 32 bits unless said otherwise (SPEC F4):

| | |
|---|---|
| magic | 8 bytes: `minitok`, then the version, 2 |
| checksum | Adler-32 of everything after it |
| counts | merges M, runs R, extra tokens X |
| byte order | 256 bytes: the byte of each of the ids 0 to 255 |
| runs | R times: first id, count. The merges take these ids in order; between two runs is a gap |
| extra tokens | X times: id, length; then all their bytes. Tokens that no merge makes: Whisper's empty one |
| heads | M times: the head of the left id and that of the right id, a byte each |
| low bits | of all ids, in the same order, the least significant first, in one stream of bits |

An id below 32 is its own head. Of any other id the n bits below its first five are its low bits; its head is 16 n plus the
number that the first five are. So ids end below 2^19. The rank of a merge is the id it makes.

By hand: 300 is `100101100` in binary, so n = 4 and the head is 64 + 18; 104 is `1101000`, so n = 2 and the head is 32 + 26. The
pair (300, 104) has the heads `52 3a`, and the low bits `1100` and `00`: the byte `0c`, of which two bits are left for the next.

Invariants: a file that is cut short, damaged, or that joins an id before it has a token is refused. The merges are trusted to
make each token from its bytes, because the writer recovered them from ranks; with an extra token that is not empty, this is
not assumed.

Costs: O(V L) for V tokens of L bytes.

When not to use it: for vocabularies in which a token has several merges, or ranks that are not ids; minitok's native files
keep those.

Implements SPEC F4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn
from zlib import adler32

from ...errors import VocabularyError
from ..vocab import Merge
from .vocabs import Vocab

MAGIC = b"minitok\x02"
# How many low bits an id has, by its head.
N_LOW = bytes(max(head // 16 - 1, 0) for head in range(256))


def unpack(data: bytes, below: int | None = None) -> Vocab:
    """Reads a vocabulary, or only its ids less than ``below``: an older vocabulary may be the beginning of a newer one."""
    reader = VocabReader(data)
    if reader.take(8) != MAGIC:
        refuse("it does not begin with 'minitok' and version 2")
    if reader.number() != adler32(data[reader.at :]):
        refuse("its checksum is wrong: the file is damaged")
    n_merges, n_runs, n_extra = reader.number(), reader.number(), reader.number()
    order = reader.take(256)
    runs = reader.pairs(n_runs)
    extra = reader.pairs(n_extra)
    check_runs(runs, n_merges)
    if below is None:
        below = (1 << 32) - 1

    tokens = {index: bytes([byte]) for index, byte in enumerate(order)}
    for token_id, length in extra:
        token = reader.take(length)
        if token_id < below:
            tokens[token_id] = token
    heads = reader.take(2 * n_merges)
    low = reader.take((sum(map(N_LOW.__getitem__, heads)) + 7) // 8)
    if reader.at < len(data):
        refuse("it is longer than it says")
    ids = [token_id for first, count in runs for token_id in range(first, first + count)]
    merges: list[Merge] = []
    for token_id, (left, right) in zip(ids, pairs(heads, low)):
        if token_id >= below:
            break
        if left not in tokens or right not in tokens or token_id in tokens:
            refuse(f"merge {len(merges)} joins {left} and {right}, which are not both earlier tokens")
        tokens[token_id] = tokens[left] + tokens[right]
        merges.append(Merge(left, right, token_id, token_id))
    vocab = Vocab(tokens, merges, whole_pieces=True)
    vocab.merges_make_all = all(length == 0 for _, length in extra)
    return vocab


def check_runs(runs: list[tuple[int, int]], n_merges: int) -> None:
    """Refuses runs that do not have the ids of the merges."""
    n_ids, end = 0, 256
    for first, count in runs:
        if first < end or count > n_merges or first + count > 1 << 19:
            refuse("the runs of its ids are not in order")
        end = first + count
        n_ids += count
    if n_ids != n_merges:
        refuse(f"it has {n_merges} merges, but ids for {n_ids}")


def pairs(heads: bytes, low: bytes) -> Iterator[tuple[int, int]]:
    """Yields the two ids of each merge.

    >>> list(pairs(bytes.fromhex("523a"), bytes.fromhex("0c")))
    [(300, 104)]
    """
    start = 0
    for left, right in zip(heads[::2], heads[1::2]):
        bits = int.from_bytes(low[start // 8 : start // 8 + 5], "little") >> start % 8
        yield whole(left, bits), whole(right, bits >> N_LOW[left])
        start += N_LOW[left] + N_LOW[right]


def whole(head: int, bits: int) -> int:
    """Returns the id that has a head; its low bits come first in ``bits``."""
    n_low = N_LOW[head]
    return head - 16 * n_low << n_low | bits & (1 << n_low) - 1


class VocabReader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        found = self.data[self.at : self.at + length]
        if len(found) < length:
            refuse("it is cut short")
        self.at += length
        return found

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def pairs(self, count: int) -> list[tuple[int, int]]:
        numbers = self.take(8 * count)
        words = [int.from_bytes(numbers[at : at + 4], "little") for at in range(0, len(numbers), 4)]
        return list(zip(words[::2], words[1::2], strict=True))


def refuse(reason: str) -> NoReturn:
    raise VocabularyError(f"not a packed vocabulary: {reason}")
