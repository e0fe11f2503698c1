"""Results go to standard output, everything else to standard error. Colours are used only in a terminal."""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from stat import S_ISCHR
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from minitok.explain.terminal import FittingTable

__all__ = ["output", "plain_table", "print_json", "print_unbroken", "report", "waiting"]


def output(beside: Path | None = None) -> Console:
    """Standard output for people: colours and line length of the terminal; plain if it is not one, or with NO_COLOR.

    ``beside``: a file that has been written. If that is standard output, as in ``-o /dev/stdout | gzip``, people are told on
    standard error.
    """
    from rich.console import Console  # which takes longer to import than a command with --help

    return Console(highlight=False, stderr=is_output(beside))


def is_output(file: Path | None) -> bool:
    """Whether a file that has been written is standard output; a terminal may show both."""
    if file is None or not file.exists() or S_ISCHR(file.stat().st_mode):
        return False
    return os.path.samefile(file, sys.__stdout__.fileno()) if sys.__stdout__ else False


def report(message: str) -> None:
    """One line on standard error."""
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"minitok: {message}")


def waiting(what: str) -> AbstractContextManager[object]:
    """Show that something is being done, on standard error, if it is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    return console.status(what) if console.is_terminal else nullcontext()


def print_json(value: Any, beside: Path | None = None) -> None:
    """One line of JSON on standard output; ``beside`` as for ``output``."""
    (sys.stderr if is_output(beside) else sys.stdout).write(json.dumps(value, ensure_ascii=False) + "\n")


def print_unbroken(table: FittingTable) -> None:
    """Prints a table whose last column is of names, which are not broken, so that they can be copied and searched for."""
    from rich.text import Text

    console = output()
    width = console.width
    console.width = max(width, table.unbroken(width))
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        text = Text.from_ansi(line)
        text.rstrip()
        if set(text.plain) <= {" ", "─"}:
            text.truncate(width)
        console.print(text, soft_wrap=True)


def plain_table(*columns: str, optional: Sequence[str] = ()) -> FittingTable:
    """A table in which no number is cut, for ``add_row``: see ``FittingTable``."""
    from minitok.explain.terminal import FittingTable

    return FittingTable(columns, optional)
