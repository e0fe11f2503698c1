"""A file of counted pieces with their ranks, grouped into partitions by a hash of the piece.

A rank is the place of a piece in the order of first appearance. Within a partition, ranks ascend.

====================  ==============================================================================================
8 bytes               how long the next line is
a line of JSON        ``format``, ``documents`` and ``bytes`` (of the texts), ``records`` and ``sizes`` (of each partition:
                      how many pieces, and their bytes)
for each partition    ranks (8 bytes each), counts (8), lengths (4), then the bytes of the pieces
====================  ==============================================================================================

Costs: a partition is read by itself. Memory for the pieces that are written or read at a time.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from ..errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    Ranks = npt.NDArray[np.uint64]
    Counts = npt.NDArray[np.int64]
    Lengths = npt.NDArray[np.uint32]

__all__ = ["PieceFile", "PieceWriter", "Ranked", "RankedReader", "gather", "write_pieces"]

FORMAT = "minitok ranked pieces 1"
# Bytes of a record besides the piece: rank, count, length.
RECORD = 20
# Pieces of up to this many bytes are hashed whole, longer ones by this many of their bytes.
SAMPLED = 16
# How many pieces are copied at a time.
GATHERED = 1 << 16


@dataclass(frozen=True)
class Ranked:
    """Pieces one after the other, with their lengths, counts and ranks, which ascend."""

    data: bytes
    lengths: Lengths
    counts: Counts
    ranks: Ranks

    def __len__(self) -> int:
        return len(self.lengths)

    def starts(self) -> Counts:
        """Where each piece begins."""
        return np.cumsum(self.lengths, dtype=np.int64) - self.lengths

    def partitions(self, count: int, salt: int = 0) -> npt.NDArray[np.int64]:
        """The partition of each piece: a hash of its bytes. Another salt divides the pieces of one partition anew.

        >>> pieces = Ranked(b"abbabb", np.array([1, 2, 1, 2]), np.ones(4, int), np.arange(4))
        >>> first, second, third, fourth = pieces.partitions(1000).tolist()
        >>> first == third, second == fourth, first == second
        (True, True, False)
        """
        values, starts = np.frombuffer(self.data, np.uint8), self.starts()
        lengths = self.lengths.astype(np.int64)
        mixed = lengths.astype(np.uint64) + np.uint64(salt * 0x632BE59BD9B4E019 & (1 << 64) - 1)
        for step in range(SAMPLED if len(values) else 0):
            at = np.minimum(starts + lengths * step // SAMPLED, len(values) - 1)
            mixed = (mixed ^ values[at]) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        return (mixed >> np.uint64(16)).astype(np.int64) % count


def gather(pieces: Ranked, chosen: npt.NDArray[np.int64]) -> Iterator[memoryview]:
    """Yields the bytes of the chosen pieces, in that order, some thousands of pieces at a time."""
    values, starts = np.frombuffer(pieces.data, np.uint8), pieces.starts()
    for begin in range(0, len(chosen), GATHERED):
        some = chosen[begin : begin + GATHERED]
        lengths = pieces.lengths[some].astype(np.int64)
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(starts[some] - ends + lengths, lengths)
        yield values[places].data


def write_pieces(path: Path, pieces: Ranked, partitions: int, documents: int = 0, size: int = 0, salt: int = 0) -> int:
    """Writes pieces to a file, completely or not at all; returns its size."""
    whose = pieces.partitions(partitions, salt)
    order = np.argsort(whose, kind="stable")
    records = np.bincount(whose, minlength=partitions)
    sizes = np.bincount(whose, weights=pieces.lengths, minlength=partitions).astype(np.int64)
    attempt = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        with attempt.open("wb") as file:
            file.write(heading(records.tolist(), sizes.tolist(), documents, size))
            for begin, end in pairwise([0, *np.cumsum(records).tolist()]):
                write_columns(file, pieces, order[begin:end])
        size = attempt.stat().st_size
        os.replace(attempt, path)
    finally:
        attempt.unlink(missing_ok=True)
    return size


def heading(records: list[int], sizes: list[int], documents: int, size: int) -> bytes:
    """What a file begins with."""
    head = {"format": FORMAT, "documents": documents, "bytes": size, "records": records, "sizes": sizes}
    line = json.dumps(head).encode() + b"\n"
    return len(line).to_bytes(8, "little") + line


def write_columns(file: BinaryIO, pieces: Ranked, chosen: npt.NDArray[np.int64]) -> None:
    """Writes the chosen pieces."""
    columns = ((pieces.ranks, "<u8"), (pieces.counts, "<i8"), (pieces.lengths, "<u4"))
    file.writelines(column[chosen].astype(kind, copy=False).data for column, kind in columns)
    file.writelines(gather(pieces, chosen))


class PieceWriter:
    """Writes a file of one partition whose number of pieces, and of their bytes, is known, some pieces at a time."""

    def __init__(self, path: Path, records: int, size: int) -> None:
        self.path, self.attempt = path, path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        self.file = self.attempt.open("wb")
        begin = self.file.write(heading([records], [size], 0, 0))
        self.at = [begin + records * before for before in (0, 8, 16, RECORD)]

    def append(self, pieces: Ranked) -> None:
        """Appends pieces to each column."""
        columns = (
            pieces.ranks.astype("<u8", copy=False).data,
            pieces.counts.astype("<i8", copy=False).data,
            pieces.lengths.astype("<u4", copy=False).data,
            memoryview(pieces.data),
        )
        for number, column in enumerate(columns):
            self.file.seek(self.at[number])
            self.file.write(column)
            self.at[number] += column.nbytes

    def __enter__(self) -> PieceWriter:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        self.file.close()
        if kind is None:
            os.replace(self.attempt, self.path)
        else:
            self.attempt.unlink()


class PieceFile:
    """A file of pieces, to be read partition by partition.

    Raises:
        FileNotFoundError: It does not exist.
        FileFormatError: It is not such a file, or is cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            found = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            head = parsed(file.read(length) if 8 + length <= found else b"")
        if head is None:
            raise FileFormatError(path, "not a file of ranked pieces, or cut off")
        self.documents, self.bytes = int(head["documents"]), int(head["bytes"])
        self.records, self.sizes = cast("list[int]", head["records"]), cast("list[int]", head["sizes"])
        ends = np.cumsum([RECORD * records + size for records, size in zip(self.records, self.sizes, strict=True)])
        self.begins: list[int] = [8 + length + at for at in [0, *ends.tolist()]]
        if found != self.begins[-1]:
            raise FileFormatError(path, f"{found} bytes, not {self.begins[-1]}: truncated or damaged")

    @property
    def content(self) -> int:
        """How many bytes the partitions have."""
        return self.begins[-1] - self.begins[0]

    def open(self, partition: int) -> RankedReader:
        """Reads a partition piece by piece."""
        return RankedReader(self.path, self.begins[partition], self.records[partition], self.sizes[partition])

    def read(self, partition: int) -> Ranked:
        """Reads a partition."""
        reader = self.open(partition)
        return reader.read(reader.records)


