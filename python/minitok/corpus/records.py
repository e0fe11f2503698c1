"""Files of records: the documents in lines of JSON, and in columns of Parquet and Arrow, in batches.

A batch is a range of a plain file of lines, which whoever works on it reads; or some lines of a compressed file, or rows, which
are read one after the other. The backend makes ``Documents`` of it, or their ids, in Rust without a Python object for each.
Lines that are not plainly JSON with the field as text come back here, to be read by ``json`` or refused. So what is accepted
does not depend on the backend.

Costs O(n) time; memory for a batch of a few megabytes, or the longest line, or ``ROWS`` rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import FileFormatError
from ..reference.text import utf8
from .compression import COMPRESSED, inner_suffix, opened

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import numpy as np
    import numpy.typing as npt

    from ..backend import Backend, Codec, Documents
    from ..backend.protocols import JsonLines

    # Ids, where each document ends among them, and the bytes of the texts.
    EncodedBatch = tuple[npt.NDArray[Any], npt.NDArray[np.uint64], int]
    # The batches of a file, each with the number of bytes read so far.
    Batches = Iterator[tuple["Batch", int]]

# How much of a file of lines is a batch, in bytes.
LINES = 1 << 20

# At most how many rows of a column are a batch.
ROWS = 1 << 14

ARROW = (".arrow", ".ipc", ".feather")


class Batch(Protocol):
    """Some lines or rows of a file."""

    def __call__(self, threads: int) -> Documents:
        """Reads the documents on at most as many threads."""

    def encode(self, codec: Codec, allowed: Sequence[str] | None, end: int | None, dtype: str) -> EncodedBatch:
        """Returns the ids of the documents as numbers of a type, with ``end`` after each."""


def batches_of(file: Path, field: str, backend: Backend, size: int = LINES) -> Batches | None:
    """Returns the documents of a file of records in batches; None for a file of text."""
    suffix = inner_suffix(file)
    if suffix == ".jsonl":
        return json_lines(file, field, backend, size)
    if suffix in (".parquet", *ARROW):
        return columns(file, suffix, field, backend)
    return None


def json_lines(file: Path, field: str, backend: Backend, size: int) -> Batches:
    """Yields the fields of lines. Blank lines are skipped."""
    status = file.stat()
    if file.suffix not in COMPRESSED and S_ISREG(status.st_mode) and status.st_size:
        for start in range(0, status.st_size, size):
            end = min(start + size, status.st_size)
            yield Lines(file, field, backend, (file, start, end)), end
        return
    with opened(file) as (stream, position):
        first = 1
        for lines in whole_lines(stream, size):
            yield Lines(file, field, backend, lines, first), position()
            first += lines.count(b"\n")


def whole_lines(stream: BinaryIO, size: int) -> Iterator[bytes]:
    r"""Yields the content of a stream in parts of about ``size`` bytes, cut after line feeds.

    >>> import io
    >>> list(whole_lines(io.BytesIO(b"ab\ncd\nefghi\nj"), 4))
    [b'ab\n', b'cd\n', b'efghi\n', b'j']
    """
    held: list[bytes] = []
    while block := stream.read(size):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join([*held, memoryview(block)[:cut]])
            held = []
        held.append(block[cut:])
    if rest := b"".join(held):
        yield rest


@dataclass(frozen=True)
class Lines:
    """Lines of JSON; of lines in memory, the first has the number ``first`` in its file."""

    file: Path
    field: str
    backend: Backend
    lines: JsonLines
    first: int = 1

    def __call__(self, threads: int) -> Documents:
        from ..backend.documents import bytes_of

        return self.backend.read_json_lines(bytes_of(self.lines), self.field, self.other, threads)

    def encode(self, codec: Codec, allowed: Sequence[str] | None, end: int | None, dtype: str) -> EncodedBatch:
        return codec.encode_json_lines(self.lines, self.field, self.other, allowed, end, dtype)

    def other(self, number: int, line: bytes) -> bytes:
        """Returns the text of a line that the backend leaves to ``json``."""
        try:
            return text_of_line(self.file, self.field, line, self.first + number)
        except FileFormatError as error:
            if isinstance(self.lines, bytes) or error.line is None:
                raise
            # Only now are the lines before the range counted.
            before = lines_before(self.file, self.lines[1])
            raise FileFormatError(self.file, error.reason, before + error.line) from None


def lines_before(file: Path, start: int) -> int:
    """Returns how many lines of a file begin before a place."""
    count, last = 0, b"\n"
    with file.open("rb") as source:
        for at in range(0, start, LINES):
            data = source.read(min(LINES, start - at))
            count += data.count(b"\n")
            last = data[-1:] or last
    return count + (last != b"\n")


def text_of_line(file: Path, field: str, line: bytes, number: int) -> bytes:
    """Returns the field of a line as UTF-8, or raises FileFormatError."""
    try:
        text = json_of_line(file, line, number)[field]
    except (KeyError, TypeError, IndexError):
        raise FileFormatError(file, f"no object with the field {field!r}", number) from None
    if not isinstance(text, str):
        raise FileFormatError(file, f"the field {field!r} is a {type(text).__name__}, not text", number)
    return utf8(text)


def json_of_line(file: Path, line: bytes, number: int) -> Any:
    """Returns what a line holds, or raises FileFormatError."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(file, f"not JSON: {error}", number) from None


def columns(file: Path, suffix: str, column: str, backend: Backend) -> Batches:
    """Yields the rows of a column of text."""
    with opened_columns(file, suffix) as source:
        row = 0
        for batch in record_batches(file, suffix, source, [column]):
            array = batch.column(0)
            yield ColumnRows(file, column, backend, array, row), source.tell()
            row += len(array)


