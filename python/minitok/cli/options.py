"""Arguments and options that look alike in every command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import click

from minitok import Tokenizer, get_encoding, list_encoding_names
from minitok.arguments import unknown_special_token
from minitok.encodings.registry import is_encoding
from minitok.errors import FileFormatError
from minitok.reference.pretokenize import DEFAULT_PATTERN, NAMED
from minitok.reference.published.families import FAMILIES
from minitok.reference.published.names import encoding_named, table

from .help import Decorator, Function, number_option, option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from minitok.backend import BackendName
    from minitok.packing.declared import ShownOption

# What a command uses if no tokenizer is named, and what `evaluate` compares.
DEFAULT = "o200k_base"
COMPARED = ("gpt2", "cl100k_base", "o200k_base")
# The heading of options that say how a corpus is read.
READING = "Reading files"
FILE = click.Path(path_type=Path)


def encodings(ctx: object, param: object, incomplete: str) -> list[str]:  # noqa: ARG001 - as Click calls it
    """The encodings and models that begin like this, for the completion of the shell.

    >>> encodings(None, None, "cl"), encodings(None, None, "gpt-4")
    (['cl100k_base', 'clip'], ['gpt-4', 'gpt-4.1', 'gpt-4o'])
    """
    known = dict.fromkeys([*list_encoding_names(), *table().models])
    return [name for name in known if name.startswith(incomplete)]


def together(*options: Decorator) -> Decorator:
    """Several options as one."""

    def given(function: Function) -> Function:
        for each in reversed(options):
            function = each(function)
        return function

    return given


backend_option = option(
    "--backend", type=click.Choice(["rust", "python"]), help="The implementation; default: Rust, if installed."
)
json_option = option("--json", is_flag=True, help="Print JSON.")
quiet_option = option("--quiet", "-q", is_flag=True, help="Hide the progress bar.")
text_option = option("--text", metavar="TEXT", help="This text instead of files.")
field_option = option(
    "--field",
    metavar="NAME",
    default="text",
    panel=READING,
    help="The field of a JSON line, or the column, that holds the text.",
)
pattern_option = option(
    "--pattern",
    metavar="NAME|REGEX",
    show_default=DEFAULT_PATTERN,
    help=f"The split pattern: {', '.join([*NAMED, *FAMILIES])}, none, the name of an encoding or of an OpenAI model, or a "
    "regular expression.",
)
special_option = option(
    "--special", metavar="NAME", multiple=True, help="A special token to find in the text, or 'all'; repeatable."
)
disallow_option = option(
    "--disallow",
    metavar="NAME",
    multiple=True,
    help="A token that must not occur in the text, or 'all' control tokens; repeatable.",
)
threads_option = number_option("--threads", help="The number of threads; default: one per processor.")
# How a corpus is read, and with what.
corpus_options = together(
    option("--separator", metavar="TEXT", panel=READING, help="The text that separates documents in a file."),
    field_option,
    threads_option,
    number_option("--max-memory", least=16, metavar="MB", help="The memory limit for counting, in MiB."),
)


def tokenizer_named(help: str) -> Decorator:  # noqa: A002 - what Click calls it
    """The option of all commands: `-t` and `-e` mean the same, since a name is an encoding and anything else a file."""
    return option(
        "--tokenizer",
        "-t",
        "--encoding",
        "-e",
        "tokenizers",
        metavar="FILE|NAME",
        multiple=True,
        shell_complete=encodings,
        help=f"A tokenizer's file or folder, or the name of an encoding or of an OpenAI model{help}",
    )


tokenizer_option = tokenizer_named(f"; default: {DEFAULT}.")
tokenizers_option = tokenizer_named(f"; repeatable. Default: {', '.join(COMPARED)}.")


def inputs_argument(help: str = "Files or patterns; by default standard input.") -> Decorator:  # noqa: A002 - as above
    """The files of a command that may do without any."""
    return click.argument("files", metavar="[FILE]...", nargs=-1, help=help)


# Of commands that take texts: what they read, and with which tokenizer.
texts_options = together(
    inputs_argument(),
    tokenizer_option,
    text_option,
    special_option,
    field_option,
    quiet_option,
    json_option,
    backend_option,
)


def output_option(help: str, *, required: bool = True) -> Decorator:  # noqa: A002 - as above
    """The file that is written."""
    return option("--output", "-o", "out", type=FILE, metavar="FILE", required=required, help=help)


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
    """Gives a command an option for each field of this kind, as the field's ``ShownOption`` says."""
    hints = get_type_hints(kind, include_extras=True)
    return together(*(option_of(name, *get_args(hint)) for name, hint in hints.items()))


def option_of(name: str, types: Any, shown: ShownOption) -> Decorator:
    """The option of a field that takes these types."""
    kinds: Iterable[Any] = (types, *get_args(types))
    choices = [value for each in kinds if get_origin(each) is Literal for value in get_args(each)]
    wanted: Any = str
    if choices:
        wanted = click.Choice(choices)
    elif float in kinds:
        wanted = click.FloatRange(min=shown.least)
    elif int in kinds and str not in kinds:
        wanted = click.IntRange(min=shown.least)
    metavar = None if choices else "TEXT" if wanted is str else "N"
    return option(
        shown.flag,
        name,
        type=wanted,
        metavar=shown.metavar or metavar,
        multiple=shown.several,
        default=shown.default,
        panel=shown.panel,
        help=shown.help,
    )


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
