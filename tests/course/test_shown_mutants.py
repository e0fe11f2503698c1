"""What `minitok course mutants --show` prints is not the solution, nor a program that could be handed in."""

import pytest
from click.testing import CliRunner
from minitok.cli.app import app
from minitok.course.mutants import MUTANTS, solution

RIGHT = {line.strip() for line in solution().splitlines() if len(line.strip()) > 25}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_shown_by_what_it_changes(name):
    ran = CliRunner().invoke(app, ["course", "mutants", "--show", name])
    assert ran.exit_code == 0
    first, *lines = ran.stdout.splitlines()
    assert first == f"{name} ({MUTANTS[name].stage}): {MUTANTS[name].says}"
    changed = [line[2:] for line in lines if line.startswith("+ ")]
    assert 0 < len(changed) <= 12 or "(nothing)" in lines
    own = {line.strip() for line in changed} & RIGHT
    # A line that is moved stands elsewhere in the solution, too.
    assert len(own) <= 2, own


def test_nothing_that_is_shown_can_be_graded():
    shown = [CliRunner().invoke(app, ["course", "mutants", "--show", name]).stdout for name in MUTANTS]
    for text in shown:
        with pytest.raises(SyntaxError):
            compile(text, "shown", "exec")
    # All together, they have few of the lines of the solution.
    told = {line.removeprefix("+").strip() for text in shown for line in text.splitlines()}
    assert len(told & RIGHT) < len(RIGHT) / 6, told & RIGHT


def test_a_mistake_in_a_slow_program_is_shown_by_itself():
    ran = CliRunner().invoke(app, ["course", "mutants", "--show", "ties-last-seen"])
    assert [line for line in ran.stdout.splitlines() if line.startswith("+")] == [
        "+         pair = max(reversed(list(counts)), key=counts.get)"
    ]
