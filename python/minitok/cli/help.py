"""The help of a command: options under headings, legible on a narrow screen too."""

from __future__ import annotations

from collections.abc import Callable
from shutil import get_terminal_size
from typing import Any, Protocol, TypeVar

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


def option(*names: str, **named: Any) -> Decorator:
    """``click.option``, with ``panel``: the heading of the help that the option stands under."""
    return click.option(*names, cls=Option, **named)


def number_option(*names: str, least: int = 1, metavar: str = "N", **named: Any) -> Decorator:
    """An option that is a whole number, ``least`` or more."""
    return option(*names, type=click.IntRange(min=least), metavar=metavar, **named)
