"""Counting in bounded memory: exact, within its bound, and nothing of it is left behind."""

import random
import tempfile

import minitok
import pytest
from helpers import run_python

BOUND = 1 << 24
WORDS = 900_000  # distinct ones; a table of them is three times the bound


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A file of distinct words, some of them again and again."""
    rng = random.Random(5)
    path = tmp_path_factory.mktemp("corpus") / "words.txt"
    with path.open("w") as file:
        for start in range(0, WORDS, 1000):
            file.write(" ".join(f"{rng.getrandbits(44):011x}é{number}" for number in range(start, start + 1000)))
            file.write(" the same words again, and a piece-of-punctuation!!!\n" * 20)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("threads", [1, 2])
def test_counts_in_bounded_memory_are_the_counts(words, tmp_path, folder, threads):
    options = {"pattern": "gpt2", "special_tokens": ["piece-of"], "threads": threads}
    plain = minitok.count_pieces_in_files(words, **options)
    bounded = minitok.count_pieces_in_files(words, max_memory=BOUND, **options)
    assert [path.name[:8] for path in folder.iterdir()] == ["minitok-"]
    assert len(bounded) > WORDS
    assert repr(bounded) == repr(plain)
    plain.save(tmp_path / "plain.counts")
    bounded.save(tmp_path / "bounded.counts")
    assert (tmp_path / "plain.counts").read_bytes() == (tmp_path / "bounded.counts").read_bytes()
    for tie_break in ("smallest_ids", "first_seen", "greatest_bytes")[:: 1 if threads == 1 else 3]:
        trained = minitok.train(bounded, 300, tie_break=tie_break)
        assert trained == minitok.train(plain, 300, tie_break=tie_break)
    trained = minitok.train_files(words, 300, max_memory=BOUND, **options)
    assert trained == minitok.train(plain, 300)
    del bounded
    assert not list(folder.glob("minitok-*"))


def test_texts_are_counted_in_bounded_memory(words, folder):
    lines = words.read_text().splitlines()
    counts = minitok.count_pieces(lines, max_memory=BOUND)
    assert list(folder.iterdir())
    assert counts == minitok.count_pieces(lines)


PEAK = """
import sys, minitok
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
# What has to be imported to count and to save is not what is bounded.
minitok.count_pieces(["a few words"], pattern="gpt2", max_memory=1 << 24, threads={threads}).save({path!r} + ".first")
before = peak()
counts = minitok.count_pieces_in_files({path!r}, pattern="gpt2", max_memory={bound}, threads={threads})
counts.save({path!r} + ".counts")
print(peak() - before, len(counts))
"""


@pytest.mark.skipif("not __import__('os').path.exists('/proc/self/status')")
@pytest.mark.parametrize("threads", [1, 2])
def test_memory_stays_within_the_bound(words, threads):
    ran = run_python(PEAK.format(path=str(words), bound=BOUND, threads=threads))
    assert ran.returncode == 0, ran.stderr
    used, distinct = map(int, ran.stdout.split())
    assert used <= 1.2 * BOUND
    assert distinct * 40 > 2 * BOUND  # bytes of a table with all of them


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_after_an_error(words, folder, error):
    seen = []

    def stop(_):
        seen.extend(folder.glob("minitok-*/run-0"))
        if seen:
            raise error

    for count in (
        lambda: minitok.count_pieces_in_files(words, max_memory=BOUND, progress=stop),
        lambda: minitok.train_files(words, 300, max_memory=BOUND, progress=stop),
    ):
        seen.clear()
        with pytest.raises(error):
            count()
        assert seen
        assert not list(folder.iterdir())


FORK = """
import os, sys, tempfile
import minitok
tempfile.tempdir = {folder!r}
counts = minitok.count_pieces_in_files({path!r}, pattern="gpt2", max_memory={bound}, threads=1)
child = os.fork()
if child == 0:
    {end}
    sys.exit()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert os.listdir({folder!r})
print(minitok.train(counts, 300).vocab_size)
"""


@pytest.mark.skipif("not hasattr(__import__('os'), 'fork')")
@pytest.mark.parametrize("end", ["pass", "del counts", "counts._scratch.remove()"])
def test_the_counts_outlive_a_forked_child(words, tmp_path, end):
    """However the child ends. The parent removes them when it ends itself."""
    ran = run_python(FORK.format(folder=str(tmp_path), path=str(words), bound=BOUND, end=end))
    assert (ran.stdout, ran.returncode) == ("300\n", 0), ran.stderr[-800:]
    assert not list(tmp_path.iterdir())
