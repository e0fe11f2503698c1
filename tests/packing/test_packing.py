"""Files to ids on the disk: what is in them, whatever the format, and however often a run was interrupted."""

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor

import minitok
import numpy as np
import pyarrow as pa
import pytest
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer, packing
from minitok.corpus import files as corpus_files
from pyarrow import parquet
from strategies import any_bytes

MERGES = [(97, 98), (256, 97), (32, 97)]
END = 259
DOCUMENTS = ["abab aba", "", "é🦀 ab", "<|end|> ab"]


def tokenizer(backend):
    return Tokenizer(MERGES, special_tokens={"<|end|>": END}, backend=backend)


def read(packed):
    """The documents as lists of ids."""
    numbers = packed.ids.suffix == ".npy"
    ids = (
        np.load(packed.ids) if numbers else np.fromfile(packed.ids, dtype="<u2" if packed.dtype == "uint16" else "<u4")
    )
    offsets = np.load(packed.offsets)
    assert offsets.dtype == np.uint64
    assert (packed.tokens, packed.documents) == (len(ids), len(offsets) - 1)
    assert (offsets[0], offsets[-1]) == (0, len(ids))
    assert str(ids.dtype) == packed.dtype
    return [ids[start:end].tolist() for start, end in zip(offsets, offsets[1:])]


def write_documents(folder):
    """The same documents in every format."""
    lines = "\n".join(json.dumps({"text": text, "body": text + "!"}) for text in DOCUMENTS)
    (folder / "a.jsonl").write_text(lines + "\n", encoding="utf-8")
    table = pa.table({"text": DOCUMENTS, "body": [text + "!" for text in DOCUMENTS], "n": [1, 2, 3, 4]})
    parquet.write_table(table, folder / "a.parquet", row_group_size=3)
    (folder / "a.txt").write_text("--".join(DOCUMENTS), encoding="utf-8")


@pytest.mark.parametrize("suffix", [".bin", ".npy"])
@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
@pytest.mark.parametrize("source", ["a.jsonl", "a.parquet", "a.txt"])
def test_every_format_gives_the_ids_of_its_documents(tmp_path, backend, suffix, dtype, source):
    write_documents(tmp_path)
    tok = tokenizer(backend)
    out = tmp_path / f"out{suffix}"
    packed = tok.encode_files(tmp_path / source, out, dtype=dtype, separator="--")
    assert read(packed) == tok.encode_batch(DOCUMENTS)
    assert packed.bytes == sum(len(text.encode()) for text in DOCUMENTS)
    assert (packed.ids, packed.offsets) == (out, tmp_path / f"out{suffix}.idx.npy")
    packed = tok.encode_files(tmp_path / source, out, dtype=dtype, separator="--", end_of_document="<|end|>")
    assert read(packed) == [[*ids, END] for ids in tok.encode_batch(DOCUMENTS)]
    packed = tok.encode_files(tmp_path / source, out, separator=b"--", allowed_special="all", end_of_document=33)
    assert read(packed) == [[*ids, 33] for ids in tok.encode_batch(DOCUMENTS, allowed_special="all")]
    assert set(os.listdir(tmp_path)) == {"a.jsonl", "a.parquet", "a.txt", f"out{suffix}.idx.npy", f"out{suffix}"}


def test_a_separator_at_the_end_begins_no_document(tmp_path, backend):
    (tmp_path / "a.txt").write_text("ab|||ba|", encoding="utf-8")
    tok = tokenizer(backend)
    assert read(tok.encode_files(tmp_path / "a.txt", tmp_path / "o.bin", separator="|")) == tok.encode_batch(
        ["ab", "", "", "ba"]
    )


@given(st.lists(any_bytes, max_size=6), st.sampled_from([b"\n", b"--", b"aba"]))
def test_documents_are_cut_wherever_chunks_end(chunks, separator):
    data = b"".join(chunks)
    expected = data.split(separator)
    assert list(corpus_files.split_documents(chunks, separator)) == (expected if expected[-1] else expected[:-1])


def test_large_texts_are_cut_safely(tmp_path, monkeypatch):
    monkeypatch.setattr(packing.encoding, "BATCH", 1000)
    monkeypatch.setattr(corpus_files, "CHUNK", 300)
    text = "ab aba  won't 12345 é🦀\n\n <|end|> " * 200
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    for backend in BACKENDS:
        tok = tokenizer(backend)
        for special in ((), ["<|end|>"]):
            packed = tok.encode_files(tmp_path / "a.txt", tmp_path / "o.bin", allowed_special=special)
            assert read(packed) == [tok.encode(text, allowed_special=special)]


def interrupted_after(files, size):
    """Progress that is interrupted after a number of files."""

    def show(at):
        if at.done > files * size:
            raise KeyboardInterrupt

    return show


def write_files(folder, count=5):
    texts = [f"ab aba {number} " * 50 for number in range(count)]
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return texts, len(texts[0])


