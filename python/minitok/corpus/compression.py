"""Plain and compressed files: ``.gz`` and ``.zst`` are read as the file inside them."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ..errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPRESSED = (".gz", ".zst")

# How much is decompressed at a time, in bytes.
BUFFER = 1 << 18


def inner_suffix(file: Path) -> str:
    """Returns the suffix of the file without the suffix of its compression.

    >>> inner_suffix(Path("docs.jsonl.gz")), inner_suffix(Path("docs.txt"))
    ('.jsonl', '.txt')
    """
    return Path(file.stem).suffix if file.suffix in COMPRESSED else file.suffix


@contextmanager
def opened(file: Path) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """Opens a file for its decompressed bytes; also returns a function that says how much of the file has been read.

    Reading raises FileFormatError if compressed data is damaged, cut off or missing.

    Raises:
        ImportError: ``.zst`` needs ``minitok[zstd]``.
    """
    with readable(file) as raw:
        if file.suffix not in COMPRESSED:
            yield raw, raw.tell
            return
        inside = GzipInside(file, raw) if file.suffix == ".gz" else ZstdInside(file, raw)
        with io.BufferedReader(inside, BUFFER) as stream:
            yield cast("BinaryIO", stream), raw.tell


def readable(file: Path) -> io.BufferedReader:
    """Opens a file, or a pipe, which does not know its position by itself."""
    if S_ISREG(file.stat().st_mode):
        return file.open("rb")
    return io.BufferedReader(CountedPipe(file))


class CountedPipe(io.FileIO):
    """A pipe whose position is the number of bytes that have been read."""

    count = 0

    def readinto(self, buffer: Any) -> int | None:
        read = super().readinto(buffer)
        self.count += read or 0
        return read

    def tell(self) -> int:
        return self.count


class Inside(io.RawIOBase):
    """The decompressed content of a file. Errors of the compression name the file."""

    name: str
    damage: tuple[type[Exception], ...]
    stream: Any

    def __init__(self, file: Path, raw: io.BufferedReader) -> None:
        self.file, self.raw = file, raw
        # To the decoders, an empty file is complete.
        if not raw.peek(1):
            raise FileFormatError(file, f"not {self.name}: it is empty")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self.stream.read(len(buffer))
        except self.damage as error:
            reason = f"not {self.name}, or damaged or cut off, near byte {self.raw.tell()}: {error}"
            raise FileFormatError(self.file, reason) from None
        buffer[: len(data)] = data
        return len(data)


class GzipInside(Inside):
    name = "gzip"

    def __init__(self, file: Path, raw: io.BufferedReader) -> None:
        import gzip
        import zlib

        super().__init__(file, raw)
        self.stream = gzip.GzipFile(fileobj=raw)
        self.damage = (EOFError, gzip.BadGzipFile, zlib.error)


class ZstdInside(Inside):
    name = "Zstandard"

    def __init__(self, file: Path, raw: io.BufferedReader) -> None:
        zstd = import_zstd(file)
        super().__init__(file, raw)
        self.stream = zstd.ZstdFile(raw)
        self.damage = (EOFError, zstd.ZstdError)


def import_zstd(file: Path) -> Any:
    """Imports the module of Python 3.14 and later, or its backport."""
    from importlib import import_module

    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise ImportError(f"{file}: Zstandard needs backports.zstd: pip install 'minitok[zstd]'")
