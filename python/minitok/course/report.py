"""What a grading found: as text, as JSON, and as Gradescope's ``results.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..formats.files import writing

__all__ = ["Failure", "Report", "StageResult", "gradescope", "write_results"]


@dataclass(frozen=True)
class Failure:
    """An input on which a submission is wrong.

    ``call`` is the call, ``yours`` and ``expected`` its two results, ``why`` where they part, ``link`` a page that shows it.
    """

    call: str
    yours: str
    expected: str
    why: str = ""
    link: str | None = None

    def lines(self) -> list[str]:
        """The failure under its headline."""
        both = f"  yours {self.yours}    expected {self.expected}"
        lines = [both] if len(both) <= 100 else [f"  yours    {self.yours}", f"  expected {self.expected}"]
        return [*lines, *(f"  {line}" for line in self.why.splitlines())]


@dataclass(frozen=True)
class StageResult:
    """The result of one stage: ``number`` is that of its lesson, ``points`` what it earned of ``out_of``."""

    number: int
    name: str
    passed: bool
    points: int
    out_of: int
    message: str


@dataclass(frozen=True)
class Report:
    """The result of a grading.

    ``stages`` are those that ran, in order; the first that fails is the last. ``unreached`` are those after it.
    """

    names: str
    seed: int | str
    stages: tuple[StageResult, ...]
    unreached: tuple[StageResult, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether every stage asked for has passed."""
        return all(stage.passed for stage in self.stages)

    @property
    def failed_stage(self) -> str | None:
        return next((stage.name for stage in self.stages if not stage.passed), None)

    def to_dict(self) -> dict[str, Any]:
        """As ``minitok grade --json`` prints it."""
        return {
            "passed": self.passed,
            "failed_stage": self.failed_stage,
            "stages": [
                {"name": one.name, "passed": one.passed, "points": one.points, "message": one.message}
                for one in self.stages
            ],
            "seed": self.seed,
        }

    def to_text(self) -> str:
        lines = []
        for stage in self.stages:
            if not stage.number:
                lines.append(stage.message)
            elif stage.passed:
                lines.append(
                    f"stage {stage.number} {stage.name}: passed ({stage.points} of {stage.out_of}). {stage.message}"
                )
            else:
                lines += ["", stage.message]
        earned = sum(stage.points for stage in self.stages)
        most = sum(stage.out_of for stage in (*self.stages, *self.unreached))
        lines += ["", f"{earned} of {most} points"]
        if self.unreached:
            rest = ", ".join(f"{stage.number} {stage.name}" for stage in self.unreached)
            lines[-1] += f"; not reached: {rest}"
        return "\n".join(lines).strip("\n")

    def to_gradescope(self) -> dict[str, Any]:
        """As Gradescope reads it: one test a stage, whose scores add up."""
        return gradescope((*self.stages, *self.unreached), self.to_text().rsplit("\n", 1)[-1])


def gradescope(stages: Sequence[StageResult], output: str) -> dict[str, Any]:
    """Gradescope's ``results.json``."""
    return {
        "output": output,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        **({} if stages else {"score": 0}),
        "tests": [
            {
                "number": str(stage.number),
                "name": stage.name,
                "score": stage.points,
                "max_score": stage.out_of,
                "status": "passed" if stage.passed else "failed",
                "output": stage.message,
                "output_format": "text",
                "visibility": "visible",
            }
            for stage in stages
        ],
    }


def write_results(path: str | os.PathLike[str] | None, results: dict[str, Any]) -> None:
    """Write ``results.json``, whole or not at all; nothing without a path."""
    if path is not None:
        with writing(path) as file:
            file.write((json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())
