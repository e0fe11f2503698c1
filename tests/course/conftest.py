"""Programs to grade, written to a folder."""

import pytest
from minitok.course import grading
from minitok.course.mutants import solution
from near import Near

# Programs as students write them, which are graded and not imported.
collect_ignore = ["correct"]


@pytest.fixture
def written(tmp_path):
    """Writes a program and returns its path."""

    def write(source, name="my_bpe.py"):
        path = tmp_path / name
        path.write_text(source, encoding="utf-8")
        return path

    return write


@pytest.fixture
def near(monkeypatch):
    """Programs that do no harm are graded in this process. `test_hostile.py` and the tests of the command have one for each stage."""
    monkeypatch.setattr(grading, "Session", Near)


@pytest.fixture
def right(written):
    """The solution, as a file of a student."""
    return written(solution())
