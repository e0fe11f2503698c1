"""The application: its commands, and how it ends.

Exit codes: 0 done; 1 it could not be done (one line says why); 2 the command was not understood; 130 interrupted; 141 the
reader of the output is gone.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

import minitok
from minitok.errors import MinitokError

from .console import report
from .narrow import fit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["app"]

INTERRUPTED = 130
PIPE_CLOSED = 141
# A list of choices from this length on is wrapped in the help.
LONG_CHOICE = 20


# The commands, in the order of the help; each is the module of its name in this folder.
NAMES = (
    "demo",
    "train",
    "encode",
    "decode",
    "explain",
    "count",
    "count-pieces",
    "chunk",
    "compare",
    "evaluate",
    "audit",
    "inspect",
    "pack",
    "convert",
    "verify",
    "bench",
    "play",
    "grade",
    "course",
)


class OnDemand(Mapping[str, Any]):
    """The commands by their names. The module of one, and what it needs, is imported when the command is asked for."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in NAMES:
            raise KeyError(name)
        if name not in self.made:
            self.made[name] = make_command(name)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


def make_command(name: str) -> Any:
    module = import_module(f".{name.replace('-', '_')}", __package__)
    one = typer.Typer(rich_markup_mode="rich")
    if hasattr(module, "app"):
        one.add_typer(module.app, name=name)
    else:
        one.command(name)(module.command)
    command = typer.main.get_group(one).commands[name]
    for inner in (command, *getattr(command, "commands", {}).values()):
        join_lines(inner)
        show_types(inner)
        fit(inner)
    return command


class Commands(TyperGroup):
    """The commands, each of which ends in an exit code and never in a traceback."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.commands: Any = OnDemand()
        show_types(self)

    def list_commands(self, _: Any) -> list[str]:
        return list(NAMES)

    def make_context(self, *args: Any, **options: Any) -> Any:
        fit(self)
        return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt as stop:
            report(str(stop) or "interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Python flushes standard output once more at its end; let that go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from None
        except (MinitokError, OSError, UnicodeError, ImportError, MemoryError) as error:
            report(describe(error))
            raise typer.Exit(1) from None
        return result


def join_lines(command: Any) -> None:
    """Lets the help of a command fill the lines of the screen, not those of the source; examples, which are indented, stay."""
    parts = (command.help or "").split("\n\n")
    if parts[1:2] == ["Examples:"]:
        parts.insert(1, "")  # Typer takes the indent of all that follows the first line after the summary
    command.help = "\n\n".join(part if part.startswith(" ") else " ".join(part.split()) for part in parts)


def show_types(command: Any) -> None:
    """Says in the help of a command what an option takes as people write it; a switch takes nothing."""
    all_params = command.get_params

    def get_params(ctx: Any) -> list[Any]:
        params: list[Any] = all_params(ctx)
        for param in params:
            # By itself, Typer puts braces or brackets, and more dots, around a name that has its own.
            if param.param_type_name == "argument" and param.metavar is not None:
                param.get_usage_pieces = partial(as_written, param.metavar)
            # Typer that has no such method shows them so already.
            if hasattr(param, "display_type_rich") and "display_type_rich" not in vars(param):
                param.display_type_rich = partial(shown_type, param, param.display_type_rich)
        return params

    command.get_params = get_params


def as_written(metavar: str, ctx: Any) -> list[str]:  # noqa: ARG001 - as Typer calls it
    """How the usage line shows an argument."""
    return [metavar]


def shown_type(param: Any, typers: Callable[..., str | None], ctx: Any) -> str | None:
    """What an option takes: nothing for a switch and for an argument, whose name says it."""
    if param.param_type_name == "argument":
        return None
    if param.metavar is not None:
        return str(param.metavar)
    name = re.sub(r"^list\[(.*)\]", r"\1", (typers(ctx) or "").strip("<>"))
    if "|" in name and len(name) >= LONG_CHOICE:
        name = name.replace("|", " | ")  # lines break there, and not inside a choice
    return {"bool": None, "str": "TEXT", "int": "N", "int range": "N", "float": "N", "path": "FILE"}.get(name, name)


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
    return " ".join(str(error).split())


def show_version(wanted: bool) -> None:
    if wanted:
        reason = "" if minitok.BACKEND == "rust" else f": {minitok.backend.BACKEND_REASON}"
        typer.echo(f"minitok {minitok.__version__} ({minitok.BACKEND}{reason})")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def minitok_command(
    version: bool = typer.Option(
        False, "--version", callback=show_version, is_eager=True, help="Show the version and the backend."
    ),
) -> None:
    """Byte-level BPE: learn a vocabulary, turn text into ids and ids back into text.

    See it work:  [bold]minitok demo[/bold]
    """
