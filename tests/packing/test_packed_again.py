"""A second run with the same output: nothing of the first one stays beside what the second has written."""

import pytest
from helpers import Failure, outcome
from minitok import Tokenizer, join_packed, open_packed
from packed import write_corpus

TOK = Tokenizer([])
TEXTS = [letter * (number + 1) for number, letter in enumerate("abcdef")]


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path, TEXTS)


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
