"""A packed corpus in Parquet or in Arrow's file format: a column of lists, and one of masks if there is one.

Costs: opening reads the file once; a row group is kept until another one is needed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError
from ..extras import np
from .formats import COLUMN, END, LABEL, group_sum
from .label import Label
from .mapped import check_regular_input, check_unchanged
from .mask import MASK_COLUMN
from .packed_corpus import PackedCorpus, check_ids, check_label, check_mask

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Ids = npt.NDArray[Any]


class ColumnCorpus(PackedCorpus):
    """A column of lists, and one of masks if there is one. A row group is read at a time, and kept until another is needed."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self.paths, self.format = [path], "columns"
        self.state = check_regular_input(path)
        try:
            self.file: Any = self.opened()
            schema, said, rows = self.described()
            kinds = {field.name: field.type for field in schema}
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise FileFormatError(path, f"not {path.suffix[1:]}, or truncated or damaged: {error}") from None
        label = self.label_of((schema.metadata or {}).get(LABEL), said)
        self.labels = [(path, label)]
        lists = [name for name, kind in kinds.items() if pa.types.is_list(kind) or pa.types.is_large_list(kind)]
        self.column = COLUMN if COLUMN in lists else next(iter(lists), "")
        if not self.column or not pa.types.is_integer(kinds[self.column].value_type):
            raise FileFormatError(path, f"no column of lists of ids; it has {', '.join(map(repr, kinds)) or 'none'}")
        self.dtype = np.dtype(kinds[self.column].value_type.to_pandas_dtype())
        of_masks = kinds[MASK_COLUMN].value_type if MASK_COLUMN in lists and self.column != MASK_COLUMN else None
        self.masked = of_masks is not None and (pa.types.is_integer(of_masks) or pa.types.is_boolean(of_masks))
        self.first = [0, *np.cumsum(rows).tolist()]
        self.last: tuple[int, list[tuple[Ids, Ids]]] = -1, []
        self.sums = np.frombuffer(bytes.fromhex(label.sums.get("groups", "")), "<u4") if label else None
        if self.sums is not None and len(self.sums) != len(rows):
            raise FileFormatError(path, f"{len(rows)} row groups, where the label has {len(self.sums)}: damaged")
        self.tokens = sum(len(self.group(number)[0][0]) for number in range(len(rows)))
        check_label(label, self)

    def opened(self) -> Any:
        """The reader of the file."""
        path = self.paths[0]
        if path.suffix == ".parquet":
            from pyarrow import parquet

            return parquet.ParquetFile(path, memory_map=True)
        import pyarrow as pa
        from pyarrow import ipc

        return ipc.open_file(pa.memory_map(str(path)))

    def described(self) -> tuple[Any, bytes | None, list[int]]:
        """The schema, what is said at the end, and the numbers of rows of the groups."""
        if self.paths[0].suffix == ".parquet":
            metadata = self.file.metadata
            rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
            if sum(rows) != metadata.num_rows:
                raise FileFormatError(
                    self.paths[0], f"{sum(rows)} rows in its groups, where the footer says {metadata.num_rows}: damaged"
                )
            return self.file.schema_arrow, (metadata.metadata or {}).get(END), rows
        count = self.file.num_record_batches
        rows = [self.file.get_batch(number).num_rows for number in range(count)]
        last = self.file.get_batch_with_custom_metadata(count - 1)[1] if count else None
        return self.file.schema, (last or {}).get(END), rows

    def label_of(self, first: bytes | None, end: bytes | None) -> Label | None:
        """The label, which is said twice or not at all."""
        if first is None and end is None:
            return None
        if first is None or end is None:
            raise FileFormatError(self.paths[0], "one of its two labels is missing: truncated or damaged")
        try:
            label, before = Label.parsed(end), Label.parsed(first)
        except ValueError as error:
            raise FileFormatError(self.paths[0], f"{error}: damaged") from None
        if before != replace(label, tokens=0, documents=0, sums={}, shard=before.shard):
            raise FileFormatError(self.paths[0], "its two labels say different things: damaged")
        return label

    def release(self) -> None:
        self.file, self.last = None, (-1, [])

    def __len__(self) -> int:
        return int(self.first[-1])

    def group(self, number: int) -> list[tuple[Ids, Ids]]:
        """Returns the numbers of a row group and the offsets of its documents: the ids', and the mask's if there is one."""
        import pyarrow as pa

        if self.last[0] != number:
            columns = [self.column, *([MASK_COLUMN] if self.masked else [])]
            try:
                if self.file is None:
                    check_unchanged(self.paths[0], self.state)
                    self.file = self.opened()
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
            if len(held[0][1]) - 1 != self.first[number + 1] - self.first[number]:
                raise FileFormatError(self.paths[0], f"row group {number} has other rows than the footer says: damaged")
            if any(not np.array_equal(offsets, held[0][1]) for _, offsets in held):
                raise FileFormatError(
                    self.paths[0], f"row group {number} has masks that are not as long as their documents"
                )
            if self.sums is not None and self.sums[number] != group_sum(held[0][1][1:], [ids for ids, _ in held]):
                raise FileFormatError(self.paths[0], f"row group {number} is not as it was written: damaged")
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

    def check(self, vocab_size: int | None = None) -> None:
        for number in range(len(self.first) - 1):
            held = self.group(number)
            check_ids(held[0][0], vocab_size, self.paths[0])
            if self.masked:
                check_mask(held[1][0], self.paths[0])


def flat(array: Any) -> tuple[Ids, Ids]:
    """The numbers in an array of lists, and where each list begins among them."""
    offsets = array.offsets.to_numpy(zero_copy_only=False)
    values = array.values.to_numpy(zero_copy_only=False)
    start = int(offsets[0]) if len(offsets) else 0
    return values[start : int(offsets[-1]) if len(offsets) else 0], offsets - start
