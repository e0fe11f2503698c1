"""A folder for data that does not fit into memory, removed when it is no longer needed."""

from __future__ import annotations

import weakref
from pathlib import Path

__all__ = ["Scratch"]


class Scratch:
    """A new folder among the system's temporary files (set ``TMPDIR`` to choose where).

    It is removed with its content by ``remove``, when the object is deleted, or when the interpreter ends, also by
    Ctrl-C.

    >>> scratch = Scratch()
    >>> scratch.path.is_dir(), scratch.remove(), scratch.path.exists()
    (True, None, False)
    """

    def __init__(self) -> None:
        import shutil
        import tempfile

        self.path = Path(tempfile.mkdtemp(prefix="minitok-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def remove(self) -> None:
        self._finalizer()
