"""Programs to grade, written to a folder."""

import pytest
from apart import Apart
from minitok.course import grading
from minitok.course.mutants import solution
from minitok.course.stages import files
from near import Near, but_once

CHECK_RUNS = but_once(files.check_runs)
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
    monkeypatch.setattr(files, "check_runs", CHECK_RUNS)


@pytest.fixture
def unshrunk(monkeypatch):
    """Where the verdict alone is asked for: the input that fails is not made smaller."""
    monkeypatch.setattr("minitok.course.search.SHRINKING", 0)
    monkeypatch.setattr("minitok.course.stages.encode.smaller", lambda *_: None)


@pytest.fixture
def right(written):
    """The solution, as a file of a student."""
    return written(solution())


APART = pytest.StashKey[Apart]()


def pytest_runtest_protocol(item, nextitem):
    """Hostile programs, and what the grader does with them, are in a namespace of processes of their own."""
    if item.path.name != "test_hostile.py":
        return None
    stash = item.session.stash
    if APART not in stash:
        stash[APART] = Apart([one for one in item.session.items if one.path == item.path])
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in stash[APART].run(item):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    if nextitem is None or nextitem.path != item.path:
        stash[APART].end()
        del stash[APART]
    item.session._setupstate.teardown_exact(nextitem)
    return True