def parsed(line: bytes) -> dict[str, Any] | None:
    """The header, if it is one."""
    try:
        head: dict[str, Any] = json.loads(line)
        return head if head["format"] == FORMAT else None
    except (ValueError, TypeError, KeyError):
        return None


class RankedReader:
    """Reads the pieces of a partition in turn; between two calls it holds nothing of them."""

    def __init__(self, path: Path, begin: int, records: int, size: int) -> None:
        self.path, self.begin, self.records, self.size = path, begin, records, size
        self.at = self.byte = 0

    @property
    def left(self) -> int:
        """How many pieces are left."""
        return self.records - self.at

    def ranks(self, most: int) -> Ranks:
        """The ranks of the next pieces, which stay the next."""
        with self.path.open("rb") as file:
            ranks: Ranks = self.column(file, 0, "<u8", min(most, self.left))
        return ranks

    def read(self, count: int) -> Ranked:
        """Reads the next pieces."""
        with self.path.open("rb") as file:
            ranks = self.column(file, 0, "<u8", count)
            counts = self.column(file, 8, "<i8", count)
            lengths = self.column(file, 16, "<u4", count)
            size = int(lengths.sum(dtype=np.int64))
            if self.byte + size > self.size:
                raise FileFormatError(self.path, "the lengths of pieces are not those of the data: damaged")
            file.seek(self.begin + RECORD * self.records + self.byte)
            data = file.read(size)
        self.at += count
        self.byte += size
        return Ranked(data, lengths, counts, ranks)

    def column(self, file: BinaryIO, before: int, kind: str, count: int) -> Any:
        """The next values of a column; ``before`` is how many bytes of each record are in the columns before it."""
        width = np.dtype(kind).itemsize
        file.seek(self.begin + before * self.records + width * self.at)
        return np.frombuffer(file.read(width * count), kind)
