"""The texts to judge by: groups of documents, by name.

A group is a language, a field or a file. Files of records (JSON lines, Parquet, Arrow) hold documents; a file of text is cut at
the ends of lines into documents of some kilobytes, or, as a part of a parallel corpus, is a document a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ..backend import load_backend
from ..corpus.compression import opened
from ..corpus.records import batches_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..corpus.records import Batches
    from ..reference.text import Text

# A document of a file of text has at least as many bytes, and ends with a line.
PART = 1 << 12
# A longer line is cut.
LONGEST = 1 << 24


class Files:
    """The documents of files, to be read when it is called.

    Attributes:
        size: The size of the files in bytes.
        read: How much of them has been read.
    """

    def __init__(self, files: Sequence[Path], field: str, *, lines: bool) -> None:
        self.files, self.field, self.lines = list(files), field, lines
        self.size = sum(file.stat().st_size for file in files)
        self.read = 0

    def __call__(self) -> Iterator[Text]:
        """Yields the documents of the files, one after the other."""
        begun = self.read = 0
        for file in self.files:
            found = batches_of(file, self.field, load_backend(None))
            for documents, position in parts(file, 1 if self.lines else PART) if found is None else rows_of(found):
                self.read = begun + position
                yield from documents
            begun += file.stat().st_size


def rows_of(found: Batches) -> Iterator[tuple[list[bytes], int]]:
    """The documents of each batch, and how much of the file has been read."""
    return ((batch(1).to_list(), position) for batch, position in found)


def groups_of(paths: Sequence[Path], fields: Sequence[str] = ("text",), *, lines: bool = False) -> dict[str, Files]:
    """Returns the documents of files by group.

    A folder with folders in it has a group for each of those; other files are groups by their names without suffixes. With
    several ``fields``, each field of the records is a group, and the groups are parallel.

    ``lines``: each line of a text is a document.

    Raises:
        FileNotFoundError: A path is not there, or a folder is empty.
    """
    if len(fields) > 1:
        files = list(chain.from_iterable(files_in(path) for path in paths))
        return {field: Files(files, field, lines=lines) for field in fields}
    named: dict[str, list[Path]] = {}
    for path in paths:
        inner = sorted(folder for folder in path.iterdir() if folder.is_dir()) if path.is_dir() else []
        for folder in inner:
            named.setdefault(folder.name, []).extend(files_in(folder))
        for file in [] if inner else files_in(path):
            named.setdefault(file.name.split(".")[0] or file.name, []).append(file)
    return {name: Files(files, fields[0], lines=lines) for name, files in named.items()}


def files_in(path: Path) -> list[Path]:
    """The file, or the files of a folder, hidden ones left out."""
    if not path.is_dir():
        path.stat()
        return [path]
    found = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    if not found:
        raise FileNotFoundError(2, "no file in the folder", str(path))
    return found


def parts(file: Path, least: int) -> Iterator[tuple[list[bytes], int]]:
    """Yields a file of text in parts of at least as many bytes; each ends with a line, or where a line is very long.

    A line by itself comes without its end.
    """
    with opened(file) as (stream, position):
        while part := stream.read(least - 1) + stream.readline(LONGEST):
            yield [part.rstrip(b"\r\n") if least == 1 else part], position()
