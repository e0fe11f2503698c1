"""Superwords: the second stage of a training is SuperBPE's, and what it gives is encoded as by the reference."""

import re

import minitok
import naive
import pytest
from helpers import BACKENDS, both, on_both
from hypothesis import given
from hypothesis import strategies as st
from minitok.corpus.superwords import LINES
from minitok.data import tiny_shakespeare
from strategies import texts as any_texts

TEXTS = ["by the way, it is one of the best: really.\n", "by the way, 12345 of the rest\n\nby the by"] * 6
SUPERBPE = r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)"
corpora = st.lists(st.text("ab :.1\n", max_size=40), min_size=1, max_size=6)


def is_superword(token):
    """Whether SuperBPE's code would make this token."""
    text = token.decode("latin-1")
    return ": " not in text and len(re.findall("[^ ]+", text)) <= 4


@given(corpora, st.integers(0, 12), st.integers(1, 20), st.sampled_from([None, SUPERBPE, "none"]))
def test_the_second_stage_is_superbpe_s(texts, words, superwords, pattern):
    size = 256 + words + superwords
    trained = on_both(
        lambda name: minitok.train(texts, size, superwords=superwords, superword_pattern=pattern, backend=name).merges
    )
    first = minitok.train(texts, 256 + words).merges
    codec = minitok.Tokenizer([], pattern=LINES if pattern is None else pattern, backend="python").definition.codec()
    pieces = [piece for text in texts for piece in codec.pieces(text.encode())]
    # The merges of the first stage are replayed, then all is counted anew.
    assert trained == naive.train(pieces, superwords, may_be=is_superword, first=first)


@given(corpora, st.sampled_from(list(naive.TIES)), st.integers(1, 2), st.sampled_from([None, 9]))
def test_it_is_training_and_extending(texts, tie_break, min_frequency, longest):
    options = {"tie_break": tie_break, "min_frequency": min_frequency, "max_token_length": longest}
    for name in BACKENDS:
        tok = minitok.train(texts, 290, superwords=20, backend=name, threads=2, **options)
        words = minitok.train(texts, 270, backend=name, **options)
        extended = words.replace(pattern=LINES).extend(
            texts, len(words.merges) + 276, max_words=4, barred=[": "], **options
        )
        assert tok.merges == extended.merges
        assert tok.report.merges == len(tok.merges)
        assert tok.definition.trained["superwords"] == len(tok.merges) - len(words.merges)


@given(st.lists(any_texts, min_size=1, max_size=4), any_texts)
def test_superwords_are_encoded_as_by_the_reference(texts, other):
    tok = minitok.train([*texts, "a b a b"], 320, superwords=50, superword_pattern="none", max_words=None, barred=())
    rust, python = both(tok)
    for text in [*texts, other, " ".join(texts)]:
        assert rust.encode(text) == python.encode(text)
        assert rust.count(text) == len(rust.encode(text))
        assert rust.encode(text, dropout=0.3, seed=2) == python.encode(text, dropout=0.3, seed=2)
        assert rust.decode(rust.encode(text)) == text


def test_long_texts_are_encoded_as_by_the_reference():
    text = tiny_shakespeare()[:60_000]
    for pattern in (None, SUPERBPE, "none"):
        tok = minitok.train([text], 1200, superwords=500, superword_pattern=pattern)
        rust, python = both(tok)
        expected = python.encode(text[:20_000])
        assert rust.encode(text[:20_000]) == expected
        assert rust.encode(text[:20_000].encode()) == expected
        assert rust.encode(text, threads=3) == rust.encode(text)
        assert rust.encode_batch(text.split("\n")[:300]) == [rust.encode(line) for line in text.split("\n")[:300]]


@pytest.mark.parametrize("bound", [None, 1 << 24])
def test_files_give_what_texts_give(tmp_path, backend, bound):
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number:02}.txt").write_text(text, newline="")
    options = {"superwords": 30, "backend": backend, "special_tokens": ["<s>"], "name": "mine", "max_memory": bound}
    seen = []
    tok = minitok.train_files(f"{tmp_path}/*.txt", 320, progress=seen.append, **options)
    assert tok == minitok.train(TEXTS, 320, **options)
    assert (tok.definition.name, tok.pattern, tok.special_tokens) == ("mine", LINES, {"<s>": 256 + len(tok.merges)})
    assert {one.phase for one in seen} >= {"counting"}
    assert [phase.name for phase in tok.report.phases] == ["counting", "merging"] * 2
    saved = tmp_path / "tok.json"
    tok.save(saved)
    assert minitok.load(saved) == tok


def test_the_rules_can_be_taken_off(backend):
    texts = ["one two three four five six: seven"] * 3
    tok = minitok.train(texts, 300, superwords=30, superword_pattern="none", backend=backend)
    assert max(len(token.split()) for token in tok.tokenize(texts[0])) == 4
    whole = minitok.train(
        texts, 300, superwords=30, superword_pattern="none", max_words=None, barred=(), backend=backend
    )
    assert len(whole.tokenize(texts[0])) == 1
