"""What trainers read: formats, shards, rows and shuffled documents hold the documents that were encoded, and nothing else."""

import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok import Tokenizer, join_packed, open_packed
from minitok.errors import FileFormatError
from minitok.packing import arrange
from minitok.packing.label import Label, read_trailing_label, trailing_label
from minitok.scale.batches import is_whole
from packed import FORMATS, documents, named, write_corpus

END = 259
TOK = Tokenizer([(97, 98), (256, 97), (32, 97)], special_tokens={"<|end|>": END, "<|begin|>": 260})


TEXTS = ["abab aba", "", "é🦀 ab", "ab" * 700, "x"]


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read_back(tmp_path, backend, kind, dtype):
    out = tmp_path / FORMATS[kind][0]
    tok = TOK.replace(backend=backend)
    packed = tok.encode_files(write_corpus(tmp_path, TEXTS), out, dtype=dtype, format=named(kind), end_of_document=END)
    corpus = open_packed(out)
    expected = [[*ids, END] for ids in tok.encode_batch(TEXTS)]
    assert [ids.tolist() for ids in corpus] == expected
    assert (len(corpus), corpus.tokens) == (packed.documents, packed.tokens) == (5, sum(map(len, expected)))
    assert corpus.dtype == {("megatron", "uint32"): np.int32}.get((kind, dtype), np.dtype(dtype))
    assert corpus[-1].tolist() == expected[-1]
    assert [ids.tolist() for ids in corpus[1:3]] == expected[1:3]
    with pytest.raises(IndexError, match="document 5 of 5"):
        corpus[5]
    corpus.check(tok.vocab_size)
    assert sorted(os.listdir(tmp_path)) == sorted(["a.jsonl", *(path.name for path in packed.files)])
    if kind not in ("parquet", "arrow"):
        with pytest.raises(ValueError, match="read-only"):
            corpus[0][0] = 1
    with pytest.raises(FileFormatError, match=rf"{out.name}: id {END} at .* is not one of {END}: damaged"):
        corpus.check(END)


def test_the_files_of_megatron_are_as_described(tmp_path):
    packed = TOK.encode_files(
        write_corpus(tmp_path, ["ab", "", "x" * 3]), tmp_path / "o.bin", dtype="uint16", format="megatron"
    )
    assert [path.name for path in packed.files] == ["o.bin", "o.idx"]
    index = (tmp_path / "o.idx").read_bytes()
    assert index[:9] == b"MMIDIDX\x00\x00"
    assert struct.unpack("<QBQQ", index[9:34]) == (1, 8, 3, 4)
    assert struct.unpack("<3i3q4q", index[34 : 34 + 68]) == (1, 0, 3, 0, 2, 2, 0, 1, 2, 3)
    assert index[34 + 68 :] == trailing_label(read_trailing_label(tmp_path / "o.idx")[0])
    assert np.fromfile(tmp_path / "o.bin", "<u2").tolist() == [256, 120, 120, 120]


@settings(max_examples=15)
@given(st.lists(st.text("ab x", max_size=60), max_size=40), st.integers(1, 90), st.sampled_from(list(FORMATS)))
def test_shards_hold_whole_documents(tmp_path_factory, texts, most, kind):
    folder = tmp_path_factory.mktemp("shards")
    packed = TOK.encode_files(
        write_corpus(folder, texts), folder / FORMATS[kind][0], format=named(kind), shard_tokens=most, dtype="uint16"
    )
    manifest = folder / "o.manifest.json"
    assert packed.ids == packed.files[0] == manifest
    corpus = open_packed(manifest)
    corpus.check(TOK.vocab_size)
    expected = TOK.encode_batch(texts)
    assert [ids.tolist() for ids in corpus] == expected
    assert all(part.tokens <= most or len(part) == 1 for part in corpus.parts)
    for part, after in zip(corpus.parts, corpus.parts[1:]):
        assert part.tokens + len(after[0]) > most
    assert documents(str(folder / f"o-*{packed.files[1].suffix}")) == expected


