"""Which files are a packed corpus: recognised by their names and by what is in them.

What does not fit together is refused with the name of the file: an index that ends elsewhere than the ids, a file that is cut
off, a head that is not of the format.
"""

from __future__ import annotations

import glob
import json
import os
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy

from ..errors import FileFormatError
from .bounds import Bounds, Ends, Sequences
from .mask import mask_path
from .outputs import MEGATRON
from .packed_corpus import Bare, ColumnCorpus, PackedCorpus, Shards

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Ids = npt.NDArray[Any]

__all__ = ["open_packed", "packed_files"]

# Megatron's codes for the types of ids.
MEGATRON_TYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}
COLUMNS = (".parquet", ".arrow")
MANIFEST = ".manifest.json"
# The first bytes of a .npy file, and what reads the head behind them.
NPY_HEADS: dict[bytes, Any] = {
    b"\x93NUMPY\x01\x00": npy.read_array_header_1_0,
    b"\x93NUMPY\x02\x00": npy.read_array_header_2_0,
}
# What stands beside the ids.
BESIDE = (".idx.npy", ".mask.npy", ".idx", ".ds.index", ".ds.loss", ".ds.metadata", ".partial", ".json")


def open_packed(path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> PackedCorpus:
    """Opens a packed corpus: documents by number, as arrays that show the mapped file.

    Args:
        path: The file of the ids (``.bin``, ``.npy``, ``.ds``, ``.parquet``, ``.arrow``), or of Megatron's index (``.idx``); a
            manifest of shards (``.manifest.json``); a pattern or several paths, whose documents follow each other.

    Raises:
        FileNotFoundError: A file, or its index, does not exist.
        FileFormatError: The files do not fit together; the message says which, and how.

    >>> import os, tempfile
    >>> from minitok import get_encoding, open_packed
    >>> folder = tempfile.mkdtemp()
    >>> with open(f"{folder}/a.jsonl", "w") as file:
    ...     _ = file.write('{"text": "hello world"}\\n{"text": "hello"}\\n')
    >>> packed = get_encoding("gpt2").encode_files(f"{folder}/a.jsonl", f"{folder}/a.bin", dtype="uint16")
    >>> corpus = open_packed(f"{folder}/a.bin")
    >>> len(corpus), corpus.tokens, corpus[0].tolist(), corpus[-1].tolist()
    (2, 3, [31373, 995], [31373])
    """
    paths = packed_files([path] if isinstance(path, (str, os.PathLike)) else path)
    if not paths:
        raise ValueError("no packed corpora are given")
    return open_one(paths[0]) if len(paths) == 1 else Shards([open_one(one) for one in paths])


def packed_files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Returns the packed corpora that paths and patterns name, without the files beside them.

    Those of a pattern are sorted, with the numbers in their names as numbers.
    """
    found: list[Path] = []
    for path in paths:
        matches = [os.fspath(path)] if Path(path).exists() else sorted(glob.glob(os.fspath(path)), key=by_numbers)
        if not matches:
            raise FileNotFoundError(2, "no such file", str(path))
        found += [Path(match) for match in matches if match == os.fspath(path) or not match.endswith(BESIDE)]
    return found


def by_numbers(name: str) -> list[tuple[int, str]]:
    """What a name is sorted by.

    >>> sorted(["part-10", "part-9", "all"], key=by_numbers)
    ['all', 'part-9', 'part-10']
    """
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def open_one(path: Path) -> PackedCorpus:
    """Opens what one path names."""
    if path.name.endswith(MANIFEST):
        return open_manifest(path)
    if path.suffix in COLUMNS:
        return ColumnCorpus(path)
    if path.suffix == ".ds":
        return open_datatrove(path)
    if path.suffix == ".idx":
        return open_megatron(path.with_suffix(".bin"), path)
    index = path.with_name(path.name + ".idx.npy")
    if path.suffix == ".bin" and not index.exists() and path.with_suffix(".idx").exists():
        return open_megatron(path, path.with_suffix(".idx"))
    return open_numbers(path, index)


def open_manifest(path: Path) -> PackedCorpus:
    """Opens the shards that a manifest lists."""
    try:
        listed = json.loads(path.read_bytes())
        shards = [(path.parent / shard["files"][0], shard["tokens"], shard["documents"]) for shard in listed["shards"]]
        files = [(path.parent / name, crc32) for shard in listed["shards"] for name, crc32 in named_checksums(shard)]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise FileFormatError(path, "not a manifest of shards, or damaged") from None
    parts = [open_shard(shard, path) for shard, _, _ in shards]
    for part, (shard, tokens, documents) in zip(parts, shards, strict=True):
        if (part.tokens, len(part)) != (tokens, documents):
            raise FileFormatError(
                shard,
                f"{part.tokens} ids of {len(part)} documents, where {path.name} says {tokens} of {documents}",
            )
    if not parts:
        raise FileFormatError(path, "a manifest without shards")
    return Shards(parts, files)


def open_shard(shard: Path, manifest: Path) -> PackedCorpus:
    """Opens a shard of a manifest. A shard must not be a manifest, which could list itself."""
    if shard.name.endswith(MANIFEST):
        raise FileFormatError(manifest, f"it lists {shard.name!r} as a shard, which is a manifest")
    try:
        return open_one(shard)
    except FileFormatError:
        raise
    except ValueError as error:
        raise FileFormatError(manifest, f"it lists a shard that no file can have as its name: {error}") from None


def named_checksums(shard: dict[str, Any]) -> Iterable[tuple[str, int]]:
    return zip(shard["files"], shard["crc32"], strict=True)


def open_numbers(path: Path, index: Path) -> PackedCorpus:
    if path.suffix not in (".bin", ".npy"):
        raise FileFormatError(path, "not a packed corpus: .bin, .npy, .ds, .parquet, .arrow or .manifest.json")
    offsets = load_npy(index)
    if not len(offsets):
        raise FileFormatError(index, "the index is empty")
    last = int(offsets[-1])
    if path.suffix == ".npy":
        ids = load_npy(path)
        return with_mask(Bare(path, index, "numbers", ids, Bounds(offsets)))
    size = path.stat().st_size
    if size not in (2 * last, 4 * last):
        raise FileFormatError(
            path, f"{size} bytes are not the {last} ids of the index {index.name}: one of them is truncated or damaged"
        )
    dtype = "<u4" if size == 4 * last and last else "<u2"
    return with_mask(Bare(path, index, "numbers", mapped(path, dtype), Bounds(offsets)))


def load_npy(path: Path) -> Ids:
    """Maps a ``.npy`` file of one row of whole numbers.

    Not by ``numpy.load``, which reads other kinds of files, too, and whose process some damaged heads end.
    """
    with path.open("rb") as file:
        read_head = NPY_HEADS.get(file.read(8))
        if read_head is None:
            raise FileFormatError(path, "not a .npy file of version 1 or 2, or cut off")
        try:
            shape, _, dtype = read_head(file)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - NumPy has no error of its own for a damaged head
            raise FileFormatError(path, f"not a .npy file, or truncated: {error}") from None
        start, size = file.tell(), os.fstat(file.fileno()).st_size
    if dtype.kind not in "iu":
        raise FileFormatError(path, f"it holds {dtype}, not whole numbers")
    if len(shape) != 1 or type(shape[0]) is not int or shape[0] < 0:
        raise FileFormatError(path, "not one row of numbers")
    if shape[0] * dtype.itemsize > size - start:
        raise FileFormatError(path, f"truncated: its header says {shape[0]} numbers of {dtype.itemsize} bytes")
    return mapped(path, dtype.str, start, shape[0])


def with_mask(corpus: Bare) -> Bare:
    """The same with its mask, if that is beside the ids."""
    path = mask_path(corpus.paths[0], corpus.format)
    if not path.exists():
        return corpus
    return corpus.with_mask(path, mapped(path, "u1") if path.suffix == ".loss" else load_npy(path))


def mapped(path: Path, dtype: str, offset: int = 0, count: int | None = None) -> Ids:
    """Maps numbers in a file; an empty file cannot be mapped."""
    size = np.dtype(dtype).itemsize
    count = (path.stat().st_size - offset) // size if count is None else count
    return np.memmap(path, dtype, "r", offset, (count,)) if count else np.zeros(0, dtype)


def open_datatrove(path: Path) -> PackedCorpus:
    index = path.with_name(path.name + ".index")
    size, found = path.stat().st_size, index.stat().st_size
    if found % 8:
        raise FileFormatError(index, f"{found} bytes are not whole ends of 8 bytes each: truncated or damaged")
    ends = mapped(index, "<u8")
    last = int(ends[-1]) if len(ends) else 0
    if size not in (2 * last, 4 * last):
        raise FileFormatError(
            path, f"{size} bytes are not the {last} ids of the index {index.name}: one of them is truncated or damaged"
        )
    dtype = "<u4" if size == 4 * last and last else "<u2"
    return with_mask(Bare(path, index, "datatrove", mapped(path, dtype), Ends(ends)))


def open_megatron(path: Path, index: Path) -> PackedCorpus:
    head = len(MEGATRON) + struct.calcsize("<QBQQ")
    with index.open("rb") as file:
        data = file.read(head)
    if not data.startswith(MEGATRON) or len(data) < head:
        raise FileFormatError(index, "not an index of Megatron: it does not begin with MMIDIDX, or is cut off")
    version, code, sequences, bounds = struct.unpack("<QBQQ", data[len(MEGATRON) :])
    if version != 1 or code not in MEGATRON_TYPES:
        raise FileFormatError(index, f"version {version} or type {code} of ids, which are not known")
    wanted = head + 12 * sequences + 8 * bounds
    # Modes of sequences may follow, a byte each.
    if index.stat().st_size not in (wanted, wanted + sequences):
        raise FileFormatError(
            index, f"{index.stat().st_size} bytes, and its header says {wanted}: truncated or damaged"
        )
    lengths = mapped(index, "<i4", head, sequences)
    pointers = mapped(index, "<i8", head + 4 * sequences, sequences)
    documents = mapped(index, "<i8", head + 12 * sequences, bounds)
    dtype = MEGATRON_TYPES[code]
    size = np.dtype(dtype).itemsize
    bounds_of = Sequences(index, lengths, pointers, documents, size)
    if path.stat().st_size % size:
        raise FileFormatError(path, f"{path.stat().st_size} bytes are not whole ids of {size}: truncated or damaged")
    return with_mask(Bare(path, index, "megatron", mapped(path, dtype), bounds_of))
