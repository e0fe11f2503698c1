"""Arguments and options that look alike in every command."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from minitok import Tokenizer, load

__all__ = ["BackendChoice", "BackendOption", "JsonOption", "TokenizerOption", "open_tokenizer", "special_names"]


class BackendChoice(str, Enum):
    """Which implementation runs."""

    rust = "rust"
    python = "python"


# Typer reads these annotations when the program runs, on Python 3.10 as well.
BackendOption = Annotated[
    Optional[BackendChoice],  # noqa: UP045
    typer.Option("--backend", help="Which implementation runs; Rust where it is there.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TokenizerOption = Annotated[
    Path, typer.Option("--tokenizer", "-t", metavar="FILE", help="The tokenizer: a file that minitok train wrote.")
]


def open_tokenizer(path: Path, backend: BackendChoice | None) -> Tokenizer:
    """The tokenizer that the options name."""
    return load(path, backend=backend.value if backend else None)


def special_names(named: list[str], tokenizer: Tokenizer) -> list[str] | str:
    """The special tokens that the options name: some, or all."""
    if "all" in named:
        return "all"
    for name in named:
        if name not in tokenizer.special_tokens:
            known = ", ".join(map(repr, tokenizer.special_tokens)) or "none"
            raise typer.BadParameter(f"{name!r} is not a special token of this tokenizer; it has {known}")
    return named
