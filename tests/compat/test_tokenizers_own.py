"""What is minitok's own in the interface of ``tokenizers``: what it refuses, what it costs, files of a cache."""

import pickle

import hf_files
import minitok
import minitok.compat.tokenizers
import pytest
import tokenizers


def test_what_minitok_does_not_read_is_refused_by_name(tmp_path):
    made = {
        "Unigram": tokenizers.models.Unigram([("a", -1.0), ("b", -2.0)]),
        "WordPiece": tokenizers.models.WordPiece({"a": 0, "[UNK]": 1}, unk_token="[UNK]"),
        "WordLevel": tokenizers.models.WordLevel({"a": 0}, unk_token="a"),
    }
    for name, model in made.items():
        tokenizers.Tokenizer(model).save(str(tmp_path / "tokenizer.json"))
        with pytest.raises(minitok.errors.FileFormatError, match=name):
            minitok.compat.tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    mine = minitok.compat.tokenizers
    other = tokenizers.Tokenizer.from_str(hf_files.file("small"))
    other.normalizer = tokenizers.normalizers.Replace(tokenizers.Regex("^a"), "b")
    with pytest.raises(
        minitok.errors.FileFormatError, match=r"^json: .*a '\^', which other engines interpret differently"
    ):
        mine.Tokenizer.from_str(other.to_str())
    tok = mine.Tokenizer.from_str(hf_files.file("small"))
    tok.normalizer = mine.normalizers.Replace(mine.Regex("^a"), "b")
    with pytest.raises(minitok.errors.FileFormatError, match=r"a '\^', which other engines interpret differently"):
        tok.encode("Low")
    component = mine.pre_tokenizers.Sequence(
        [mine.pre_tokenizers.ByteLevel(), mine.normalizers.Replace(mine.Regex("a"), "b")][:1]
    )
    assert pickle.loads(pickle.dumps(component)) == component
    with pytest.raises(TypeError, match="Normalizer"):
        tok.normalizer = 5
    with pytest.raises(TypeError, match="not_an_option"):
        mine.models.BPE({}, [], not_an_option=1)


def test_a_tokenizer_of_minitok_has_the_same_ids():
    tok = minitok.get_encoding("cl100k_base")
    face = minitok.compat.tokenizers.Tokenizer.from_minitok(tok)
    text = "naïve  12345 😀\n<|endoftext|>"
    assert face.encode(text).ids == tok.encode(text, allowed_special="all")
    assert face.encode(text).offsets == tok.encode_with_offsets(text, allowed_special="all")[1]
    assert face.decode(face.encode(text).ids, skip_special_tokens=False) == text
    assert face.get_vocab_size() == len(tok.definition.vocabulary()[0]) + len(tok.special_tokens)


def test_columns_are_made_when_they_are_read(monkeypatch):
    from minitok.compat.tokenizers.encoded_text import Text

    tok = minitok.compat.tokenizers.Tokenizer.from_str(hf_files.file("roberta"))
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
    mine = minitok.compat.tokenizers.Tokenizer
    for tok in (
        mine.from_pretrained("owner/model"),
        mine.from_pretrained("owner/model", revision="1234"),
        mine.from_pretrained(str(folder)),
    ):
        assert tok.to_str() == hf_files.file("small")
    with pytest.raises(FileNotFoundError):
        mine.from_pretrained("owner/other")
