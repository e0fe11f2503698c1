"""Results go to standard output, everything else to standard error. Colours are used only in a terminal."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["output", "plain_table", "print_json", "report", "waiting"]


def output() -> Console:
    """Standard output for people: colours and line length of the terminal; plain if it is not one, or with NO_COLOR."""
    return Console(highlight=False)


def report(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"minitok: {message}")


def waiting(what: str) -> AbstractContextManager[object]:
    """Show that something is being done, on standard error, if it is a terminal."""
    console = Console(stderr=True)
    return console.status(what) if console.is_terminal else nullcontext()


def print_json(value: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def plain_table(*columns: str) -> Table:
    """A table with no lines but the one under its head. Numbers stand to the right; a column named ``<...`` to the left.

    >>> [column.justify for column in plain_table("tokens", "<file").columns]
    ['right', 'left']
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in columns:
        left = name.startswith("<")
        # What stands to the left is text, which is wrapped where the line ends, not cut.
        table.add_column(name.removeprefix("<"), justify="left" if left else "right", no_wrap=not left, overflow="fold")
    return table
