"""Texts that bring tokenizers down: a million of one character, of random bytes, of nothing to cut at."""

import itertools
import random

import minitok
import pytest
from helpers import BACKENDS, PATTERNS

MILLION = 1_000_000
LARGE = 300_000
UNITS = [
    "a", "^", "0", "'s", " ", "\n", "\t", "\u200d", "\u0301", "é", "漢", "😀", "\u3000", "\r\n", "A", "aA", "/", "\x00",
    "\u0130",
]  # fmt: skip


@pytest.fixture(scope="module")
def merges():
    """Merges that make long tokens of runs, as published vocabularies have them."""
    runs = [unit * 40 for unit in UNITS] + ["the quick brown fox's 1234567 jumps"]
    return minitok.train(runs * 2, 700, pattern="o200k").merges


# Each unit meets one pattern, and in turn every pattern meets each kind of unit; the thousands below meet them all.
TURNS = list(zip(UNITS, itertools.cycle([*PATTERNS, "none"]), strict=False))


@pytest.mark.parametrize(("unit", "pattern"), TURNS, ids=ascii)
def test_a_million_of_one_character_comes_back_and_chunks_are_the_whole(unit, pattern, merges):
    tok = minitok.Tokenizer(merges, pattern=pattern, backend="rust")
    text = " " + unit * (MILLION // len(unit)) + "\n"
    ids = tok.encode(text)
    assert tok.decode_bytes(ids) == text.encode()
    assert list(tok.encode_iterable(text[at : at + 99_991] for at in range(0, len(text), 99_991))) == ids


@pytest.mark.parametrize("pattern", [*PATTERNS, "none", r"\s+|\S+"])
@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_both_backends_agree_on_thousands_of_one_character(unit, pattern, merges):
    text = " " + unit * 1_000 + "\n"
    rust, python = (minitok.Tokenizer(merges, pattern=pattern, backend=backend).encode(text) for backend in BACKENDS)
    assert rust == python


@pytest.mark.parametrize("pattern", [*PATTERNS, "none"])
def test_random_letters_and_bytes_come_back(pattern, merges):
    rng = random.Random(7)
    tok = minitok.Tokenizer(merges, pattern=pattern, backend="rust")
    python = tok.replace(backend="python")
    for data in (
        rng.randbytes(LARGE),
        bytes(rng.choices(b"abcdefgh", k=LARGE)),
        bytes(rng.choices(b"ab \n'sA1", k=LARGE)),
    ):
        assert tok.decode_bytes(tok.encode(data)) == data
        assert tok.encode(data[:5_000]) == python.encode(data[:5_000])


def test_training_on_a_megabyte_without_a_cut_ends():
    text = "".join(random.Random(3).choices("abcdefgh", k=MILLION))
    tok = minitok.train([text], 300, pattern="none", backend="rust")
    assert len(tok.merges) == 44
    assert tok.decode(tok.encode(text)) == text


def test_training_on_distinct_random_words_ends():
    rng = random.Random(5)
    words = [" ".join("".join(rng.choices("abcdefghijklmnop", k=8)) for _ in range(10)) for _ in range(3_000)]
    rust, python = (minitok.train(words, 320, backend=backend) for backend in BACKENDS)
    assert rust == python


def test_deep_merges_need_no_stack(backend):
    # Each merge adds one byte to the last token: a chain 20,000 deep would overflow a stack if decoding recursed.
    depth = 2_000 if backend == "python" else 5_000
    merges = [(97, 97), *((255 + k, 97) for k in range(1, depth))]
    tok = minitok.Tokenizer(merges, pattern="none", backend=backend)
    assert tok.token_bytes(255 + depth) == b"a" * (depth + 1)
    assert tok.encode("a" * (depth + 1))[0] == 256
