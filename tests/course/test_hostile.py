"""No program changes its grade, the grader, or the machine."""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys

import pytest
from hostile import programs
from minitok.course.gathering import NotGradable
from minitok.course.grading import grade
from minitok.course.mutants import solution
from minitok.course.session import Limits, Session
from minitok.course.stages import fast
from minitok.course.users import SHARED_MEMORY, empty

ATTEMPTS = dict(programs())


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_does_not_pass(name, written, monkeypatch):
    # What hangs is ended; that need not take long here, where nothing passes.
    monkeypatch.setattr(Limits, "wall_seconds", 0.5)
    monkeypatch.setattr(Limits, "cpu_seconds", 2)
    monkeypatch.setattr(Limits, "memory", 1 << 28)
    monkeypatch.setattr(Limits, "memory_together", 1 << 29)
    try:
        report = grade(written(ATTEMPTS[name]), stages=["bytes"])
    except NotGradable as error:
        assert "my_bpe.py" in str(error)
    else:
        assert report.failed_stage == "bytes"
        assert report.stages[0].points == 0


def with_lines(lines):
    """The solution, with lines of its own at the top."""
    return solution().replace("import regex\n", f"import regex\n{lines}", 1)


@pytest.fixture
def session(right, tmp_path):
    with Session(right, tmp_path / "run") as session:
        yield session


def test_nothing_that_it_started_is_left(written):
    source = with_lines("import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        time.sleep(60)\n")
    with orphans_here():
        assert grade(written(source), stages=["bytes"]).passed
        ended = []
        with contextlib.suppress(ChildProcessError):
            while True:
                ended.append(os.waitstatus_to_exitcode(os.wait()[1]))
    assert ended == [-signal.SIGKILL] * 3


@contextlib.contextmanager
def orphans_here():
    """What a child of this process leaves is this process's child then."""
    set_subreaper = functools.partial(ctypes.CDLL(None).prctl, 36)
    set_subreaper(1)
    try:
        yield
    finally:
        set_subreaper(0)


def test_it_runs_as_another_user_with_its_system_calls_filtered(session):
    assert session.isolation == {"other_user": os.geteuid() == 0, "files": landlocked(), "system_calls": True}


def landlocked():
    """Whether this system's kernel knows Landlock."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


def test_it_cannot_write_beside_its_folder(written, tmp_path):
    target = tmp_path / "grade.txt"
    source = with_lines(f"try:\n    open({str(target)!r}, 'w').write('40')\nexcept OSError: pass\n")
    assert grade(written(source), stages=["bytes"]).passed
    assert not target.exists()


# What reaches a file without Python's seeing it; where it is.
PAST_PYTHON = """
import os, readline, sqlite3

def tried(name, attempt):
    try: attempt()
    except Exception as error: return
    print(name)

readline.add_history("x")
tried("the secret, by Python", lambda: open(SECRET).read())
tried("the secret, by readline", lambda: readline.read_history_file(SECRET))
tried("beside the folder, by readline", lambda: readline.write_history_file(BESIDE + ".history"))
tried("beside the folder, by sqlite", lambda: sqlite3.connect(BESIDE + ".db").execute("create table t(x)"))
tried("a file of shared memory", lambda: open("/dev/shm/minitok-test", "w"))
tried("other processes", lambda: os.listdir("/proc"))
tried("others' folders", lambda: os.listdir(os.path.dirname(SECRET)))
tried("memory with a name", lambda: os.memfd_create("x"))
"""


def test_no_file_but_python_and_its_own_is_within_reach(written, tmp_path):
    """On a kernel without Landlock, what is left is Python's own way to files: `isolation` says so."""
    others = tmp_path / "others"
    others.mkdir()
    secret = others / "secret.txt"
    secret.write_text("greatest_bytes")
    secret.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == others.owner() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    others.chmod(0o777)
    lines = PAST_PYTHON.replace("SECRET", repr(str(secret))).replace("BESIDE", repr(str(others / "left")))
    source = with_lines(lines).replace("    return list(text.encode", "    return [1] or list(text.encode")
    message = grade(written(source), stages=["bytes"]).stages[0].message
    assert "yours [1]" in message
    assert "the secret, by Python" not in message
    if landlocked():
        assert "printed" not in message
        assert os.listdir(others) == ["secret.txt"]


def test_what_it_leaves_in_shared_memory_is_removed(written):
    name = f"minitok-test-{os.getpid()}"
    source = with_lines(f"import _multiprocessing\n_multiprocessing.SemLock(1, 1, 1, '/{name}', False)\n")
    assert grade(written(source), stages=["bytes"]).passed
    left = SHARED_MEMORY / f"sem.{name}"
    # Without root, it has the grader's own user.
    assert left.exists() == (os.geteuid() != 0)
    left.unlink(missing_ok=True)


