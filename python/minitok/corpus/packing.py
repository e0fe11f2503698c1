"""Encodes files to one array of ids on disk, with an index of the documents, for training a model.

``Tokenizer.encode_files`` says what is written and how an interrupted run continues. How that is safe: ids and offsets are
appended to separate files; after each finished input (at most once a second, and when the run ends early) they are flushed to
disk, and only then does the journal record how much of them is valid. A later run cuts off the rest and continues.

Costs the encoding, and writing the ids once; memory for a few megabytes of text, or for the longest document if files are cut
into documents. When not to use it: for texts that fit into memory (``encode_batch_to_numpy``).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..arguments import named_special_tokens, thread_count
from ..formats.files import write_atomically
from ..progress import start_progress
from ..streaming import safe_blocks
from ..text import utf8
from .files import documents_of, expand, read_chunks, split_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    import numpy.typing as npt

    from ..backend import Codec
    from ..definition import Definition
    from ..progress import Progress, Show

    PathLike = str | os.PathLike[str]

__all__ = ["Packed", "encode_files"]

# How much text is handed to the backend at a time, in bytes.
BATCH = 1 << 22

# The journal is written when this many seconds have passed since the last time.
JOURNAL_SECONDS = 1.0

# The length of the head of a .npy file, however many numbers follow.
NPY_HEAD = 128

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


def encode_files(
    definition: Definition,
    codec: Codec,
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    dtype: str = "uint32",
    separator: str | bytes | None = None,
    field: str = "text",
    end_of_document: str | int | None = None,
    allowed_special: Collection[str] | str = (),
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    resume: bool = True,
) -> Packed:
    """See ``Tokenizer.encode_files``."""
    if separator is not None and not separator:
        raise ValueError("the separator is empty; leave it out for one document a file")
    options = Options(
        check_dtype(dtype, definition.n_vocab),
        utf8(separator) if separator is not None else None,
        field,
        end_id(definition.special_tokens, codec, end_of_document),
        named_special_tokens(allowed_special, definition.special_tokens),
        thread_count(threads),
    )
    run = Run(codec, expand(paths), check_out(out), options, job_digest(definition, options))
    with start_progress(progress) as show:
        return run.finish(show, resume=resume)


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


class NumberFile:
    """A file of numbers of one type that is being written: named ``.partial`` until it is complete.

    A ``.npy`` file begins with a head that says how many there are; room is left for it.
    """

    file: BinaryIO  # since ``open``

    def __init__(self, path: Path, dtype: str) -> None:
        self.path, self.dtype = path, np.dtype(dtype)
        self.partial = path.with_name(path.name + ".partial")
        self.head = NPY_HEAD if path.suffix == ".npy" else 0
        self.length = 0

    def has(self, length: int) -> bool:
        """Returns whether an earlier run has left at least ``length`` numbers."""
        return self.partial.is_file() and self.partial.stat().st_size >= self.size(length)

    def size(self, length: int) -> int:
        return self.head + length * self.dtype.itemsize

    def open(self, length: int) -> None:
        """Opens the file after the valid numbers of an earlier run."""
        self.file = self.partial.open("r+b" if length else "w+b")
        self.file.truncate(self.size(length))
        self.file.seek(self.size(length))
        self.length = length

    def append(self, numbers: npt.NDArray[Any]) -> None:
        self.file.write(numbers.astype(self.dtype, copy=False).data)
        self.length += len(numbers)

    def sync(self) -> None:
        """Flushes what has been written to disk."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()

    def finish(self) -> None:
        """Renames the complete file."""
        if self.head:
            self.file.seek(0)
            self.file.write(npy_head(self.dtype.str, self.length))
        self.sync()
        self.close()
        self.partial.replace(self.path)


def npy_head(dtype: str, length: int) -> bytes:
    """The head of a ``.npy`` file, version 1.0, of a one-dimensional array.

    >>> npy_head("<u2", 3)[:8], len(npy_head("<u2", 3))
    (b'\\x93NUMPY\\x01\\x00', 128)
    """
    described = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': ({length},), }}".encode()
    return b"\x93NUMPY\x01\x00" + (NPY_HEAD - 10).to_bytes(2, "little") + described.ljust(NPY_HEAD - 11) + b"\n"


