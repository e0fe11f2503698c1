"""The files that trainers read: how ids and the index of documents are laid out in each format.

=============  =====================================================================================================
``numbers``    ``x.bin`` (ids, little endian) or ``x.npy``, and ``x.bin.idx.npy``: offsets as uint64, one more than
               documents (nanoGPT, and anything that maps a file)
``megatron``   ``x.bin`` (ids) and ``x.idx``: ``MMIDIDX``, the version, a code for the type of the ids, the numbers of
               sequences and of document bounds; then lengths as int32, byte offsets as int64 and bounds as int64
``datatrove``  ``x.ds`` (ids) and ``x.ds.index``: the end of each document as uint64; ``x.ds.metadata`` says the size
               of an id and how many there are (nanotron)
``columns``    ``x.parquet`` or ``x.arrow``: a column ``input_ids``, a list for each document
=============  =====================================================================================================

A mask (``mask``) is a file next to the ids, ``x.bin.mask.npy`` or datatrove's ``x.ds.loss``, or a column ``assistant_masks``.

Ids are written as they come; the index of the first three is made from the offsets at the end, and with it goes what the files
say of themselves (``label``). Every file is written as ``.partial`` and renamed when it is complete, the index first: where the
ids have their name, everything is there.

Costs O(n) for n ids; memory for a megabyte, or a row group of ``columns``.
"""

from __future__ import annotations

import os
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..extras import np
from ..formats.files import link_target
from .label import Label, Sums, trailing_label
from .mask import MASK_COLUMN, mask_path, split
from .number_file import NumberFile, narrowed, open_alone
from .options import DTYPES
from .outputs import MEGATRON, index_path, remove_indexes

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import numpy.typing as npt

    Ids = npt.NDArray[np.generic]

# Megatron's codes for the types of ids; it has no uint32, and ids are below 2^31.
MEGATRON_CODES = {"uint16": 8, "uint32": 4}

# How many offsets are worked on at a time.
PART = 1 << 17

COLUMN = "input_ids"
# Where columns have their label, first without and then with the totals.
LABEL, END = b"minitok", b"minitok.end"
# About how many ids, and at most about how many documents, are a row group.
GROUP = 1 << 20


def new_writer(path: Path, kind: str, label: Label, *, masked: bool = False) -> Writer:
    """A writer of a format; if ``masked``, of marked ids (``mask``), which it splits into ids and mask."""
    if kind == "columns":
        return ColumnWriter(path, label, masked=masked)
    writer = BareWriter(path, kind, label, masked=masked)
    writer.claim()
    writer.open()
    return writer


class Writer(ABC):
    """Writes documents to files that get their names at the end.

    ``documents``, ``tokens`` and ``learned`` are how many have been written; the last is what a mask marks. ``label`` is what
    the files will say of themselves; the totals come at the end.
    """

    documents = tokens = learned = 0
    label: Label

    @abstractmethod
    def append(self, ids: Ids, ends: npt.NDArray[np.int64]) -> None:
        """Writes ids, and where documents among them end; the last may go on in the next call."""

    @abstractmethod
    def finish(self) -> list[Path]:
        """Completes the files and returns them, the ids first."""

    @abstractmethod
    def close(self) -> None:
        """Closes the files as they are."""


