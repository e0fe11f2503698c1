"""Counts that outgrow the memory of one node: divided by a hash of the piece, added up by partition, merged by rank.

    batches --write_batch--> P partitions each --reduce_partition--> a file a partition --merge_by_rank--> counts, lengths, data

The rank of a piece is the number of its batch and its place among the batch's pieces. Adding up keeps the smallest, which is
that of the first appearance in the corpus. So the pieces, merged by rank, are in the order that one machine would have seen.

By hand, with the batches ``b a`` and ``c b`` and one partition for ``a``, another for the rest: ``b:0 a:1`` and ``c:2 b:3``
become ``a:1`` and ``b:0 c:2``; merged, ``b a c`` with the counts 2, 1, 1.

Costs: each batch's distinct pieces are written once and read once. A worker that adds up a partition holds at most
``max_memory``: when its table has grown to that, it is written to the disk, divided further, and added up in parts at the end.
Merging reads all sums once, some pieces of each file at a time.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..backend import load_backend
from ..corpus.counts import PieceCounts, new_counter
from ..corpus.temporary import Scratch
from ..errors import TrainingError
from .piece_file import RECORD, PieceFile, PieceWriter, Ranked, gather, write_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .piece_file import RankedReader, Ranks

__all__ = ["MIN_MEMORY", "merge_by_rank", "merged_counts", "reduce_partition", "write_batch"]

# The place of a piece within its batch is below this.
BATCH_RANKS = 1 << 32
# What an entry of a table costs until it is written, besides the bytes of the piece: itself while the table grows, its columns
# and their order.
ENTRY = 128
# Into how many parts a table is divided that has outgrown the memory.
PARTS = 16
# How often in turn.
DEEPEST = 8
# What a worker needs besides its table: the pieces of a batch, and buffers.
MIN_MEMORY = 1 << 24
# How many pieces are merged at a time.
WINDOW = 1 << 18


def write_batch(counts: PieceCounts, path: Path, partitions: int) -> int:
    """Writes the counts of a batch, divided into partitions; returns the size of the file."""
    data, lengths, numbers = counts.counter.to_arrays()
    if len(lengths) >= BATCH_RANKS:
        raise TrainingError("a batch of 2^32 distinct pieces or more; make batches smaller")
    pieces = Ranked(data, lengths, numbers, np.arange(len(lengths), dtype=np.uint64))
    return write_pieces(path, pieces, partitions, counts.documents, counts.bytes)


def reduce_partition(files: Sequence[Path], partition: int, out: Path, backend: str, max_memory: int) -> None:
    """Adds up one partition of the batches' files, which are in the order of the corpus, and writes it to a file."""

    def segments() -> Iterator[Ranked]:
        for number, file in enumerate(files):
            pieces = PieceFile(file).read(partition)
            ranks = pieces.ranks + np.uint64(number * BATCH_RANKS)
            yield Ranked(pieces.data, pieces.lengths, pieces.counts, ranks)

    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Scratch()
    try:
        write_sum(segments(), out, backend, max_memory, scratch.path, salt=1)
    finally:
        scratch.remove()


def write_sum(segments: Iterable[Ranked], out: Path, backend: str, max_memory: int, folder: Path, salt: int) -> None:
    """Adds up pieces in bounded memory, and writes the sum to a file of one partition."""
    table, runs = PartitionTable(backend), list[Path]()
    for pieces in segments:
        table.add(pieces)
        # Pieces of one hash are never divided, so there is an end to it.
        if table.memory > max_memory and salt < DEEPEST:
            runs.append(folder / uuid.uuid4().hex)
            write_pieces(runs[-1], table.take(), PARTS, salt=salt)
    if not runs:
        write_pieces(out, table.take(), 1)
        return
    runs.append(folder / uuid.uuid4().hex)
    write_pieces(runs[-1], table.take(), PARTS, salt=salt)
    sums = []
    for part in range(PARTS):
        sums.append(folder / uuid.uuid4().hex)
        write_sum((PieceFile(run).read(part) for run in runs), sums[-1], backend, max_memory, folder, salt + 1)
    for run in runs:
        run.unlink()
    join_sums(sums, out)


