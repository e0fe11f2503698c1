"""Commands are alike: defaults, --text, progress; and an estimate of a training that is near the truth."""

import io
import json
import math

import minitok
import pytest
from commands import run
from minitok.cli import inputs
from minitok.corpus.progress import Progress, timed


def test_commands_have_the_same_default():
    ids = minitok.get_encoding("o200k_base").encode("Hello, world")
    found = run("encode", "--text", "Hello, world")
    assert found.stdout.split() == list(map(str, ids))
    assert run("decode", stdin=found.stdout).stdout == "Hello, world"
    assert json.loads(run("count", "--text", "Hello, world", "--json").stdout)["total"]["tokens"] == len(ids)
    assert json.loads(run("evaluate", "--text", "Hello, world", "--json").stdout)


@pytest.mark.parametrize("name", ["cl100k", "gpt-4"])
def test_the_short_name_of_an_encoding_and_of_its_pattern(name):
    ran = run("encode", "-e", name, "--text", "hello world")
    assert (ran.exit_code, ran.stdout.split()) == (0, ["15339", "1917"])


@pytest.mark.parametrize("command", ["encode", "count"])
def test_what_takes_long_shows_its_progress(command, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"low lower\n" * 1000)
    told = []

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def progress(wanted):
        assert wanted in (True, False)
        return minitok.corpus.progress.start_progress(told.append if wanted else False)

    monkeypatch.setattr(inputs, "start_progress", progress)
    monkeypatch.setattr(inputs.sys, "stderr", Terminal())
    with inputs.reading([str(tmp_path / "a.txt")], quiet=False) as read:
        read(1)
    assert not told, "little to read"
    monkeypatch.setattr(inputs, "LARGE", 100)
    monkeypatch.setattr(inputs, "CHUNK", 4000)
    with inputs.reading([str(tmp_path / "a.txt")], quiet=True) as read:
        read(1)
    assert not told
    with inputs.reading([str(tmp_path / "a.txt")], quiet=False) as read:
        assert sum(map(len, inputs.chunks(str(tmp_path / "a.txt"), read))) == 10_000
    assert [at.done for at in told] == [4000, 8000, 10_000]
    assert {at.total for at in told} == {10_000}
    assert "--quiet" in run(command, "--help").stdout


# What training on 125 MB took: merges done, and seconds.
MERGED = (
    (26, 0.289), (77, 0.474), (427, 0.529), (970, 0.579), (1828, 0.629), (3208, 0.679), (4686, 0.733), (6971, 0.785),
    (9513, 0.836), (13573, 0.886), (17767, 0.936), (22432, 0.986), (28427, 1.036), (31744, 1.06),
)  # fmt: skip


def test_the_time_left_of_a_training_is_near_the_truth(monkeypatch):
    told: list[Progress] = []
    now = [0.0]
    monkeypatch.setattr("minitok.corpus.progress.time.perf_counter", lambda: now[0])
    show = timed(told.append)
    show("merging", 0, 31744)
    for done, seconds in MERGED:
        now[0] = seconds
        show("merging", done, 31744)
    # By the average rate it would be 39 s at 427 merges, and 10 s at 1,828.
    assert [at.remaining for at in told[:3]] == [None] * 3
    for at in told[3:-2]:
        assert at.remaining is not None
        truth = MERGED[-1][1] - at.seconds
        assert abs(math.log(at.remaining / truth)) < math.log(3), (at, truth)
    assert told[-1].remaining == 0
