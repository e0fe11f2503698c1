"""All lists of tokens that spell a text, beside all of them written down."""

from collections import Counter
from random import Random

import minitok
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.course.lattice import Tokenizations


def all_lists(ids, text):
    if not text:
        return [[]]
    ends = [end for end in range(len(text), 0, -1) if text[:end] in ids]
    return [[ids[text[:end]], *rest] for end in ends for rest in all_lists(ids, text[end:])]


@given(st.lists(st.text("ab", min_size=1, max_size=4).map(str.encode), unique=True), st.text("ab", max_size=8))
def test_numbers_and_lists_are_inverse(tokens, text):
    ids, data = {token: number for number, token in enumerate(tokens)}, text.encode()
    ways, listed = Tokenizations(ids, data), all_lists(ids, data)
    assert [ways[number] for number in range(ways.count)] == listed
    assert [ways.index(one) for one in listed] == list(range(ways.count))


def test_what_is_no_list_of_the_text_is_refused():
    ways = Tokenizations({b"a": 0, b"b": 1, b"ab": 2}, b"aab")
    for number in (-1, 2):
        with pytest.raises(IndexError, match="there are 2 tokenizations"):
            ways[number]
    with pytest.raises(ValueError, match="token 1 at byte 0"):
        ways.index([1])
    with pytest.raises(ValueError, match="end at byte 1 of 3"):
        ways.index([0])


def test_each_is_as_likely_as_every_other():
    ways, drawn = Tokenizations({b"a": 0, b"aa": 1}, b"aaaa"), Random(1)
    counted = Counter(tuple(ways.sample(drawn)) for _ in range(5000))
    assert len(counted) == ways.count == 5
    assert all(800 < count < 1200 for count in counted.values())


def test_counts_of_a_published_encoding_are_exact():
    tok = minitok.get_encoding("gpt2")
    ids = {tok.token_bytes(i): i for i in range(50256)}
    assert Tokenizations(ids, b" the tokenizer").count == 2240
    ways = Tokenizations(ids, b"The quick brown fox jumps over the lazy dog. " * 20)
    assert ways.count > 10**100
    assert ways.index(ways[ways.count - 1]) == ways.count - 1
