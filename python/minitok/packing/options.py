"""What a packing is asked for, checked; and what it has written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import allowed_tokens, check_dropout, check_int, check_path, named_special_tokens, refused_tokens
from ..formats.files import check_folder, is_regular
from ..reference.text import utf8
from .declared import PackOptions, check_known
from .label import Label

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from ..backend import Codec
    from ..definition import Definition
    from .declared import LayoutOptions

    PathLike = str | os.PathLike[str]

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
    learn: str | None = None
    threads: int = 1
    dropout: tuple[float, int] | None = None
    refused: tuple[str, ...] = ()
    prompt: str = "whole"

    @classmethod
    def of(cls, definition: Definition, options: PackOptions, learn: str | None = None, threads: int = 1) -> Options:
        """Checks what is asked for. ``learn``: what is learned, which is checked already."""
        check_known(options, PackOptions)
        separator, allowed_special = options.get("separator"), options.get("allowed_special", ())
        if separator is not None and not separator:
            raise ValueError("the separator is empty; omit it to make each file one document")
        for name in ("separator", "allowed_special", "disallowed_special", "dropout") if learn is not None else ():
            if options.get(name):
                raise ValueError(f"{name} is for texts; with learn=, documents are conversations")
        if learn is None and options.get("prompt") is not None:
            raise ValueError("prompt is for conversations: pass learn=, too")
        disallowed, special, added = (
            options.get("disallowed_special", ()),
            definition.special_tokens,
            definition.added_tokens,
        )
        allowed = allowed_tokens(allowed_special, special, added)
        return cls(
            check_dtype(options.get("dtype", "uint32"), definition.vocab_size),
            utf8(separator) if separator is not None else None,
            options.get("field") or ("text" if learn is None else "messages"),
            token_id(definition, options.get("end_of_document"), "end_of_document"),
            None if allowed is None else sorted(allowed),
            learn,
            threads,
            check_dropout(options.get("dropout", 0.0), options.get("seed")),
            tuple(sorted(refused_tokens(disallowed, allowed_special, definition.control_tokens, special, added))),
            options.get("prompt") or "whole",
        )

    def coder(self, codec: Codec) -> Codec:
        """Returns the codec that passes over merges at random, and refuses texts, as is asked for."""
        codec = codec if self.dropout is None else codec.dropping(*self.dropout)
        return codec.refusing(self.refused) if self.refused else codec


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

    @classmethod
    def of(cls, options: LayoutOptions, format: str, begin: Any, dtype: str, *, masked: bool) -> Layout:  # noqa: A002
        """Checks what is asked for. ``begin``: the id that rows begin with; ``dtype``: the type of the ids."""
        same: Any = {
            name: value for name, value in options.items() if name in ("shuffle", "row_length", "rest", "shard_tokens")
        }
        layout = cls(format, begin=begin, masked=masked, **same)
        layout.check(dtype)
        return layout

    @property
    def description(self) -> str:
        """What a label says of the layout: nothing if the documents are as they were encoded, in one file.

        >>> Layout("numbers", shuffle=1, row_length=9, begin=0).description
        'shuffle=1, row_length=9, begin=0, rest=keep'
        """
        said: dict[str, object] = {
            "shuffle": self.shuffle,
            "row_length": self.row_length,
            "begin": self.begin,
            "shard_tokens": self.shard_tokens,
        }
        if self.row_length is not None:
            said["rest"] = self.rest
        return ", ".join(f"{name}={value}" for name, value in said.items() if value is not None)

    @property
    def as_encoded(self) -> bool:
        """Whether documents are written as they are encoded: one after the other, into one file."""
        return self.format != "columns" and (self.shuffle, self.row_length, self.shard_tokens) == (None, None, None)

    def check(self, dtype: str) -> None:
        """Raises for what cannot be of ids of this type."""
        for name, least in (("row_length", 2), ("shard_tokens", 1), ("shuffle", 0)):
            value = getattr(self, name)
            if value is not None and check_int(value, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        if (self.row_length is None) != (self.begin is None):
            raise ValueError("row_length and begin_row must be given together")
        if self.begin is not None:
            check_begin(self.begin, dtype)
        if self.rest not in ("keep", "drop"):
            raise ValueError(f"rest must be 'keep' or 'drop', not {self.rest!r}")


def check_begin(begin: int, dtype: str) -> None:
    """Raises if rows of this type cannot begin with it. Bit 31 is that of a mask."""
    if not 0 <= check_int(begin, "begin_row") < 1 << 31:
        raise ValueError(f"begin_row must be at least 0 and below {1 << 31}, not {begin}")
    if dtype == "uint16" and begin >= 1 << 16:
        raise ValueError(f"begin_row {begin} does not fit into uint16, which is the type of the ids")


def check_dtype(dtype: str, vocab_size: int) -> str:
    """The type of the ids, if all of them fit into it."""
    if dtype == "auto":
        return "uint16" if vocab_size <= 1 << 16 else "uint32"
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be 'uint16', 'uint32' or 'auto', not {dtype!r}")
    if dtype == "uint16" and vocab_size > 1 << 16:
        raise ValueError(f"dtype uint16 holds ids up to 65,535, and this tokenizer has {vocab_size:,}: use uint32")
    return dtype


def check_out(out: PathLike) -> Path:
    """Where the ids go."""
    path = Path(check_path(out, "out"))
    check_folder(path)
    return path


def token_id(definition: Definition, end: str | int | None, name: str) -> int | None:
    """The id of a special token, or an id itself; ``name`` is that of the option."""
    if end is None:
        return None
    if isinstance(end, str):
        return definition.special_tokens[named_special_tokens([end], definition.special_tokens)[0]]
    if isinstance(end, bool) or not isinstance(end, int):
        raise TypeError(f"{name} must be a special token's name or an id, not {type(end).__name__}")
    definition.codec().decode_bytes([end])  # raises UnknownTokenError
    return end


def job_digest(definition: Definition, options: Options) -> str:
    """Returns a hash of everything that the ids depend on except the files; backend and threads make no difference."""
    said = definition.digest(chat=options.learn is not None), replace(options, threads=1)
    return hashlib.sha256(repr(said).encode("utf-8", "backslashreplace")).hexdigest()


# Of how many files the first bytes are looked at, and how many of each.
SAMPLES, SAMPLE = 1000, 1 << 12


def source_digest(job: str, files: Sequence[Path]) -> str:
    """Returns a hash of a job and its files, by their names, their sizes and the first bytes of at most 1,000 of them.

    Not by where they are, nor when they were written: another machine may have copies.
    """
    digest = hashlib.sha256(job.encode())
    step = -(-len(files) // SAMPLES)
    for number, path in enumerate(files):
        digest.update(repr((path.name, path.stat().st_size)).encode("utf-8", "surrogateescape"))
        # What a pipe gives can be read only once.
        if number % step == 0 and is_regular(path):
            with path.open("rb") as file:
                digest.update(file.read(SAMPLE))
    return digest.hexdigest()


def label_of(definition: Definition, options: Options, layout: Layout, files: Sequence[Path]) -> Label:
    """Returns what the output says of itself."""
    source = source_digest(job_digest(definition, options), files)
    return Label(options.dtype, tokenizer=definition.digest(), source=source, layout=layout.description)
