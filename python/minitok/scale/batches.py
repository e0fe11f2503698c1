"""A batch of a dataset, on a worker: to a file of ids, or to counts.

The texts stay in Arrow's buffers. A file of ids is named by a hash of everything that it depends on: the tokenizer, the options
and the texts. So it does not matter who writes it, or how often; one that is there already is not written again.

Costs: the encoding or counting of the batch, with one thread; memory for the batch and its ids.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..backend import load_backend
from ..corpus.counting import Counting
from ..corpus.records import documents_of_array, text_buffers
from ..errors import FileFormatError, MinitokError
from ..extras import np
from ..packing.formats import new_writer
from ..packing.label import Label
from ..packing.options import DTYPES, Options, job_digest
from ..packing.packed_corpus import checksum
from ..packing.reader import open_packed
from .ray_data import failed, texts_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..backend import Codec, Documents
    from ..corpus.counts import PieceCounts
    from ..definition import Definition
    from ..tokenizer import Tokenizer

    # What a worker says of a batch: a value for each column.
    Columns = dict[str, list[Any]]


def refuse(batch: Any, column: str) -> Callable[[int, object], FileFormatError]:
    """What makes the error of a row that is not text; it names the row's file if the dataset has a column ``path``."""

    def error(row: int, value: object) -> FileFormatError:
        where = batch.column("path")[row].as_py() if "path" in batch.column_names else "dataset"
        return FileFormatError(where, f"row {row} of a batch of {column!r} is a {type(value).__name__}, not text")

    return error


def refused(error: MinitokError, names: Sequence[str]) -> Columns:
    """The row of a batch that failed: nothing in the other columns, which are numbers but for the file."""
    nothing: Columns = {name: [""] if name == "file" else [0] for name in names}
    return {**nothing, "error": [failed(error)]}


@dataclass(frozen=True)
class Texts:
    """The texts of a batch, and a hash of them."""

    documents: Documents
    digest: str


def texts_of_batch(batch: Any, column: str, backend: str, job: str) -> Texts:
    """Reads the texts of a batch."""
    data, offsets = text_buffers(texts_of(batch, column), refuse(batch, column))
    # Today's processors have instructions for SHA-256, which make it the fastest of the hashes that nobody can forge.
    digest = hashlib.sha256(job.encode())
    # Offsets and texts, and how many there are: equal only for the same texts, cut in the same way.
    digest.update(len(offsets).to_bytes(8, "little"))
    digest.update(offsets.data)
    digest.update(data.data)
    return Texts(load_backend(backend).read_column(data, offsets), digest.hexdigest()[:40])


# The tokenizers of this process by their jobs, the one used last at the end.
RESTORED: dict[str, Definition] = {}


class BatchEncoder:
    """Writes the ids of a batch to a file named by its content.

    It is sent to every task. A process that has done one of the same job already has its tokenizer, with what that remembers.
    """

    def __init__(self, tokenizer: Tokenizer, column: str, folder: Path, options: Options) -> None:
        self.pickled, self.column = pickle.dumps(tokenizer.definition), column
        self.folder, self.options = folder, options
        self.job = job_digest(tokenizer.definition, options)
        self.label = Label(options.dtype, tokenizer=tokenizer.definition.digest())

    @property
    def definition(self) -> Definition:
        """The tokenizer of this process."""
        definition = RESTORED.pop(self.job, None) or pickle.loads(self.pickled)  # noqa: S301 - pickled above
        RESTORED[self.job] = definition
        while len(RESTORED) > 4:
            del RESTORED[next(iter(RESTORED))]
        return definition

    def __call__(self, batch: Any) -> Columns:
        """Returns the file's name, and what is in it."""
        began = time.process_time()
        try:
            return {**self.encode(batch), "cpu": [time.process_time() - began], "error": [b""]}
        except MinitokError as error:
            names = ("file", "crc32", "index_crc32", "tokens", "documents", "bytes", "reused", "cpu")
            return refused(error, names)

    def encode(self, batch: Any) -> Columns:
        definition = self.definition
        texts = texts_of_batch(batch, self.column, definition.backend, self.job)
        path = self.folder / texts.digest[:2] / f"{texts.digest}.bin"
        label = replace(self.label, source=texts.digest)
        reused = is_whole(path, len(texts.documents), label)
        if not reused:
            self.write(path, texts.documents, self.options.coder(definition.codec()), label)
        index = path.with_name(path.name + ".idx.npy")
        corpus = open_packed(path)
        return {
            "file": [f"{path.parent.name}/{path.name}"],
            "crc32": [checksum(path)],
            "index_crc32": [checksum(index)],
            "tokens": [corpus.tokens],
            "documents": [len(corpus)],
            "bytes": [texts.documents.size],
            "reused": [reused],
        }

    def write(self, path: Path, documents: Documents, codec: Codec, label: Label) -> None:
        """Writes a file and its index under names of this attempt, and renames them."""
        ids, offsets = codec.encode_documents(documents, self.options.allowed, 1, self.options.end)
        path.parent.mkdir(parents=True, exist_ok=True)
        attempt = path.with_name(f"{path.stem}.{uuid.uuid4().hex}.bin")
        writer = new_writer(attempt, "numbers", label)
        try:
            writer.append(ids.astype(DTYPES[self.options.dtype]), offsets[1:].astype(np.int64))
            written, index = writer.finish()
            os.replace(index, path.with_name(path.name + ".idx.npy"))
            os.replace(written, path)
        finally:
            writer.close()


def is_whole(path: Path, documents: int, label: Label) -> bool:
    """Whether an earlier attempt has written this file: it is renamed after its index, so both are there or neither counts."""
    try:
        corpus = open_packed(path)
        corpus.check()
    except (FileNotFoundError, FileFormatError):
        return False
    found = [(one.dtype, one.tokenizer, one.source) for _, one in corpus.labels if one]
    return len(corpus) == documents and found == [(label.dtype, label.tokenizer, label.source)]


class BatchCounter:
    """Counts the pieces of a batch."""

    def __init__(self, column: str, pattern: str, special_tokens: Sequence[str], backend: str) -> None:
        self.column, self.pattern, self.special, self.backend = column, pattern, list(special_tokens), backend

    def __call__(self, batch: Any) -> Columns:
        """Returns the counts as one row."""
        began = time.process_time()
        try:
            array = texts_of(batch, self.column)
            documents = documents_of_array(array, load_backend(self.backend), refuse(batch, self.column))
            with Counting(self.pattern, self.special, self.backend, 1) as counting:
                counting.counter.add_documents(documents)
                return counted(counting.counts(), began, 0.0)
        except MinitokError as error:
            return {**refused(error, ("documents", "bytes", "cpu")), "counts": [b""]}


def counted(counts: PieceCounts, began: float, before: float) -> Columns:
    """Counts as one row, with the CPU seconds since ``began`` and those of the rows that they were made of."""
    return {
        "counts": [pickle.dumps(counts)],
        "documents": [counts.documents],
        "bytes": [counts.bytes],
        "cpu": [before + time.process_time() - began],
        "error": [b""],
    }


def add_up(batch: Any) -> Columns:
    """Adds up the counts of neighbouring rows."""
    began = time.process_time()
    for number, error in enumerate(batch["error"]):
        if error:
            return {name: [column[number]] for name, column in batch.items()}
    if not len(batch["counts"]):
        return {name: [] for name in batch}
    first, *others = (pickle.loads(value) for value in batch["counts"])  # noqa: S301 - pickled by `counted`
    return counted(first.merge(*others), began, float(sum(batch["cpu"])))
