"""Programs to grade, written to a folder."""

import pytest
from minitok.course.mutants import solution

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
def right(written):
    """The solution, as a file of a student."""
    return written(solution())
