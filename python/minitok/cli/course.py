"""``minitok course``: what a student begins with, what a lecturer uploads, and the mutants."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
from rich.text import Text

from . import options as shared
from .console import output, plain_table, print_json, say
from .help import Command, Group, argument, declared, option


@click.group(cls=Group, no_args_is_help=True)
def command() -> None:
    """The course: start, pack an autograder, list the mutants."""


@command.command("start", cls=Command, short_help="Lay out the functions to write.")
@declared
def start(
    *,
    folder: Path = argument("The folder to work in.", "DIR"),
    names: Literal["minitok", "minbpe", "cs336"] = option("The naming scheme of the functions.", default="minitok"),
    form: Literal["py", "ipynb"] = option("A Python file or a notebook.", "--as", default="py"),
) -> None:
    """Lay out the functions to write, with what each is to do.

    \b
    Examples:
      minitok course start bpe
      minitok course start bpe --names minbpe --as ipynb
    """
    from minitok.course.starting import start as lay_out

    for path in lay_out(folder, names, form):
        say(str(path))


@command.command("pack", cls=Command, short_help="Make an archive for Gradescope.")
@declared
def pack(
    *,
    secret: str = option("The secret of the archive: any text that students do not know.", metavar="S", required=True),
    out: Path = option("The archive.", "--output", "-o", default="autograder.zip"),
    file: str = option("The submitted file; default: the only one.", metavar="NAME", default="", show_default=False),
    ties: str = option("The tie rule, as for grade.", metavar="RULE", default="auto"),
    stages: tuple[str, ...] = option("A stage to grade; repeatable.", "--stage", "-s", metavar="N"),
    wheels: tuple[Path, ...] = option("A minitok wheel to install instead of the published one.", "--wheel"),
) -> None:
    """Make the archive that Gradescope takes, with a different seed for each student.

    \b
    Examples:
      minitok course pack --secret "$(openssl rand -hex 16)"
      minitok course pack --secret S --wheel dist/minitok.whl
    """
    from minitok.course.packing import pack as write

    path = write(out, secret, file=file, ties=ties, stages=stages, wheels=wheels)
    say(str(path))


@command.command("mutants", cls=Command, short_help="List the wrong programs.")
@declared
def mutants(
    *,
    stage: str | None = option("Only those of one stage.", "-s", metavar="NAME"),
    shown: str | None = option("Print what one mutant does differently.", "--show", metavar="NAME"),
    json: shared.JsonOption,
) -> None:
    """List the mutants: wrong programs, each with one mistake, that tests must catch.

    \b
    Examples:
      minitok course mutants --stage encode
      minitok course mutants --show leftmost-first
    """
    from minitok.course.mutants import MUTANTS, changes

    if shown is not None:
        try:
            say("\n".join(changes(shown)))
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
        return
    listed = [mutant for mutant in MUTANTS.values() if stage in (None, mutant.stage)]
    if not listed:
        stages = dict.fromkeys(mutant.stage for mutant in MUTANTS.values())
        raise click.BadParameter(f"no mutant is of stage {stage!r}; expected one of {', '.join(stages)}")
    if json:
        print_json([{"name": one.name, "stage": one.stage, "says": one.says} for one in listed])
        return
    table = plain_table("<name", "<stage", "<what it does")
    for one in listed:
        table.add_row(Text(one.name), Text(one.stage), Text(one.says))
    output().print(table)
