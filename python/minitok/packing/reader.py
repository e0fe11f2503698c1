"""Which files are a packed corpus: recognised by their names and by what is in them.

What does not fit together is refused with the name of the file: an index that ends elsewhere than the ids, a file that is cut
off, a head that is not of the format; files of two tokenizers, parts of two runs, parts of which one is missing (``label``).
"""

from __future__ import annotations

import glob
import json
import os
import re
import struct
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from numpy.lib import format as npy

from ..arguments import check_paths
from ..errors import FileFormatError
from ..extras import np
from .bounds import Bounds, Ends, Sequences
from .column_corpus import ColumnCorpus
from .label import Label, check_named, check_one_tokenizer, check_whole, read_trailing_label
from .mapped import MappedFile, Numbers, check_regular_input
from .mask import mask_path
from .outputs import MEGATRON
from .packed_corpus import Bare, PackedCorpus, Shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .label import Labels

# Megatron's codes for the types of ids.
MEGATRON_TYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}
COLUMNS = (".parquet", ".arrow")
MANIFEST = ".manifest.json"
# The first bytes of a .npy file, and what reads the head after them.
NPY_HEADS: dict[bytes, Any] = {
    b"\x93NUMPY\x01\x00": npy.read_array_header_1_0,
    b"\x93NUMPY\x02\x00": npy.read_array_header_2_0,
}
# What stands next to the ids.
BESIDE = (".idx.npy", ".mask.npy", ".idx", ".ds.index", ".ds.loss", ".ds.metadata", ".partial", ".json")


