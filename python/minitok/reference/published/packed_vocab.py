"""A vocabulary as the package stores it: merges as pairs of ids, packed to the bit.

The bytes of a published token need not be stored: it is the merge of two earlier tokens. So a vocabulary is the order of the
256 bytes and one pair of ids for each merge, each id in as many bits as the greatest id needs: a third of the size of
tiktoken's text, read in one pass without decompression.

The layout, integers little-endian and of 32 bits unless said otherwise (SPEC F4):

| | |
|---|---|
| magic | 8 bytes: `minitok`, then the version, 1 |
| checksum | Adler-32 of everything after it |
| counts | merges M, runs R, extra tokens X |
| byte order | 256 bytes: the byte of each of the ids 0 to 255 |
| runs | R times: first id, count. The merges take these ids in order; between two runs is a gap |
| extra tokens | X times: id, length; then all their bytes. Tokens that no merge makes: Whisper's empty one |
| pairs | M times: left id, right id, each of w bits, the least significant first, in one stream of bits |

w is the number of bits of the greatest id of the runs. The rank of a merge is the id it makes.

By hand: of 300 merges, ids 256 to 555, the last id is `1000101011` in binary, so w = 10; the pair (116, 104) is
`0001101000 0001110100` read from right to left: the bytes `74 a0 01`, of which the last has room for the next pair.

Invariants: a file that is cut short, damaged, or that joins an id before it has a token is refused. The merges are trusted to
make each token from its bytes, because the writer recovered them from ranks; with an extra token that is not empty, this is
not assumed.

Costs: O(V L) for V tokens of L bytes.

When not to use it: for vocabularies in which a token has several merges, or ranks that are not ids; minitok's native files
keep those.

Implements SPEC F4.
"""

from __future__ import annotations

from typing import NoReturn
from zlib import adler32

from ...errors import VocabularyError
from ..vocab import Merge
from .vocabs import Vocab

MAGIC = b"minitok\x01"


def unpack(data: bytes, below: int | None = None) -> Vocab:
    """Reads a vocabulary, or only its ids less than ``below``: an older vocabulary may be the beginning of a newer one."""
    reader = VocabReader(data)
    if reader.take(8) != MAGIC:
        refuse("it does not begin with 'minitok' and version 1")
    if reader.number() != adler32(data[reader.at :]):
        refuse("its checksum is wrong: the file is damaged")
    n_merges, n_runs, n_extra = reader.number(), reader.number(), reader.number()
    order = reader.take(256)
    runs = reader.pairs(n_runs)
    extra = reader.pairs(n_extra)
    width = width_of(runs, n_merges)
    if below is None:
        below = (1 << 32) - 1

    tokens = {index: bytes([byte]) for index, byte in enumerate(order)}
    for token_id, length in extra:
        token = reader.take(length)
        if token_id < below:
            tokens[token_id] = token
    bits = reader.take((2 * n_merges * width + 7) // 8)
    if reader.at < len(data):
        refuse("it is longer than it says")
    # There are as many ids as the file has room for pairs.
    ids = [token_id for first, count in runs for token_id in range(first, first + count)]
    merges: list[Merge] = []
    for index, token_id in enumerate(ids):
        if token_id >= below:
            break
        left, right = pair(bits, index, width)
        if left not in tokens or right not in tokens or token_id in tokens:
            refuse(f"merge {index} joins {left} and {right}, which are not both earlier tokens")
        tokens[token_id] = tokens[left] + tokens[right]
        merges.append(Merge(left, right, token_id, token_id))
    vocab = Vocab(tokens, merges, whole_pieces=True)
    vocab.merges_make_all = all(length == 0 for _, length in extra)
    return vocab


def width_of(runs: list[tuple[int, int]], n_merges: int) -> int:
    """Returns the number of bits of the greatest id of the runs, which have the ids of the merges."""
    n_ids, end = 0, 256
    for first, count in runs:
        if first < end or count > n_merges or first + count > 1 << 31:
            refuse("the runs of its ids are not in order")
        end = first + count
        n_ids += count
    if n_ids != n_merges:
        refuse(f"it has {n_merges} merges, but ids for {n_ids}")
    return (end - 1).bit_length()


def pair(bits: bytes, index: int, width: int) -> tuple[int, int]:
    """Reads the two ids of a merge from the stream of bits.

    >>> pair(bytes.fromhex("74a001"), 0, 10)
    (116, 104)
    """
    start = 2 * index * width
    window = int.from_bytes(bits[start // 8 : start // 8 + 16], "little") >> (start % 8)
    mask = (1 << width) - 1
    return window & mask, window >> width & mask


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
