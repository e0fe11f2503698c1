"""Arguments and options that look alike in every command."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import click

from minitok import Tokenizer, get_encoding, list_encoding_names
from minitok.arguments import unknown_special_token
from minitok.backend import BackendName
from minitok.encodings.registry import is_encoding
from minitok.errors import FileFormatError
from minitok.reference.published.names import encoding_named, table

from .help import Decorator, Function, argument, option

# What a command uses if no tokenizer is named, and what `evaluate` compares.
DEFAULT = "o200k_base"
COMPARED = ("gpt2", "cl100k_base", "o200k_base")
# The heading of options that say how a corpus is read.
READING = "Reading files"


def encodings(ctx: object, param: object, incomplete: str) -> list[str]:  # noqa: ARG001 - as Click calls it
    """The encodings and models that begin like this, for the completion of the shell.

    >>> encodings(None, None, "cl"), encodings(None, None, "gpt-4")
    (['cl100k_base', 'clip'], ['gpt-4', 'gpt-4.1', 'gpt-4o'])
    """
    known = dict.fromkeys([*list_encoding_names(), *table().models])
    return [name for name in known if name.startswith(incomplete)]


def tokenizer_named(help: str) -> Any:  # noqa: A002 - what Click calls it
    """The option of all commands: `-t` and `-e` mean the same, since a name is an encoding and anything else a file."""
    about = f"A tokenizer's file or folder, or the name of an encoding or of an OpenAI model{help}"
    return option(about, "--tokenizer", "-t", "--encoding", "-e", metavar="FILE|NAME", shell_complete=encodings)


def files_argument(help: str) -> Any:  # noqa: A002 - as above
    """The files of a command that may do without any."""
    return argument(help, "[FILE]...")


# What several commands take.
FilesArgument = Annotated[tuple[str, ...], files_argument("Files or patterns; by default standard input.")]
TokenizerOption = Annotated[tuple[str, ...], tokenizer_named(f"; default: {DEFAULT}.")]
BackendOption = Annotated[BackendName | None, option("The implementation; default: Rust, if installed.")]
JsonOption = Annotated[bool, option("Print JSON.")]
QuietOption = Annotated[bool, option("Hide the progress bar.", "-q")]
TextOption = Annotated[str | None, option("This text instead of files.")]
ThreadsOption = Annotated[int | None, option("The number of threads; default: one per processor.")]
FIELD = "The field of a JSON line, or the column, that holds the text."
FieldOption = Annotated[str, option(FIELD, metavar="NAME", default="text", panel=READING)]
SPECIAL = "A special token to find in the text, or 'all'; repeatable."
SpecialOption = Annotated[tuple[str, ...], option(SPECIAL, metavar="NAME")]
DISALLOW = "A token that must not occur in the text, or 'all' control tokens; repeatable."
DisallowOption = Annotated[tuple[str, ...], option(DISALLOW, metavar="NAME")]


def check_texts(text: str | None, files: Sequence[str]) -> None:
    """Refuses a text together with files."""
    if text is not None and files:
        raise click.UsageError("give --text or files, not both")


def chosen(named: Sequence[str]) -> str:
    """The one tokenizer that the options name, or the default.

    >>> chosen(()), chosen(["my.json"])
    ('o200k_base', 'my.json')
    """
    if len(named) > 1:
        raise click.BadParameter(f"give one tokenizer, not {len(named)}: {', '.join(named)}")
    return named[0] if named else DEFAULT


def is_file(named: str) -> bool:
    """Whether a file is meant, not an encoding. What looks like a file is one, so that a missing file is reported as missing.

    The name of an encoding is that encoding, whatever lies in the folder: ``./gpt2`` is a file.

    >>> is_file("nowhere.json"), is_file("gpt2"), is_file("./gpt2"), is_file("gpt-3.5")
    (True, False, True, False)
    """
    path = Path(named)
    if is_encoding(named):
        return False
    return path.exists() or path.name != named or (bool(path.suffix) and encoding_named(named) is None)


def open_tokenizer(
    named: str, backend: BackendName | None, pattern: str | None = None, *, way_on: str | None = None
) -> Tokenizer:
    """The tokenizer of a file, of a published encoding, or of a model.

    Args:
        named: The file or folder, or the name.
        backend: The implementation.
        pattern: For a file that does not contain its split pattern.
        way_on: What can be done about such a file without one.

    >>> open_tokenizer("gpt2", None).vocab_size
    50257
    """
    if not is_file(named):
        if pattern is not None:
            raise click.BadParameter(f"the encoding {named!r} has a pattern; --pattern is for files that have none")
        return get_encoding(named, backend=backend)
    from minitok.formats.detect import PATTERN_NEEDED  # readers of files take some milliseconds to import
    from minitok.loading import load

    try:
        return load(named, pattern=pattern, backend=backend)
    except FileFormatError as error:
        if not error.reason.startswith(PATTERN_NEEDED):
            raise
        way = way_on or f"convert it first: minitok convert {named} my.json --pattern NAME"
        raise FileFormatError(error.path, f"{PATTERN_NEEDED}; {way}") from None
    except TypeError as error:
        # The file has a pattern itself.
        raise click.BadParameter(str(error)) from None


def options_of(kind: Any) -> Decorator:
    """Gives a command an option for each field of this kind of packing, as the field's ``ShownOption`` says."""

    def given(function: Function) -> Function:
        for name, hint in reversed(get_type_hints(kind, include_extras=True).items()):
            types, held = get_args(hint)
            named = {"panel": held.panel, "default": held.default, "multiple": held.several}
            named |= {"metavar": held.metavar} if held.metavar else {}
            function = option(held.help, held.flag, least=held.least, **named).decorator(name, types)(function)
        return function

    return given


def refuse_others(context: click.Context, kept: Collection[str] | None, mode: str) -> None:
    """Refuses the options that are given and say nothing in a mode of the command, if these are kept in it."""
    for each in context.command.params if kept else ():
        source = context.get_parameter_source(each.name or "")
        if each.name not in (kept or ()) and source is not None and source.name == "COMMANDLINE":
            raise click.BadParameter(f"{each.opts[0]} has no effect with {mode}: omit it")


def special_names(named: Sequence[str], tokenizer: Tokenizer) -> list[str] | str:
    """The special and added tokens that the options name: some, or all."""
    if "all" in named:
        return "all"
    for name in named:
        if name not in tokenizer.definition.found_tokens:
            raise click.BadParameter(unknown_special_token(name, tokenizer.special_tokens))
    return list(named)
