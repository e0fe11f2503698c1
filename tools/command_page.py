"""The page of the command: the help of each command, as it prints it. `make docs` makes it, so that it cannot be stale."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click
from minitok.cli.app import app

LEAD = """\
# The command

Every command and every option. `minitok COMMAND --help` prints the same.
Exit codes: 0 done; 1 it could not be done, and one line says why; 2 the command was not understood; 130 interrupted;
141 the reader of the output is gone.
"""


def command_page() -> str:
    """The page, in Markdown."""
    os.environ["COLUMNS"] = "100"
    return "\n".join([LEAD, *sections(app.context_class(app, info_name="minitok", **app.context_settings))])


def sections(ctx: click.Context) -> Iterator[str]:
    """The help of a command, and of those that belong to it."""
    yield f"## {ctx.command_path}\n\n```text\n{ctx.get_help()}\n```\n"
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            if command is not None:
                yield from sections(command.context_class(command, info_name=name, parent=ctx))
