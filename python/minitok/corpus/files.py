"""Files of texts: which ones are meant, and the documents in them.

``.jsonl`` has a document on each line, ``.parquet`` in each row; any other file is text. A further ``.gz`` or ``.zst`` is
compression. At most one document, one line or one batch of rows is in memory at a time.
"""

from __future__ import annotations

import glob
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FileFormatError
from .compression import inner_suffix, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["CHUNK", "documents_of", "expand", "read_chunks", "split_documents"]

# How much of a text file is read at a time, in bytes.
CHUNK = 1 << 20

# How many rows of a Parquet file are turned into Python strings at a time.
ROWS = 1024


def expand(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Returns the files that the paths and patterns name."""
    files: list[Path] = []
    for path in [paths] if isinstance(paths, (str, os.PathLike)) else paths:
        if Path(path).is_dir():
            raise IsADirectoryError(21, "a folder, not a file (name its files with a pattern)", str(path))
        matches = [path] if Path(path).exists() else sorted(glob.glob(os.fspath(path), recursive=True))
        if not matches:
            raise FileNotFoundError(2, "no such file", str(path))
        files += [Path(match) for match in matches if not Path(match).is_dir()]
    return files


def documents_of(file: Path, field: str, hear: Callable[[int], object] | None = None) -> Iterator[str] | None:
    """Returns the documents of a file of records; None for a file of text.

    ``hear`` is called with the number of bytes read so far, if known, before each document.
    """
    suffix = inner_suffix(file)
    if suffix == ".jsonl":
        return json_lines(file, field, hear)
    if suffix == ".parquet":
        return parquet_rows(file, field)
    return None


def json_lines(file: Path, field: str, hear: Callable[[int], object] | None = None) -> Iterator[str]:
    """Yields the field of each line. Empty lines are skipped."""
    with opened(file) as (lines, position):
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                text = json.loads(line)[field]
            except (ValueError, RecursionError) as error:
                raise FileFormatError(file, f"not JSON: {error}", number) from None
            except (KeyError, TypeError, IndexError):
                raise FileFormatError(file, f"no object with the field {field!r}", number) from None
            if not isinstance(text, str):
                raise FileFormatError(file, f"the field {field!r} is a {type(text).__name__}, not text", number)
            if hear:
                hear(position())
            yield text


def parquet_rows(file: Path, column: str) -> Iterator[str]:
    """Yields the column of each row."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(f"{file}: Parquet needs pyarrow; install minitok[parquet]") from error
    if file.suffix != ".parquet":
        raise FileFormatError(file, "a compressed Parquet file cannot be read in parts; Parquet compresses by itself")
    # Opened here, so that a missing file raises the system's error and the file is always closed.
    with file.open("rb") as source:
        try:
            table = parquet.ParquetFile(source)
            if column not in table.schema_arrow.names:
                found = ", ".join(map(repr, table.schema_arrow.names)) or "none"
                raise FileFormatError(file, f"no column {column!r}; it has {found}")
            row = 0
            for batch in table.iter_batches(batch_size=ROWS, columns=[column]):
                for text in batch.column(0).to_pylist():
                    if not isinstance(text, str):
                        raise FileFormatError(file, f"row {row} of {column!r} is a {type(text).__name__}, not text")
                    row += 1
                    yield text
        except pa.ArrowException as error:
            raise FileFormatError(file, f"not Parquet: {error}") from None


def read_chunks(file: Path) -> Iterator[bytes]:
    """Yields the decompressed bytes of a file in chunks."""
    with opened(file) as (source, _):
        while chunk := source.read(CHUNK):
            yield chunk


def split_documents(chunks: Iterable[bytes], separator: bytes) -> Iterator[bytes]:
    """Yields the documents between separators. A separator at the end does not begin another document.

    >>> list(split_documents([b"one-", b"-two----"], b"--"))
    [b'one', b'two', b'']
    """
    held = bytearray()
    for chunk in chunks:
        # A separator may begin in the held bytes; everything before has been searched.
        looked = max(0, len(held) - len(separator) + 1)
        held += chunk
        begin = 0
        while (end := held.find(separator, max(begin, looked))) >= 0:
            yield bytes(held[begin:end])
            begin = end + len(separator)
        del held[:begin]
    if held:
        yield bytes(held)
