"""A submission that is the course's own solution is noticed, whatever its names and comments are; others are not."""

import re
from pathlib import Path

import pytest
from minitok.course.grading import grade
from minitok.course.likeness import alike
from minitok.course.mutants import MUTANTS, solution

CORRECT = Path(__file__).parent / "correct"
OTHER_NAMES = {"ids": "numbers", "piece": "part", "merges": "rules", "held": "buffer", "pair": "two", "token": "symbol"}


def renamed(source):
    for name, other in OTHER_NAMES.items():
        source = re.sub(rf"\b{name}\b", other, source)
    return re.sub(r'^( +)"""(?:[^"]|"(?!""))*"""', r"\1# Mine.", source, flags=re.MULTILINE)


def test_a_copy_is_noticed_under_other_names_and_in_a_notebook(written):
    source = renamed(solution()).replace("def text_to_bytes(", "def unused():\n    return None\n\n\ndef text_to_bytes(")
    assert {"train", "encode_piece", "recover_merges"} <= set(alike([source]))
    report = grade(written(source), stages=["bytes"])
    assert (report.passed, report.alike) == (True, alike([source]))
    assert "Nearly the course's own solution, but for names and comments: " in report.to_text()


@pytest.mark.parametrize("name", ["any-space", "rescans", "per-token"])
def test_one_mistake_more_does_not_hide_a_copy(name):
    assert len(alike([MUTANTS[name].source])) >= 8


def test_programs_of_others_are_not_like_it():
    assert len(list(CORRECT.rglob("*.py"))) > 10
    for file in CORRECT.rglob("*.py"):
        assert alike([file.read_text(encoding="utf-8")]) == ()
    assert "Nearly" not in grade(CORRECT / "naive.py", stages=["bytes"]).to_text()


def test_a_few_functions_may_be_like_it_by_chance():
    source = solution()
    one = source[source.index("def recover_merges") : source.index("# -- lesson 9")]
    assert alike([one]) == ()
