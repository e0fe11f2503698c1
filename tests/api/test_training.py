"""Training: both backends, and the textbook, learn the same merges from any corpus under any options."""

import minitok
import naive
import pytest
from helpers import BACKENDS, Failure, outcome, run_python, traced
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.reference.published.found_tokens import SpecialTokens
from minitok.reference.published.patterns import Pattern
from strategies import corpora, dense, train_options

LOREM = ["the cat sat on the mat", "the cats sat, the rats ran", "a mat, a hat; that's that  \n\n then 1234567"] * 3


@given(corpora, train_options())
def test_tracing_changes_nothing_and_is_the_same(corpus, options):
    results = []
    for backend in BACKENDS:
        tok, events = traced(minitok.train, corpus, backend=backend, **options)
        assert tok.merges == [tuple(event["winner"]) for event in events]
        assert tok == minitok.train(corpus, backend=backend, **options)
        results.append(events)
    assert results[0] == results[1]


@given(corpora | st.lists(dense, max_size=5), train_options())
def test_the_textbook_learns_the_same(corpus, options):
    options |= {"byte_order": "identity"}
    special = SpecialTokens({name: index for index, name in enumerate(options["special_tokens"])})
    pattern, longest = Pattern(options["pattern"]), options["max_token_length"]
    pieces = [
        piece
        for document in (text.encode() if isinstance(text, str) else text for text in corpus)
        for start, end, token_id in special.split(document, special.ids)
        if token_id is None
        for piece in pattern.split(document[start:end])
    ]
    n_merges = options["vocab_size"] - 256 - len(special.ids)
    how = options["min_frequency"], options["tie_break"]
    expected = naive.train(pieces, n_merges, *how, lambda token: longest is None or len(token) <= longest)
    for backend in BACKENDS:
        tok = minitok.train(corpus, backend=backend, **options)
        assert tok.merges == expected
        assert tok.definition.trained["stop"] == ("vocab_size" if len(expected) == n_merges else "min_frequency")


@given(corpora, train_options(), st.integers(0, 40))
def test_a_truncated_training_is_a_shorter_training(corpus, options, fewer):
    for backend in BACKENDS:
        tok = minitok.train(corpus, backend=backend, **options)
        size = max(256 + len(options["special_tokens"]), tok.vocab_size - fewer)
        assert tok.shrink(size) == minitok.train(corpus, backend=backend, **{**options, "vocab_size": size})


def test_a_piece_is_counted_as_often_as_it_occurs(backend):
    implementation = load_backend(backend)
    counter = implementation.piece_counter(implementation.pattern("none"), implementation.special_tokens({}))
    counter.add(["ab"])
    for _ in range(3):
        counter.add([b"ab", "cd"] * 1000)
    assert counter.pieces == {b"ab": 3001, b"cd": 3000}


def test_hash_seeds_change_nothing(backend):
    code = f"""
import minitok
for rule in ("smallest_ids", "first_seen", "greatest_bytes"):
    tok = minitok.train({LOREM!r}, 340, tie_break=rule, special_tokens=["the", "<s>"], backend={backend!r})
    print(tok.merges, tok.special_tokens, tok.encode("the cat's hat", allowed_special="all"))
"""
    runs = {run_python(code, PYTHONHASHSEED=seed).stdout for seed in ("0", "1", "4242")}
    assert len(runs) == 1
    assert len(runs.pop()) > 1000


def test_the_source_is_read_once_and_lazily(backend):
    drawn = []

    def source():
        for text in LOREM:
            drawn.append(text)
            yield text

    tok = minitok.train(source(), 300, backend=backend)
    assert drawn == LOREM
    assert tok == minitok.train(LOREM, 300, backend=backend)


def test_errors_in_the_source_and_in_callbacks_are_the_callers(backend):
    def source():
        yield "text"
        raise OSError("no more")

    def called(_):
        raise OSError("no more")

    for texts, options in [(source(), {}), (LOREM, {"trace": called}), (LOREM, {"progress": called})]:
        with pytest.raises(OSError, match="no more"):
            minitok.train(texts, 300, backend=backend, **options)


def test_progress_counts_bytes_and_then_merges(backend):
    heard = []
    minitok.train(LOREM, 300, progress=heard.append, backend=backend)
    counting = [at.done for at in heard if at.phase == "counting"]
    assert counting[-1] == sum(len(text.encode()) for text in LOREM)
    assert all(at.total == 44 for at in heard if at.phase == "merging")


@pytest.mark.parametrize("flag", ["lstrip", "rstrip", "single_word"])
def test_special_tokens_that_ask_something_of_the_text_are_not_extended(backend, flag):
    tok = minitok.train(["a a"], 258, special_tokens=["<s>"], backend=backend)
    asks = tok.replace(token_flags={"<s>": {flag}})
    message = "this tokenizer cannot be extended: the token '<s>' has "
    texts = ["a  <s>  b"] * 3
    counts = minitok.count_pieces(texts, special_tokens=["<s>"], backend=backend)
    for corpus in (texts, counts):
        assert outcome(asks.extend, corpus, 300) == Failure(minitok.errors.TrainingError, f"{message}{flag} (SPEC E9)")
        assert tok.extend(corpus, 300).vocab_size > 258
