"""A folder for data that does not fit into memory, removed when it is no longer needed."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

__all__ = ["Scratch"]


class Scratch:
    """A new folder among the system's temporary files (set ``TMPDIR`` to choose where).

    It is removed with its content by ``remove``, when the object is deleted, or when the interpreter ends, also by
    Ctrl-C. A process that is forked has the object, too, but the folder is not its own: it removes nothing.

    >>> scratch = Scratch()
    >>> scratch.path.is_dir(), scratch.remove(), scratch.path.exists()
    (True, None, False)
    """

    def __init__(self) -> None:
        import tempfile

        self.path = Path(tempfile.mkdtemp(prefix="minitok-"))
        self._finalizer = weakref.finalize(self, remove, self.path, os.getpid())

    def remove(self) -> None:
        self._finalizer()


def remove(path: Path, owner: int) -> None:
    """Removes the folder of a process, if this is the process."""
    import shutil

    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