@pytest.mark.parametrize("memory", [1 << 26, 400, 40])
def test_the_order_depends_on_the_seed_and_on_nothing_else(tmp_path, monkeypatch, memory):
    monkeypatch.setattr(arrange, "MEMORY", memory)
    texts = [f"{number} " + "ab" * (number % 13) for number in range(300)]
    path = write_corpus(tmp_path, texts)
    TOK.encode_files(path, tmp_path / "o.bin", shuffle=7, dtype="uint16")
    found = documents(tmp_path / "o.bin")
    keys = arrange.keys_of(7, 0, 300)
    encoded = TOK.encode_batch(texts)
    assert found == [encoded[number] for number in np.argsort(keys)]
    TOK.encode_files(path, tmp_path / "other.bin", shuffle=8, dtype="uint16")
    assert sorted(documents(tmp_path / "other.bin")) == sorted(encoded)
    assert documents(tmp_path / "other.bin") != found
    assert not [name for name in os.listdir(tmp_path) if "bucket" in name or "partial" in name]


@pytest.mark.parametrize("rest", ["keep", "drop"])
@given(lengths=st.lists(st.integers(0, 30), max_size=60), length=st.integers(2, 24))
def test_rows_are_full_and_begin_with_the_token(rest, lengths, length):
    begin, number = 0, iter(range(1, 10**6))
    texts = [[next(number) for _ in range(size)] for size in lengths]
    rows = arrange.RowFiller(length, begin, keep_rest=rest == "keep")
    ends = np.cumsum([len(ids) for ids in texts], dtype=np.int64)
    blocks = [(np.array([item for ids in texts for item in ids], np.uint32), ends)]
    made = [row.tolist() for ids, ends in rows.fill(blocks) for row in ids.reshape(-1, length)]
    assert all(row[0] == begin for row in made)
    pieces = []
    for row in made:
        for item in row:
            pieces.append([]) if item == begin else pieces[-1].append(item)
    used = sorted(item for piece in pieces for item in piece)
    assert len(used) == len(set(used))
    assert all(piece == list(range(piece[0], piece[0] + len(piece))) for piece in pieces if piece)
    if rest == "keep":
        # What is left does not fill a row.
        assert rows.dropped < length
    elif all(len(ids) < length for ids in texts) and made:
        assert all(piece[0] in {ids[0] for ids in texts if ids} for piece in pieces if piece)


def test_parts_join_to_what_one_process_writes(tmp_path):
    texts = [[f"{file} {number} ab" for number in range(file * 3)] for file in range(7)]
    for number, lines in enumerate(texts):
        write_corpus(tmp_path, lines, f"{number}.jsonl")
    TOK.encode_files(tmp_path / "*.jsonl", tmp_path / "whole.bin", end_of_document=END)
    for count in (1, 3, 9):
        parts = [
            TOK.encode_files(tmp_path / "*.jsonl", tmp_path / "o.bin", end_of_document=END, part=(number, count)).ids
            for number in range(1, count + 1)
        ]
        assert parts[0].name == f"o.part-1-of-{count}.bin"
        joined = join_packed(parts, tmp_path / "o.bin")
        assert (tmp_path / "o.bin").read_bytes() == (tmp_path / "whole.bin").read_bytes()
        assert joined.offsets.read_bytes() == (tmp_path / "whole.bin.idx.npy").read_bytes()
        TOK.encode_files(tmp_path / "*.jsonl", tmp_path / "whole.ds", end_of_document=END, shuffle=3)
        join_packed(parts, tmp_path / "o.ds", shuffle=3)
        assert (tmp_path / "o.ds").read_bytes() == (tmp_path / "whole.ds").read_bytes()