@pytest.mark.parametrize("suffix", [".bin", ".npy"])
def test_an_interrupted_run_goes_on(tmp_path, backend, suffix):
    texts, size = write_files(tmp_path)
    tok = tokenizer(backend)
    out = tmp_path / f"out{suffix}"
    out.write_bytes(b"old")
    options = {"end_of_document": "<|end|>", "dtype": "uint16"}
    for files in (2, 3):
        with pytest.raises(KeyboardInterrupt):
            tok.encode_files(tmp_path / "*.txt", out, progress=interrupted_after(files, size), **options)
        assert out.read_bytes() == b"old"
        assert json.loads((tmp_path / f"{out.name}.journal.json").read_text())["files"] == files
    # What was written after the journal does not count.
    with (tmp_path / f"{out.name}.partial").open("ab") as partial:
        partial.write(b"half a number or a whole")
    packed = tok.encode_files(tmp_path / "*.txt", out, **options)
    assert packed.resumed_files == 3
    assert packed.bytes == 5 * size
    assert read(packed) == [[*ids, END] for ids in tok.encode_batch(texts)]
    assert not list(tmp_path.glob("*.partial"))
    assert not list(tmp_path.glob("*.journal.json"))


def test_a_run_goes_on_on_the_other_backend(tmp_path):
    texts, size = write_files(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        tokenizer("python").encode_files(tmp_path / "*.txt", tmp_path / "o.bin", progress=interrupted_after(2, size))
    packed = tokenizer("rust").encode_files(tmp_path / "*.txt", tmp_path / "o.bin")
    assert (packed.resumed_files, read(packed)) == (2, tokenizer("rust").encode_batch(texts))


def test_the_journal_is_written_while_a_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(packing.run, "JOURNAL_SECONDS", 0)

    class AtOnce(ThreadPoolExecutor):
        """Does at once what is else done beside the encoding."""

        def submit(self, call, *arguments):
            done = Future()
            done.set_result(call(*arguments))
            return done

    monkeypatch.setattr(packing.run, "ThreadPoolExecutor", AtOnce)
    _, size = write_files(tmp_path)
    seen = []

    def look(at):
        journal = tmp_path / "o.bin.journal.json"
        seen.append((at.done // size, json.loads(journal.read_text())["files"] if journal.exists() else 0))

    tokenizer("rust").encode_files(tmp_path / "*.txt", tmp_path / "o.bin", progress=look)
    assert {(done, recorded) for done, recorded in seen if done - recorded not in (0, 1)} == set()
    assert (5, 4) in seen


def test_a_journal_that_cannot_be_written_ends_the_run(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packing.run, "JOURNAL_SECONDS", 0)
    monkeypatch.setattr(packing.run, "write_atomically", fail)
    write_files(tmp_path)
    with pytest.raises(OSError, match="No space left on device"):
        tokenizer("rust").encode_files(tmp_path / "*.txt", tmp_path / "o.bin")
    assert not (tmp_path / "o.bin").exists()


def test_progress_goes_up_to_the_size_of_the_files(tmp_path, backend):
    write_documents(tmp_path)
    total = sum((tmp_path / name).stat().st_size for name in ("a.jsonl", "a.parquet", "a.txt"))
    heard = []
    tokenizer(backend).encode_files(tmp_path / "a.*", tmp_path / "o.bin", progress=heard.append)
    done = [at.done for at in heard]
    assert {(at.phase, at.total) for at in heard} == {("encoding", total)}
    assert done == sorted(done)
    assert done[-1] == total


def test_sixteen_bits_hold_the_id_65535(tmp_path):
    (tmp_path / "a.txt").write_text("hello", encoding="utf-8")
    tok = Tokenizer([], special_tokens={"<s>": 65_535})
    packed = tok.encode_files(tmp_path / "a.txt", tmp_path / "o.bin", dtype="uint16", end_of_document="<s>")
    assert read(packed)[0][-1] == 65_535


@pytest.mark.parametrize("source", ["a.jsonl", "a.parquet", "a.txt", "whole.txt"])
@pytest.mark.parametrize("options", [{}, {"dropout": 0.5, "seed": 1}])
def test_control_tokens_are_refused_in_files(tmp_path, monkeypatch, backend, source, options):
    """Also one that stands across the parts in which a long text is encoded, and one that a normalizer makes."""
    write_documents(tmp_path)
    monkeypatch.setattr(packing.encoding, "BATCH", 1000)
    monkeypatch.setattr(corpus_files, "CHUNK", 300)
    (tmp_path / "whole.txt").write_text("ab " * 1000 + "<|end|>", encoding="utf-8")
    made = tokenizer(backend)
    separator = None if source == "whole.txt" else "--"
    late = made.replace(
        special_tokens={},
        added_tokens={"<|END|>": END},
        late_tokens=["<|END|>"],
        normalizer=[["replace", "end", "END"]],
    )
    for tok, names in ((made, ["<|end|>"]), (late, ["<|END|>"])):
        for disallowed in ("all", names):
            with pytest.raises(minitok.errors.DisallowedSpecialTokenError, match=r"(?i)'<\|end\|>'"):
                tok.encode_files(
                    tmp_path / source, tmp_path / "o.bin", separator=separator, disallowed_special=disallowed, **options
                )
        allowed = {"allowed_special": "all", "disallowed_special": "all", "separator": separator, **options}
        assert tok.encode_files(tmp_path / source, tmp_path / "o.bin", resume=False, **allowed).tokens > 0
    with pytest.raises(ValueError, match="'<s>' is not a special token"):
        made.encode_files(tmp_path / source, tmp_path / "o.bin", disallowed_special=["<s>"])