class PartitionTable:
    """Pieces that are added up, with the rank of each when it was first met."""

    def __init__(self, backend: str) -> None:
        self.backend = load_backend(backend)
        self.begin()

    def begin(self) -> None:
        """Begins with nothing."""
        self.counter = new_counter(self.backend, "none", [], 1)
        self.ranks: list[Ranks] = []
        self.memory = 0

    def add(self, pieces: Ranked) -> None:
        """Adds pieces whose ranks are larger than those before."""
        new = self.counter.add_pieces(pieces.data, pieces.lengths, pieces.counts, 0, 0)
        self.ranks.append(pieces.ranks[new])
        self.memory += ENTRY * len(new) + 3 * int(pieces.lengths[new].sum(dtype=np.int64))

    def take(self) -> Ranked:
        """Takes the sums out."""
        data, lengths, counts = self.counter.to_arrays()
        ranks = np.concatenate([np.zeros(0, np.uint64), *self.ranks])
        self.begin()
        return Ranked(data, lengths, counts, ranks)


def windows(readers: Sequence[RankedReader], window: int = WINDOW) -> Iterator[Ranked]:
    """Merges partitions by rank: yields their pieces, some at a time, ascending."""
    remaining = [reader for reader in readers if reader.left]
    while remaining:
        quota = max(1, window // len(remaining))
        ranks = [reader.ranks(quota) for reader in remaining]
        # All ranks up to the smallest of the last ones seen have been seen.
        bound = min(some[-1] for some in ranks)
        taken = [
            reader.read(int(np.searchsorted(some, bound, "right")))
            for reader, some in zip(remaining, ranks, strict=True)
        ]
        together = Ranked(
            b"".join(pieces.data for pieces in taken),
            np.concatenate([pieces.lengths for pieces in taken]),
            np.concatenate([pieces.counts for pieces in taken]),
            np.concatenate([pieces.ranks for pieces in taken]),
        )
        order = np.argsort(together.ranks)
        yield Ranked(
            b"".join(gather(together, order)), together.lengths[order], together.counts[order], together.ranks[order]
        )
        remaining = [reader for reader in remaining if reader.left]


def join_sums(sums: Sequence[Path], out: Path) -> None:
    """Merges files of one partition by rank into one, and removes them."""
    files = [PieceFile(path) for path in sums]
    with PieceWriter(out, sum(file.records[0] for file in files), sum(file.sizes[0] for file in files)) as writer:
        for pieces in windows([file.open(0) for file in files]):
            writer.append(pieces)
    for path in sums:
        path.unlink()


def merge_by_rank(sums: Sequence[Path], folder: Path, on_bytes: Callable[[int], object]) -> list[Path]:
    """Merges the partitions into files of counts, of lengths and of bytes, in the order of first appearance.

    ``on_bytes`` is called with how many bytes more have been read.
    """
    made = [folder / name for name in ("counts", "lengths", "data")]
    with made[0].open("wb") as counts, made[1].open("wb") as lengths, made[2].open("wb") as data:
        for pieces in windows([PieceFile(path).open(0) for path in sums]):
            counts.write(pieces.counts.astype("<i8", copy=False).data)
            lengths.write(pieces.lengths.astype("<u4", copy=False).data)
            data.write(pieces.data)
            on_bytes(RECORD * len(pieces) + len(pieces.data))
    return made


def merged_counts(
    sums: Sequence[Path],
    pattern: str,
    special: Sequence[str],
    backend: str,
    size: tuple[int, int],
    on_bytes: Callable[[int], object] = lambda _: None,
) -> PieceCounts:
    """The sums of all partitions as counts, which stay on the disk; ``size`` is how many documents and bytes they are of."""
    scratch = Scratch()
    try:
        counter = new_counter(load_backend(backend), pattern, special, 1)
        counter.hold(merge_by_rank(sums, scratch.path, on_bytes), *size)
        return PieceCounts(counter, pattern, special, backend, scratch)
    except BaseException:
        scratch.remove()
        raise
