"""The interface of ``tokenizers``, told once and run against both libraries."""

import importlib
import json
import pickle

import hf_files
import minitok
import pytest
from minitok.compat.tokenizers import Tokenizer
from minitok.compat.tokenizers.encoded_text import Text

LIBRARIES = ("minitok.compat.tokenizers", "tokenizers")


@pytest.fixture(params=LIBRARIES)
def lib(request):
    """Each of the libraries in turn."""
    return importlib.import_module(request.param)


def test_added_tokens(lib):
    token = lib.AddedToken("<a>", lstrip=True, special=True)
    assert (token.content, token.lstrip, token.rstrip, token.single_word) == ("<a>", True, False, False)
    assert token.special is True
    assert (token.normalized, lib.AddedToken("x").normalized, str(token)) == (False, True, "<a>")
    assert token == lib.AddedToken("<a>", lstrip=True, special=True)
    assert token != lib.AddedToken("<a>")
    assert pickle.loads(pickle.dumps(token)) == token
    tok = lib.Tokenizer.from_str(hf_files.file("small"))
    size = tok.get_vocab_size()
    assert tok.add_tokens(["<b>", lib.AddedToken("<b>"), "low", ""]) == 2
    assert tok.add_special_tokens([token, "<s>"]) == 1
    assert (tok.get_vocab_size(), tok.get_vocab_size(with_added_tokens=False)) == (size + 2, size)
    assert tok.token_to_id("<b>") == size
    encoding = tok.encode("low <a>low<b>")
    assert encoding.tokens == ["low", " <a>", "low", "<b>"]
    assert tok.decode(encoding.ids) == "lowlow<b>"
    assert tok.decode(encoding.ids, skip_special_tokens=False) == "low<a>low<b>"
    tok.encode_special_tokens = True
    assert "<a>" not in "".join(tok.encode("low<a>").tokens[:-1])
    assert tok.encode("low<b>").tokens == ["low", "<b>"]


def test_files(lib, tmp_path):
    tok = lib.Tokenizer.from_str(hf_files.file("bert"))
    path = str(tmp_path / "tokenizer.json")
    tok.save(path)
    data = (tmp_path / "tokenizer.json").read_bytes()
    assert b'\n  "version": "1.0",\n' in data
    for again in (
        lib.Tokenizer.from_file(path),
        lib.Tokenizer.from_buffer(data),
        lib.Tokenizer.from_str(data.decode()),
    ):
        assert again.to_str() == tok.to_str()
    saved = tok.model.save(str(tmp_path))
    model = lib.models.BPE.from_file(*saved)
    assert (model.token_to_id("low"), len(lib.models.BPE.read_file(*saved)[0])) == (
        tok.token_to_id("low"),
        tok.get_vocab_size(),
    )


def test_training_on_the_lines_of_files(tmp_path):
    for number, text in enumerate(hf_files.CORPUS):
        (tmp_path / f"{number}.txt").write_bytes(text.encode())
    trained = []
    for lib in map(importlib.import_module, LIBRARIES):
        tok = lib.Tokenizer(lib.models.BPE())
        tok.pre_tokenizer = lib.pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = lib.trainers.BpeTrainer(vocab_size=200, show_progress=False)
        tok.train([str(tmp_path / f"{number}.txt") for number in range(3)], trainer)
        trained.append(json.loads(tok.to_str()))
    assert trained[0] == trained[1]


@pytest.mark.parametrize("between", ["<s>", None])
def test_a_stream_begins_with_ids_that_have_no_text(lib, between):
    tok = lib.Tokenizer.from_str(hf_files.file("metaspace"))
    first, *others = [tok.token_to_id(f"<0x{byte:02X}>") for byte in "中".encode()]
    silent = tok.get_vocab_size() + 3 if between is None else tok.token_to_id(between)
    stream = lib.decoders.DecodeStream(ids=[first, silent], skip_special_tokens=True)
    assert [stream.step(tok, token_id) for token_id in others] == [None, "中"]


def test_a_token_that_was_special_stays_special(lib):
    """In memory; not in the file."""
    for cuts in (False, True):
        tok = lib.Tokenizer(lib.models.BPE({"a": 0, "b": 1}, []))
        if cuts:
            tok.pre_tokenizer = lib.pre_tokenizers.Punctuation()
        tok.add_special_tokens(["<s>"])
        tok.encode("a")
        tok.add_tokens([lib.AddedToken("<s>", special=False)])
        for splits, ids in ((False, [0, 2, 1]), (True, [0, 1])):
            tok.encode_special_tokens = splits
            encoding = tok.encode("a<s>b")
            assert (encoding.ids, len(encoding.tokens), len(encoding.offsets)) == (ids, len(ids), len(ids))
        assert tok.decode([0, 2, 1]) == "a b"
        assert json.loads(tok.to_str())["added_tokens"][0]["special"] is False
        again = lib.Tokenizer.from_str(tok.to_str())
        again.encode_special_tokens = True
        assert again.encode("a<s>b").ids == [0, 2, 1]


def test_a_special_token_hides_one_that_was_added_before(lib):
    tok = lib.Tokenizer(lib.models.BPE({"a": 0, "<": 1, "b": 2, ">": 3}, []))
    tok.add_tokens([lib.AddedToken("<b>", normalized=False)])
    assert tok.encode("<b>a").ids == [4, 0]
    tok.add_special_tokens(["<b>a"])
    tok.encode_special_tokens = True
    assert tok.encode("<b>a").ids == [1, 2, 3, 0]


# -- what is minitok's own: what it is made of, what it costs, files of a cache


def test_a_tokenizer_of_minitok_has_the_same_ids():
    tok = minitok.get_encoding("cl100k_base")
    face = Tokenizer.from_minitok(tok)
    text = "naïve  12345 😀\n<|endoftext|>"
    assert face.encode(text).ids == tok.encode(text, allowed_special="all")
    assert face.encode(text).offsets == tok.encode_with_offsets(text, allowed_special="all")[1]
    assert face.decode(face.encode(text).ids, skip_special_tokens=False) == text
    assert face.get_vocab_size() == len(tok.definition.vocabulary()[0]) + len(tok.special_tokens)


def test_columns_are_made_when_they_are_read(monkeypatch):
    tok = Tokenizer.from_str(hf_files.file("roberta"))
    encoding = tok.encode("low lower")
    asked = []
    followed = Text.origins
    monkeypatch.setattr(Text, "origins", lambda made: asked.append(made.text) or followed(made))
    assert (encoding.ids, encoding.attention_mask, asked) == (encoding.ids, [1] * 4, [])
    assert encoding.word_ids == [None, 0, 1, None]
    assert encoding.offsets == [(0, 0), (0, 3), (4, 9), (0, 0)]
    assert asked == ["low lower"]


def test_a_model_in_the_cache(tmp_path, monkeypatch):
    folder = tmp_path / "models--owner--model" / "snapshots" / "1234"
    hf_files.folder(folder, "small")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for name, options in (("owner/model", {}), ("owner/model", {"revision": "1234"}), (str(folder), {})):
        assert Tokenizer.from_pretrained(name, **options).to_str() == hf_files.file("small")
