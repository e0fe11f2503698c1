"""Encoding: both backends give the same ids for any text under any vocabulary, and nothing is lost."""

import re
from itertools import product

import minitok
import naive
import pytest
from helpers import BACKENDS, both, cut, on_both, traced
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    SPECIALS,
    any_bytes,
    any_text,
    dense,
    merge_lists,
    patterns,
    rank_tables,
    special_ids,
    texts,
)

allowed_sets = st.one_of(st.just(()), st.just("all"), st.lists(st.sampled_from(SPECIALS), unique=True))


def tokenizers(merges, pattern):
    return both(minitok.Tokenizer(merges, pattern=pattern, special_tokens=special_ids(merges)))


@given(any_text, merge_lists(), patterns, allowed_sets)
def test_traces_are_the_same_and_change_nothing(text, merges, pattern, allowed):
    rust, python = (traced(tok.encode, text, allowed_special=allowed) for tok in tokenizers(merges, pattern))
    assert rust == python
    assert rust[0] == minitok.Tokenizer(merges, pattern=pattern, special_tokens=special_ids(merges)).encode(
        text, allowed_special=allowed
    )


@given(any_bytes, merge_lists(), patterns)
def test_bytes_come_back(data, merges, pattern):
    for tok in tokenizers(merges, pattern):
        assert tok.decode_bytes(tok.encode(data)) == data
        assert b"".join(tok.tokenize(data, allowed_special="all")) == data


@given(texts, merge_lists(), patterns)
def test_text_comes_back(text, merges, pattern):
    for tok in tokenizers(merges, pattern):
        assert tok.decode(tok.encode(text, allowed_special="all"), errors="strict") == text
        assert tok.encode(text) == tok.encode(text.encode())


@given(any_bytes, merge_lists())
def test_the_textbook_gives_the_same_ids(data, merges):
    # The textbook applies the merges in order; a merge may only use what came before it, as it does here.
    expected = naive.encode(data, merges)
    for tok in both(minitok.Tokenizer(merges, pattern="none")):
        assert tok.encode(data) == expected


@given(st.text("abs ", max_size=60), rank_tables())
def test_ranks_merge_any_neighbours_that_make_a_token(text, ranks):
    parts = [bytes([byte]) for byte in text.encode()]
    whole = text.encode()
    while len(parts) > 1 and whole not in ranks:
        rank, at = min((ranks.get(parts[i] + parts[i + 1], 1 << 40), i) for i in range(len(parts) - 1))
        if rank == 1 << 40:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    expected = [ranks[whole]] if whole in ranks else [ranks[part] for part in parts]
    for backend in BACKENDS:
        tok = minitok.Tokenizer.from_ranks(ranks, pattern="none", backend=backend)
        assert tok.encode(text) == (expected if text else [])


@given(st.lists(dense.map(str.encode), max_size=6), st.integers(0, 40))
def test_merges_recovered_from_ranks_are_those_learnt(corpus, n_merges):
    merges = naive.train(corpus, n_merges)
    plain = minitok.Tokenizer(merges, pattern="none")
    ranks = {plain.token_bytes(token_id): token_id for token_id in range(plain.vocab_size)}
    # Of merges learnt from text, each token is made by its own merge, and no two make the same bytes.
    assert len(ranks) == plain.vocab_size
    assert all(naive.encode(plain.token_bytes(256 + k), merges[:k]) == list(pair) for k, pair in enumerate(merges))
    for backend in BACKENDS:
        assert minitok.Tokenizer.from_ranks(ranks, pattern="none", backend=backend).merges == merges


@given(st.lists(any_text, max_size=3), st.lists(st.integers(0, 60), max_size=6), merge_lists(), patterns, allowed_sets)
def test_any_chunking_gives_the_ids_of_the_whole(texts_, places, merges, pattern, allowed):
    for kind in (str, bytes):
        of_kind = [text for text in texts_ if isinstance(text, kind)]
        whole = kind().join(of_kind)
        for tok in tokenizers(merges, pattern):
            expected = tok.encode(whole, allowed_special=allowed)
            assert list(tok.encode_iterable(cut(whole, places), allowed_special=allowed)) == expected
            assert (
                list(tok.encode_iterable(list(whole) if kind is str else [whole], allowed_special=allowed)) == expected
            )


