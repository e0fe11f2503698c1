"""Where output goes: results to standard output, all else to standard error. Colours only where a person looks."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

__all__ = ["output", "print_json", "report"]


def output() -> Console:
    """Standard output for people: colours and line lengths of the terminal; plain where it is none, or by NO_COLOR."""
    return Console(highlight=False)


def report(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"minitok: {message}")


def print_json(value: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
