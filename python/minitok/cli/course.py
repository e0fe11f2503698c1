"""``minitok course``: what a student begins with, what a lecturer uploads, and the mutants."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.text import Text

from .console import output, plain_table, print_json
from .options import JsonOption

app = typer.Typer(no_args_is_help=True, help="The course: start, pack an autograder, list the mutants.")


class Names(str, Enum):
    """The naming scheme of the functions."""

    minitok = "minitok"
    minbpe = "minbpe"
    cs336 = "cs336"


class Form(str, Enum):
    """What kind of file."""

    py = "py"
    ipynb = "ipynb"


@app.command("start")
def start(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to work in.")],
    names: Annotated[Names, typer.Option(help="The naming scheme of the functions.")] = Names.minitok,
    form: Annotated[Form, typer.Option("--as", help="A Python file or a notebook.")] = Form.py,
) -> None:
    """Lay out the functions to write, with what each is to do.

    Examples:

      minitok course start bpe

      minitok course start bpe --names minbpe --as ipynb
    """
    from minitok.course.starting import start as lay_out

    for path in lay_out(folder, names.value, form.value):
        output().print(str(path), markup=False, soft_wrap=True)


@app.command("pack")
def pack(
    secret: Annotated[
        str, typer.Option(metavar="S", help="The secret of the archive: any text that students do not know.")
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The archive.")] = Path("autograder.zip"),
    file: Annotated[str, typer.Option(metavar="NAME", help="The submitted file; default: the only one.")] = "",
    ties: Annotated[str, typer.Option(metavar="RULE", help="The tie rule, as for grade.")] = "auto",
    stage: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--stage", "-s", metavar="N", help="A stage to grade; repeatable.", show_default=False),
    ] = None,
    wheel: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="A minitok wheel to install instead of the published one.", show_default=False
        ),
    ] = None,
) -> None:
    """Make the archive that Gradescope takes, with a different seed for each student.

    Examples:

      minitok course pack --secret "$(openssl rand -hex 16)"

      minitok course pack --secret S --wheel dist/minitok.whl
    """
    from minitok.course.packing import pack as write

    path = write(out, secret, file=file, ties=ties, stages=stage or [], wheels=wheel or [])
    output().print(str(path), markup=False, soft_wrap=True)


@app.command("mutants")
def mutants(
    stage: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--stage", "-s", metavar="NAME", help="Only those of one stage.", show_default=False),
    ] = None,
    shown: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--show", metavar="NAME", help="Print what one mutant does differently.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the mutants: wrong programs, each with one mistake, that tests must catch.

    Examples:

      minitok course mutants --stage encode

      minitok course mutants --show leftmost-first
    """
    from minitok.course.mutants import MUTANTS, changes

    if shown is not None:
        try:
            output().print("\n".join(changes(shown)), markup=False, soft_wrap=True)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        return
    listed = [mutant for mutant in MUTANTS.values() if stage in (None, mutant.stage)]
    if not listed:
        stages = dict.fromkeys(mutant.stage for mutant in MUTANTS.values())
        raise typer.BadParameter(f"no mutant is of stage {stage!r}; expected one of {', '.join(stages)}")
    if json:
        print_json([{"name": one.name, "stage": one.stage, "says": one.says} for one in listed])
        return
    table = plain_table("<name", "<stage", "<what it does")
    for one in listed:
        table.add_row(Text(one.name), Text(one.stage), Text(one.says))
    output().print(table)
