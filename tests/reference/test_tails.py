"""Stable ids and covers beside all continuations of some length."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from minitok.reference.more.tails import Tail
from minitok.reference.published.codecs import Codec
from minitok.reference.published.found_tokens import SpecialTokens
from minitok.reference.published.patterns import Pattern
from minitok.reference.published.vocabs import Vocab


def vocabs(alphabet: bytes, longest: int, most: int = 9) -> st.SearchStrategy[Vocab]:
    """Vocabularies of a few merges, whose parts are letters or made before."""

    @st.composite
    def made(draw: st.DrawFn) -> Vocab:
        parts, pairs = dict.fromkeys(alphabet, 1), []
        for _ in range(draw(st.integers(0, most))):
            left, right = draw(st.sampled_from(list(parts))), draw(st.sampled_from(list(parts)))
            if (left, right) not in pairs and parts[left] + parts[right] <= longest:
                parts[256 + len(pairs)] = parts[left] + parts[right]
                pairs.append((left, right))
        return Vocab.from_merges(bytes(range(256)), pairs)

    return made()


def over_the_end(tail, ids, length):
    """The ids before the token that spans the end, and that token; None if a token ends there."""
    at = 0
    for number, token_id in enumerate(ids):
        end = at + len(tail.codec.token_bytes(token_id))
        if at < length < end:
            return tuple(ids[:number]), token_id
        at = end
    return None


def all_that_follows(tail, letters, most):
    """How many ids every continuation of up to ``most`` letters keeps, and all tokens that span the end."""
    length = sum(len(tail.codec.token_bytes(token_id)) for token_id in tail.ids)
    stable, covers = len(tail.ids), set()
    for count in range(1, most + 1):
        for more in product(letters, repeat=count):
            ids = tail.encode("".join(more).encode())
            stable = min(
                stable,
                next((at for at, (a, b) in enumerate(zip(tail.ids, ids, strict=False)) if a != b), len(tail.ids)),
            )
            covers.add(over_the_end(tail, ids, length))
    return stable, covers - {None}


def compare(vocab, pattern, text, letters, most, special=None, allowed=()):
    codec = Codec(vocab, Pattern(pattern), SpecialTokens(special or {}))
    tail = Tail(codec, codec.finder(allowed), text.encode())
    stable, covers = all_that_follows(tail, letters, most)
    assert tail.stable() == stable
    found = {
        (tuple(tail.ids[: cover.kept] + cover.extra), token_id) for cover in tail.covers() for token_id in cover.ids
    }
    assert found == covers


@given(vocabs(b"abc", 5), st.text("abc", max_size=9))
def test_without_a_pattern(vocab, text):
    compare(vocab, "none", text, "abc", 4)


# Of "S" there are no tokens, but contractions.
LETTERS = "aBsS 1.'中"


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k", r"[a-c]+|\s+(?!\S)|\s|[^a-c\s]"])
@given(vocab=vocabs(b"aBs 1.'", 4), text=st.text(LETTERS, max_size=7))
def test_with_a_pattern(pattern, vocab, text):
    compare(vocab, pattern, text, LETTERS, 3)


# All characters whose bytes are some of these, and one of the same first byte that is no letter: they complete what a token
# has of one.
COMPLETING = "中丸䭭䭸䷀"


@pytest.mark.parametrize("pattern", ["none", "gpt2", "o200k"])
@given(vocab=vocabs(b"a.\xe4\xb8\xad", 4), text=st.text("a.中", max_size=7))
def test_with_tokens_of_parts_of_characters(pattern, vocab, text):
    compare(vocab, pattern, text, f"a.{COMPLETING}", 3)


@given(vocabs(b"a<>s", 4), st.text("a<>s", max_size=7))
def test_with_special_tokens(vocab, text):
    special = {"<s>": 400, "<<s": 401, "<s>a": 402, "aass": 403}
    compare(vocab, "gpt2", text, "a<>s", 4, special, {"<s>", "<<s", "aass"})


@example(["ba", "abb"], "abbb")
@given(st.lists(st.text("ab.", min_size=2, max_size=4), max_size=9, unique=True), st.text("ab.", max_size=7))
def test_with_ranks(tokens, text):
    ranks = {bytes([byte]): byte for byte in range(256)}
    ranks |= {token.encode(): 256 + number for number, token in enumerate(tokens)}
    compare(Vocab.from_ranks(ranks), "cl100k", text, "ab.", 4)
