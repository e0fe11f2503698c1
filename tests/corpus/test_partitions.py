"""Counts divided into partitions add up to the counts of one machine, order included, in bounded memory."""

import random

import minitok
import numpy as np
import pytest
from helpers import run_python
from minitok.backend import load_backend
from minitok.corpus.counts import new_counter
from minitok.errors import FileFormatError
from minitok.scale.partitions import merged_counts, reduce_partition, write_batch
from minitok.scale.piece_file import PieceFile, Ranked, write_pieces

TIE_BREAKS = ("smallest_ids", "first_seen", "greatest_bytes")


def words(seed, count):
    rng = random.Random(seed)
    return [f"{rng.getrandbits(rng.choice([4, 12, 40])):x}{'é' * rng.randrange(9)}" for _ in range(count)]


@pytest.mark.parametrize("backend", ["rust", "python"])
@pytest.mark.parametrize(("partitions", "max_memory"), [(1, 1 << 30), (5, 1 << 30), (3, 30_000)])
def test_partitions_add_up_to_the_whole(tmp_path, backend, partitions, max_memory):
    rng = random.Random(partitions)
    documents = [" ".join(rng.choices(words(1, 2000), k=200)) for _ in range(30)]
    whole = minitok.count_pieces(documents, pattern="gpt2", special_tokens=["f"], backend=backend)
    files = []
    for at in range(0, 30, 4):
        batch = minitok.count_pieces(documents[at : at + 4], pattern="gpt2", special_tokens=["f"], backend=backend)
        files.append(tmp_path / f"batch-{at}")
        write_batch(batch, files[-1], partitions)
    sums = [tmp_path / f"sum-{number}" for number in range(partitions)]
    for number, out in enumerate(sums):
        reduce_partition(files, number, out, backend, max_memory)
    read_bytes = []
    size = whole.documents, whole.bytes
    added = merged_counts(sums, "gpt2", ["f"], backend, size, read_bytes.append)
    assert added == whole
    assert repr(added) == repr(whole)
    assert sum(read_bytes) == sum(file.content for file in map(PieceFile, sums)) > 20 * len(whole)
    for tie_break in TIE_BREAKS:
        trained = minitok.train(added, 300, tie_break=tie_break)
        assert trained == minitok.train(whole, 300, tie_break=tie_break)
    added.save(tmp_path / "added")
    whole.save(tmp_path / "whole")
    assert (tmp_path / "added").read_bytes() == (tmp_path / "whole").read_bytes()


def test_partitions_are_even_and_their_parts_are(tmp_path):
    texts = sorted({word.encode() for word in words(2, 60_000)})
    lengths = np.array([len(text) for text in texts], np.uint32)
    numbers = np.arange(len(texts))
    pieces = Ranked(b"".join(texts), lengths, numbers + 1, numbers.astype(np.uint64))
    write_pieces(tmp_path / "pieces", pieces, 8)
    file = PieceFile(tmp_path / "pieces")
    assert max(file.records) < 1.1 * min(file.records)
    divided = file.read(3)
    assert set(divided.partitions(8).tolist()) == {3}
    parts = np.bincount(divided.partitions(8, salt=1), minlength=8)
    assert parts.max() < 1.3 * parts.min()


def test_pieces_that_no_hash_divides_come_to_an_end(tmp_path):
    """Long pieces whose sampled bytes are equal, each larger than the memory allowed."""
    texts = [b"a" * 1000 + bytes([number]) + b"a" * 1000 for number in range(98, 120)] * 3
    whole = minitok.count_pieces(texts, pattern="none")
    write_batch(whole, tmp_path / "batch", 2)
    sums = [tmp_path / "0", tmp_path / "1"]
    for number, out in enumerate(sums):
        reduce_partition([tmp_path / "batch"] * 2, number, out, "rust", 500)
    added = merged_counts(sums, "none", [], "rust", (132, 2 * whole.bytes))
    assert added == whole.merge(whole)


