"""A file of numbers of one type that is being written, bare or as NumPy has it; and numbers in a narrower type.

A file is written by one process, and no second one at the same time. The lock is the system's, on the open file: it ends with
the process, also when that is killed, so nothing is left to clean up. On Windows a file that is open cannot be renamed by
another process, which keeps two runs from finishing, not from starting.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, BinaryIO

from ..extras import np
from ..formats.files import link_target
from .label import Sums

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

# The length of the head of a .npy file, however many numbers follow.
NPY_HEAD = 128


def narrowed(numbers: npt.NDArray[Any], dtype: np.dtype[Any], path: Path, first: int = 0) -> npt.NDArray[Any]:
    """The numbers in another type. Raises ValueError for one that this cannot hold; ``first``: the position of the first.

    >>> narrowed(np.array([5, 1 << 16]), np.dtype("<u2"), "x.bin")
    Traceback (most recent call last):
    ValueError: x.bin: the id 65536 at 1 does not fit into uint16
    """
    if not np.can_cast(numbers.dtype, dtype) and len(numbers):
        limits = np.iinfo(dtype)
        # As Python's ints: NumPy's comparison of int64 with uint64 goes by way of floats.
        least, most = int(numbers.min()), int(numbers.max())
        if least < limits.min or most > limits.max:
            wrong = least if least < limits.min else most
            at = first + int(np.flatnonzero(numbers == numbers.dtype.type(wrong))[0])
            raise ValueError(f"{path}: the id {wrong} at {at} does not fit into {dtype.name}")
    return numbers.astype(dtype, copy=False)


def open_alone(path: Path, shown: Path) -> BinaryIO:
    """Opens a file to read and write, which is made if it is not there, and locks it until it is closed.

    Raises ``BlockingIOError``, which names the output ``shown``, if another process or thread has it.
    """
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")
        try:
            if not lock(file):
                raise BlockingIOError(errno.EWOULDBLOCK, "another process is writing this output", str(shown))
            # Whoever had the lock may have renamed the file since it was opened: then the name is another file's.
            if same_file(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def lock(file: BinaryIO) -> bool:
    """Locks the file, or returns False if another open file of it is locked."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def same_file(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


class NumberFile:
    """A file of numbers of one type that is being written: named ``.partial`` until it is complete.

    A ``.npy`` file begins with a head that says how many there are; room is left for it. ``path`` is what a link names, which
    stays.
    """

    file: BinaryIO  # since ``claim``

    def __init__(self, path: Path, dtype: str) -> None:
        self.path, self.dtype = link_target(path), np.dtype(dtype)
        self.partial = self.path.with_name(self.path.name + ".partial")
        self.head = NPY_HEAD if path.suffix == ".npy" else 0
        self.length = 0
        self.sums = Sums()

    def has(self, length: int) -> bool:
        """Returns whether an earlier run has left at least ``length`` numbers."""
        return self.partial.is_file() and self.partial.stat().st_size >= self.size(length)

    def size(self, length: int) -> int:
        return self.head + length * self.dtype.itemsize

    def claim(self) -> None:
        """Opens the file for this run alone: two that write one output would mix their numbers."""
        self.file = open_alone(self.partial, self.path)

    def open(self, length: int) -> None:
        """Goes to the end of the valid numbers of an earlier run."""
        self.file.truncate(self.size(length))
        self.sums, self.length = Sums(), length
        self.file.seek(self.head)
        while chunk := self.file.read(1 << 20) if length else b"":
            self.sums.add(chunk)
        self.file.seek(self.size(length))

    def append(self, numbers: npt.NDArray[Any]) -> None:
        data = np.ascontiguousarray(narrowed(numbers, self.dtype, self.path, self.length)).data
        self.file.write(data)
        self.sums.add(data)
        self.length += len(numbers)

    def sync(self) -> None:
        """Flushes what has been written to disk."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()

    def finish(self, trailer: bytes = b"") -> None:
        """Renames the complete file, with something after the numbers if there is something to say."""
        self.file.seek(self.size(self.length))
        self.file.write(trailer)
        if self.head:
            self.file.seek(0)
            self.file.write(npy_head(self.dtype.str, self.length))
        self.sync()
        self.partial.replace(self.path)


def npy_head(dtype: str, length: int) -> bytes:
    """The head of a ``.npy`` file, version 1.0, of a one-dimensional array.

    >>> npy_head("<u2", 3)[:8], len(npy_head("<u2", 3))
    (b'\\x93NUMPY\\x01\\x00', 128)
    """
    described = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': ({length},), }}".encode()
    return b"\x93NUMPY\x01\x00" + (NPY_HEAD - 10).to_bytes(2, "little") + described.ljust(NPY_HEAD - 11) + b"\n"
