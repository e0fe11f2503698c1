"""What a command reads: files, patterns of files (``corpus/*.txt``), or standard input (``-``, or no file at all)."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from minitok.corpus.counts_file import FORMAT as COUNTS_FORMAT
from minitok.corpus.files import expand
from minitok.corpus.progress import start_progress
from minitok.formats.files import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "CHUNK",
    "STDIN",
    "TEXT_HINT",
    "as_typed",
    "check_corpus",
    "check_output",
    "chunks",
    "named_inputs",
    "opened",
    "reading",
]

STDIN = "-"
# What is read in a second or so.
LARGE = 1 << 24
# What files of counts begin with.
COUNTS = f'"format": "{COUNTS_FORMAT}"'.encode()
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
            raise typer.BadParameter(f"{str(out)!r} is an input and would be overwritten: choose another output")


def as_typed(text: str) -> bytes:
    r"""The bytes of an argument, also where they are not UTF-8.

    >>> as_typed("\udcff")
    b'\xff'
    """
    return text.encode("utf-8", "surrogateescape")


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file, or standard input, to read bytes from."""
    if name == STDIN:
        yield sys.stdin.buffer
    else:
        with open(name, "rb") as file:
            yield file


def chunks(name: str, read: Callable[[int], object] | None = None) -> Iterator[bytes]:
    """The bytes of a file or of standard input, as they come; ``read`` is called with how many."""
    with opened(name) as file:
        while chunk := file.read(CHUNK):
            if read is not None:
                read(len(chunk))
            yield chunk


@contextmanager
def reading(names: Sequence[str], *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to call with how many bytes of the inputs have been read: a bar where there is a terminal and much to read."""
    sizes = [Path(name).stat().st_size if name != STDIN and Path(name).is_file() else None for name in names]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    done = 0

    def add(count: int) -> None:
        nonlocal done
        done += count
        show("reading", done, total)

    wanted = not quiet and sys.stderr.isatty() and (total is None or total >= LARGE)
    with start_progress(wanted) as show:
        yield add


def check_corpus(files: Sequence[str]) -> None:
    """Refuses counts of pieces where texts are wanted: their bytes are no text."""
    for name in named_inputs(files):
        if name == STDIN or not Path(name).is_file():
            continue
        with open(name, "rb") as file:
            if COUNTS in file.read(200):
                raise typer.BadParameter(f"{name!r} holds counts, as count-pieces writes them: add --counts")
