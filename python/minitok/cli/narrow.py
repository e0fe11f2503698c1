"""Help on a narrow screen: without boxes and columns, which would cut the names of options."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import Any

from rich.text import Text
from typer.core import TyperCommand

__all__ = ["fit"]

# On fewer columns names are cut in boxes.
WIDE = 80

# Click's, or what Typer has in its place.
Context: Any = TyperCommand.context_class


class NarrowFormatter(Context.formatter_class):  # type: ignore[misc]
    """Gives the names a third of the screen; behind a longer name, the text begins on a line of its own."""

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, min(col_max, self.width // 3), col_spacing)


class NarrowContext(Context):  # type: ignore[misc]
    """A call of a command whose help is written so."""

    formatter_class = NarrowFormatter


def fit(command: Any) -> None:
    """Has the help of a command written without boxes where the screen is narrow."""
    columns = get_terminal_size().columns
    if columns < WIDE:
        write_plainly(command)
        command.context_settings = {**command.context_settings, "terminal_width": columns}


def write_plainly(command: Any) -> None:
    command.rich_markup_mode = None
    command.context_class = NarrowContext
    command.help = Text.from_markup(command.help or "").plain
    command.short_help = command.help.partition("\n\n")[0]
    for param in command.params:
        if getattr(param, "help", None):
            param.help = Text.from_markup(param.help).plain
