"""``prune``: the corpus keeps its tokens, all other text decodes to itself, on both backends."""

import minitok
import numpy as np
import pytest
from helpers import on_both
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer, count_pieces, train
from strategies import corpora, dense, texts

SPECIAL = ["<s>", "<|end|>"]


def trained(corpus, vocab_size, backend, pattern="gpt2"):
    return train(corpus, vocab_size, special_tokens=SPECIAL, backend=backend, pattern=pattern)


def check(tok, pruned, new_ids, corpus):
    """What holds of every pruned tokenizer."""
    assert len(new_ids) == tok.vocab_size
    kept = np.flatnonzero(new_ids >= 0)
    assert new_ids[kept].tolist() == list(range(len(kept))) == list(range(pruned.vocab_size))
    for old in kept.tolist():
        assert pruned.token_bytes(int(new_ids[old])) == tok.token_bytes(old)
    for text in corpus:
        assert pruned.encode(text) == new_ids[tok.encode(text)].tolist()


@given(corpora, corpora, texts, st.integers(0, 60), st.sampled_from(["gpt2", "none", "cl100k"]))
def test_the_corpus_keeps_its_tokens_and_other_text_decodes(corpus, used, other, merges, pattern):
    def pruned(backend):
        tok = trained(corpus, 258 + merges, backend, pattern)
        small, new_ids = tok.prune(used)
        check(tok, small, new_ids, used)
        assert small.decode_bytes(small.encode(other)) == other.encode()
        counted = count_pieces(used, pattern=pattern, special_tokens=SPECIAL, backend=backend)
        by_counts, same_ids = tok.prune(counted)
        assert by_counts == small
        assert same_ids.tolist() == new_ids.tolist()
        return small.definition.vocabulary(), small.special_tokens, new_ids.tolist()

    on_both(pruned)


@given(st.lists(dense, max_size=6), st.integers(0, 40), st.integers(258, 300), texts)
def test_a_limit_keeps_what_is_made_most_often(corpus, merges, limit, other):
    def pruned(backend):
        tok = trained(corpus, 258 + merges, backend)
        small, new_ids = tok.prune(corpus, vocab_size=limit)
        assert small.vocab_size <= limit
        assert {token_id for merge in small.definition.vocabulary()[1] for token_id in merge[:3]} <= set(
            range(small.vocab_size)
        )
        assert small.decode_bytes(small.encode(other)) == other.encode()
        full, _ = tok.prune(corpus)
        if full.vocab_size <= limit:
            assert small == full
        else:
            assert small.vocab_size == limit
        return small.definition.vocabulary(), new_ids.tolist()

    on_both(pruned)


@given(
    st.lists(st.binary(min_size=2, max_size=5), max_size=30, unique=True), st.lists(st.binary(max_size=12), max_size=4)
)
def test_ranks_whose_tokens_are_not_all_made_by_merges(tokens, used):
    """Tokens that are found as whole pieces only, and tokens that several merges make."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {token: 256 + at for at, token in enumerate(tokens)}

    def pruned(backend):
        tok = Tokenizer.from_ranks(ranks, pattern="none", backend=backend)
        small, new_ids = tok.prune(used)
        check(tok, small, new_ids, used)
        return small.definition.vocabulary(), new_ids.tolist()

    on_both(pruned)


@given(st.lists(st.text("abé中", max_size=8), max_size=5), st.text("abcé中ü", max_size=9))
def test_characters_with_byte_fallback(used, other):
    tokens = {"a": 260, "b": 261, "é": 262, "中": 263, "ab": 264, "aé": 265, "éa": 266, "aéa": 267, "中b": 268}
    ids = {token.encode(): token_id for token, token_id in tokens.items()}
    merges = [(260, 261), (260, 262), (262, 260), (260, 266), (265, 260), (263, 261)]
    fallback = [3 + byte for byte in range(256)]

    def pruned(backend):
        base = minitok.definition.Definition.from_tokens(
            ids, merges, fallback=fallback, pattern="none", special_tokens={"<s>": 1}, backend=backend
        )
        tok = Tokenizer(base)
        small, new_ids = tok.prune(used)
        check(tok, small, new_ids, used)
        assert small.decode(small.encode(other)) == other
        return small.definition.vocabulary(), small.special_tokens, new_ids.tolist()

    on_both(pruned)


def test_one_language_in_another_out(backend):
    english, spanish = ["the cat sat on the mat"] * 9, ["¿Quién anda ahí? ¿Quién es?"] * 9
    tok = train(english, 300, special_tokens=SPECIAL, backend=backend)
    both = tok.extend(spanish, tok.vocab_size + 30)
    moved, new_ids = both.prune(spanish, vocab_size=tok.vocab_size)
    assert moved.vocab_size <= tok.vocab_size
    assert len(moved.encode(spanish[0])) < len(tok.encode(spanish[0]))
    assert moved.decode(moved.encode(english[0])) == english[0]
    assert moved.special_tokens == {name: new_ids[old] for name, old in both.special_tokens.items()}
    again = moved.extend(english, moved.vocab_size + 9)
    assert again.decode(again.encode(english[0] + spanish[0])) == english[0] + spanish[0]


def test_what_to_keep(backend):
    tok = Tokenizer([(97, 98), (256, 99), (100, 101)], special_tokens={"<s>": 300}, backend=backend)
    small, new_ids = tok.prune([], keep=[b"abc", 258, "<s>"])
    assert small.merges == tok.merges
    assert new_ids[[258, 300]].tolist() == [258, 259]
    assert tok.prune([])[0].merges == []
    assert tok.prune(np.bincount(tok.encode("ab")))[0].merges == [(97, 98)]
    assert small.definition.trained == {"pruned_from": 301}


def test_a_published_encoding_becomes_one_of_its_kind(tmp_path):
    tok = minitok.get_encoding("r50k_base")
    text = "Where is the cat? " * 3 + "Woher kommt die Katze?"
    small, new_ids = tok.prune([text], keep=["<|endoftext|>"])
    assert small.encode(text) == new_ids[tok.encode(text)].tolist()
    assert small.vocab_size < 300
    small.save(tmp_path / "small.tiktoken", format="tiktoken")
    back = minitok.load(tmp_path / "small.tiktoken", pattern=small.pattern, special_tokens=small.special_tokens)
    assert back.encode(text) == small.encode(text)
    small.save(tmp_path / "small.json")
    assert minitok.load(tmp_path / "small.json") == small


@pytest.mark.parametrize("order", [0, 1])
def test_of_merges_of_one_rank_the_leftmost_is_made(backend, order):
    """Also where another of them makes a lower id."""
    tokens = {**{byte: bytes([byte]) for byte in range(256)}, 256: b"bc", 257: b"ab", 258: b"xa", 259: b"xab"}
    by_hand = [(98, 99, 256, 0), (97, 98, 257, 1), (120, 97, 258, 1), (258, 98, 259, 2), (120, 257, 259, 2)]
    merges = [by_hand, sorted(by_hand, key=lambda merge: (merge[3], -merge[2]))][order]
    tok = Tokenizer(
        minitok.definition.Definition.from_vocabulary(tokens, merges, False, pattern="none", backend=backend)
    )
    assert tok.encode("xab") == [259]
    small, new_ids = tok.prune(["xab"])
    assert new_ids[[256, 257, 258, 259]].tolist() == [-1, -1, 256, 257]
    check(tok, small, new_ids, ["xab"])
