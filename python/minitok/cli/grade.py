"""``minitok grade``: whether a program of the course is right, and if not, on which input it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Literal
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.text import Text

from minitok.course.gathering import NotGradable
from minitok.course.report import Report, gradescope, write_results
from minitok.course.showing import PLAYGROUND, printable
from minitok.errors import BackendError

from . import options as shared
from .console import output, print_json, report
from .help import Command, argument, declared, option

# Lines of a report.
PASSED, FAILED = re.compile(r"stage \d+ \w+: passed "), re.compile(r"stage \d+ \w+: ")
POINTS = re.compile(r"\d+ of \d+ points")
LINK = f" · see it: {PLAYGROUND}"
NOT_PASSED = 1
NOT_GRADABLE = 2


@click.command(cls=Command)
@declared
def command(
    *,
    file: str = argument("A Python file, a notebook, or a package's folder.", "FILE"),
    stages: tuple[str, ...] = option(
        "A stage to grade, by number or name; repeatable. Default: all that earn points.", "--stage", "-s", metavar="N"
    ),
    ties: Literal["auto", "smallest_ids", "first_seen", "greatest_bytes"] = option(
        "The tie rule to expect; auto: the file's own.", default="auto"
    ),
    seed: str = option("The seed for texts, patterns and vocabularies.", metavar="S", default="0"),
    results: Path | None = option("Also write Gradescope's results.json.", "--gradescope"),
    mutant: str | None = option(
        "Reverse roles: test this mutant with the input in the file.", "--break", metavar="NAME"
    ),
    json: shared.JsonOption,
) -> None:
    """Grade a program: the smallest input on which it is wrong, and the first step at which it goes wrong.

    Each stage runs in a separate process, with limits on time, memory and output; grading stops at the first stage that does
    not pass. The same seed gives the same result. Exit code 0: all stages asked for passed; 1: one did not; 2: the file could
    not be graded.

    \b
    Examples:
      minitok course start bpe
      minitok grade bpe/my_bpe.py --stage 2
      minitok grade my_bpe.py --json --seed 7
      minitok grade breaks.py --break leftmost-first
    """
    number: int | str = int(seed) if seed.lstrip("-").isdecimal() else printable(seed)
    try:
        found = run(file, list(stages), ties, number, mutant)
    except (NotGradable, BackendError, ValueError, OSError) as error:
        report(printable(str(error)))
        write_results(results, gradescope((), printable(str(error))))
        if json:
            print_json({"passed": False, "failed_stage": None, "stages": [], "seed": number})
        raise click.exceptions.Exit(NOT_GRADABLE) from None
    write_results(results, found.to_gradescope())
    if json:
        print_json(found.to_dict())
    else:
        output().print(coloured(found.to_text(), served=is_served()), soft_wrap=True)
    if not found.passed:
        raise click.exceptions.Exit(NOT_PASSED)


def run(file: str, stages: list[str], ties: str, seed: int | str, mutant: str | None) -> Report:
    """Grade, or try to refute a mutant."""
    if mutant is not None:
        from minitok.course.breaking import refute

        return refute(file, mutant, seed)
    from minitok.course.grading import grade

    with stages_shown() as show:
        return grade(file, stages=stages, ties=ties, seed=seed, progress=show)


@contextmanager
def stages_shown() -> Iterator[Callable[[str], object] | None]:
    """Shows the stage that runs on standard error, if it is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with console.status("grading") as status:
        yield lambda stage: status.update(f"stage {stage}")


def is_served() -> bool:
    """Whether something listens where the links lead: the playground, as ``minitok play`` starts it."""
    place = urlsplit(PLAYGROUND)
    with socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((place.hostname or "", place.port or 0)) == 0


def coloured(text: str, *, served: bool) -> Text:
    """The report with what passed in green and what failed in red. A link to a page that nobody serves says how to serve it."""
    shown = Text()
    for line in text.splitlines(keepends=True):
        before, see, link = line.partition(LINK)
        style = (
            "green"
            if PASSED.match(line)
            else "bold red"
            if FAILED.match(line)
            else "bold"
            if POINTS.match(line)
            else ""
        )
        shown.append(before, style)
        if see and served:
            shown.append(see + link.rstrip("\n"), f"link {PLAYGROUND}{link.strip()}")
            shown.append("\n" if link.endswith("\n") else "")
        elif see:
            shown.append(" · `minitok play` shows it: start it, and grade again for the link")
            shown.append("\n" if link.endswith("\n") else "")
    return shown