def open_packed(path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> PackedCorpus:
    """Opens a packed corpus: documents by number, as arrays that show the mapped file.

    Args:
        path: The file of the ids (``.bin``, ``.npy``, ``.ds``, ``.parquet``, ``.arrow``), or of Megatron's index (``.idx``); a
            manifest of shards (``.manifest.json``); a pattern or several paths, whose documents follow each other.

    Several files must be of one tokenizer, and parts or shards among them must be all those of their run, in order. One file
    may be opened alone, and some shards of one run, each named by its path, in order: others may be held back. Of more than
    128 files, no more than that are open at a time, and documents are copies. Opening costs the reading of the index only.

    Raises:
        FileNotFoundError: A file, or its index, does not exist.
        FileFormatError: The files are damaged or do not fit together; the message says which, and how. Of ids, damage is found
            when they are read.

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
    given = check_paths(path, "path")
    if len(given) == 1 and Path(given[0]).exists():
        return open_one(Path(given[0]))
    return open_together(given, check_named if all(Path(one).exists() for one in given) else check_whole)


def open_together(
    given: Iterable[str | os.PathLike[str]], check: Callable[[Labels], None] = check_whole
) -> PackedCorpus:
    """Opens what paths and patterns name, as one corpus of which nothing is missing, or what else ``check`` wants."""
    paths = packed_files(given)
    if not paths:
        raise ValueError("no packed corpora are given")
    corpus = open_one(paths[0]) if len(paths) == 1 else Shards(map(open_one, paths))
    labels = [(path, label or label_by_name(path)) for path, label in corpus.labels]
    check_one_tokenizer(labels)
    check(labels)
    return corpus


def label_by_name(path: Path) -> Label | None:
    """What the name of a file without a label says: that it is a part."""
    found = re.fullmatch(r"(.+)\.part-(\d{1,9})-of-(\d{1,9})\.\w+", path.name)
    return Label("", source=found[1], part=(int(found[2]), int(found[3]))) if found else None


def packed_files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Returns the packed corpora that paths and patterns name, without the files next to them.

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
    check_regular_input(path)
    try:
        listed = json.loads(path.read_bytes())
        shards = [(inside(path, shard["files"][0]), shard["tokens"], shard["documents"]) for shard in listed["shards"]]
        files = [(inside(path, name), crc32) for shard in listed["shards"] for name, crc32 in named_checksums(shard)]
        totals, source = (listed.get("tokens"), listed.get("documents")), listed.get("source")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(path, "not a manifest of shards, or damaged") from None
    corpus = Shards((open_shard(shard, path) for shard, _, _ in shards), files) if shards else None
    if corpus is None:
        raise FileFormatError(path, "a manifest without shards")
    for part, (shard, tokens, documents) in zip(corpus.parts, shards, strict=True):
        if (part.tokens, len(part)) != (tokens, documents):
            raise FileFormatError(
                shard,
                f"{part.tokens} ids of {len(part)} documents, where {path.name} says {tokens} of {documents}",
            )
    if totals not in ((None, None), (corpus.tokens, len(corpus))):
        raise FileFormatError(
            path, f"its shards have {corpus.tokens} ids of {len(corpus)} documents, not {totals}: damaged"
        )
    for file, label in corpus.labels:
        if source is not None and label and label.source != source:
            raise FileFormatError(file, f"it is of another run than {path.name}")
    check_one_tokenizer(corpus.labels)
    check_whole(corpus.labels)
    return corpus


def inside(manifest: Path, name: str) -> Path:
    """The file that a manifest names, which must be in its folder or in one below."""
    pure = PurePath(name)
    try:
        os.fsencode(name)
        fits = "\0" not in name
    except UnicodeEncodeError:
        fits = False
    if not fits or pure.is_absolute() or pure.anchor or ".." in pure.parts or not pure.parts:
        raise FileFormatError(manifest, f"it names {name!r}, which is not a file in its folder")
    return manifest.parent / name


def open_shard(shard: Path, manifest: Path) -> PackedCorpus:
    """Opens a shard of a manifest. A shard must not be a manifest, which could list itself."""
    if shard.name.endswith(MANIFEST):
        raise FileFormatError(manifest, f"it lists {shard.name!r} as a shard, which is a manifest")
    return open_one(shard)


def named_checksums(shard: dict[str, Any]) -> Iterable[tuple[str, int]]:
    return zip(shard["files"], shard["crc32"], strict=True)


def open_numbers(path: Path, index: Path) -> PackedCorpus:
    if path.suffix not in (".bin", ".npy"):
        raise FileFormatError(path, "not a packed corpus: .bin, .npy, .ds, .parquet, .arrow or .manifest.json")
    check_regular_input(index)
    label, end = read_trailing_label(index)
    offsets = load_npy(MappedFile(index, end))
    if not len(offsets):
        raise FileFormatError(index, "the index is empty")
    seal(label, "index", offsets)
    ids = load_npy(MappedFile(path)) if path.suffix == ".npy" else bare_ids(path, index, int(offsets[-1]), label)
    return with_mask(Bare(path, index, "numbers", ids, Bounds(offsets), label), label)


def seal(label: Label | None, what: str, numbers: Numbers) -> None:
    """Gives numbers their checksums, if there are any. Those of a file begin where its first numbers do."""
    if label is not None:
        numbers.file.seal(label.sums.get(what, ""), numbers.offset)


def bare_ids(path: Path, index: Path, last: int, label: Label | None) -> Numbers:
    """The ids of a file that has nothing else; their size follows from their number, or the label says it."""
    file = MappedFile(path)
    sizes = (2 * last, 4 * last) if label is None else (np.dtype(label.dtype).itemsize * last,)
    if file.size not in sizes:
        raise FileFormatError(
            path,
            f"{file.size} bytes are not the {last} ids of the index {index.name}: one of them is truncated or damaged",
        )
    if label is not None:
        return Numbers(file, np.dtype(label.dtype).newbyteorder("<").str)
    return Numbers(file, "<u4" if file.size == 4 * last and last else "<u2")


def load_npy(file: MappedFile) -> Numbers:
    """Maps a ``.npy`` file of one row of whole numbers.

    Not by ``numpy.load``, which reads other kinds of files, too, and whose process some damaged heads end.
    """
    path = file.path
    with path.open("rb") as opened:
        read_head = NPY_HEADS.get(opened.read(8))
        if read_head is None:
            raise FileFormatError(path, "not a .npy file of version 1 or 2, or cut off")
        try:
            shape, _, dtype = read_head(opened)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - NumPy has no error of its own for a damaged head
            raise FileFormatError(path, f"not a .npy file, or truncated: {error}") from None
        start = opened.tell()
    if dtype.kind not in "iu":
        raise FileFormatError(path, f"it holds {dtype}, not whole numbers")
    if len(shape) != 1 or type(shape[0]) is not int or shape[0] < 0:
        raise FileFormatError(path, "not one row of numbers")
    if shape[0] * dtype.itemsize != file.size - start:
        raise FileFormatError(
            path,
            f"truncated or damaged: its header says {shape[0]} numbers of {dtype.itemsize} bytes, and there are "
            f"{file.size - start} bytes",
        )
    return Numbers(file, dtype.str, start, shape[0])


def with_mask(corpus: Bare, label: Label | None) -> Bare:
    """The same with its mask, if that is next to the ids."""
    seal(label, "ids", corpus.ids)
    path = mask_path(corpus.paths[0], corpus.format)
    sums = label.sums.get("mask") if label else None
    if sums is None and not path.exists():
        return corpus
    values = Numbers(MappedFile(path), "u1") if path.suffix == ".loss" else load_npy(MappedFile(path))
    corpus = corpus.with_mask(path, values)
    if sums is not None:
        seal(label, "mask", values)
    return corpus


def open_datatrove(path: Path) -> PackedCorpus:
    index, metadata = path.with_name(path.name + ".index"), path.with_name(path.name + ".metadata")
    label = None
    if metadata.exists():
        check_regular_input(metadata)
        lines = metadata.read_bytes().split(b"\n")
        try:
            label = Label.parsed(lines[3]) if len(lines) > 3 else None
        except ValueError as error:
            raise FileFormatError(metadata, f"{error}: damaged") from None
    file = MappedFile(index)
    if file.size % 8:
        raise FileFormatError(index, f"{file.size} bytes are not whole ends of 8 bytes each: truncated or damaged")
    ends = Numbers(file, "<u8")
    seal(label, "index", ends)
    ids = bare_ids(path, index, int(ends[-1]) if len(ends) else 0, label)
    return with_mask(Bare(path, index, "datatrove", ids, Ends(ends), label), label)


def open_megatron(path: Path, index: Path) -> PackedCorpus:
    head = len(MEGATRON) + struct.calcsize("<QBQQ")
    check_regular_input(index)
    with index.open("rb") as opened:
        data = opened.read(head)
    if not data.startswith(MEGATRON) or len(data) < head:
        raise FileFormatError(index, "not an index of Megatron: it does not begin with MMIDIDX, or is cut off")
    version, code, sequences, bounds = struct.unpack("<QBQQ", data[len(MEGATRON) :])
    if version != 1 or code not in MEGATRON_TYPES:
        raise FileFormatError(index, f"version {version} or type {code} of ids, which are not known")
    label, end = read_trailing_label(index)
    wanted = head + 12 * sequences + 8 * bounds
    # Modes of sequences may follow, a byte each.
    if end not in (wanted, wanted + sequences):
        raise FileFormatError(index, f"{end} bytes, and its header says {wanted}: truncated or damaged")
    indexed = MappedFile(index, end)
    if label is not None:
        indexed.seal(label.sums.get("index", ""))
    lengths = Numbers(indexed, "<i4", head, sequences)
    pointers = Numbers(indexed, "<i8", head + 4 * sequences, sequences)
    documents = Numbers(indexed, "<i8", head + 12 * sequences, bounds)
    dtype = MEGATRON_TYPES[code]
    size = np.dtype(dtype).itemsize
    file = MappedFile(path)
    if file.size % size:
        raise FileFormatError(path, f"{file.size} bytes are not whole ids of {size}: truncated or damaged")
    bounds_of = Sequences(index, lengths, pointers, documents, size)
    return with_mask(Bare(path, index, "megatron", Numbers(file, dtype), bounds_of, label), label)