def rows_of_file(
    file: Path, suffix: str, columns: Sequence[str], optional: Collection[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yields the rows of some columns as Python objects; those that are optional may be missing."""
    with opened_columns(file, suffix) as source:
        for batch in record_batches(file, suffix, source, columns, optional):
            batch.validate(full=True)
            yield from batch.to_pylist()


@contextmanager
def opened_columns(file: Path, suffix: str) -> Iterator[BinaryIO]:
    """Opens a file of columns. What Arrow raises while it is read becomes an error that names the file."""
    name = "Parquet" if suffix == ".parquet" else "Arrow"
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ImportError(f"{file}: {name} needs pyarrow: pip install 'minitok[parquet]'") from error
    if file.suffix in COMPRESSED:
        raise FileFormatError(file, f"a compressed {name} file cannot be read in parts; {name} compresses by itself")
    # Opened here, so that a missing file raises the system's error and the file is always closed.
    if not S_ISREG(file.stat().st_mode):
        raise FileFormatError(
            file, f"{name} is read in parts, which a pipe or a device does not allow: name a regular file"
        )
    with file.open("rb") as source:
        try:
            yield source
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            # Arrow reports damage by errors of the system, too, which have no number then.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise FileFormatError(file, f"not {name}: {error}") from None


def record_batches(
    file: Path, suffix: str, source: BinaryIO, columns: Sequence[str], optional: Collection[str] = ()
) -> Iterator[Any]:
    """Yields some columns of a file in record batches of a few megabytes, in that order."""
    if suffix == ".parquet":
        from pyarrow import parquet

        table = parquet.ParquetFile(source)
        wanted = check_columns(file, table.schema_arrow.names, columns, optional)
        for batch in table.iter_batches(batch_size=rows_of(table.metadata, wanted), columns=wanted):
            yield batch.select(wanted)
        return
    for batch in arrow_batches(file, source, columns, optional):
        rows = max(1, min(ROWS, LINES * len(batch) // max(1, batch.nbytes)))
        for start in range(0, len(batch), rows):
            yield batch.slice(start, rows)


def rows_of(metadata: Any, columns: Sequence[str]) -> int:
    """How many rows of a Parquet file are a batch of a few megabytes, going by their mean."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    parts = [group.column(number) for group in groups for number in range(group.num_columns)]
    # The values inside lists and structs have paths that begin with the name of their column.
    names = tuple(f"{column}." for column in columns)
    size: int = sum(part.total_uncompressed_size for part in parts if f"{part.path_in_schema}.".startswith(names))
    rows: int = metadata.num_rows
    return max(1, min(ROWS, LINES * rows // max(1, size)))


def arrow_batches(file: Path, source: BinaryIO, columns: Sequence[str], optional: Collection[str]) -> Iterator[Any]:
    """Yields the columns of an Arrow file or stream in its own record batches."""
    from pyarrow import ipc

    if source.read(6) == b"ARROW1":
        table = ipc.open_file(source)
        batches = (table.get_batch(number) for number in range(table.num_record_batches))
    else:
        source.seek(0)
        batches = table = ipc.open_stream(source)
    wanted = check_columns(file, table.schema.names, columns, optional)
    for batch in batches:
        chosen = batch.select(wanted)
        # Buffers that are too short are not looked into; offsets are checked where the values are read.
        chosen.validate()
        yield chosen


def check_columns(file: Path, names: list[str], columns: Sequence[str], optional: Collection[str]) -> list[str]:
    """The columns, with the optional ones that there are."""
    for column in columns:
        if column not in names:
            found = ", ".join(map(repr, names)) or "none"
            raise FileFormatError(file, f"no column {column!r}; it has {found}")
    return [*columns, *(column for column in optional if column in names)]


@dataclass(frozen=True)
class ColumnRows:
    """Rows of a column, the first of which has the number ``row`` in its file."""

    file: Path
    column: str
    backend: Backend
    array: Any
    row: int

    def __call__(self, threads: int) -> Documents:
        del threads
        try:
            return documents_of_array(self.array, self.backend, self.not_text)
        except FileFormatError:
            raise
        except ValueError as error:
            raise FileFormatError(self.file, f"the rows from {self.row} on are damaged: {error}") from None

    def encode(self, codec: Codec, allowed: Sequence[str] | None, end: int | None, dtype: str) -> EncodedBatch:
        from ..backend.documents import encode_read

        return encode_read(codec, self(1), allowed, end, dtype)

    def not_text(self, at: int, value: object) -> FileFormatError:
        reason = f"row {self.row + at} of {self.column!r} is a {type(value).__name__}, not text"
        return FileFormatError(self.file, reason)


def documents_of_array(array: Any, backend: Backend, refused: Callable[[int, object], FileFormatError]) -> Documents:
    """The texts of an array of Arrow, from its buffers; ``refused`` makes the error of a row that is not text."""
    return backend.read_column(*text_buffers(array, refused))


def text_buffers(
    array: Any, refused: Callable[[int, object], FileFormatError]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    import pyarrow as pa

    from .columns import text_of

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if str(array.type) not in ("string", "large_string", "string_view"):
        for at, value in enumerate(array):
            raise refused(at, value.as_py())
        from ..extras import np

        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    if array.null_count:
        raise refused(array.is_null().to_pylist().index(True), None)
    data, places = text_of(array)
    return data[int(places[0]) : int(places[-1])], places - places[0]
