"""What a packing is asked for, checked; and what it has written."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...arguments import named_special_tokens

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from ...backend import Codec
    from ...definition import Definition

    PathLike = str | os.PathLike[str]

__all__ = ["DTYPES", "Layout", "Options", "Packed", "check_dtype", "check_out", "job_digest", "token_id"]

DTYPES = {"uint16": "<u2", "uint32": "<u4"}


@dataclass(frozen=True)
class Packed:
    """What ``encode_files`` has written, and how much.

    Attributes:
        ids: The file of ids, or the manifest of shards: what ``open_packed`` opens.
        offsets: The index of the documents; for a format without one, and for shards, the same as ``ids``.
        dtype: The type of an id.
        tokens: How many ids were written.
        documents: How many documents, or rows.
        bytes: The bytes of the texts, in UTF-8.
        resumed_files: How many files an earlier run had finished.
        files: Every file written.
        dropped: How many ids were left out because no row had room for them.
        learned: How many ids the mask marks; None without one.
    """

    ids: Path
    offsets: Path
    dtype: str
    tokens: int
    documents: int
    bytes: int
    resumed_files: int
    files: tuple[Path, ...] = ()
    dropped: int = 0
    learned: int | None = None


@dataclass(frozen=True)
class Options:
    """The checked options on which the ids depend besides the tokenizer and the files; and the number of threads."""

    dtype: str
    separator: bytes | None
    field: str
    end: int | None
    allowed: list[str] | None
    threads: int
    learn: str | None = None


@dataclass(frozen=True)
class Layout:
    """How documents are written once they are encoded: order, rows, shards, format, and whether they have a mask."""

    format: str
    shuffle: int | None = None
    row_length: int | None = None
    begin: int | None = None
    rest: str = "keep"
    shard_tokens: int | None = None
    masked: bool = False

    @property
    def as_encoded(self) -> bool:
        """Whether documents are written as they are encoded: one after the other, into one file."""
        return self.format != "columns" and (self.shuffle, self.row_length, self.shard_tokens) == (None, None, None)

    def check(self, dtype: str) -> Layout:
        """Raises for what cannot be of ids of this type."""
        for name, least in (("row_length", 2), ("shard_tokens", 1), ("shuffle", 0)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise TypeError(f"{name} must be int, not {type(value).__name__}")
            if value is not None and value < least:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        if (self.row_length is None) != (self.begin is None):
            raise ValueError("row_length and begin_row go together: how long a row is, and what it begins with")
        if self.begin is not None:
            check_begin(self.begin, dtype)
        if self.rest not in ("keep", "drop"):
            raise ValueError(f"rest must be 'keep' or 'drop', not {self.rest!r}")
        return self


def check_begin(begin: int, dtype: str) -> None:
    """Raises if rows of this type cannot begin with it. Bit 31 is that of a mask."""
    if isinstance(begin, bool) or not isinstance(begin, int):
        raise TypeError(f"begin_row must be int, not {type(begin).__name__}")
    if not 0 <= begin < 1 << 31:
        raise ValueError(f"begin_row must be at least 0 and below {1 << 31}, not {begin}")
    if dtype == "uint16" and begin >= 1 << 16:
        raise ValueError(f"begin_row {begin} does not fit into uint16, which is the type of the ids")


def check_dtype(dtype: str, n_vocab: int) -> str:
    """The type of the ids, if all of them fit into it."""
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be 'uint16' or 'uint32', not {dtype!r}")
    if dtype == "uint16" and n_vocab > 1 << 16:
        raise ValueError(f"dtype uint16 holds ids up to 65,535, and this tokenizer has {n_vocab:,}: use uint32")
    return dtype


def check_out(out: PathLike) -> Path:
    """Where the ids go."""
    path = Path(out)
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))
    return path


def token_id(special_tokens: Mapping[str, int], codec: Codec, end: str | int | None, name: str) -> int | None:
    """The id of a special token, or an id itself; ``name`` is that of the option."""
    if end is None:
        return None
    if isinstance(end, str):
        return special_tokens[named_special_tokens([end], special_tokens)[0]]
    if isinstance(end, bool) or not isinstance(end, int):
        raise TypeError(f"{name} must be a special token's name or an id, not {type(end).__name__}")
    codec.decode_bytes([end])  # raises UnknownTokenError
    return end


def job_digest(definition: Definition, options: Options) -> str:
    """Returns a hash of everything that the ids depend on except the files; backend and threads make no difference."""
    digest = hashlib.sha256(definition.digest().encode())
    allowed = None if options.allowed is None else sorted(options.allowed)
    chosen = options.dtype, options.separator, options.field, options.end, allowed
    digest.update(repr(chosen).encode("utf-8", "backslashreplace"))
    if options.learn is not None and definition.chat is not None:
        chat = (
            sorted(definition.chat.templates.items()),
            sorted(definition.chat.tokens.items()),
            sorted(definition.chat.named),
        )
        digest.update(repr((options.learn, chat)).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
