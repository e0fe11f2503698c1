"""What a command reads: files, patterns of files (``corpus/*.txt``), or standard input (``-``, or no file at all)."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from minitok.corpus.files import expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CHUNK", "STDIN", "chunks", "named_inputs", "opened"]

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
