"""``minitok grade``: whether a program of the course is right, and if not, on which input it is wrong."""

from __future__ import annotations

import json as json_format
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from minitok.course.gathering import NotGradable
from minitok.course.report import Report, gradescope
from minitok.errors import BackendError

from .console import output, print_json, report
from .options import JsonOption

NOT_PASSED = 1
NOT_GRADABLE = 2


class Ties(str, Enum):
    """Rules for ties."""

    auto = "auto"
    smallest_ids = "smallest_ids"
    first_seen = "first_seen"
    greatest_bytes = "greatest_bytes"


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A Python file, a notebook, or a package's folder.")],
    stage: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--stage",
            "-s",
            metavar="N",
            help="A stage by number or name; repeatable. All that earn points without.",
            show_default=False,
        ),
    ] = None,
    ties: Annotated[
        Ties, typer.Option(help="The rule for ties that is expected; auto takes the file's own.")
    ] = Ties.auto,
    seed: Annotated[
        str, typer.Option(metavar="S", help="Another seed draws other texts, patterns and vocabularies.")
    ] = "0",
    json: JsonOption = False,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--gradescope", metavar="FILE", help="Write Gradescope's results.json, too.", show_default=False),
    ] = None,
    break_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--break",
            metavar="NAME",
            help="Change sides: try the file's input against this mutant.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Grade a program: the smallest input on which it is wrong, and the first step at which it goes wrong.

    Each stage runs in a process of its own, with limits on time, memory and output; grading stops at the first stage that does
    not pass. The same seed gives the same result. Exit code 0: all stages asked for passed; 1: one did not; 2: the file could
    not be graded.

    Examples:

      minitok course start bpe

      minitok grade bpe/my_bpe.py --stage 2

      minitok grade my_bpe.py --json --seed 7

      minitok grade breaks.py --break leftmost-first
    """
    number: int | str = int(seed) if seed.lstrip("-").isdecimal() else seed
    try:
        found = run(file, stage or [], ties.value, number, break_)
    except (NotGradable, BackendError, ValueError, OSError) as error:
        report(str(error))
        write(results, gradescope((), str(error)))
        if json:
            print_json({"passed": False, "failed_stage": None, "stages": [], "seed": number})
        raise typer.Exit(NOT_GRADABLE) from None
    write(results, found.to_gradescope())
    if json:
        print_json(found.to_dict())
    else:
        output().print(found.to_text(), markup=False, soft_wrap=True)
    if not found.passed:
        raise typer.Exit(NOT_PASSED)


def run(file: str, stages: list[str], ties: str, seed: int | str, mutant: str | None) -> Report:
    """Grade, or try to refute a mutant."""
    if mutant is not None:
        from minitok.course.breaking import refute

        return refute(file, mutant, seed)
    from minitok.course.grading import grade

    return grade(file, stages=stages, ties=ties, seed=seed)


def write(path: Path | None, results: dict[str, Any]) -> None:
    """Write ``results.json``."""
    if path is not None:
        path.write_text(json_format.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
