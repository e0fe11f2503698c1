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

__all__ = ["DTYPES", "Options", "Packed", "check_dtype", "check_out", "end_id", "job_digest"]

DTYPES = {"uint16": "<u2", "uint32": "<u4"}


@dataclass(frozen=True)
class Packed:
    """What ``encode_files`` has written, and how much; ``bytes`` counts the texts in UTF-8."""

    ids: Path
    offsets: Path
    dtype: str
    tokens: int
    documents: int
    bytes: int
    resumed_files: int


@dataclass(frozen=True)
class Options:
    """The checked options on which the ids depend besides the tokenizer and the files; and the number of threads."""

    dtype: str
    separator: bytes | None
    field: str
    end: int | None
    allowed: list[str]
    threads: int


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
    if path.suffix not in (".bin", ".npy") or path.name.endswith(".idx.npy"):
        raise ValueError(f"{str(path)!r} must end in .bin or .npy (and not in .idx.npy, which is the index)")
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))
    return path


def end_id(special_tokens: Mapping[str, int], codec: Codec, end: str | int | None) -> int | None:
    """The id that is put after each document."""
    if end is None:
        return None
    if isinstance(end, str):
        return special_tokens[named_special_tokens([end], special_tokens)[0]]
    if isinstance(end, bool) or not isinstance(end, int):
        raise TypeError(f"end_of_document must be a special token's name or an id, not {type(end).__name__}")
    codec.decode_bytes([end])  # raises UnknownTokenError
    return end


def job_digest(definition: Definition, options: Options) -> str:
    """Returns a hash of everything that the ids depend on except the files; backend and threads make no difference."""
    tokens, merges, whole_pieces = definition.vocabulary()
    digest = hashlib.sha256(repr((sorted(tokens.items()), merges, whole_pieces)).encode())
    late, special = sorted(definition.late_special), sorted(definition.special_tokens.items())
    described: tuple[object, ...] = definition.pattern, definition.normalizer, late, special
    vocab, flags = definition.vocab, sorted((name, sorted(own)) for name, own in definition.special_flags.items())
    if definition.prefix or vocab.fallback or vocab.drops_bytes or flags:
        described = *described, definition.prefix, vocab.fallback and list(vocab.fallback), vocab.drops_bytes, flags
    digest.update(repr(described).encode("utf-8", "backslashreplace"))
    chosen = options.dtype, options.separator, options.field, options.end, sorted(options.allowed)
    digest.update(repr(chosen).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