def test_folders_are_emptied_however_deep_they_are(tmp_path):
    start = os.open(tmp_path, os.O_RDONLY)
    inner = start
    for _ in range(1100):
        os.mkdir("d", dir_fd=inner)
        deeper = os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(inner)
        inner = deeper
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=inner))
    os.close(inner)
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "file").touch()
    (tmp_path / "closed").chmod(0)
    empty(tmp_path)
    assert os.listdir(tmp_path) == []


def test_gradings_at_once_are_those_of_one_at_a_time(written):
    kill_all = "import os\nfor pid in range(2, 40_000):\n    try: os.kill(pid, 9) if pid != os.getpid() else None\n    except OSError: pass\n"
    fork = "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        while True: pass\n"
    files = [written(with_lines(lines), f"s{number}.py") for number, lines in enumerate(["", kill_all, fork])]
    # Without root, gradings have one user, and only a system of 6.12 or later keeps their signals apart.
    alone = files[1:2] if os.geteuid() != 0 else []
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "minitok", "grade", file, "--stage", "bytes"], stdout=subprocess.DEVNULL
        )
        for file in files
        if file not in alone
    ]
    assert [grading.wait(100) for grading in started] == [0] * len(started)


def test_only_what_the_reported_call_prints_is_shown(written):
    source = solution().replace(
        "    merged: list[int] = []", "    print(f'{ids}, {pair}, {new_id}')\n    merged: list[int] = []", 1
    )
    source = source.replace("merged.append(new_id)", "merged.append(new_id + 1)", 1)
    message = grade(written(source), stages=["pairs"]).stages[0].message
    asked = message.partition("merge_pair(")[2].partition(")\n")[0]
    assert asked
    assert message.endswith(f"Your program printed:\n    {asked}")


def test_what_it_prints_may_be_removed(written):
    source = solution().replace(
        "    return list(text.encode", "    import os\n    os.unlink('.printed')\n    return [1] or list(text.encode"
    )
    assert not grade(written(source), stages=["bytes"]).stages[0].passed


def test_what_it_prints_is_shown_without_its_control_characters(written):
    source = solution().replace(
        "    return list(text.encode", "    print('\\x1b[31mred')\n    return [1] or list(text.encode"
    )
    message = grade(written(source), stages=["bytes"]).stages[0].message
    assert "Your program printed:\n    \\x1b[31mred" in message


def test_a_hang_is_named_and_ended(written, monkeypatch):
    monkeypatch.setattr(Limits, "cpu_seconds", 3)
    source = solution().replace("    ids = text_to_bytes(piece)\n", "    while True: pass\n")
    report = grade(written(source), stages=["encode"])
    assert "no answer: it did not come back within 2 seconds of processor time" in report.stages[0].message
    assert 'encode_piece("ab", a+b rank 0)' in report.stages[0].message


def test_what_loads_only_once_is_not_graded_further(written):
    # Each process has a folder of its own: run0, run1, ...
    source = with_lines("import os\nif not os.getcwd().endswith('run0'): raise KeyError('again')\n")
    report = grade(written(source), stages=["bytes", "pairs"])
    assert report.failed_stage == "pairs"
    assert "pairs: the file, loaded again\n  yours    raised KeyError: 'again' (line " in report.stages[-1].message


def test_too_much_memory_is_named(written):
    source = solution().replace("    ids = text_to_bytes(piece)\n", "    ids = bytearray(1 << 33)\n")
    assert "more memory than a stage may use" in grade(written(source), stages=["encode"]).stages[0].message


def test_a_count_of_steps_that_the_clock_belies_is_refused(written, monkeypatch):
    # Fewer steps than a student is asked for, and as much less time.
    monkeypatch.setattr(fast, "SIZE", 6_000)
    monkeypatch.setattr(fast, "MERGES", 10)
    monkeypatch.setattr(fast, "SLACK", 0.3)
    source = solution().replace(
        "    frequencies = count_pieces(text, special_tokens, pattern)\n",
        "    import sys, time\n    frequencies = count_pieces(text, special_tokens, pattern)\n"
        "    if len(text) > 5_000:\n        end = time.process_time() + 1\n        spin(end)\n",
    )
    # A way to run that is not counted: a function of the standard library that loops.
    source += "\n\ndef spin(end):\n    import time, timeit\n    while time.process_time() < end:\n        timeit.timeit(number=1_000_000)\n"
    (stage,) = grade(written(source), stages=["fast"]).stages
    assert not stage.passed
    assert "yours more time than its steps take" in stage.message
