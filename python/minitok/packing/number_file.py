"""A file of numbers of one type that is being written, bare or as NumPy has it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..formats.files import behind_links
from .exclusive import open_alone

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["NumberFile", "npy_head"]

# The length of the head of a .npy file, however many numbers follow.
NPY_HEAD = 128


class NumberFile:
    """A file of numbers of one type that is being written: named ``.partial`` until it is complete.

    A ``.npy`` file begins with a head that says how many there are; room is left for it. ``path`` is what a link names, which
    stays.
    """

    file: BinaryIO  # since ``claim``

    def __init__(self, path: Path, dtype: str) -> None:
        self.path, self.dtype = behind_links(path), np.dtype(dtype)
        self.partial = self.path.with_name(self.path.name + ".partial")
        self.head = NPY_HEAD if path.suffix == ".npy" else 0
        self.length = 0

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
        self.file.seek(self.size(length))
        self.length = length

    def append(self, numbers: npt.NDArray[Any]) -> None:
        self.file.write(numbers.astype(self.dtype, copy=False).data)
        self.length += len(numbers)

    def sync(self) -> None:
        """Flushes what has been written to disk."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()

    def finish(self) -> None:
        """Renames the complete file."""
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
