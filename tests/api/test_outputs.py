"""Where files are written: over what a link names, and into pipes and devices, which stay what they are."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from stat import S_ISFIFO

import minitok
import pytest
from helpers import Failure, outcome
from minitok import PieceCounts, Tokenizer, count_pieces

TOK = Tokenizer([(97, 98)], pattern="gpt2", special_tokens={"<s>": 257})
COUNTS = count_pieces(["ab ab"])
WRITERS = {
    "save": (TOK.save, minitok.load),
    "tiktoken": (
        partial(TOK.save, format="tiktoken"),
        lambda path: minitok.load(path, pattern="gpt2", special_tokens={"<s>": 257}),
    ),
    "huggingface": (partial(TOK.save, format="huggingface"), minitok.load),
    "minbpe": (partial(TOK.save, format="minbpe"), minitok.load),
    "counts": (COUNTS.save, PieceCounts.load),
}


@contextmanager
def read_in_background(pipe):
    """Gives a list that has what is read from a pipe, when the block has ended."""
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    yield found
    reader.join()  # for ever, if nothing is written to the pipe


@pytest.mark.parametrize("kind", WRITERS)
def test_what_a_link_names_is_written(tmp_path, kind):
    write, read = WRITERS[kind]
    (tmp_path / "behind").mkdir()
    target, link = tmp_path / "behind" / "target", tmp_path / "link"
    (tmp_path / "further").symlink_to(target)
    link.symlink_to("further")
    write(target)
    expected = target.read_bytes()
    for old in (b"old", None):
        target.unlink() if old is None else target.write_bytes(old)
        write(link)
        assert link.is_symlink()
        assert not target.is_symlink()
        assert target.read_bytes() == expected
    assert read(link) == read(target)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["behind", "further", "link", "target"]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_is_written_to(tmp_path, kind, linked):
    write, _ = WRITERS[kind]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    write(tmp_path / "file")
    with read_in_background(pipe) as found:
        write(tmp_path / "link" if linked else pipe)
    assert found == [(tmp_path / "file").read_bytes()]
    assert S_ISFIFO(pipe.stat().st_mode)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("kind", ["pipe", "file", "nameless"])
def test_devices_and_standard_output_are_written_to(tmp_path, kind):
    # By links, so that a failure does not replace the machine's own.
    null = tmp_path / "null"
    null.symlink_to(os.devnull)
    TOK.save(null)
    assert null.is_symlink()
    null.unlink()
    link, path = tmp_path / "link", tmp_path / "out.json"
    link.symlink_to("/dev/stdout")
    code = f"import minitok; minitok.Tokenizer([(97, 98)], special_tokens={{'<s>': 257}}, pattern='gpt2').save({str(link)!r})"
    with path.open("w+b") as file:
        if kind == "nameless":
            path.unlink()
        out = subprocess.PIPE if kind == "pipe" else file
        found = subprocess.run([sys.executable, "-c", code], stdout=out, check=True, timeout=120).stdout
        written = {"pipe": lambda: found, "file": path.read_bytes, "nameless": file.read}[kind]()
    path.write_bytes(written)
    assert minitok.load(path) == TOK
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    for name in ("folder", "link"):
        path = tmp_path / name
        assert outcome(TOK.save, path) == Failure(IsADirectoryError, f"[Errno 21] Is a directory: '{path}'")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "link"]


def test_two_files_that_belong_together_follow_links_and_refuse_pipes(tmp_path):
    vocab, merges = tmp_path / "vocab.json", tmp_path / "merges.txt"
    for path in (vocab, merges):
        path.symlink_to(tmp_path / f"real-{path.name}")
        (tmp_path / f"real-{path.name}").write_bytes(b"old")
    TOK.save(tmp_path, format="gpt2")
    assert vocab.is_symlink()
    assert merges.is_symlink()
    assert minitok.load(tmp_path) == TOK
    before = (tmp_path / "real-vocab.json").read_bytes()
    merges.unlink()
    os.mkfifo(merges)
    failed = outcome(Tokenizer([]).save, tmp_path, format="gpt2")
    assert failed == Failure(OSError, f"[Errno 22] not a regular file, so it cannot be written over: '{merges}'")
    assert (tmp_path / "real-vocab.json").read_bytes() == before
    assert S_ISFIFO(merges.stat().st_mode)


def test_a_reader_that_leaves_is_reported(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    reader = threading.Thread(target=lambda: pipe.open("rb").close(), daemon=True)
    reader.start()
    big = Tokenizer([], special_tokens={"<s>": 300}, name="x" * (1 << 20))
    assert outcome(big.save, pipe) == Failure(BrokenPipeError, f"[Errno 32] Broken pipe: '{pipe}'")
    reader.join()
