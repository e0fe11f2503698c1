"""Results go to standard output, everything else to standard error. Colours are used only in a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from shutil import get_terminal_size
from stat import S_ISCHR
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from minitok.explain.terminal import FittingTable

# Spaces between two columns.
GAP = 3


def output() -> Console:
    """Standard output for people: colours and line length of the terminal; plain if it is not one, or with NO_COLOR."""
    from rich.console import Console  # which takes longer to import than a command with --help

    return Console(highlight=False)


def is_output(file: Path | None) -> bool:
    """Whether a file that has been written is standard output; a terminal may show both."""
    if file is None or not file.exists() or S_ISCHR(file.stat().st_mode):
        return False
    return os.path.samefile(file, sys.__stdout__.fileno()) if sys.__stdout__ else False


def report(message: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"minitok: {message}\n")


def waiting(what: str) -> AbstractContextManager[object]:
    """Show that something is being done, on standard error, if it is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    return console.status(what) if console.is_terminal else nullcontext()


def say(line: str, written: Path | None = None) -> None:
    """A line of plain text on standard output, which is not broken.

    ``written``: a file that has been written. If that is standard output, as in ``-o /dev/stdout | gzip``, the line goes to
    standard error.
    """
    (sys.stderr if is_output(written) else sys.stdout).write(line + "\n")


def print_json(value: Any, written: Path | None = None) -> None:
    """One line of JSON on standard output; ``written`` as for ``say``."""
    say(json.dumps(value, ensure_ascii=False), written)


def print_facts(facts: Mapping[str, str]) -> None:
    """Names, and what each stands for, side by side."""
    from rich.text import Text

    console, width = output(), max(map(len, facts))
    for name, value in facts.items():
        console.print(Text.assemble((f"{name:<{width}}", "bold"), f"  {value}"), soft_wrap=True)


def print_columns(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows of numbers, and of a name at the end, which is not broken: it can be copied and searched for.

    Where the numbers are wider than the screen, each row is a list of its columns. Rich would take longer to import than most
    files to count.
    """
    screen = get_terminal_size().columns
    names = ["".join(char if char.isprintable() else "\ufffd" for char in row[-1]) for row in rows]
    table = [columns, *([*row[:-1], name] for row, name in zip(rows, names, strict=True))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    start, end = ("\033[1m", "\033[0m") if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else ("", "")
    if sum(widths[:-1]) + GAP * len(widths) + len(columns[-1]) > screen:
        most = max(map(len, columns))
        cells = [[(name, cell) for name, cell in zip(columns, row, strict=True) if cell] for row in table[1:]]
        lines = [f"{start}{name:<{most}}{end}  {cell}" for row in cells for name, cell in (*row, ("", ""))]
    else:
        gap = " " * GAP
        shown = [gap.join([*(f"{cell:>{width}}" for cell, width in zip(row[:-1], widths)), row[-1]]) for row in table]
        lines = ["", f" {start}{shown[0]}{end}", " " + "─" * (min(screen, sum(widths) + GAP * len(widths)) - 1)]
        lines += [f" {line}" for line in (*shown[1:], "")]
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


def plain_table(*columns: str, optional: Sequence[str] = ()) -> FittingTable:
    """A table in which no number is cut, for ``add_row``: see ``FittingTable``."""
    from minitok.explain.terminal import FittingTable

    return FittingTable(columns, optional)


def version_line() -> str:
    """The version, and the backend with the reason if it is not Rust."""
    import minitok

    reason = "" if minitok.BACKEND == "rust" else f": {minitok.backend.BACKEND_REASON}"
    return f"minitok {minitok.__version__} ({minitok.BACKEND}{reason})"
