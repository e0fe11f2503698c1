"""Arguments and options that look alike in every command."""

from __future__ import annotations

import inspect
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, get_args, get_origin, get_type_hints

import typer

from minitok import Tokenizer, get_encoding, list_encoding_names, load
from minitok.arguments import unknown_special_token
from minitok.errors import FileFormatError
from minitok.formats.detect import PATTERN_NEEDED
from minitok.reference.pretokenize import DEFAULT_PATTERN, NAMED
from minitok.reference.published.families import FAMILIES
from minitok.reference.published.names import encoding_named, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitok.packing.options import ShownOption

__all__ = [
    "COMPARED",
    "TEXT_AND_FILES",
    "BackendChoice",
    "BackendOption",
    "DisallowOption",
    "FieldOption",
    "JsonOption",
    "MaxMemoryOption",
    "PatternOption",
    "QuietOption",
    "SeparatorOption",
    "TextOption",
    "ThreadsOption",
    "TokenizerOption",
    "TokenizersOption",
    "chosen",
    "encodings",
    "is_file",
    "open_tokenizer",
    "special_names",
    "with_options",
]

TEXT_AND_FILES = "give --text or files, not both"
# What a command uses if no tokenizer is named, and what `compare` compares.
DEFAULT = "o200k_base"
COMPARED = ["gpt2", "cl100k_base", "o200k_base"]


class BackendChoice(str, Enum):
    """Which implementation runs."""

    rust = "rust"
    python = "python"


def encodings(incomplete: str) -> list[str]:
    """The encodings and models that begin like this, for the completion of the shell.

    >>> encodings("cl"), encodings("gpt-4")
    (['cl100k_base'], ['gpt-4', 'gpt-4.1', 'gpt-4o'])
    """
    known = dict.fromkeys([*list_encoding_names(), *table().models])
    return [name for name in known if name.startswith(incomplete)]


# Typer reads these annotations when the program runs, on Python 3.10 as well.
BackendOption = Annotated[
    Optional[BackendChoice],  # noqa: UP045
    typer.Option("--backend", help="The implementation; default: Rust, if installed.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TextOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--text", help="This text instead of files.", show_default=False),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Hide the progress bar.")]
# How a corpus is read, and with what.
READING = "Reading files"
SeparatorOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--separator",
        help="The text that separates documents in a file.",
        show_default=False,
        rich_help_panel=READING,
    ),
]
FieldOption = Annotated[
    str,
    typer.Option(
        "--field", help="The field of a JSON line, or the column, that holds the text.", rich_help_panel=READING
    ),
]
PatternOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--pattern",
        metavar="NAME|REGEX",
        show_default=DEFAULT_PATTERN,
        help=f"The split pattern: {', '.join([*NAMED, *FAMILIES])}, none, the name of an encoding or of an "
        "OpenAI model, or a regular expression.",
    ),
]
DisallowOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--disallow",
        metavar="NAME",
        help="A token that must not occur in the text, or 'all' control tokens; repeatable.",
    ),
]
ThreadsOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--threads", min=1, help="The number of threads; default: one per processor.", show_default=False),
]
MaxMemoryOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--max-memory", min=16, metavar="MB", help="The memory limit for counting, in MiB.", show_default=False
    ),
]
# One option everywhere: `-t` and `-e` mean the same, since a name is an encoding and anything else a file.
TOKENIZER = ("--tokenizer", "-t", "--encoding", "-e")
TokenizerOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        *TOKENIZER,
        metavar="FILE|NAME",
        help=f"A tokenizer's file or folder, or the name of an encoding or of an OpenAI model; default: {DEFAULT}.",
        show_default=False,
        autocompletion=encodings,
    ),
]
# The same for commands that take several.
TokenizersOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        *TOKENIZER,
        metavar="FILE|NAME",
        help="A tokenizer's file or folder, or the name of an encoding or of an OpenAI model; repeatable. Default: "
        f"{', '.join(COMPARED)}.",
        show_default=False,
        autocompletion=encodings,
    ),
]


def chosen(named: list[str] | None) -> str:
    """The one tokenizer that the options name, or the default.

    >>> chosen(None), chosen(["my.json"])
    ('o200k_base', 'my.json')
    """
    if named and len(named) > 1:
        raise typer.BadParameter(f"give one tokenizer, not {len(named)}: {', '.join(named)}")
    return named[0] if named else DEFAULT


def is_file(named: str) -> bool:
    """Whether a file is meant, not an encoding. What looks like a file is one, so that a missing file is reported as missing.

    The name of an encoding is that encoding, whatever lies in the folder: ``./gpt2`` is a file.

    >>> is_file("nowhere.json"), is_file("gpt2"), is_file("./gpt2"), is_file("gpt-3.5")
    (True, False, True, False)
    """
    path = Path(named)
    if named in list_encoding_names():
        return False
    return path.exists() or path.name != named or (bool(path.suffix) and encoding_named(named) is None)


def with_way_on(error: FileFormatError, way: str) -> FileFormatError:
    """The error; for a file without a pattern, what can be done about it here."""
    if not error.reason.startswith(PATTERN_NEEDED):
        return error
    return FileFormatError(error.path, f"{PATTERN_NEEDED}; {way}")


def open_tokenizer(named: str, backend: BackendChoice | None) -> Tokenizer:
    """The tokenizer of a file, of a published encoding, or of a model.

    >>> open_tokenizer("gpt2", None).n_vocab
    50257
    """
    implementation: Any = backend.value if backend else None
    if is_file(named):
        try:
            return load(named, backend=implementation)
        except FileFormatError as error:
            raise with_way_on(error, f"convert it first: minitok convert {named} my.json --pattern NAME") from None
    return get_encoding(named, backend=implementation)


def with_options(kind: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command that takes ``**options`` an option for each field of this kind, as the field's ``ShownOption`` says."""
    hints = get_type_hints(kind, include_extras=True)

    def given(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        kept = [each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD]
        added = [option_of(name, *get_args(hint)) for name, hint in hints.items()]
        command.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        return command

    return given


def option_of(name: str, types: Any, shown: ShownOption) -> inspect.Parameter:
    """The option of a field that takes these types."""
    choices = [value for each in (types, *get_args(types)) if get_origin(each) is Literal for value in get_args(each)]
    number = int in get_args(types) and str not in get_args(types)
    option = typer.Option(
        shown.flag,
        help=shown.help,
        metavar=shown.metavar,
        min=shown.least,
        show_default=shown.default is not None,
        rich_help_panel=shown.panel,
    )
    real = float in (types, *get_args(types))
    plain = float if real else int if number else str
    value: Any = Enum(name, {choice: choice for choice in choices}, type=str) if choices else plain
    wanted: Any = Optional[list[value] if shown.several else value]  # noqa: UP045 - on Python 3.10 as well
    default = value(shown.default) if shown.default is not None else None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[wanted, option]
    )


def special_names(named: list[str], tokenizer: Tokenizer) -> list[str] | str:
    """The special and added tokens that the options name: some, or all."""
    if "all" in named:
        return "all"
    for name in named:
        if name not in tokenizer.definition.found_tokens:
            raise typer.BadParameter(unknown_special_token(name, tokenizer.special_tokens))
    return named