def test_damaged_files_are_refused(tmp_path):
    write_batch(minitok.count_pieces(["a b c"]), tmp_path / "batch", 2)
    content = (tmp_path / "batch").read_bytes()
    for broken in (
        b"",
        content[:5],
        content[:-1],
        content + b"x",
        b"\xff" * 200,
        content.replace(b"ranked", b"rankec"),
    ):
        (tmp_path / "batch").write_bytes(broken)
        with pytest.raises(FileFormatError, match="batch: "):
            PieceFile(tmp_path / "batch")


PEAK = """
import sys
from pathlib import Path
import minitok
from minitok.scale.partitions import merged_counts, reduce_partition, write_batch
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
folder = Path({folder!r})
def run(files, number, memory):
    reduce_partition(files, 0, folder / f"sum-{{number}}", "rust", memory)
    return len(merged_counts([folder / f"sum-{{number}}"], "gpt2", [], "rust", (1, 1)))
run([folder / "batch-0"], 0, 1 << 30)
before = peak()
print(run([folder / f"batch-{{number}}" for number in range(12)], 1, {memory}), peak() - before)
"""


def test_memory_of_adding_up_and_merging_is_bounded(tmp_path):
    """The table of these pieces, 1.2 million, would take five times the memory allowed."""
    memory = 1 << 25
    letters = str.maketrans("0123456789.", "ghijklmnopq")
    for number in range(12):
        text = " ".join(f"{number:x}.{at:x}" for at in range(100_000)).translate(letters)
        write_batch(minitok.count_pieces([text]), tmp_path / f"batch-{number}", 1)
    ran = run_python(PEAK.format(folder=str(tmp_path), memory=memory))
    assert ran.returncode == 0, ran.stderr
    distinct, used = map(int, ran.stdout.split())
    assert distinct > 1_000_000
    assert used < 1.5 * memory
    assert distinct * 128 > 4 * memory


def test_counters_say_which_pieces_are_new_and_hold_files(tmp_path, backend):
    counter = new_counter(load_backend(backend), "none", [], 2)
    lengths = np.array([1, 2, 1, 2], np.uint32)
    assert counter.add_pieces(b"abbabb", lengths, np.array([1, 2, 3, 4]), 0, 0).tolist() == [0, 1]
    assert counter.add_pieces(b"xbbabb", lengths, np.array([1, 2, 3, 4]), 0, 0).tolist() == [0]
    assert counter.pieces == {b"a": 7, b"bb": 12, b"x": 1}
    files = [tmp_path / name for name in ("counts", "lengths", "data")]
    contents = np.array([3, 1], "<i8").tobytes(), np.array([2, 1], "<u4").tobytes(), b"xyz"
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    counter = new_counter(load_backend(backend), "none", [], 1)
    counter.hold(files, 2, 7)
    assert counter.pieces == {b"xy": 3, b"z": 1}
    assert counter.totals() == (2, 7, 4, 2)


def test_files_that_do_not_fit_are_not_held(tmp_path):
    files = [tmp_path / name for name in ("counts", "lengths", "data")]
    counter = new_counter(load_backend("rust"), "none", [], 1)
    for counts, lengths, data, why in (
        ([0], [1], b"a", "a count below 1.*counts"),
        ([1, 2], [1], b"a", "not the lengths"),
        ([1], [2], b"a", "not the lengths"),
        ([1 << 62, 1 << 62], [1, 1], b"ab", "2\\^63"),
    ):
        files[0].write_bytes(np.array(counts, "<i8").tobytes())
        files[1].write_bytes(np.array(lengths, "<u4").tobytes())
        files[2].write_bytes(data)
        with pytest.raises((OSError, minitok.errors.TrainingError), match=why):
            counter.hold(files, 1, 1)
    files[2].unlink()
    with pytest.raises(FileNotFoundError, match="data"):
        counter.hold(files, 1, 1)
