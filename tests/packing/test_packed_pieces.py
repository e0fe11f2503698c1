"""What is joined and opened together: numbers that fit, pieces of one run, no shards of an older one, few open files."""

import os
import subprocess
import sys
import threading
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from helpers import Failure, outcome
from minitok import Tokenizer, join_packed, open_packed
from minitok.errors import FileFormatError
from minitok.packing import packed_corpus
from packed import documents, write_corpus
from pyarrow import ipc, parquet

TOK = Tokenizer([(97, 98)])


# -- numbers that do not fit -------------------------------------------------------------------------------------------


def from_elsewhere(path, numbers, kind):
    """A packed file of other programs, of one document a number."""
    numbers = np.array(numbers, kind)
    if path.suffix == ".npy":
        np.save(path, numbers)
        np.save(f"{path}.idx.npy", np.arange(len(numbers) + 1, dtype=np.uint64))
        return
    column = pa.ListArray.from_arrays(pa.array(range(len(numbers) + 1), pa.int32()), pa.array(numbers))
    table = pa.table({"input_ids": column})
    if path.suffix == ".parquet":
        parquet.write_table(table, path)
    else:
        with ipc.new_file(path, table.schema) as out:
            out.write_table(table)


@pytest.mark.parametrize("source", ["a.npy", "a.parquet", "a.arrow"])
@pytest.mark.parametrize(
    ("kind", "wrong", "asked"),
    [
        ("i8", 4294967301, "auto"),
        ("i8", -1, "auto"),
        ("i2", -1, "auto"),
        ("u8", 1 << 63, "auto"),
        ("u4", 1 << 16, "uint16"),
        ("i1", -3, "uint32"),
    ],
)
def test_an_id_that_does_not_fit_is_refused(tmp_path, source, kind, wrong, asked):
    outs = ["j.bin", "j.npy", "j.ds", "j.parquet", "j.arrow"]
    layouts = [{}, {"shuffle": 1}, {"row_length": 2, "begin_row": 0}, {"shard_tokens": 3}]
    written = "uint16" if asked == "uint16" or (kind in ("i2", "i1") and asked == "auto") else "uint32"
    path, right = tmp_path / source, tmp_path / f"right {source}"
    from_elsewhere(path, [1, 2, wrong, 3], kind)
    from_elsewhere(right, [1, 2, 100, 3], kind)
    message = f"{path}: the id {wrong} at 2 does not fit into {written}"
    for number, (out, layout) in enumerate(product(outs, layouts)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = outcome(join_packed, path, folder / out, dtype=asked, **layout)
        assert found == Failure(FileFormatError, message), (out, layout)
        assert join_packed(right, folder / out, dtype=asked, **layout).dtype == written, (out, layout)


def test_an_id_that_has_no_place_beside_a_sign_is_refused(tmp_path):
    """Megatron's ids have 31 bits, and so have those with a mask."""
    path = tmp_path / "a.npy"
    from_elsewhere(path, [1, 1 << 31], "u4")
    message = f"{tmp_path / 'm.bin'}: the id 2147483648 at 1 does not fit into int32"
    assert outcome(join_packed, path, tmp_path / "m.bin", format="megatron") == Failure(ValueError, message)
    assert documents(join_packed(path, tmp_path / "n.bin").ids) == [[1], [1 << 31]]
    np.save(f"{path}.mask.npy", np.zeros(2, np.uint8))
    message = f"{path}: the id 2147483648 at 1 does not fit into int32"
    assert outcome(join_packed, path, tmp_path / "n.bin") == Failure(FileFormatError, message)


# -- pieces ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def parts(tmp_path):
    for number in range(3):
        write_corpus(tmp_path, [f"ab{number} {at}" for at in range(4)], f"{number}.jsonl")
    files = sorted(tmp_path.glob("?.jsonl"))
    return [TOK.encode_files(files, tmp_path / "p.bin", part=(part, 3), dtype="uint16").ids for part in (1, 2, 3)]


def refused(paths, function=open_packed):
    found = outcome(function, paths)
    assert isinstance(found, Failure), found
    assert found.kind is FileFormatError
    return found.message


def test_messages_say_what_is_wrong_with_a_piece(parts, tmp_path):
    one, two, three = parts
    assert refused([one, three]) == (
        f"{three}: part 3 of 3 follows p.part-1-of-3.bin, part 1 of 3: one between them is missing"
    )
    assert refused([one, one, two]) == (
        f"{one}: part 1 of 3 follows p.part-1-of-3.bin, part 1 of 3: it is given twice, or too late"
    )
    assert refused([two, three]) == f"{two}: part 2 of 3 comes first: the one before it is missing"
    assert refused([one, two]) == f"{two}: part 2 of 3 is the last that is given: those after it are missing"
    assert refused([*parts, *parts]) == f"{one}: part 1 of 3 is given twice"
    whole = TOK.encode_files(tmp_path / "0.jsonl", tmp_path / "w.bin", dtype="uint16").ids
    assert refused([one, whole]) == (f"{whole}: no part, where the one after p.part-1-of-3.bin, part 1 of 3, is needed")
    other = TOK.replace(pattern="cl100k").encode_files(tmp_path / "0.jsonl", tmp_path / "x.bin", dtype="uint16").ids
    assert refused([whole, other]) == f"{other}: its ids are of another tokenizer than those of w.bin"


# -- shards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["x.bin", "x.npy", "x.ds", "x.parquet", "x.arrow"])
def test_shards_of_an_older_run_do_not_stay(tmp_path, out):
    path = tmp_path / out
    texts = [letter * 9 for letter in "cdefghijk"]
    corpus = write_corpus(tmp_path, texts)
    TOK.encode_files(corpus, path, shard_tokens=9)
    other = tmp_path / f"x-00099{path.suffix}"
    TOK.encode_files(corpus, other)  # a whole corpus with the name of a shard
    before = {file.name for file in tmp_path.glob("x-00099*")}
    packed = TOK.encode_files(write_corpus(tmp_path, texts[:2]), path, shard_tokens=9)
    left = {file.name for file in tmp_path.glob("x-*")}
    assert left == {file.name for file in packed.files if file.name != "x.manifest.json"} | before
    for file in tmp_path.glob("x-00099*"):
        file.unlink()
    assert documents(str(tmp_path / f"x-*{path.suffix}")) == TOK.encode_batch(texts[:2])


@pytest.fixture
def shards(tmp_path):
    """Five shards of one run, and each other file of it."""
    texts = [letter * 9 for letter in "cdefghijk"]
    packed = TOK.encode_files(write_corpus(tmp_path, texts), tmp_path / "x.bin", shard_tokens=18)
    found = [file for file in packed.files if file.suffix == ".bin"]
    assert len(found) == 5
    return found


def test_what_is_held_back_is_of_one_run_and_named(shards, tmp_path):
    (tmp_path / "other").mkdir()
    corpus = write_corpus(tmp_path / "other", ["l" * 9, "m" * 9])
    others = TOK.encode_files(corpus, tmp_path / "other" / "y.bin", shard_tokens=9).files
    assert "shard 1, of another run than x-00000.bin, shard 1" in refused([shards[0], others[0]])
    whole = TOK.encode_files(corpus, tmp_path / "w.bin").ids
    assert "no shard, where the one after x-00000.bin, shard 1, is needed" in refused([shards[0], whole])
    missing = f"{shards[2]}: shard 3 follows x-00000.bin, shard 1: one between them is missing"
    assert refused([shards[0], *shards[2:]], lambda paths: join_packed(paths, tmp_path / "j.bin")) == missing
    shards[1].unlink()
    assert refused(str(tmp_path / "x-*.bin")) == missing
    assert refused([shards[0], str(tmp_path / "x-0000[2-4].bin")]) == missing


OPENING = """
import resource, sys
from minitok import open_packed
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
corpus = open_packed(sys.argv[1])
held = list(corpus)
assert [ids.tolist() for ids in held] == [[99 + number % 20] for number in range(len(corpus))]
assert corpus[3].tolist() == [102] and not corpus[3].flags.writeable
corpus.check(256)
print(len(corpus))
"""


@pytest.mark.parametrize("out", ["x.bin", "x.parquet"])
def test_more_shards_than_a_process_may_open(tmp_path, out):
    count = 1277 if out == "x.bin" else 700
    texts = [chr(99 + number % 20) for number in range(count)]
    packed = TOK.encode_files(write_corpus(tmp_path, texts), tmp_path / out, shard_tokens=1)
    run = [sys.executable, "-c", OPENING, str(packed.ids)]
    ended = subprocess.run(run, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.stdout, ended.stderr) == (f"{count}\n", "")


def test_a_file_that_is_replaced_while_it_is_closed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_corpus, "KEPT", 1)
    packed = TOK.encode_files(write_corpus(tmp_path, ["c", "d", "e"]), tmp_path / "x.bin", shard_tokens=1)
    corpus = open_packed(packed.ids)
    shard = tmp_path / "x-00000.bin"
    (tmp_path / "new").write_bytes(shard.read_bytes())
    os.replace(tmp_path / "new", shard)
    message = f"{shard}: the file has been replaced or changed since it was opened"
    assert outcome(lambda: corpus[0]) == Failure(FileFormatError, message)
    assert corpus[2].tolist() == [101]


# -- what is no file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.bin", "a.bin.idx.npy", "a.npy", "a.ds", "a.parquet", "a.arrow", "a.manifest.json"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_never_ends_is_not_opened(tmp_path, name, make):
    from_elsewhere(tmp_path / "b.npy", [1, 2], "u2")
    for file in ("a.bin", "a.npy", "a.ds"):
        np.array([1, 2], np.uint16).tofile(tmp_path / file)
        os.link(tmp_path / "b.npy.idx.npy", tmp_path / f"{file}.idx.npy")
    np.array([1, 2], np.uint64).tofile(tmp_path / "a.ds.index")
    (tmp_path / name).unlink(missing_ok=True)
    make(tmp_path / name)
    opened = tmp_path / name.removesuffix(".idx.npy")
    assert outcome(open_packed, opened) == Failure(FileFormatError, f"{tmp_path / name}: not a regular file")


def test_a_pipe_is_packed_from_its_first_byte(tmp_path, backend):
    """It can be read only once, so nothing of it is looked at before."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"ab" * 5000,))
    writer.start()
    packed = TOK.replace(backend=backend).encode_files(tmp_path / "pipe", tmp_path / "o.bin")
    writer.join()
    assert documents(packed.ids) == [[256] * 5000]
