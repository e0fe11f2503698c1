"""A file that one process writes, and no second one at the same time.

The lock is the system's, on the open file: it ends with the process, also when that is killed, so nothing is left to clean up.
On Windows a file that is open cannot be renamed by another process, which keeps two runs from finishing, not from starting.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_alone"]


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