@pytest.mark.parametrize(
    "length", [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257]
)
def test_pieces_of_every_critical_length(length):
    merges = [(97, 97), (256, 256), (257, 257), (97, 98), (256, 97), (258, 259), (98, 98)]
    for text in (
        "a" * length,
        "ab" * (length // 2),
        "b" + "a" * (length - 1),
        "a" * (length - 1) + "b",
        "é" * (length // 2),
    ):
        on_both(lambda backend, text=text: minitok.Tokenizer(merges, backend=backend).encode(text))
        for pattern in ("none", "gpt2"):
            tok = minitok.Tokenizer(merges, pattern=pattern, backend="rust")
            expected = naive.encode(text.encode(), merges)
            assert tok.encode(text) == tok.encode(text) == expected  # the second time from a cache, if there is one


def test_an_array_is_nobody_elses(backend):
    """Memory that an array gave back is used for the next one; an array that is alive, and a view of one, keep theirs."""
    tok = minitok.Tokenizer([(97, 98), (99, 100)], backend=backend)
    length = 40_000 if backend == "rust" else 400  # short ones have memory of their own
    texts_ = [letter + "ab cd e" * length for letter in "vwxyz"]
    expected = [tok.encode(text) for text in texts_]

    kept = tok.encode_to_numpy(texts_[0])
    view = tok.encode_to_numpy(texts_[1])[1:]
    for text, ids in zip(texts_[2:], expected[2:], strict=True):
        again = tok.encode_to_numpy(text)
        assert again.tolist() == ids
        again[:] = 0
        del again
    assert kept.tolist() == expected[0]
    assert view.tolist() == expected[1][1:]
    batch, _ = tok.encode_batch_to_numpy(texts_[3:], threads=2)
    del kept, view
    assert tok.encode(texts_[0]) == expected[0]
    assert batch.tolist() == expected[3] + expected[4]


def test_names_may_come_one_by_one(backend):
    tok = minitok.Tokenizer([], special_tokens={"<s>": 300}, backend=backend)
    assert tok.encode("<s>", allowed_special=iter(["<s>"])) == [300]
    with pytest.raises(minitok.errors.DisallowedSpecialTokenError):
        tok.encode("<s>", disallowed_special=iter(["<s>"]))


# Every call that takes a text and gives ids or their number: how it is called with one text.
ENCODERS = {
    "encode": lambda tok, text, **special: tok.encode(text, **special),
    "encode_to_numpy": lambda tok, text, **special: tok.encode_to_numpy(text, **special).tolist(),
    "encode_batch": lambda tok, text, **special: tok.encode_batch(["x", text], **special)[1],
    "encode_batch_to_numpy": lambda tok, text, **special: tok.encode_batch_to_numpy([text], **special)[0].tolist(),
    "encode_with_offsets": lambda tok, text, **special: tok.encode_with_offsets(text, **special)[0],
    "encode_with_offsets as arrays": lambda tok, text, **special: tok.encode_with_offsets(
        text, to_numpy=True, **special
    )[0].tolist(),
    "encode_iterable": lambda tok, text, **special: list(tok.encode_iterable(text, **special)),
    "tokenize": lambda tok, text, **special: [tok.token_id(one.decode()) for one in tok.tokenize(text, **special)],
    "count": lambda tok, text, **special: tok.count(text, **special),
    "count_batch": lambda tok, text, **special: tok.count_batch([text], **special)[0],
}


@pytest.mark.parametrize("name", ENCODERS)
def test_all_encoders_have_the_same_options(backend, name):
    tok = minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 300, "<t>": 301}, backend=backend)

    def call(text, **special):
        # What comes in chunks comes character by character.
        return ENCODERS[name](tok, list(text) if name == "encode_iterable" else text, **special)

    for special in ({}, {"allowed_special": "all"}, {"allowed_special": {"<s>"}}, {"allowed_special": "no_tokens"}):
        expected = tok.encode("ab<s>ab<t>", **special)
        assert call("ab<s>ab<t>", **special) == (len(expected) if name.startswith("count") else expected)
    assert call("ab", disallowed_special="all") == call("ab")
    assert call("<s>", allowed_special={"<s>"}, disallowed_special="all") == call("<s>", allowed_special="all")
    for special in ({"disallowed_special": "all"}, {"disallowed_special": ["<t>"]}):
        with pytest.raises(minitok.errors.DisallowedSpecialTokenError, match="<t>"):
            call("abab<t>ab", allowed_special={"<s>"}, **special)
    assert call("<s>", disallowed_special=["<t>"]) == call("<s>")
    for option in ("allowed_special", "disallowed_special"):
        with pytest.raises(ValueError, match="'<u>' is not a special token of this tokenizer: it has '<s>', '<t>'"):
            call("ab", **{option: ["<u>"]})
    for option, wrong in product(("allowed_special", "disallowed_special"), ("<s>", True, 5)):
        named = f"such as {{'<|endoftext|>'}}, not the {type(wrong).__name__} {wrong!r}"
        with pytest.raises(TypeError, match=re.escape(named)):
            call("ab", **{option: wrong})