class BareWriter(Writer):
    """Ids one after the other, an index, and a mask if there is one."""

    def __init__(self, path: Path, kind: str, label: Label, *, masked: bool = False) -> None:
        self.path, self.kind, self.dtype, self.label = path, kind, label.dtype, label
        # Megatron's ids have a sign.
        signed = kind == "megatron" and label.dtype == "uint32"
        self.ids = NumberFile(path, "<i4" if signed else DTYPES[label.dtype])
        # For the other formats, the offsets are what the index is made from.
        index = path.with_name(path.name + (".idx.npy" if kind == "numbers" else ".offsets"))
        self.offsets = NumberFile(index, "<u8")
        self.mask = NumberFile(mask_path(path, kind), "u1") if masked else None

    @property
    def files(self) -> list[NumberFile]:
        return [self.ids, self.offsets, *([self.mask] if self.mask else [])]

    def claim(self) -> None:
        """Opens the files for this run alone."""
        with ExitStack() as opened:
            for file in self.files:
                file.claim()
                opened.callback(file.close)
            opened.pop_all()

    def open(self, tokens: int = 0, documents: int = 0) -> None:
        """Goes to the end of what is valid of an earlier run."""
        self.ids.open(tokens)
        if self.mask:
            self.mask.open(tokens)
        self.offsets.open(documents + 1 if documents else 0)
        if not self.offsets.length:
            self.offsets.append(np.zeros(1, np.uint64))

    def sums(self) -> list[int]:
        """A checksum of each file so far."""
        return [file.sums.total() for file in self.files]

    def has(self, tokens: int, documents: int) -> bool:
        """Returns whether an earlier run has left that much."""
        masks = self.mask is None or self.mask.has(tokens)
        return self.ids.has(tokens) and self.offsets.has(documents + 1) and masks

    def append(self, ids: Ids, ends: npt.NDArray[np.int64]) -> None:
        if self.mask:
            ids, mask = split(ids)
            self.mask.append(mask)
        self.offsets.append(ends.astype(np.uint64) + np.uint64(self.ids.length))
        self.ids.append(ids)
        self.tokens, self.documents = self.ids.length, self.offsets.length - 1

    def arrays(self) -> tuple[Ids, npt.NDArray[np.uint64]]:
        """Returns the ids and offsets written so far, mapped."""
        self.sync()
        count = self.ids.length
        ids = np.memmap(self.ids.partial, self.ids.dtype, "r", self.ids.head, (count,)) if count else np.zeros(0, "<u2")
        offsets = np.memmap(self.offsets.partial, "<u8", "r", self.offsets.head, (self.offsets.length,))
        return ids, offsets

    def remove(self) -> None:
        """Removes what has been written."""
        for file in self.files:
            file.partial.unlink()
        self.close()

    def sync(self) -> None:
        for file in self.files:
            file.sync()

    def finish(self) -> list[Path]:
        self.tokens, self.documents = self.ids.length, self.offsets.length - 1
        index = index_path(self.path, self.kind)
        # An index or a mask never stands next to the ids of another run, wherever this one ends.
        self.ids.path.unlink(missing_ok=True)
        remove_indexes(self.path, self.kind)
        mask = mask_path(self.path, self.kind)
        link_target(mask).unlink(missing_ok=True)
        masks = [mask] if self.mask else []
        sums = {"ids": self.ids.sums.hex(), "index": self.offsets.sums.hex()}
        if self.mask:
            sums["mask"] = self.mask.sums.hex()
            self.mask.finish()
            self.learned = int(np.count_nonzero(np.memmap(mask, np.uint8, "r")[self.mask.head :])) if self.tokens else 0
        self.label = replace(self.label, tokens=self.tokens, documents=self.documents, sums=sums)
        if self.kind == "numbers":
            self.offsets.finish(trailing_label(self.label))
            self.ids.finish()
            self.close()
            return [self.path, index, *masks]
        self.offsets.sync()
        target = link_target(index)
        partial = target.with_name(target.name + ".partial")
        with partial.open("wb") as file:
            out = Summed(file)
            write_index = write_megatron_index if self.kind == "megatron" else write_datatrove_index
            write_index(out, self.offsets.partial, self.documents, self.dtype)
            self.label = replace(self.label, sums={**sums, "index": out.sums.hex()})
            if self.kind == "megatron":
                file.write(trailing_label(self.label))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        written = [self.path, index]
        if self.kind == "datatrove":
            written.append(self.write_metadata())
        self.ids.finish()
        self.offsets.partial.unlink()
        self.close()
        return [*written, *masks]

    def write_metadata(self) -> Path:
        """Writes what datatrove says of its files, a name and the size of an id, and how many ids there are; and the label."""
        path = self.path.with_name(self.path.name + ".metadata")
        target = link_target(path)
        partial = target.with_name(target.name + ".partial")
        size = self.ids.dtype.itemsize
        described = f"minitok|{size}\n{self.tokens}\n{self.tokens / 1e9:.3g} GT\n{self.label.text()}"
        partial.write_text(described, encoding="utf-8", newline="\n")
        partial.replace(target)
        return path

    def close(self) -> None:
        for file in self.files:
            file.close()


class Summed:
    """A file that sums up what is written."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sums = file, Sums()

    def write(self, data: bytes | memoryview) -> None:
        self.file.write(data)
        self.sums.add(data)


def offsets_in_parts(offsets: Path, documents: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yields where documents begin and the last of them ends, some at a time: neighbours share an offset."""
    # Empty files cannot be mapped, and room for a head comes first.
    held = np.memmap(offsets, np.uint8, "r")[-8 * (documents + 1) :].view("<u8")
    for start in range(0, documents, PART):
        yield held[start : start + PART + 1].astype(np.int64)


def write_megatron_index(file: Summed, offsets: Path, documents: int, dtype: str) -> None:
    """Writes the index of Megatron: every document is one sequence."""
    file.write(MEGATRON + struct.pack("<QBQQ", 1, MEGATRON_CODES[dtype], documents, documents + 1))
    for part in offsets_in_parts(offsets, documents):
        lengths = np.diff(part)
        if len(lengths) and lengths.max() >= 1 << 31:
            raise ValueError("a document of 2^31 ids or more does not go into Megatron's format")
        file.write(lengths.astype("<i4").data)
    size = np.dtype(DTYPES[dtype]).itemsize
    for part in offsets_in_parts(offsets, documents):
        file.write((part[:-1] * size).astype("<i8").data)
    for start in range(0, documents + 1, PART):
        bounds = np.arange(start, min(start + PART, documents + 1), dtype="<i8")
        file.write(bounds.data)


def write_datatrove_index(file: Summed, offsets: Path, documents: int, dtype: str) -> None:
    """Writes the index of datatrove: where each document ends."""
    del dtype
    for part in offsets_in_parts(offsets, documents):
        file.write(part[1:].astype("<u8").data)


