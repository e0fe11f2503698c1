"""``minitok course``: what a student begins with, what a lecturer uploads, and the mutants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.text import Text

from .console import output, plain_table, print_json, say
from .help import Command, Group, option
from .options import FILE, json_option

if TYPE_CHECKING:
    from pathlib import Path


@click.group(cls=Group, no_args_is_help=True)
def command() -> None:
    """The course: start, pack an autograder, list the mutants."""


@command.command("start", cls=Command, short_help="Lay out the functions to write.")
@click.argument("folder", metavar="DIR", type=FILE, help="The folder to work in.")
@option(
    "--names",
    type=click.Choice(["minitok", "minbpe", "cs336"]),
    default="minitok",
    help="The naming scheme of the functions.",
)
@option("--as", "form", type=click.Choice(["py", "ipynb"]), default="py", help="A Python file or a notebook.")
def start(folder: Path, names: str, form: str) -> None:
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
@option("--secret", metavar="S", required=True, help="The secret of the archive: any text that students do not know.")
@option("--output", "-o", "out", type=FILE, metavar="FILE", default="autograder.zip", help="The archive.")
@option("--file", metavar="NAME", default="", show_default=False, help="The submitted file; default: the only one.")
@option("--ties", metavar="RULE", default="auto", help="The tie rule, as for grade.")
@option("--stage", "-s", "stages", metavar="N", multiple=True, help="A stage to grade; repeatable.")
@option(
    "--wheel",
    "wheels",
    type=FILE,
    metavar="FILE",
    multiple=True,
    help="A minitok wheel to install instead of the published one.",
)
def pack(secret: str, out: Path, file: str, ties: str, stages: tuple[str, ...], wheels: tuple[Path, ...]) -> None:
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
@option("--stage", "-s", metavar="NAME", help="Only those of one stage.")
@option("--show", "shown", metavar="NAME", help="Print what one mutant does differently.")
@json_option
def mutants(stage: str | None, shown: str | None, *, json: bool) -> None:
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
