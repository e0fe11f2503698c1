"""A packed corpus: documents by number, in files that are mapped and not loaded; and whether they are whole.

``formats`` describes the files. Costs: opening maps the index, or reads ``columns`` once; a document costs a page or two;
``check_index`` reads the index once, and ``check`` everything.
"""

from __future__ import annotations

import zlib
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..errors import FileFormatError
from .formats import COLUMN
from .mask import MASK_COLUMN

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from .bounds import Bounds

    Ids = npt.NDArray[Any]

__all__ = ["Bare", "ColumnCorpus", "PackedCorpus", "Shards", "checksum"]

# How much is looked at at a time by a check, in numbers.
PART = 1 << 20


class PackedCorpus(Sequence["Ids"]):
    """Documents as arrays of ids, by number. The arrays show the mapped file, and cannot be written to.

    Attributes:
        paths: The files.
        format: ``numbers``, ``megatron``, ``datatrove``, ``columns``, or ``shards``.
        dtype: The type of the ids.
        tokens: How many ids there are.
        masked: Whether there is a mask: ``mask``.
    """

    paths: list[Path]
    format: str
    dtype: np.dtype[Any]
    tokens: int
    masked: bool

    @overload
    def __getitem__(self, number: int) -> Ids: ...
    @overload
    def __getitem__(self, number: slice) -> list[Ids]: ...
    def __getitem__(self, number: int | slice) -> Ids | list[Ids]:
        """Returns the ids of a document, or a list of those of several."""
        if isinstance(number, slice):
            return [self.document(one) for one in range(*number.indices(len(self)))]
        return self.document(self.place(number))

    def mask(self, number: int) -> npt.NDArray[np.bool_]:
        """Returns the loss mask of a document: True for each id that a model is to learn.

        Raises ValueError if the corpus was packed without ``learn=``.

        >>> import json, tempfile
        >>> from minitok import Tokenizer, open_packed
        >>> folder, talk = tempfile.mkdtemp(), [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        >>> with open(f"{folder}/a.jsonl", "w") as file:
        ...     json.dump({"messages": talk}, file)
        >>> tok = Tokenizer([], special_tokens={"<e>": 256}).replace(
        ...     chat="{% for m in messages %}{{ m.content }}<e>{% endfor %}")
        >>> packed = tok.encode_files(f"{folder}/a.jsonl", f"{folder}/a.bin", learn="assistant")
        >>> corpus = open_packed(f"{folder}/a.bin")
        >>> corpus[0].tolist(), corpus.mask(0).tolist()
        ([97, 256, 98, 256], [False, False, True, True])
        """
        if not self.masked:
            raise ValueError(f"{self.paths[0]} has no mask: pack conversations with learn=")
        return self.mask_values(self.place(number)).astype(np.bool_)

    def place(self, number: int) -> int:
        """The number of a document from the first on."""
        at = number + len(self) if number < 0 else number
        if not 0 <= at < len(self):
            raise IndexError(f"document {number} of {len(self)}")
        return at

    @abstractmethod
    def document(self, number: int) -> Ids:
        """The ids of a document."""

    @abstractmethod
    def mask_values(self, number: int) -> Ids:
        """The mask of a document, as numbers."""

    @abstractmethod
    def check(self, n_vocab: int | None = None) -> None:
        """Reads everything once, and raises FileFormatError where something cannot be.

        ``n_vocab``: ids must be below it.
        """

    def check_index(self) -> None:
        """Reads the index once, if there is one, and raises FileFormatError where documents cannot be as it says."""

    def __repr__(self) -> str:
        documents = "1 document" if len(self) == 1 else f"{len(self):,} documents"
        return f"PackedCorpus({str(self.paths[0])!r}, {self.format}, {documents}, {self.tokens:,} ids)"