class ColumnWriter(Writer):
    """A column of lists, in Parquet or in Arrow's file format, and a second one if there is a mask."""

    def __init__(self, path: Path, label: Label, *, masked: bool = False) -> None:
        try:
            import pyarrow as pa
        except ImportError as error:
            raise ImportError(f"{path}: {path.suffix} needs pyarrow: pip install 'minitok[parquet]'") from error
        self.path, self.target, self.label, dtype = path, link_target(path), label, label.dtype
        self.partial = self.target.with_name(self.target.name + ".partial")
        self.kind = pa.uint16() if dtype == "uint16" else pa.uint32()
        self.dtype = np.dtype(DTYPES["uint32" if masked else dtype])
        columns = [(COLUMN, pa.list_(self.kind)), (MASK_COLUMN, pa.list_(pa.uint8()))]
        schema = pa.schema(columns if masked else columns[:1])
        self.file = open_alone(self.partial, self.target)
        self.file.truncate()
        self.sums = Sums()
        self.out: Any = self.open_out(schema)
        # Ids of documents that are not in the file yet, and where these end.
        self.ids: list[Ids] = []
        self.ends: list[npt.NDArray[np.int64]] = []
        self.held = 0

    def open_out(self, schema: Any) -> Any:
        if self.path.suffix == ".parquet":
            from pyarrow import parquet

            # Before pyarrow 17 nothing could be said at the end, so nothing is said at all.
            labelled = hasattr(parquet.ParquetWriter, "add_key_value_metadata")
            self.schema = schema.with_metadata({LABEL: self.label.text()}) if labelled else schema
            return parquet.ParquetWriter(self.file, self.schema, compression="zstd")
        from pyarrow import ipc

        self.schema = schema.with_metadata({LABEL: self.label.text()})
        return ipc.new_file(self.file, self.schema)

    def append(self, ids: Ids, ends: npt.NDArray[np.int64]) -> None:
        self.ids.append(narrowed(ids, self.dtype, self.path, self.tokens))
        self.ends.append(ends + self.held)
        self.held += len(ids)
        self.tokens += len(ids)
        self.documents += len(ends)
        if self.held >= GROUP or sum(map(len, self.ends)) >= GROUP:
            self.flush()

    def flush(self, *, last: bool = False) -> None:
        """Writes the documents that are complete as a row group. The last group of an Arrow file has the label of the whole."""
        import pyarrow as pa

        none = np.zeros(0, np.int64)
        ids, ends = np.concatenate([*self.ids, none.astype(self.dtype)]), np.concatenate([*self.ends, none])
        stop = int(ends[-1]) if len(ends) else 0
        if stop >= 1 << 31:
            raise ValueError(f"{self.path}: a document of 2^31 ids or more does not go into a column of lists")
        if len(ends) or last:
            offsets = pa.array(np.concatenate([np.zeros(1, np.int32), ends.astype(np.int32)]))
            columns: Any = [ids[:stop]] if len(self.schema) == 1 else split(ids[:stop])
            columns = [
                narrowed(column, np.dtype(field.type.value_type.to_pandas_dtype()), self.path)
                for column, field in zip(columns, self.schema, strict=True)
            ]
            self.sums.last, self.sums.held = group_sum(ends, columns), 1
            self.sums.end()
            if len(columns) == 2:
                self.learned += int(columns[1].sum())
            lists = [
                pa.ListArray.from_arrays(offsets, pa.array(column, field.type.value_type))
                for column, field in zip(columns, self.schema, strict=True)
            ]
            said: dict[str, Any] = {"custom_metadata": {END: self.whole_label()}} if last else {}
            if self.path.suffix == ".parquet":
                said = {"row_group_size": max(1, len(ends))}
            self.out.write_batch(pa.record_batch(lists, schema=self.schema), **said)
        self.ids, self.ends, self.held = [ids[stop:]], [], len(ids) - stop

    def whole_label(self) -> str:
        groups = {"groups": self.sums.hex()}
        self.label = replace(self.label, tokens=self.tokens, documents=self.documents, sums=groups)
        return self.label.text()

    def finish(self) -> list[Path]:
        is_parquet = self.path.suffix == ".parquet"
        if self.ends or not is_parquet:
            self.flush(last=not is_parquet)
        if is_parquet and self.schema.metadata:
            self.out.add_key_value_metadata({END.decode(): self.whole_label()})
        self.out.close()
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.partial.replace(self.target)
        return [self.path]

    def close(self) -> None:
        # A writer of Parquet that is not closed writes its footer when it is collected.
        if getattr(self.out, "is_open", False):
            with suppress(OSError):
                self.out.close()
        self.file.close()


def group_sum(ends: npt.NDArray[Any], columns: Iterable[npt.NDArray[Any]]) -> int:
    """The CRC-32 of a row group: of the ends of its documents as int64, and of its numbers, column by column."""
    total = zlib.crc32(np.ascontiguousarray(ends, "<i8").data)
    for column in columns:
        total = zlib.crc32(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).data, total)
    return total
