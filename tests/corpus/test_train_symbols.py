"""Training of symbols: the tokens and merges of ``BpeTrainer`` of ``tokenizers``."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.corpus.symbols import Learnt, SymbolOptions, alphabet_of, count_words, learn_symbols, merged, numbered
from minitok.errors import TrainingError
from minitok.formats import huggingface
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

TEXTS = ["low lower lowest", "new newer, newest!", "wide wider widest low", "é \u2003中 中中\x85x\x1cy", " a  b\n"]
STEPS = {
    "whitespace": (None, pre_tokenizers.Whitespace()),
    "spaces": (None, pre_tokenizers.WhitespaceSplit()),
    "bert": (normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()),
    "metaspace": (normalizers.NFKC(), pre_tokenizers.Metaspace()),
    "first": (None, pre_tokenizers.Metaspace(prepend_scheme="first")),
    "nothing": (normalizers.Lowercase(), None),
    "removed": (None, pre_tokenizers.Split(Regex(r"[\s,]+"), "removed")),
    "bytes": (None, pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "digits": (None, pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits()])),
}


def learnt_there(texts, normalizer, pre_tokenizer, **options):
    tok = Tokenizer(models.BPE())
    if normalizer is not None:
        tok.normalizer = normalizer
    if pre_tokenizer is not None:
        tok.pre_tokenizer = pre_tokenizer
    tok.train_from_iterator(texts, trainers.BpeTrainer(show_progress=False, **options))
    return json.loads(tok.to_str())


def definition_of(content, backend):
    """What is done to text, without a vocabulary."""
    empty = content | {"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": []}
    return huggingface.parse(empty, "it", backend=backend)


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_texts_become_the_pieces_of_tokenizers(steps, backend):
    content = learnt_there(TEXTS, *steps, vocab_size=60, special_tokens=["<s>", "l"], min_frequency=2)
    counts = count_words(TEXTS, definition_of(content, backend))
    options = SymbolOptions(60, ["<s>", "l"], min_frequency=2)
    learnt = learn_symbols(counts, options, backend)
    assert learnt.vocab == content["model"]["vocab"]
    assert [list(pair) for pair in learnt.merges] == content["model"]["merges"]


WORDS = st.dictionaries(st.text("abcé中", min_size=1, max_size=6), st.integers(1, 9), min_size=1, max_size=8)


@given(
    words=WORDS,
    vocab_size=st.integers(0, 40),
    min_frequency=st.integers(0, 3),
    max_token_length=st.one_of(st.none(), st.integers(0, 6)),
    initial=st.sets(st.sampled_from("abxyz")),
    special=st.lists(st.sampled_from(["<s>", "a", "ab", "[UNK]"]), unique=True),
)
def test_merges_are_those_of_tokenizers(words, vocab_size, min_frequency, max_token_length, initial, special):
    text = " ".join(word for word, count in words.items() for _ in range(count))
    theirs = learnt_there(
        [text],
        None,
        pre_tokenizers.WhitespaceSplit(),
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        max_token_length=max_token_length,
        initial_alphabet=sorted(initial),
        special_tokens=special,
    )["model"]
    options = SymbolOptions(vocab_size, special, min_frequency, None, initial, max_token_length=max_token_length)
    for backend in ("rust", "python"):
        try:
            learnt = learn_symbols(Counter(words), options, backend)
        except TrainingError as error:
            assert "a merge makes the token" in str(error)
            continue
        assert learnt.vocab == theirs["vocab"]
        assert [list(pair) for pair in learnt.merges] == theirs["merges"]


@given(words=WORDS, limit=st.integers(0, 4), prefix=st.sampled_from(["", "##"]), suffix=st.sampled_from(["", "</w>"]))
def test_marks_and_a_limited_alphabet(words, limit, prefix, suffix):
    # No two characters are equally frequent: there, a hash map decides which of them is kept.
    words = words | {char: 1000 * (number + 1) for number, char in enumerate("abcé中")}
    text = " ".join(word for word, count in words.items() for _ in range(count))
    marks = {"continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    marks = {name: mark for name, mark in marks.items() if mark}
    cut = pre_tokenizers.WhitespaceSplit()
    theirs = learnt_there([text], None, cut, vocab_size=40, limit_alphabet=limit, **marks)["model"]
    options = SymbolOptions(40, limit_alphabet=limit, prefix=prefix, suffix=suffix)
    ids = {char: number for number, char in enumerate(sorted(alphabet_of([Counter(words)], options)))}
    numbered(Counter(words), ids, options)
    assert len(ids) <= len(theirs["vocab"])
    # Symbols with marks have ids in the order of a hash map there: with those, the merges are the same.
    ids = dict(sorted(((symbol, theirs["vocab"][symbol]) for symbol in ids), key=lambda item: item[1]))
    assert list(ids.values()) == list(range(len(ids)))
    for backend in ("rust", "python"):
        pairs = merged(Counter(words), dict(ids), options, backend)
        tokens = list(ids)
        for left, right in pairs:
            tokens.append(tokens[left] + tokens[right].removeprefix(prefix))
        if len(set(tokens)) == len(tokens):
            assert [[tokens[left], tokens[right]] for left, right in pairs] == theirs["merges"]
            assert set(tokens) == theirs["vocab"].keys()


def test_by_hand(backend):
    learnt = learn_symbols(Counter({"ab": 2, "b": 1}), SymbolOptions(9, suffix="</w>"), backend)
    assert learnt == Learnt({"a": 0, "b": 1, "b</w>": 2, "ab</w>": 3}, [("a", "b</w>")])
    learnt = learn_symbols(Counter({"xab": 2, "ab": 3}), SymbolOptions(9, limit_alphabet=2, prefix="@"), backend)
    assert learnt == Learnt({"a": 0, "b": 1, "@b": 2, "@a": 3, "ab": 4, "@ab": 5}, [("a", "@b"), ("@a", "@b")])


def test_a_token_of_two_merges_is_refused(backend):
    with pytest.raises(TrainingError, match="the token 'ab' again, which has one id in tokenizers and two in minitok"):
        learn_symbols(Counter({"ab": 2}), SymbolOptions(9, ["ab"]), backend)
