"""Training on characters, by hand and against Hugging Face's trainer over the same words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok import Tokenizer, load, train

TEXTS = [
    "hello world hello there, the world",
    "naïve café — 日本語 日本 é中中",
    "the   cat\nsat\ton",
    " lead",
    "▁mark 👍🏽 👍",
]


def their_merges(texts, prefix, n_merges):
    """Hugging Face's, with the space as its marker."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    theirs = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    theirs.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prefix)
    characters = {char.replace(" ", "▁") for text in texts for char in text} | ({"▁"} if prefix != "never" else set())
    size = 1 + len(characters) + n_merges
    theirs.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>"], show_progress=False)
    )
    return [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]][:n_merges]


def merges(tok):
    tokens = {
        token_id: tok.token_bytes(token_id).decode().replace(" ", "▁") for pair in tok.merges for token_id in pair
    }
    return [(tokens[left], tokens[right]) for left, right in tok.merges]


@pytest.mark.parametrize("prefix", ["first", "always", "never"])
@pytest.mark.parametrize("backend", ["rust", "python"])
def test_merges_are_those_of_hugging_face(backend, prefix):
    @settings(max_examples=15)
    @given(st.lists(st.sampled_from(TEXTS) | st.text("ab é中▁ ", min_size=1, max_size=12), min_size=1, max_size=8))
    def check(texts):
        tok = train(texts, 2000, alphabet="characters", prefix=prefix, backend=backend)
        expected = their_merges(texts, prefix, 1000)
        assert merges(tok) == expected
        assert all(tok.decode(tok.encode(text)) == text.replace("▁", " ") for text in texts if text[0] not in " ▁")

    check()


def test_ids_by_hand():
    tok = train(["ab ab<s>中"], 400, alphabet="characters", prefix="always", special_tokens=["<s>"])
    tokens = [tok.token_bytes(token_id).decode() for token_id in range(256, tok.vocab_size)]
    assert tokens == ["a", "b", " ", "中", "ab", " ab", " 中", "<s>"]
    assert tok.encode("ab", allowed_special="all") == [261]
    assert tok.encode("丮x") == [258, *"丮x".encode()]
    small = train(["ab ab<s>中"], 256 + 4 + 1, alphabet="characters", prefix="always", special_tokens=["<s>"])
    assert (small.merges, small.special_tokens) == ([], {"<s>": 260})


def test_what_is_trained_is_saved(tmp_path):
    tok = train(TEXTS, 330, alphabet="characters", name="chars")
    tok.save(tmp_path / "native.json")
    assert load(tmp_path / "native.json") == tok
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    from tokenizers import Tokenizer as Theirs

    theirs = Theirs.from_file(str(tmp_path / "tokenizer.json"))
    for text in TEXTS:
        assert theirs.encode(text).ids == tok.encode(text) == load(tmp_path / "tokenizer.json").encode(text)
    assert isinstance(tok, Tokenizer)
    assert tok.report.merges == len(tok.merges)


def test_the_report_counts_documents_and_their_own_bytes(backend):
    texts = ["ab<s>ab<s>", "", b"\xe2\x96\x81x", "é"]
    options = {"special_tokens": ["<s>"], "backend": backend}
    tok = train(texts, 400, alphabet="characters", prefix="segment", **options)
    plain = train(texts, 400, **options).report
    assert (tok.report.documents, tok.report.bytes) == (4, 16) == (plain.documents, plain.bytes)
    assert tok.report.pieces == 5  # " ab" twice, " ", " x" and " é"
    assert (tok.definition.trained["documents"], tok.definition.trained["bytes"]) == (4, 16)
