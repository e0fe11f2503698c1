"""What a command's arguments are, and its help: options under headings, legible on a narrow screen too."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from shutil import get_terminal_size
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, get_args, get_origin, get_type_hints

import click

Function = TypeVar("Function", bound=Callable[..., Any])

# Wider lines are harder to read.
WIDEST = 100
# The heading of what has no other.
OPTIONS = "Options"


class Decorator(Protocol):
    """What gives a command an argument or an option."""

    def __call__(self, function: Function, /) -> Function: ...


class Formatter(click.HelpFormatter):
    """Fills the screen, and gives names at most a third of it; after a longer name, the text begins on the next line."""

    def __init__(self, **_: Any) -> None:
        super().__init__(width=min(get_terminal_size().columns, WIDEST))

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, min(col_max, self.width // 3), col_spacing)


class Context(click.Context):
    """A call whose help is written so."""

    formatter_class = Formatter


class Option(click.Option):
    """An option that stands under a heading of the help."""

    def __init__(self, *args: Any, panel: str = OPTIONS, **named: Any) -> None:
        super().__init__(*args, **named)
        self.panel = panel


class Command(click.Command):
    """A command whose help has its options under their headings."""

    context_class = Context

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        panels: dict[str, list[tuple[str, str]]] = {OPTIONS: []}
        for param in self.get_params(ctx):
            shown = param.get_help_record(ctx)
            if shown is not None and isinstance(param, click.Option):
                panels.setdefault(getattr(param, "panel", OPTIONS), []).append(shown)
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class Group(click.Group):
    """Commands, the help of which looks like theirs."""

    context_class = Context


class Shown(NamedTuple):
    """How a command shows an argument of its function; ``option`` and ``argument`` say it."""

    help: str
    names: tuple[str, ...]
    least: int | None
    named: dict[str, Any]
    is_option: bool

    def decorator(self, name: str, kind: Any) -> Decorator:
        """What gives a command the option, or the argument, that an argument of a function with this name and type is."""
        found = {"help": self.help, **of_type(kind, self.least), **self.named}
        if not self.is_option:
            return click.argument(name, nargs=-1 if found.pop("multiple", False) else 1, **found)
        flag = [] if self.names and self.names[0].startswith("--") else [f"--{name.replace('_', '-')}"]
        return click.option(*flag, *self.names, name, cls=Option, **found)


def option(help: str, *names: str, least: int | None = 1, **named: Any) -> Any:  # noqa: A002 - what Click calls it
    """Declares an argument of a command as an option, in the place of its default or in the ``Annotated`` of its type.

    The type says what is given: a flag for ``bool``, a choice for ``Literal``, a file for ``Path``, a number for ``int`` and
    ``float``; of a tuple, several. So ``limit: int = option("The most tokens.", "-l", default=20)`` is ``--limit`` or ``-l``.

    Args:
        help: What it does, in a line.
        names: Its names, if it has others than that of the argument; or a short one besides.
        least: The least value of a number; None for any.
        named: What else ``click.option`` takes; ``panel`` is the heading that it stands under.
    """
    return Shown(help, names, least, named, is_option=True)


def argument(help: str, metavar: str, **named: Any) -> Any:  # noqa: A002 - as above
    """The same of an argument that has no name in the command."""
    return Shown(help, (), None, {"metavar": metavar, **named}, is_option=False)


def of_type(kind: Any, least: int | None) -> dict[str, Any]:
    """What Click is told of a type.

    >>> of_type(tuple[int, ...], None)
    {'multiple': True, 'type': <class 'int'>, 'metavar': 'N'}
    """
    kinds = (kind, *get_args(kind))
    if bool in kinds:
        return {"is_flag": True}
    found: dict[str, Any] = {"multiple": True} if get_origin(kind) is tuple else {}
    choices = [value for each in kinds if get_origin(each) is Literal for value in get_args(each)]
    if choices:
        return found | {"type": click.Choice(choices)}
    for each in kinds:
        if get_origin(each) is None and isinstance(each, type) and issubclass(each, PathLike):
            return found | {"type": click.Path(path_type=each), "metavar": "FILE"}
    if float in kinds:
        return found | {"type": float if least is None else click.FloatRange(min=least), "metavar": "N"}
    if int in kinds and str not in kinds:
        return found | {"type": int if least is None else click.IntRange(min=least), "metavar": "N"}
    return found


def declared(function: Function) -> Function:
    """Gives a command an option for each argument of its function that says, by its type or its default, how it is shown."""
    defaults = getattr(function, "__wrapped__", function).__kwdefaults__ or {}
    made = function
    for name, hint in reversed(get_type_hints(function, include_extras=True).items()):
        kind, *said = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
        for held in (defaults.get(name), *said):
            if isinstance(held, Shown):
                made = held.decorator(name, kind)(made)
    return made
