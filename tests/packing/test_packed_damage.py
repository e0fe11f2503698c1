"""Damaged packed files: no document disappears silently, and every error is typed and names the file."""

import json
import struct
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from helpers import Failure, outcome
from minitok import join_packed, open_packed
from minitok.errors import FileFormatError
from minitok.packing.label import Label
from minitok.scale.batches import is_whole
from pyarrow import parquet

OF_A_BATCH = Label("uint16", tokenizer="a tokenizer", source="texts of a batch")


def write_megatron(folder, bounds, pointers=(0, 4), lengths=(2, 2)):
    """Four ids of 16 bits in two sequences, and the bounds of documents."""
    head = b"MMIDIDX\x00\x00" + struct.pack("<QBQQ", 1, 8, len(lengths), len(bounds))
    body = struct.pack(f"<{len(lengths)}i{len(pointers)}q{len(bounds)}q", *lengths, *pointers, *bounds)
    (folder / "a.idx").write_bytes(head + body)
    np.arange(4, dtype="<u2").tofile(folder / "a.bin")
    return folder / "a.bin"


@pytest.mark.parametrize(
    "bounds",
    [[-9, 1, 2], [-1, 1, 2], [0, 99, 2], [0, 3, 2], [0, -1, 2], [0, 2, 1, 2], [1, 2], [0, 1], [0, 3], [9, 9], [-3, -3]],
)
def test_bounds_that_cannot_be_are_refused_by_name(tmp_path, bounds):
    path = write_megatron(tmp_path, bounds)
    for function in (lambda: list(open_packed(path)), lambda: join_packed(path, tmp_path / "j.npy")):
        with pytest.raises(FileFormatError) as failed:
            function()
        assert failed.value.path in (str(tmp_path / "a.idx"), str(path))
        assert "a.idx" in str(failed.value)
    assert {file.name for file in tmp_path.iterdir()} == {"a.bin", "a.idx"}


# -- errors of other libraries -----------------------------------------------------------------------------------------


def write_numbers(folder, name="a"):
    np.arange(4, dtype="<u2").tofile(folder / f"{name}.bin")
    np.save(folder / f"{name}.bin.idx.npy", np.array([0, 2, 4], np.uint64))
    return folder / f"{name}.bin"


def refused_by(path, named):
    """The reason for which a packed corpus is refused, in the name of a file."""
    found = outcome(open_packed, path)
    assert isinstance(found, Failure)
    assert found.kind is FileFormatError
    assert found.message.startswith(f"{named}: ")
    return found.message.removeprefix(f"{named}: ")


def with_head(path, head):
    """A .npy file with a head as given, and room for some numbers."""
    text = head.encode().ljust(117) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(24))


@pytest.mark.parametrize(
    "shape",
    [
        "(1 << 70,)",
        f"({1 << 70},)",
        "(True,)",
        "(-1,)",
        "(3.0,)",
        "3",
        "(None,)",
        "(" * 50,
        "('3',)",
    ],
)
@pytest.mark.parametrize("dtype", ["'<u8'", "'O'", "'<u9'", "'S0'", "[]", "[('a', '<u8')]", "None", "()"])
def test_heads_of_arrays_that_cannot_be(tmp_path, shape, dtype):
    path = write_numbers(tmp_path)
    index = tmp_path / "a.bin.idx.npy"
    with_head(index, f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}")
    refused_by(path, index)
    assert not is_whole(path, 2, OF_A_BATCH)


@pytest.mark.parametrize("kind", ["zip", "empty zip", "pickle", "empty", "text", "magic"])
def test_an_index_that_is_another_file(tmp_path, kind):
    path = write_numbers(tmp_path)
    index = tmp_path / "a.bin.idx.npy"
    if kind.endswith("zip"):
        with zipfile.ZipFile(index, "w") as file:
            if kind == "zip":
                file.writestr("a.npy", b"")
    else:
        index.write_bytes({"pickle": b"\x80\x04.", "empty": b"", "text": b"0 2 4\n", "magic": b"\x93NUMPY"}[kind])
    assert "not a .npy file" in refused_by(path, index)
    assert not is_whole(path, 2, OF_A_BATCH)
    # The same as ids, and as a mask.
    (tmp_path / "b.npy").write_bytes(index.read_bytes())
    np.save(tmp_path / "b.npy.idx.npy", np.array([0, 2, 4], np.uint64))
    assert "not a .npy file" in refused_by(tmp_path / "b.npy", tmp_path / "b.npy")
    mask = write_numbers(tmp_path, "c").with_name("c.bin.mask.npy")
    mask.write_bytes(index.read_bytes())
    assert "not a .npy file" in refused_by(tmp_path / "c.bin", mask)
    assert not is_whole(tmp_path / "c.bin", 2, OF_A_BATCH)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("dtype", ["<u8", ">i4", "|u1"])
def test_heads_of_both_versions_are_read(tmp_path, version, dtype):
    path = write_numbers(tmp_path)
    with (tmp_path / "a.bin.idx.npy").open("wb") as file:
        np.lib.format.write_array(file, np.array([0, 1, 4], dtype), version)
    assert [ids.tolist() for ids in open_packed(path)] == [[0], [1, 2, 3]]


def manifest_of(*files):
    return json.dumps({"shards": [{"files": [file], "crc32": [0], "tokens": 4, "documents": 2} for file in files]})


def second_file(name):
    shards = [{"files": ["a.bin", name], "crc32": [0, 0], "tokens": 4, "documents": 2}]
    return json.dumps({"shards": shards})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (manifest_of("a.manifest.json"), "it lists 'a.manifest.json' as a shard, which is a manifest"),
        (manifest_of("a.bin", "b.manifest.json"), "it lists 'b.manifest.json' as a shard, which is a manifest"),
        ("[" * 100_000, "not a manifest of shards, or damaged"),
        ('{"shards": ' + "[" * 100_000 + "]" * 100_000 + "}", "not a manifest of shards, or damaged"),
        (manifest_of("a\0.bin"), r"it names 'a\x00.bin', which is not a file in its folder"),
        (manifest_of("a\ud800.bin"), r"it names 'a\ud800.bin', which is not a file in its folder"),
        (manifest_of("/etc/passwd"), "it names '/etc/passwd', which is not a file in its folder"),
        (manifest_of("../a.bin"), "it names '../a.bin', which is not a file in its folder"),
        (manifest_of("b/../../a.bin"), "it names 'b/../../a.bin', which is not a file in its folder"),
        (manifest_of(""), "it names '', which is not a file in its folder"),
        (second_file("a\0.bin"), r"it names 'a\x00.bin', which is not a file in its folder"),
        (second_file("a\ud800.bin"), r"it names 'a\ud800.bin', which is not a file in its folder"),
        (second_file("/dev/zero"), "it names '/dev/zero', which is not a file in its folder"),
        (manifest_of(3), "not a manifest of shards, or damaged"),
    ],
    ids=range(14),
)
def test_manifests_that_cannot_be(tmp_path, content, reason):
    write_numbers(tmp_path)
    for name in ("a.manifest.json", "b.manifest.json"):
        (tmp_path / name).write_text(content)
    path = tmp_path / "a.manifest.json"
    assert refused_by(path, path).startswith(reason)


def test_a_column_that_stands_twice_is_refused(tmp_path):
    ids = pa.array([[1], [2]])
    parquet.write_table(pa.Table.from_arrays([ids, ids], ["input_ids", "input_ids"]), tmp_path / "a.parquet")
    refused_by(tmp_path / "a.parquet", tmp_path / "a.parquet")
