"""A folder for what does not fit into memory; it goes when nobody needs it any more."""

from __future__ import annotations

import weakref
from pathlib import Path

__all__ = ["Scratch"]


class Scratch:
    """A folder of its own among the system's temporary files (``TMPDIR`` says where).

    It is removed with all that is in it by ``remove``, or when the object goes, or when the interpreter ends, by Ctrl-C too.

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
