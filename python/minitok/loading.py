"""``load``: a tokenizer from a file of any format that minitok knows, recognised by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .formats import native

if TYPE_CHECKING:
    import os

    from .tokenizer import Tokenizer

__all__ = ["load"]


def load(path: str | os.PathLike[str], *, backend: str | None = None) -> Tokenizer:
    """Read a tokenizer from a file.

    Raises:
        FileFormatError: The file is not a tokenizer; the message says why, and where in it.
        OSError: The file cannot be read.
    """
    return native.load(path, backend)
