"""Files that the extension reads: of any format, and folders (``rust/formats/``, which says what is read and what refused)."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..arguments import check_special_tokens
from ..backend import load_backend
from ..definition import Definition
from ..errors import BackendError
from .files import blame
from .native import read_fields


def read_by_extension(
    path: str | os.PathLike[str],
    backend: str | None = None,
    *,
    data: bytes | None = None,
    pattern: str | None = None,
    special_tokens: Mapping[str, int] | None = None,
    other_ids: bool = False,
) -> Definition:
    """What a file or a folder holds, on a backend.

    Args:
        path: The file or folder.
        backend: As for ``Tokenizer``.
        data: The content of the file, if it has been read.
        pattern: How text is cut, for files that do not say.
        special_tokens: Names and ids, for the same files.
        other_ids: Added tokens of a ``tokenizer.json`` keep the ids that the file says.

    Raises:
        FileFormatError: It is malformed, or asks for something that minitok would do differently; the message says what.
        BackendError: The extension is not installed.
    """
    with blame(path):
        given = None if special_tokens is None else check_special_tokens(special_tokens)
    vocab, head, remarks = extension(path).read_tokenizer(os.fspath(path), data, pattern, given, other_ids)
    with blame(path):
        definition = Definition.of(vocab, "rust", **read_fields(json.loads(head)))
    for remark in remarks:
        warnings.warn(f"{path}: {remark}", stacklevel=2)
    return definition.replace(backend=load_backend(backend).name)


def without_tables(data: bytes, path: str | os.PathLike[str]) -> bytes | None:
    """A ``tokenizer.json`` without the model's tokens and merges, which are long; None for a file that has no such."""
    rest: bytes | None = extension(path).without_tables(data)
    return rest


def extension(path: str | os.PathLike[str]) -> Any:
    """The extension, which a file needs."""
    try:
        return import_module("minitok._rust")
    except ImportError as error:
        reason = f"only the extension reads {os.fspath(path)!r}, and it cannot be loaded: {error}"
        raise BackendError(reason) from error
