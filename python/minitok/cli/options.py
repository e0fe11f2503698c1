"""Arguments and options that look alike in every command."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from minitok import Tokenizer, get_encoding, list_encodings, load

__all__ = [
    "AnyTokenizerOption",
    "BackendChoice",
    "BackendOption",
    "EncodingOption",
    "JsonOption",
    "TokenizerOption",
    "chosen",
    "encodings",
    "is_file",
    "open_tokenizer",
    "special_names",
]

# What is meant where no tokenizer is named.
DEFAULT = "o200k_base"


class BackendChoice(str, Enum):
    """Which implementation runs."""

    rust = "rust"
    python = "python"


def encodings(incomplete: str) -> list[str]:
    """The encodings that begin so, for the completion of the shell.

    >>> encodings("cl")
    ['cl100k_base']
    """
    return [name for name in list_encodings() if name.startswith(incomplete)]


# Typer reads these annotations when the program runs, on Python 3.10 as well.
BackendOption = Annotated[
    Optional[BackendChoice],  # noqa: UP045
    typer.Option("--backend", help="Which implementation runs; Rust where it is there.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TokenizerOption = Annotated[
    str,
    typer.Option(
        "--tokenizer",
        "-t",
        metavar="FILE|NAME",
        help="A tokenizer's file, or the name of an encoding.",
        autocompletion=encodings,
    ),
]
# Where a tokenizer need not be named.
AnyTokenizerOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--tokenizer",
        "-t",
        metavar="FILE|NAME",
        help="A tokenizer's file, or a name.",
        show_default=False,
        autocompletion=encodings,
    ),
]
EncodingOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--encoding",
        "-e",
        metavar="NAME",
        help=f"A published encoding; {DEFAULT} without.",
        show_default=False,
        autocompletion=encodings,
    ),
]


def chosen(tokenizer: str | None, encoding: str | None) -> str:
    """What the options name: a tokenizer or an encoding, not both.

    >>> chosen(None, None), chosen("my.json", None)
    ('o200k_base', 'my.json')
    """
    if tokenizer is not None and encoding is not None:
        raise typer.BadParameter("give --tokenizer or --encoding, not both")
    return tokenizer or encoding or DEFAULT


def is_file(named: str) -> bool:
    """Whether a file is meant, not an encoding. What looks like a file is one, so that a missing file is called missing.

    >>> is_file("nowhere.json"), is_file("gpt2")
    (True, False)
    """
    return Path(named).exists() or bool(Path(named).suffix) or Path(named).name != named


def open_tokenizer(named: str, backend: BackendChoice | None) -> Tokenizer:
    """The tokenizer that the options name: a file's, if there is such a file, or a published encoding.

    >>> open_tokenizer("gpt2", None).n_vocab
    50257
    """
    implementation = backend.value if backend else None
    if is_file(named):
        return load(named, backend=implementation)
    return get_encoding(named, backend=implementation)


def special_names(named: list[str], tokenizer: Tokenizer) -> list[str] | str:
    """The special tokens that the options name: some, or all."""
    if "all" in named:
        return "all"
    for name in named:
        if name not in tokenizer.special_tokens:
            known = ", ".join(map(repr, tokenizer.special_tokens)) or "none"
            raise typer.BadParameter(f"{name!r} is not a special token of this tokenizer; it has {known}")
    return named