class Bare(PackedCorpus):
    """Ids in one file, one document after the other, with offsets in another."""

    def __init__(self, ids: Path, index: Path, kind: str, array: Ids, bounds: Bounds) -> None:
        self.paths, self.format, self.ids, self.bounds = [ids, index], kind, array, bounds
        self.values, self.masked = np.zeros(0, np.uint8), False
        self.dtype, self.tokens = array.dtype, len(array)
        if len(bounds) and bounds.start(0):
            raise FileFormatError(index, f"the first document begins at {bounds.start(0)}, not at 0: damaged")
        last = bounds.end(len(bounds) - 1) if len(bounds) else 0
        if last != len(array):
            raise FileFormatError(
                ids, f"{len(array)} ids, where the index {index.name} says {last}: one of them is truncated or damaged"
            )

    def __len__(self) -> int:
        return len(self.bounds)

    def with_mask(self, path: Path, values: Ids) -> Bare:
        """The same corpus with a mask."""
        if values.dtype != np.uint8 or len(values) != self.tokens:
            raise FileFormatError(
                path,
                f"{len(values)} numbers ({values.dtype}), where a mask has a byte for each of the {self.tokens} ids of "
                f"{self.paths[0].name}: one of them is truncated or damaged",
            )
        self.paths, self.values, self.masked = [*self.paths, path], values, True
        return self

    def document(self, number: int) -> Ids:
        return self.ids[self.part(number)]

    def mask_values(self, number: int) -> Ids:
        return self.values[self.part(number)]

    def part(self, number: int) -> slice:
        """Where a document is."""
        start, end = self.bounds.start(number), self.bounds.end(number)
        if not 0 <= start <= end <= self.tokens:
            raise FileFormatError(self.paths[1], f"document {number} is said to be at {start} to {end}: damaged")
        return slice(start, end)

    def check_index(self) -> None:
        self.bounds.check(self.paths[1], self.tokens)

    def check(self, n_vocab: int | None = None) -> None:
        self.check_index()
        if n_vocab is not None:
            check_ids(self.ids, n_vocab, self.paths[0])
        if self.masked:
            check_mask(self.values, self.paths[-1])


