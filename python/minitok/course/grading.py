"""Grade a submission: each stage in a process of its own, in the order of the lessons, stopping at the first failure."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BackendError
from ..training import TIE_BREAKS
from .bench import Bench, NotWritten, seed_number
from .gathering import NotGradable, gather
from .report import Failure, Report, StageResult
from .session import Raised, Session, Stopped
from .showing import printable
from .users import empty, free_user

if TYPE_CHECKING:
    from .stages import Stage

__all__ = ["grade", "stages_asked_for"]


def grade(
    file: str | os.PathLike[str],
    *,
    stages: Sequence[int | str] = (),
    ties: str = "auto",
    seed: int | str = 0,
    progress: Callable[[str], object] | None = None,
) -> Report:
    """Grade a submission.

    Args:
        file: A Python file or a notebook; or the folder of a package.
        stages: Numbers or names of stages; without any, all those that earn points.
        ties: The rule for ties that is expected: ``smallest_ids``, ``first_seen``, ``greatest_bytes``; ``auto`` takes that of
            the submission.
        progress: A function that is called with the name of each stage before it runs.
        seed: Decides the texts, the patterns, the order of bytes and the rule for ties of the vocabularies that are drawn.

    Raises:
        NotGradable: There is no such file, it is not Python, or it fails while it is loaded.
        ValueError: There is no such stage or rule.
        BackendError: Hypothesis is not installed, or the system cannot limit a process.

    Costs some seconds; a submission that hangs is ended after 6 seconds of the processor, or 12 of doing nothing. The same
    seed gives the same report.
    """
    if ties != "auto" and ties not in TIE_BREAKS:
        raise ValueError(f"unknown rule for ties {ties!r}; it can be auto, {', '.join(TIE_BREAKS)}")
    asked = stages_asked_for(stages)
    with free_user() as user, copied(file) as (copy, folder):
        runs = itertools.count()

        def start() -> Session:
            return Session(copy, folder / f"run{next(runs)}", seed_number(seed, "hash"), user)

        # The process of the first look, in which nothing has been called, is that of the first stage.
        looked = first_look(start, Path(file))
        names: str = looked.names
        wanted = [stage for stage in asked if names in stage.names]
        if not wanted:
            looked.end()
            raise NotGradable(f"{file}: its names are {names}'s, which stage {asked[0].name} is not asked of")
        sessions = itertools.chain([looked], iter(start, None))
        results: list[StageResult] = []
        known = None if ties == "auto" else ties
        for at, stage in enumerate(wanted):
            if progress is not None:
                progress(f"{stage.number} {stage.name}, {at + 1} of {len(wanted)}")
            result, known = run_stage(stage, sessions, start, seed, known)
            results.append(result)
            if not result.passed:
                rest = [
                    StageResult(one.number, one.name, False, 0, one.points, "not reached") for one in wanted[at + 1 :]
                ]
                return Report(names, seed, tuple(results), tuple(rest))
    return Report(names, seed, tuple(results))


def stages_asked_for(stages: Sequence[int | str]) -> list[Stage]:
    """The stages of these numbers or names, in the order of the lessons."""
    try:
        from .stages import STAGES
    except ImportError as error:
        if error.name and error.name.startswith("hypothesis"):
            raise BackendError("grading needs Hypothesis: pip install hypothesis") from error
        raise
    if not stages:
        return [stage for stage in STAGES if not stage.extra]
    wanted = {str(stage) for stage in stages}
    unknown = wanted - {str(stage.number) for stage in STAGES} - {stage.name for stage in STAGES}
    if unknown:
        known = ", ".join(f"{stage.number} {stage.name}" for stage in STAGES)
        raise ValueError(f"there is no stage {min(unknown)}; expected one of {known}")
    return [stage for stage in STAGES if {str(stage.number), stage.name} & wanted]


@contextmanager
def copied(file: str | os.PathLike[str]) -> Iterator[tuple[Path, Path]]:
    """The copy of a submission, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="minitok-grade-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        code = folder / "code"
        code.mkdir()
        try:
            yield gather(file, code), folder
        finally:
            empty(folder)


def first_look(start: Callable[[], Session], shown: Path) -> Session:
    """A process with the submission loaded.

    Raises:
        NotGradable: It cannot be loaded, or has none of the functions.
    """
    try:
        session = start()
    except Raised as error:
        raise NotGradable(f"{shown}: loading it raised {error}") from None
    except Stopped as error:
        raise NotGradable(f"{shown}: while it was loaded, {error}") from None
    if not session.functions:
        session.end()
        raise NotGradable(
            f"{shown}: it has none of the functions of the course, such as text_to_bytes or train; "
            "`minitok course start DIR` writes a file to begin with"
        )
    return session


def run_stage(
    stage: Stage, sessions: Iterator[Session], start: Callable[[], Session], seed: int | str, ties: Any
) -> tuple[StageResult, Any]:
    """One stage, in the next process; with its result, the rule for ties as far as it is known."""
    try:
        opened = next(sessions)
    except (Raised, Stopped) as error:
        # It could be loaded before: something in it depends on chance, or on the time.
        failed = f"raised {error}" if isinstance(error, Raised) else f"no answer: {error}"
        again = Failure("the file, loaded again", failed, "what it did the first time")
        return StageResult(stage.number, stage.name, False, 0, stage.points, message(stage, again, [])), ties
    with opened as session:
        bench = Bench(start, session, seed_number(seed, stage.name), ties)
        try:
            failure = stage.run(bench)
        except NotWritten as missing:
            failure = Failure(str(missing), "not there", "a function", "It has not been written yet.")
        except Stopped as error:
            call, expected = bench.asking
            failure = Failure(call, f"no answer: {error}", expected or "an answer", "")
        except Raised as error:
            failure = Failure(bench.asking[0], f"raised {error}", bench.asking[1] or "an answer", "")
        printed = session.last_lines() if failure is not None and bench.printed is None else bench.printed or []
    if failure is None:
        points = stage.points - bench.points_lost
        remarks = "; ".join([f"{bench.calls} calls agree", *bench.remarks])
        return StageResult(stage.number, stage.name, True, points, stage.points, remarks), bench.ties
    return StageResult(stage.number, stage.name, False, 0, stage.points, message(stage, failure, printed)), bench.ties


def message(stage: Stage, failure: Failure, printed: list[str]) -> str:
    """What a student reads."""
    lines = [printable(line) for line in (f"stage {stage.number} {stage.name}: {failure.call}", *failure.lines())]
    see = f" · see it: {failure.link}" if failure.link else ""
    lines.append(f"  Lesson {stage.number}{see}")
    if printed:
        lines += ["  Your program printed:", *(f"    {line}" for line in printed)]
    return "\n".join(lines)
