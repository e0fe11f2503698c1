"""A second run with the same output: nothing of the first one stays beside what the second has written."""

import json
import os

import pytest
from helpers import Failure, outcome
from matrix import StoppedError, stopped_after
from minitok import Tokenizer, join_packed, open_packed
from minitok.packing import arrange

TOK = Tokenizer([])
TEXTS = [letter * (number + 1) for number, letter in enumerate("abcdef")]


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
    return path


def texts(path):
    return [bytes(ids.tolist()).decode() for ids in open_packed(path)]


@pytest.mark.parametrize("first", [None, "megatron"])
@pytest.mark.parametrize("linked", [False, True])
def test_the_index_of_the_other_format_does_not_stay(tmp_path, corpus, backend, first, linked):
    tok, out = TOK.replace(backend=backend), tmp_path / "t.bin"
    kinds = [first, "megatron" if first is None else None]
    indexes = {"megatron": tmp_path / "t.idx", None: tmp_path / "t.bin.idx.npy"}
    if linked:
        for index in indexes.values():
            index.symlink_to(tmp_path / f"behind.{index.name}")
    tok.encode_files(corpus, out, format=kinds[0])
    packed = tok.encode_files(corpus, out, format=kinds[1], shuffle=1)
    assert sorted(texts(packed.ids)) == TEXTS
    assert texts(packed.ids) != TEXTS
    assert open_packed(out).format == (kinds[1] or "numbers")
    assert packed.offsets == indexes[kinds[1]]
    assert not indexes[kinds[0]].exists()
    assert texts(join_packed(out, tmp_path / "j.bin").ids) == texts(out)


def test_another_file_with_the_name_of_an_index_stays(tmp_path, corpus):
    (tmp_path / "t.idx").write_bytes(b"not of Megatron")
    TOK.encode_files(corpus, tmp_path / "t.bin")
    assert (tmp_path / "t.idx").read_bytes() == b"not of Megatron"
    assert texts(tmp_path / "t.bin") == TEXTS


@pytest.mark.parametrize(("kind", "name"), [(None, "t.idx"), ("megatron", "t.bin.idx.npy")])
def test_a_file_that_is_read_is_not_removed_as_an_index(tmp_path, kind, name):
    path, out = tmp_path / name, tmp_path / "t.bin"
    path.write_bytes(b"MMIDIDX\x00\x00")
    message = f"{str(path)!r} is an input, and {str(out)!r} would overwrite it: choose another output"
    assert outcome(TOK.encode_files, path, out, format=kind) == Failure(ValueError, message)
    assert path.read_bytes() == b"MMIDIDX\x00\x00"


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "x.txt", tmp_path / "y.txt"]
    for path in paths:
        path.write_text(path.stem * 5, encoding="utf-8")
    return paths


def test_a_finished_file_that_changes_while_the_run_goes_on_is_read_again(tmp_path, files, backend):
    tok, out = TOK.replace(backend=backend), tmp_path / "r.bin"
    change = stopped_after(5, lambda: files[0].write_text("new", encoding="utf-8"))
    assert outcome(tok.encode_files, files, out, progress=change, threads=1).kind is StoppedError
    packed = tok.encode_files(files, out)
    assert (packed.resumed_files, texts(out)) == (0, ["new", "yyyyy"])


@pytest.mark.parametrize(
    ("layout", "opened"),
    [({"shuffle": 0}, "s.bin"), ({"format": "megatron"}, "s.idx"), ({"shard_tokens": 100}, "s.manifest.json")],
)
def test_a_journal_is_of_the_files_of_its_layout(tmp_path, files, backend, layout, opened):
    """A run of one job in this layout, one of another job in the plain one, both stopped; then that job in this layout."""
    tok, out = TOK.replace(backend=backend), tmp_path / "s.bin"
    for end, options in ((1, layout), (2, {})):
        asked = {"end_of_document": end, "progress": stopped_after(5), "threads": 1, **options}
        assert outcome(tok.encode_files, files, out, **asked).kind is StoppedError
    packed = tok.encode_files(files, out, end_of_document=2, **layout)
    assert packed.resumed_files == 0
    assert sorted(texts(tmp_path / opened)) == ["xxxxx\x02", "yyyyy\x02"]


def test_no_manifest_stands_over_the_shards_of_two_runs(tmp_path, corpus, backend, monkeypatch):
    tok, out, manifest = TOK.replace(backend=backend), tmp_path / "m.bin", tmp_path / "m.manifest.json"
    manifest.symlink_to(tmp_path / "behind.json")
    tok.encode_files(corpus, out, shuffle=1, shard_tokens=7)
    checksum, summed = arrange.checksum, []

    def interrupted(file):
        summed.append(file)
        if len(summed) == 3:
            raise KeyboardInterrupt
        return checksum(file)

    with monkeypatch.context() as patched:
        patched.setattr(arrange, "checksum", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tok.encode_files(corpus, out, shuffle=2, shard_tokens=7)
    assert not manifest.exists()
    assert manifest.is_symlink()
    tok.encode_files(corpus, out, shuffle=2, shard_tokens=7)
    assert sorted(texts(manifest)) == TEXTS


def test_a_manifest_that_is_no_file_is_refused(tmp_path, corpus):
    """It is not removed, either."""
    manifest = tmp_path / "m.manifest.json"
    manifest.symlink_to(os.devnull)
    message = f"[Errno 22] not a regular file, so it cannot be written over: '{manifest}'"
    assert outcome(TOK.encode_files, corpus, tmp_path / "m.bin", shard_tokens=7) == Failure(OSError, message)
    assert manifest.exists()
