"""What a command reads: files, patterns of files (``corpus/*.txt``), or standard input (``-``, or no file at all)."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import typer

from minitok.corpus.files import expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["CHUNK", "STDIN", "as_typed", "check_output", "chunks", "named_inputs", "opened"]

STDIN = "-"
CHUNK = 1 << 20


def named_inputs(files: Sequence[str]) -> list[str]:
    """The files that the arguments name, patterns resolved; standard input without any.

    >>> named_inputs([])
    ['-']
    """
    names: list[str] = []
    for file in files or [STDIN]:
        names += [STDIN] if file == STDIN else map(str, expand(file))
    return names


def check_output(out: Path, files: Sequence[str]) -> None:
    """Refuses an output that is a file which is read. A pipe or a terminal may be both."""
    if not out.is_file():
        return
    for name in named_inputs(files):
        if os.path.samefile(0 if name == STDIN else name, out):
            raise typer.BadParameter(f"{str(out)!r} is read, and would be written over: name another output")


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


def chunks(name: str) -> Iterator[bytes]:
    """The bytes of a file or of standard input, as they come."""
    with opened(name) as file:
        while chunk := file.read(CHUNK):
            yield chunk
