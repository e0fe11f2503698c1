"""The first rung equals the oracle and the reference on any text, and says what it does."""

from contextlib import redirect_stdout
from io import StringIO

import minitok
import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.reference import basic
from strategies import dense, texts

# From 257 on there may be merges.
SIZES = st.integers(257, 300) | st.integers(0, 256)


@given(st.one_of(dense, texts), SIZES)
def test_it_learns_what_the_oracle_and_the_reference_learn(text, vocab_size):
    merges = basic.train(text, vocab_size)
    assert list(merges) == naive.train([text.encode()], max(0, vocab_size - 256))
    assert list(merges.values()) == list(range(256, 256 + len(merges)))
    if vocab_size >= 256:
        reference = minitok.train([text], vocab_size, pattern="none", backend="python")
        assert list(merges) == reference.merges


@given(st.one_of(dense, texts), SIZES, st.one_of(dense, texts))
def test_it_encodes_and_decodes_as_the_oracle_and_the_reference_do(corpus, vocab_size, text):
    merges = basic.train(corpus, vocab_size)
    ids = basic.encode(text, merges)
    assert ids == naive.encode(text.encode(), list(merges))
    assert ids == minitok.Tokenizer(list(merges), pattern="none", backend="python").encode(text)
    assert basic.decode(ids, merges) == text


@given(dense, SIZES)
def test_each_step_is_printed_and_changes_nothing(text, vocab_size):
    with redirect_stdout(StringIO()) as printed:
        merges = basic.train(text, vocab_size, verbose=True)
    steps = [f"merge {k}: {left} + {right} -> {256 + k}" for k, (left, right) in enumerate(merges)]
    assert [line.split("   ")[0] for line in printed.getvalue().splitlines()] == steps
    with redirect_stdout(StringIO()) as printed:
        ids = basic.encode(text, merges, verbose=True)
    first, *others = printed.getvalue().splitlines()
    assert first == f"bytes {list(text.encode())}"
    assert all(line.startswith(f"merge {int(line.split()[3][:-1]) - 256} makes 2") for line in others)
    assert [first, *others][-1].endswith(str(ids))
    with redirect_stdout(StringIO()) as printed:
        assert basic.decode(ids, merges, verbose=True) == text
    assert [int(line.split()[0]) for line in printed.getvalue().splitlines()] == ids


def test_what_is_no_text_is_shown_or_named(capsys):
    merges = basic.train("aab aab", 258)
    assert basic.decode([*basic.encode("aab", merges), 0xC3], merges) == "aab\N{REPLACEMENT CHARACTER}"
    with pytest.raises(KeyError, match="300"):
        basic.decode([97, 300], {})
    assert capsys.readouterr().out == ""  # nothing is printed unasked
