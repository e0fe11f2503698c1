"""Numbers in a file: mapped when they are first needed, and compared with their checksums when they are first read.

A corpus of many shards has more files than a process can have open, so a map can be given back, and is made anew when needed.

Costs: a page or two for a number; with checksums, 64 KiB of the file are read and summed up once.
"""

from __future__ import annotations

import mmap
import os
import sys
import zlib
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError
from ..extras import np
from .label import BLOCK

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Ids = npt.NDArray[Any]

# From Python 3.13 on, a map needs no descriptor; on Windows it never has one.
OPTIONS: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) and sys.platform != "win32" else {}


def check_regular_input(path: Path) -> os.stat_result:
    """The state of a file. Raises FileFormatError for a pipe, a device or a folder, which may never end."""
    state = path.stat()
    if not S_ISREG(state.st_mode):
        raise FileFormatError(path, "not a regular file")
    return state


def check_unchanged(path: Path, before: os.stat_result) -> None:
    """Raises FileFormatError if a file is not the one that had this state."""
    now = path.stat()
    if any(getattr(now, name) != getattr(before, name) for name in ("st_dev", "st_ino", "st_size", "st_mtime_ns")):
        raise FileFormatError(path, "the file has been replaced or changed since it was opened")


class MappedFile:
    """The bytes of a file, without those from ``size`` on if it is given."""

    def __init__(self, path: Path, size: int | None = None) -> None:
        self.path, self.state = path, check_regular_input(path)
        self.size = self.state.st_size if size is None else size
        self.whole: Ids | None = None
        self.start, self.sums, self.seen = 0, np.zeros(0, np.uint32), bytearray()

    def seal(self, sums: str, start: int = 0) -> None:
        """Gives checksums of the blocks from ``start`` on, which are compared from now on."""
        try:
            found = np.frombuffer(bytes.fromhex(sums), "<u4")
        except ValueError:
            raise FileFormatError(self.path, "the label has checksums that are none: damaged") from None
        blocks = -(-(self.size - start) // BLOCK)
        if len(found) != blocks:
            raise FileFormatError(
                self.path, f"{blocks} blocks, where the label has checksums of {len(found)}: truncated or damaged"
            )
        self.start, self.sums, self.seen = start, found, bytearray(blocks)

    def bytes(self) -> Ids:
        if self.whole is None:
            with self.path.open("rb") as file:
                check_unchanged(self.path, self.state)
                # An empty file cannot be mapped.
                is_empty = self.state.st_size == 0
                held = None if is_empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ, **OPTIONS)
            self.whole = np.zeros(0, np.uint8) if held is None else np.frombuffer(held, np.uint8)
        return self.whole

    def verify(self, first: int, last: int) -> None:
        """Compares the blocks that have the bytes from ``first`` to ``last``, unless they have been."""
        begin, end = (first - self.start) // BLOCK, -(-(last - self.start) // BLOCK)
        at = self.seen.find(0, begin, end)
        while at >= 0:
            start = self.start + at * BLOCK
            stop = min(start + BLOCK, self.size)
            if zlib.crc32(self.bytes()[start:stop].data) != self.sums[at]:
                raise FileFormatError(
                    self.path, f"the bytes {start} to {stop} are not those that were written: damaged"
                )
            self.seen[at] = 1
            at = self.seen.find(0, at, end)

    def release(self) -> None:
        """Gives the map back. What shows a part of it keeps it."""
        self.whole = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "whole": None}


class Numbers:
    """An array of numbers in a mapped file, by position."""

    def __init__(self, file: MappedFile, dtype: str, offset: int = 0, count: int | None = None) -> None:
        self.file, self.dtype, self.offset = file, np.dtype(dtype), offset
        self.count = (file.size - offset) // self.dtype.itemsize if count is None else count
        self.held: tuple[Ids | None, Ids] = None, np.zeros(0, self.dtype)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, key: Any) -> Any:
        if self.file.seen:
            if isinstance(key, slice):
                first, stop, _ = key.indices(self.count)
            else:
                first = key if key >= 0 else key + self.count
                stop = first + 1
            if stop > first:
                size = self.dtype.itemsize
                self.file.verify(self.offset + first * size, self.offset + stop * size)
        return self.array()[key]

    def array(self) -> Ids:
        """The numbers, of which none is compared."""
        whole = self.file.bytes()
        if self.held[0] is not whole:
            end = self.offset + self.count * self.dtype.itemsize
            self.held = whole, whole[self.offset : end].view(self.dtype)
        return self.held[1]

    def release(self) -> None:
        self.held = None, np.zeros(0, self.dtype)
        self.file.release()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "held": (None, np.zeros(0, self.dtype))}
