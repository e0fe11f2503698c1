"""The mutants test the grader: each is caught by the stage it belongs to, by none before, and told where it goes wrong."""

import re
from collections import Counter

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import MUTANTS, find

FIRST_STEP = re.compile(
    r"They part at (byte|the pair|index|piece|merge|step|character|push|id|rank|finish|the )|raised|The right trace ends|"
    r"vocab_size \d+ is|After \d+ merge|Put together|The pairs are right|is gone|does not occur|steps|reads all|their order"
)


def stages_of(mutant):
    return ["bytes", "pairs", "split", "train", "fast"] if mutant.stage == "fast" else []


def test_there_are_enough_of_every_stage():
    stages = Counter(mutant.stage for mutant in MUTANTS.values())
    assert len(MUTANTS) >= 100
    assert min(stages.values()) >= 3
    assert list(stages) == [
        "bytes",
        "pairs",
        "split",
        "train",
        "encode",
        "fast",
        "decode",
        "special",
        "published",
        "files",
    ]


def test_no_two_are_the_same_program():
    assert len({mutant.source for mutant in MUTANTS.values()}) == len(MUTANTS)


@pytest.mark.parametrize("name", MUTANTS)
def test_its_stage_catches_it_and_none_before(name, written):
    mutant = find(name)
    report = grade(written(mutant.source), stages=stages_of(mutant))
    assert report.failed_stage == mutant.stage
    assert [stage.passed for stage in report.stages] == [True] * (len(report.stages) - 1) + [False]
    message = report.stages[-1].message
    assert message.startswith(f"stage {report.stages[-1].number} {mutant.stage}: ")
    assert "yours " in message
    assert "expected " in message
    assert f"Lesson {report.stages[-1].number}" in message
    assert FIRST_STEP.search(message), message


def test_an_unknown_mutant_is_named():
    with pytest.raises(ValueError, match="there is no mutant 'nobody'"):
        find("nobody")
