"""What a command reads: files, patterns of files (``corpus/*.txt``), or standard input (``-``, or no file at all)."""

from __future__ import annotations

import codecs
import io
import os
import select
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from minitok.backend import load_backend
from minitok.corpus.compression import COMPRESSED
from minitok.corpus.compression import opened as decompressed
from minitok.corpus.files import expand
from minitok.corpus.progress import start_progress
from minitok.corpus.records import batches_of
from minitok.formats.files import check_folder

from .console import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from minitok.corpus.records import Batches

STDIN = "-"
# What is read in a second or so.
LARGE = 1 << 24
CHUNK = 1 << 20
# For commands that take a text instead of files.
TEXT_HINT = "to pass a text itself, use --text"


def named_inputs(files: Sequence[str], *, hint: str = "") -> list[str]:
    """The files that the arguments name, patterns resolved; standard input without any.

    If a file is missing and its name does not look like a path, the error ends with the hint.

    >>> named_inputs([])
    ['-']
    """
    names: list[str] = []
    for file in files or [STDIN]:
        try:
            names += [STDIN] if file == STDIN else map(str, expand(file))
        except FileNotFoundError as error:
            if hint and (" " in file or not set(file) & set("./\\*")):
                error.strerror = f"{error.strerror}; {hint}"
            raise
    return names


def check_output(out: Path, files: Sequence[str]) -> None:
    """Refuses an output whose folder is not there, or that is a file which is read. A pipe or a terminal may be both."""
    check_folder(out)
    if not out.is_file():
        return
    for name in named_inputs(files):
        if os.path.samefile(0 if name == STDIN else name, out):
            raise click.BadParameter(f"{str(out)!r} is an input and would be overwritten: choose another output")


def as_typed(text: str) -> bytes:
    r"""The bytes of an argument, also where they are not UTF-8.

    >>> as_typed("\udcff")
    b'\xff'
    """
    return text.encode("utf-8", "surrogateescape")


def standard_input() -> BinaryIO:
    """Standard input, of bytes; it may be closed, as with ``<&-`` or in a service."""
    if sys.stdin is None:
        raise OSError("standard input is closed")
    if os.name == "nt" or not isinstance(sys.stdin.buffer, io.BufferedReader):
        return sys.stdin.buffer
    return io.BufferedReader(Interruptible(sys.stdin.buffer.raw), CHUNK)


class Interruptible(io.RawIOBase):
    """A stream whose reads do not begin after an interrupt.

    Python notes a signal and acts on it between two of its own steps. One that comes after the last of these steps, before the
    system waits for input, would be acted on after the input. So the wait is for a byte of the signal, too.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self.raw = raw
        self.woken, wake = os.pipe()  # as long as the process
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        while self.woken in select.select([self.raw.fileno(), self.woken], [], [])[0]:
            os.read(self.woken, 1)
        return self.raw.readinto(buffer)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file, or standard input, to read bytes from; what is in a file that is compressed."""
    if name == STDIN:
        yield standard_input()
    else:
        with decompressed(Path(name)) as (file, _):
            yield file


def chunks(name: str, read: Callable[[int], object] | None = None) -> Iterator[bytes]:
    """The bytes of a file or of standard input, as they come; ``read`` is called with how many."""
    with opened(name) as file:
        while chunk := file.read(CHUNK):
            if read is not None:
                read(len(chunk))
            yield chunk


def records(name: str, field: str, backend: str, read: Callable[[int], object]) -> Iterator[list[bytes]] | None:
    """The texts of a file of records, in batches; None for a file that is one text."""
    batches = None if name == STDIN else batches_of(Path(name), field, load_backend(backend))

    def texts(batches: Batches) -> Iterator[list[bytes]]:
        before = 0
        for batch, position in batches:
            yield batch(1).to_list()
            read(position - before)
            before = position

    return None if batches is None else texts(batches)


@contextmanager
def reading(names: Sequence[str], *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to call with how many bytes of the inputs have been read: a bar where there is a terminal and much to read.

    A text in another encoding than UTF-8 is read as it stands, and standard error says so.
    """
    for name in () if quiet else names:
        if (kind := other_encoding(name)) is not None:
            report(f"{name} is {kind}, and read as its bytes stand; `iconv -f {kind} -t UTF-8` makes UTF-8 of it")
    total = size_of(names)
    done = 0

    def add(count: int) -> None:
        nonlocal done
        done += count
        show("reading", done, total)

    wanted = not quiet and sys.stderr.isatty() and (total is None or total >= LARGE)
    with start_progress(wanted) as show:
        yield add


def size_of(names: Sequence[str]) -> int | None:
    """How many bytes will be read; None if that is not known."""
    files = [Path(name) for name in names if name != STDIN]
    known = [file for file in files if file.is_file() and file.suffix not in COMPRESSED]
    return sum(file.stat().st_size for file in known) if len(known) == len(names) else None


def other_encoding(name: str) -> str | None:
    """The encoding of a text that begins with the mark of another one than UTF-8.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "notes.txt")
    ...     file.write_text("notes", encoding="utf-16")
    ...     other_encoding(str(file))
    5
    'UTF-16'
    """
    if name == STDIN or not Path(name).is_file():
        return None
    with opened(name) as file:
        begin = file.read(4)
    # The mark of UTF-16 is the beginning of one of UTF-32.
    marks = {
        codecs.BOM_UTF32_LE: "UTF-32",
        codecs.BOM_UTF32_BE: "UTF-32",
        codecs.BOM_UTF16_LE: "UTF-16",
        codecs.BOM_UTF16_BE: "UTF-16",
    }
    return next((kind for mark, kind in marks.items() if begin.startswith(mark)), None)


def check_corpus(files: Sequence[str]) -> None:
    """Refuses counts of pieces where texts are wanted: their bytes are not a text."""
    from minitok.corpus.counts_file import FORMAT

    begins = f'"format": "{FORMAT}"'.encode()
    for name in named_inputs(files):
        if name == STDIN or not Path(name).is_file():
            continue
        with open(name, "rb") as file:
            if begins in file.read(200):
                raise click.BadParameter(f"{name!r} holds counts, as --count-only writes them: add --counts")
