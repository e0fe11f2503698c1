"""Three ways, one result: the reference, its Rust mirror, and the fast paths that stand in for the mirror.

Elsewhere the Rust backend runs with its fast paths on; here the mirror itself is run.
"""

from contextlib import contextmanager

import minitok
import pytest
from helpers import PATTERNS, outcome, outcome_of_training, run_python, traced
from hypothesis import given
from hypothesis import strategies as st
from minitok import _rust
from strategies import SPECIALS, any_text, corpora, merge_lists, patterns, rank_tables, special_ids, train_options


@contextmanager
def mirror():
    """What is made in here on the Rust backend is the mirror's."""
    before = _rust.set_fast(False)
    try:
        yield
    finally:
        _rust.set_fast(before)


def three_ways(function):
    """The outcome of ``function(backend)`` by the fast paths, by the mirror and by the reference."""
    fast = outcome(function, "rust")
    with mirror():
        plain = outcome(function, "rust")
    assert fast == plain
    assert plain == outcome(function, "python")
    return fast


def test_the_switch_says_how_it_was():
    assert _rust.set_fast(False) is True
    assert _rust.set_fast(True) is False


def test_the_environment_switches_the_fast_paths_off():
    code = "from minitok import _rust; print(_rust.set_fast(True))"
    assert run_python(code, MINITOK_FAST="0").stdout.strip() == "False"
    assert run_python(code).stdout.strip() == "True"


@given(corpora, train_options())
def test_the_same_merges_are_learnt(corpus, options):
    three_ways(lambda backend: outcome_of_training(corpus, backend=backend, **options))


@given(any_text, merge_lists(), patterns, st.just("all") | st.sets(st.sampled_from(SPECIALS)))
def test_the_same_ids_are_given(text, merges, pattern, allowed):
    def encode(backend):
        tok = minitok.Tokenizer(merges, pattern=pattern, special_tokens=special_ids(merges), backend=backend)
        ids = tok.encode(text, allowed_special=allowed)
        assert tok.count(text, allowed_special=allowed) == len(ids)
        assert tok.encode_to_numpy(text, allowed_special=allowed).tolist() == ids
        assert tok.encode_batch([text, text], allowed_special=allowed) == [ids, ids]
        assert tok.tokenize(text, allowed_special=allowed) == [tok.token_bytes(token_id) for token_id in ids]
        return ids, tok.decode_bytes(ids), tok.decode(ids)

    three_ways(encode)


@given(any_text, rank_tables(), patterns)
def test_ranks_give_the_same_ids(text, ranks, pattern):
    def read(backend):
        tok = minitok.Tokenizer.from_ranks(ranks, pattern=pattern, backend=backend)
        ids, events = traced(tok.encode, text)
        assert tok.encode(text) == ids
        return tok.definition.vocabulary(), ids, events

    three_ways(read)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_book_by_every_way(pattern):
    from minitok.data import tiny_shakespeare

    book = tiny_shakespeare()[:60_000]

    def learn_and_encode(backend):
        tok = minitok.train([book], 700, pattern=pattern, backend=backend)
        return tok.merges, tok.encode(book)

    merges, ids = three_ways(learn_and_encode)
    assert len(merges) == 700 - 256
    assert len(ids) < len(book) / 2
