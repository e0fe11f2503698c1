"""Right programs of different style pass, whatever the seed: no verdict depends on luck."""

import json
from pathlib import Path

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import solution
from minitok.course.starting import notebook

CORRECT = Path(__file__).parent / "correct"
PROGRAMS = {
    "package": ("minbpe", 33),
    "assignment/tests/adapters.py": ("cs336", 28),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_passes_with_all_points(program):
    report = grade(CORRECT / program, seed=f"a seed for {program}")
    assert report.passed, report.to_text()
    assert (report.names, sum(stage.points for stage in report.stages)) == PROGRAMS[program]


def test_the_solution_passes_all_stages(right):
    report = grade(right, stages=range(2, 11))
    assert report.passed, report.to_text()
    assert sum(stage.points for stage in report.stages) == 40


def test_a_notebook_is_graded(written):
    file = written(json.dumps(notebook(solution())), "my.ipynb")
    assert grade(file, stages=["bytes", "files"]).passed


def test_kept_counts_are_fast_enough_and_are_counted():
    (stage,) = grade(CORRECT / "assignment/tests/adapters.py", stages=[10]).stages
    assert stage.passed, stage.message
    assert int(stage.message.split("; ")[-1].split(" ")[0].replace(",", "")) > 500_000


def test_without_recover_merges_there_are_fewer_points(written):
    file = written(solution().replace("def recover_merges", "def nobody_asks_for_this"))
    (stage,) = grade(file, stages=[8]).stages
    assert (stage.passed, stage.points) == (True, 3)


def test_a_tokenizer_without_pieces_passes_what_needs_none(written):
    base, basic = ((CORRECT / "package" / name).read_text(encoding="utf-8") for name in ("base.py", "basic.py"))
    source = base + basic.replace("from .base import Tokenizer", "")
    report = grade(written(source))
    assert [stage.name for stage in report.stages if stage.passed] == ["pairs", "train", "encode", "decode"]
    assert report.failed_stage == "special"
    assert "RegexTokenizer" in report.stages[-1].message
