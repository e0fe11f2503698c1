"""Where output goes: results to standard output, all else to standard error. Colours only where a person looks."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console

__all__ = ["output", "print_json", "report", "waiting"]


def output() -> Console:
    """Standard output for people: colours and line lengths of the terminal; plain where it is none, or by NO_COLOR."""
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
