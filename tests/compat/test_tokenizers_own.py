"""What is minitok's own in the interface of ``tokenizers``: what it refuses, what it costs, files of a cache."""

import hf_files
import minitok
import minitok.compat.tokenizers


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