class ColumnCorpus(PackedCorpus):
    """A column of lists, and one of masks if there is one. A row group is read at a time, and kept until another is needed."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self.paths, self.format = [path], "columns"
        try:
            if path.suffix == ".parquet":
                from pyarrow import parquet

                self.file: Any = parquet.ParquetFile(path, memory_map=True)
                schema, metadata = self.file.schema_arrow, self.file.metadata
                rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
            else:
                from pyarrow import ipc

                self.file = ipc.open_file(pa.memory_map(str(path)))
                schema = self.file.schema
                rows = [self.file.get_batch(number).num_rows for number in range(self.file.num_record_batches)]
            kinds = {field.name: field.type for field in schema}
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise FileFormatError(path, f"not {path.suffix[1:]}, or truncated or damaged: {error}") from None
        lists = [name for name, kind in kinds.items() if pa.types.is_list(kind) or pa.types.is_large_list(kind)]
        self.column = COLUMN if COLUMN in lists else next(iter(lists), "")
        if not self.column or not pa.types.is_integer(kinds[self.column].value_type):
            raise FileFormatError(path, f"no column of lists of ids; it has {', '.join(map(repr, kinds)) or 'none'}")
        self.dtype = np.dtype(kinds[self.column].value_type.to_pandas_dtype())
        of_masks = kinds[MASK_COLUMN].value_type if MASK_COLUMN in lists and self.column != MASK_COLUMN else None
        self.masked = of_masks is not None and (pa.types.is_integer(of_masks) or pa.types.is_boolean(of_masks))
        self.first = [0, *np.cumsum(rows).tolist()]
        self.last: tuple[int, list[tuple[Ids, Ids]]] = -1, []
        self.tokens = sum(len(self.group(number)[0][0]) for number in range(len(rows)))

    def __len__(self) -> int:
        return int(self.first[-1])

    def group(self, number: int) -> list[tuple[Ids, Ids]]:
        """Returns the numbers of a row group and the offsets of its documents: the ids', and the mask's if there is one."""
        import pyarrow as pa

        if self.last[0] != number:
            columns = [self.column, *([MASK_COLUMN] if self.masked else [])]
            try:
                if self.paths[0].suffix == ".parquet":
                    read = self.file.read_row_group(number, columns=columns)
                    chunked = [read.column(name) for name in columns]
                    arrays = [one.chunk(0) if one.num_chunks == 1 else one.combine_chunks() for one in chunked]
                else:
                    arrays = [self.file.get_batch(number).column(name) for name in columns]
                for array in arrays:
                    array.validate(full=True)
            except (pa.ArrowException, OSError, KeyError) as error:
                raise FileFormatError(self.paths[0], f"row group {number} is damaged: {error}") from None
            if any(array.null_count or array.values.null_count for array in arrays):
                raise FileFormatError(self.paths[0], f"row group {number} has documents or ids that are missing")
            held = [flat(array) for array in arrays]
            if any(not np.array_equal(offsets, held[0][1]) for _, offsets in held):
                raise FileFormatError(
                    self.paths[0], f"row group {number} has masks that are not as long as their documents"
                )
            self.last = number, held
        return self.last[1]

    def document(self, number: int) -> Ids:
        return self.values_of(number, 0)

    def mask_values(self, number: int) -> Ids:
        return self.values_of(number, 1)

    def values_of(self, number: int, column: int) -> Ids:
        group = bisect_right(self.first, number) - 1
        values, offsets = self.group(group)[column]
        at = number - self.first[group]
        return values[int(offsets[at]) : int(offsets[at + 1])]

    def check(self, n_vocab: int | None = None) -> None:
        for number in range(len(self.first) - 1):
            held = self.group(number)
            if n_vocab is not None:
                check_ids(held[0][0], n_vocab, self.paths[0])
            if self.masked:
                check_mask(held[1][0], self.paths[0])


def flat(array: Any) -> tuple[Ids, Ids]:
    """The numbers in an array of lists, and where each list begins among them."""
    offsets = array.offsets.to_numpy(zero_copy_only=False)
    values = array.values.to_numpy(zero_copy_only=False)
    start = int(offsets[0]) if len(offsets) else 0
    return values[start : int(offsets[-1]) if len(offsets) else 0], offsets - start


class Shards(PackedCorpus):
    """Several packed corpora, one after the other."""

    def __init__(self, parts: list[PackedCorpus], checksums: Sequence[tuple[Path, int]] = ()) -> None:
        self.parts, self.format, self.checksums = parts, "shards", checksums
        self.paths = [path for part in parts for path in part.paths]
        self.dtype = np.result_type(*(part.dtype for part in parts))
        self.tokens = sum(part.tokens for part in parts)
        self.masked = parts[0].masked
        for part in parts:
            if part.masked != self.masked:
                raise FileFormatError(
                    part.paths[0], f"{'a' if part.masked else 'no'} mask, unlike {parts[0].paths[0].name}"
                )
        self.first = [0, *np.cumsum([len(part) for part in parts]).tolist()]

    def __len__(self) -> int:
        return int(self.first[-1])

    def document(self, number: int) -> Ids:
        part = bisect_right(self.first, number) - 1
        return self.parts[part].document(number - self.first[part])

    def mask_values(self, number: int) -> Ids:
        part = bisect_right(self.first, number) - 1
        return self.parts[part].mask_values(number - self.first[part])

    def check_index(self) -> None:
        for part in self.parts:
            part.check_index()

    def check(self, n_vocab: int | None = None) -> None:
        for path, expected in self.checksums:
            if checksum(path) != expected:
                raise FileFormatError(path, "the checksum is not that of the manifest: damaged")
        for part in self.parts:
            part.check(n_vocab)


def check_ids(ids: Ids, n_vocab: int, path: Path) -> None:
    """Raises if an id is not below ``n_vocab``."""
    for at in range(0, len(ids), PART):
        part = ids[at : at + PART]
        wrong = np.flatnonzero((part < 0) | (part >= n_vocab))
        if len(wrong):
            where = at + int(wrong[0])
            raise FileFormatError(path, f"id {part[wrong[0]]} at {where} is not one of {n_vocab}: damaged")


def check_mask(values: Ids, path: Path) -> None:
    """Raises if a mask has another number than 0 and 1."""
    for at in range(0, len(values), PART):
        wrong = np.flatnonzero(values[at : at + PART] > 1)
        if len(wrong):
            where = at + int(wrong[0])
            raise FileFormatError(path, f"{values[where]} at {where} of the mask, which holds 0 and 1: damaged")


def checksum(file: Path) -> int:
    """The CRC-32 of a file."""
    total = 0
    with file.open("rb") as source:
        while chunk := source.read(1 << 20):
            total = zlib.crc32(chunk, total)
    return total