def test_what_was_interrupted_while_documents_are_arranged_goes_on(tmp_path, monkeypatch):
    path = write_corpus(tmp_path, TEXTS)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(arrange, "new_writer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            TOK.encode_files(path, tmp_path / "o.arrow")
    packed = TOK.encode_files(path, tmp_path / "o.arrow")
    assert packed.resumed_files == 1
    assert documents(tmp_path / "o.arrow") == TOK.encode_batch(TEXTS)
    assert sorted(os.listdir(tmp_path)) == ["a.jsonl", "o.arrow"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("by", [1, 2, 8])
def test_files_that_are_cut_off_are_refused_by_name(tmp_path, kind, by):
    packed = TOK.encode_files(
        write_corpus(tmp_path, TEXTS), tmp_path / FORMATS[kind][0], format=named(kind), dtype="uint16"
    )
    for path in packed.files:
        if path.suffix == ".metadata":
            continue
        whole = path.read_bytes()
        path.write_bytes(whole[:-by])
        with pytest.raises(FileFormatError) as failed:
            open_packed(packed.files[0]).check(TOK.vocab_size)
        assert os.path.basename(failed.value.path) in [file.name for file in packed.files]
        path.write_bytes(b"")
        with pytest.raises(FileFormatError):
            open_packed(packed.files[0]).check(TOK.vocab_size)
        path.write_bytes(whole)
    open_packed(packed.files[0]).check(TOK.vocab_size)


def test_the_manifest_knows_its_files(tmp_path):
    TOK.encode_files(write_corpus(tmp_path, TEXTS), tmp_path / "o.bin", shard_tokens=100, dtype="uint16")
    manifest = tmp_path / "o.manifest.json"
    listed = json.loads(manifest.read_text())
    assert (listed["tokens"], listed["documents"], listed["vocab_size"]) == (open_packed(manifest).tokens, 5, 261)
    content = (tmp_path / "o-00000.bin").read_bytes()
    (tmp_path / "o-00000.bin").write_bytes(content[:2] + b"\x61\x00" + content[4:])
    with pytest.raises(FileFormatError, match=r"o-00000.bin: the checksum is not that of the manifest"):
        open_packed(manifest).check()
    (tmp_path / "o-00001.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"o-00001.bin"):
        open_packed(manifest)
    listed["shards"][0]["tokens"] += 1
    del listed["shards"][1:]
    manifest.write_text(json.dumps(listed))
    with pytest.raises(FileFormatError, match=r"o-00000.bin: .* where o.manifest.json says"):
        open_packed(manifest)
    manifest.write_text("[]")
    with pytest.raises(FileFormatError, match="not a manifest"):
        open_packed(manifest)


def test_rows_may_begin_with_more_than_the_ids_of_another_writer(tmp_path):
    """Megatron has smaller types than those that are written here."""
    for code, kind in ((1, "u1"), (3, "<i2")):
        small = tmp_path / f"small{code}.bin"
        texts = [[97, 98], [120, 121, 122]]
        small.write_bytes(b"".join(np.array(ids, kind).tobytes() for ids in texts))
        size = np.dtype(kind).itemsize
        head = b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, code, 2, 3)
        small.with_suffix(".idx").write_bytes(head + struct.pack("<ii qq qqq", 2, 3, 0, 2 * size, 0, 1, 2))
        packed = join_packed(small, tmp_path / "rows.bin", row_length=7, begin_row=50_000)
        assert documents(packed.ids) == [[50_000, 120, 121, 122, 50_000, 97, 98]]


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("dtype", ["<u8", ">i4", "|u1"])
def test_heads_of_both_versions_are_read(tmp_path, version, dtype):
    np.arange(4, dtype="<u2").tofile(tmp_path / "a.bin")
    with (tmp_path / "a.bin.idx.npy").open("wb") as file:
        np.lib.format.write_array(file, np.array([0, 1, 4], dtype), version)
    assert documents(tmp_path / "a.bin") == [[0], [1, 2, 3]]


@pytest.mark.parametrize("index", [b"", b"\x80\x04.", b"\x93NUMPY"])
def test_a_batch_with_a_damaged_index_is_not_whole(tmp_path, index):
    label = Label("uint16", tokenizer="a tokenizer", source="texts of a batch")
    (tmp_path / "a.bin").write_bytes(bytes(8))
    (tmp_path / "a.bin.idx.npy").write_bytes(index)
    assert not is_whole(tmp_path / "a.bin", 2, label)