class Run:
    """One run over the files: what is finished, and the journal that says so."""

    def __init__(self, codec: Codec, files: list[Path], out: Path, options: Options, job: str) -> None:
        self.codec, self.files, self.options, self.job = codec, files, options, job
        self.ids = NumberFile(out, DTYPES[options.dtype])
        self.offsets = NumberFile(out.with_name(out.name + ".idx.npy"), "<u8")
        self.journal = out.with_name(out.name + ".journal.json")
        self.bytes = 0
        self.total = sum(file.stat().st_size for file in files)

    def finish(self, show: Show, *, resume: bool) -> Packed:
        """Encodes the remaining files, and renames the output."""
        resumed = self.begin(resume=resume)
        try:
            self.encode_rest(resumed, show)
            self.offsets.finish()
            self.ids.finish()
        finally:
            self.ids.close()
            self.offsets.close()
        self.journal.unlink(missing_ok=True)
        documents = self.offsets.length - 1
        return Packed(
            self.ids.path, self.offsets.path, self.options.dtype, self.ids.length, documents, self.bytes, resumed
        )

    def begin(self, *, resume: bool) -> int:
        """Open the files; the number of inputs that an earlier run has finished."""
        state = self.recorded() if resume else None
        if state is None:
            self.journal.unlink(missing_ok=True)
            self.ids.open(0)
            self.offsets.open(0)
            self.offsets.append(np.zeros(1, np.uint64))
            return 0
        self.ids.open(state["tokens"])
        self.offsets.open(state["documents"] + 1)
        self.bytes = state["bytes"]
        return int(state["files"])

    def recorded(self) -> dict[str, Any] | None:
        """Returns what the journal says, if it is of this job and still true."""
        try:
            state = json.loads(self.journal.read_bytes())
            finished = self.files[: state["files"]]
            same = state["job"] == self.job and state["inputs"] == inputs_digest(finished)
            whole = self.ids.has(state["tokens"]) and self.offsets.has(state["documents"] + 1)
            return state if same and whole and len(finished) == state["files"] else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def record(self, files: int, tokens: int, documents: int, text_bytes: int) -> None:
        """Records in the journal what is finished."""
        self.ids.sync()
        self.offsets.sync()
        state = {
            "job": self.job,
            "inputs": inputs_digest(self.files[:files]),
            "files": files,
            "tokens": tokens,
            "documents": documents,
            "bytes": text_bytes,
        }
        write_atomically(self.journal, json.dumps(state, indent=1).encode())

    def encode_rest(self, first: int, show: Show) -> None:
        """Encode the files that are not finished. If one fails, those before it are recorded."""
        done = sum(file.stat().st_size for file in self.files[:first])
        finished = first, self.ids.length, self.offsets.length - 1, self.bytes
        written = time.monotonic()
        try:
            for number, file in enumerate(self.files[first:], first + 1):
                size = file.stat().st_size
                before = self.bytes
                for _ in self.encode_file(file):
                    # Records are not as long as their texts: never more than the file, and all of it at its end.
                    show("encoding", done + min(size, self.bytes - before), self.total)
                done += size
                show("encoding", done, self.total)
                finished = number, self.ids.length, self.offsets.length - 1, self.bytes
                if time.monotonic() - written > JOURNAL_SECONDS:
                    self.record(*finished)
                    written = time.monotonic()
        except BaseException:
            self.record(*finished)
            raise

    def encode_file(self, file: Path) -> Iterator[None]:
        """Encode one file, and stop after each few megabytes."""
        documents: Iterable[str | bytes] | None = documents_of(file, self.options.field)
        if documents is None:
            chunks = read_chunks(file)
            if self.options.separator is None:
                yield from self.encode_whole(chunks)
                return
            documents = split_documents(chunks, self.options.separator)
        for batch in batches(documents):
            self.encode_documents(batch)
            yield

    def encode_whole(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Encode a text that is one document."""
        options = self.options
        for text, codec in safe_blocks(self.codec, chunks, options.allowed, BATCH):
            self.ids.append(codec.encode_to_numpy(text, options.allowed, options.threads))
            self.bytes += len(text)
            yield
        if options.end is not None:
            self.ids.append(np.array([options.end], np.uint32))
        self.offsets.append(np.array([self.ids.length], np.uint64))

    def encode_documents(self, documents: list[bytes]) -> None:
        """Encode some documents, and put the end of a document after each."""
        options = self.options
        ids, offsets = self.codec.encode_batch_to_numpy(documents, options.allowed, options.threads)
        ends = offsets[1:]
        if options.end is not None:
            ids = np.insert(ids, ends.astype(np.int64), options.end)
            ends = np.add(ends, np.arange(1, len(ends) + 1, dtype=np.uint64), dtype=np.uint64)
        self.offsets.append(ends + np.uint64(self.ids.length))
        self.ids.append(ids)
        self.bytes += sum(map(len, documents))


def batches(documents: Iterable[str | bytes]) -> Iterator[list[bytes]]:
    """The documents as UTF-8, a few megabytes at a time."""
    batch: list[bytes] = []
    size = 0
    for document in documents:
        batch.append(utf8(document))
        size += len(batch[-1])
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


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


def inputs_digest(files: Iterable[Path]) -> str:
    """Returns a hash of the state of the files: names, sizes and modification times."""
    digest = hashlib.sha256()
    for file in files:
        stat = file.stat()
        digest.update(repr((str(file.absolute()), stat.st_size, stat.st_mtime_ns)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
