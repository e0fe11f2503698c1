"""Where packed files are written: over what a link names; never over what is read, nor over a pipe, a device or a folder."""

import json
import os

import pyarrow as pa
import pytest
from helpers import Failure, outcome
from minitok import Tokenizer
from pyarrow import parquet

TOK = Tokenizer([(97, 98)], special_tokens={"<e>": 257}).replace(
    chat="{% for m in messages %}{{ m.content }}<e>{% endfor %}"
)
TEXTS = ["ab", "ba b", "abab"]
FORMATS = {
    "numbers": (None, "o.bin", ["o.bin", "o.bin.idx.npy", "o.bin.mask.npy"]),
    "npy": (None, "o.npy", ["o.npy", "o.npy.idx.npy", "o.npy.mask.npy"]),
    "megatron": ("megatron", "o.bin", ["o.bin", "o.idx", "o.bin.mask.npy"]),
    "datatrove": (None, "o.ds", ["o.ds", "o.ds.index", "o.ds.loss", "o.ds.metadata"]),
    "parquet": (None, "o.parquet", ["o.parquet"]),
    "arrow": (None, "o.arrow", ["o.arrow"]),
}


@pytest.fixture
def chats(tmp_path):
    path = tmp_path / "chats.jsonl"
    turns = [[{"role": "user", "content": text}, {"role": "assistant", "content": "ab"}] for text in TEXTS]
    path.write_text("".join(json.dumps({"messages": turn}) + "\n" for turn in turns), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink(os.devnull, path)])
def test_what_cannot_be_renamed_is_refused_by_name(tmp_path, chats, kind, make):
    form, name, files = FORMATS[kind]
    for file in files[:2]:
        path = tmp_path / file
        make(path)
        expected = Failure(OSError, f"[Errno 22] not a regular file, so it cannot be written over: '{path}'")
        assert outcome(TOK.encode_files, chats, tmp_path / name, format=form, learn="assistant") == expected
        assert not path.is_file()
        assert sorted(tmp_path.iterdir()) == sorted([chats, path])
        path.rmdir() if path.is_dir() else path.unlink()


def refused(path, out):
    return Failure(ValueError, f"{str(path)!r} is an input, and {str(out)!r} would overwrite it: choose another output")


@pytest.mark.parametrize("linked", ["no", "symbolic", "hard"])
@pytest.mark.parametrize("name", ["c.parquet", "c.bin"])
def test_a_corpus_is_not_written_over(tmp_path, backend, name, linked):
    tok = TOK.replace(backend=backend)
    corpus = tmp_path / name
    corpus.write_bytes(b"abab")
    if name == "c.parquet":
        parquet.write_table(pa.table({"text": TEXTS}), corpus)
    before, out = corpus.read_bytes(), tmp_path / f"out{corpus.suffix}"
    if linked == "no":
        out = corpus
    elif linked == "symbolic":
        out.symlink_to(corpus)
    else:
        out.hardlink_to(corpus)
    files = sorted(tmp_path.iterdir())
    assert outcome(tok.encode_files, [corpus], out) == refused(corpus, out)
    assert corpus.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == files


def test_a_corpus_is_not_written_over_by_index_mask_part_or_shard(tmp_path):
    cases = {
        "o.idx": {"format": "megatron"},
        "o.bin.idx.npy": {},
        "o.bin.mask.npy": {},
        "o.part-1-of-1.bin": {"part": (1, 1)},
        "o-00002.bin": {"shard_tokens": 2},
        "o.manifest.json": {"shard_tokens": 2},
        "o-00000.bin.idx.npy": {"shard_tokens": 2},
    }
    out = tmp_path / "o.bin"
    for name, options in cases.items():
        path = tmp_path / name
        path.write_bytes(b"ab")
        if name == "o-00000.bin.idx.npy":
            (tmp_path / "o-00000.bin").write_bytes(b"old")
        shown = path if "part" in options else out
        assert outcome(TOK.encode_files, path, out, **options) == refused(path, shown)
        assert path.read_bytes() == b"ab"
        path.unlink()
    (tmp_path / "o-1.bin").write_bytes(b"abab")
    assert TOK.encode_files(tmp_path / "o-1.bin", out, shard_tokens=2).tokens == 2
