"""The application: its commands, and how it ends.

Exit codes: 0 done; 1 it could not be done (one line says why); 2 the command was not understood; 130 interrupted; 141 the
reader of the output is gone.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from minitok.errors import MinitokError, MissingExtraError

from .console import report, version_line
from .help import Group

INTERRUPTED = 130
PIPE_CLOSED = 141

# The commands, in the order of the help, and what each is for; the module of its name in this folder is it.
COMMANDS = {
    "train": "Learn a vocabulary from texts.",
    "encode": "Turn text into ids.",
    "decode": "Turn ids back into text.",
    "explain": "Show why a text has its ids.",
    "count": "Count the tokens of files.",
    "chunk": "Cut documents into chunks, for retrieval.",
    "evaluate": "Compare tokenizers on the same texts.",
    "inspect": "Look into a vocabulary; audit it; verify its ids.",
    "convert": "Write a tokenizer in another format.",
    "pack": "Encode a corpus to files of ids, for training.",
    "bench": "Measure speed on this machine.",
    "play": "Open the playground in the browser.",
    "grade": "Grade a program of the course.",
    "course": "Start the course, pack an autograder, list the mutants.",
}


class Commands(Group):
    """The commands, each imported when it is needed, and each of which ends in an exit code, never in a traceback."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        return import_module(f".{name}", __package__).command if name in COMMANDS else None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except KeyboardInterrupt:  # which click would call an abortion
            report("interrupted")
            sys.exit(INTERRUPTED)

    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except OSError as error:  # the list of commands could not be written
            report(describe(error))
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt as stop:
            report(str(stop) or "interrupted")
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Python flushes standard output once more at its end; let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)
        except (MinitokError, OSError, UnicodeError, ImportError, MemoryError) as error:
            report(describe(error))
            ctx.exit(1)
        return result


def describe(error: Exception) -> str:
    """The error in one line.

    >>> describe(FileNotFoundError(2, "No such file or directory", "corpus.txt"))
    'corpus.txt: No such file or directory'
    >>> describe(MemoryError())
    'there is not enough memory'
    """
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] == "rich":
        error = MissingExtraError("Rich", "cli")
    return " ".join(str(error).split())


def show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(version_line())
        ctx.exit()


@click.group(
    cls=Commands, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and the backend.",
)
def app() -> None:
    """Byte-level BPE: learn a vocabulary, turn text into ids and ids back into text.

    See it work: minitok explain "What's in a name?"
    """
