"""Every code point, doubled, between letters and before a capital: both backends and tiktoken's engine cut alike.

tiktoken shows no pieces, only ids; so its cuts are read off the ids of a vocabulary made for that. Its tokens of two bytes
are all pairs that can stand across the edge between two characters (the second byte begins one), and none within a
character. Two characters in one piece are thus joined across their edge, and two in different pieces are not: every wrong
cut around a character of several bytes changes an id. ASCII, where a pair may compete with the one before it, is tried
under many orders of the pairs instead.
"""

import functools
import random

import minitok
import pytest
import tiktoken
from helpers import PATTERNS
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.reference.pretokenize import NAMED
from strategies import texts

BLOCK = 0x8000
BLOCKS = [range(start, start + BLOCK) for start in range(0, 0x110000, BLOCK)]


def sample(code):
    """Doubled; between letters; after a space and before a capital. U+D800 to U+DFFF are not characters.

    Of the planes that are empty or for private use: between letters.
    """
    char = "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
    if 0x40000 <= code < 0xE0000 or code >= 0xF0000:
        return f"a{char}b"
    return f"{char}{char}\na{char}b {char}Ab\n"


@functools.cache
def ranks_across_edges(seed=None):
    """Single bytes, and every pair whose second byte begins a character: letters first, so that ``?b`` beats ``b\\n``."""
    continuation = range(0x80, 0xC0)
    begins = [byte for byte in range(256) if byte not in continuation]
    pairs = [(left, right) for right in begins for left in [*range(0x80), *continuation]]
    if seed is None:
        pairs.sort(key=lambda pair: (pair[1] in b" \n", pair))
    else:
        random.Random(seed).shuffle(pairs)
    return {token: rank for rank, token in enumerate([*(bytes([b]) for b in range(256)), *map(bytes, pairs)])}


@functools.lru_cache(maxsize=4)
def encoders(name, seed=None):
    """tiktoken and minitok with the same ranks and the pattern of that name."""
    ranks = ranks_across_edges(seed)
    theirs = tiktoken.Encoding(name, pat_str=NAMED[name], mergeable_ranks=ranks, special_tokens={})
    return theirs.encode_ordinary, minitok.Tokenizer.from_ranks(ranks, pattern=name, backend="rust").encode


def test_a_cut_shows_in_the_ids():
    _, ours = encoders("gpt2")
    for char in "é漢😀\u0301":
        last, first = char.encode()[-1:], char.encode()[:1]
        ranks = ranks_across_edges()
        joined = ours(f"{char}{char}\na{char}b")
        is_letter = char in "é漢"
        assert ranks[last + first] in joined
        assert (ranks[b"a" + first] in joined, ranks[last + b"b"] in joined) == (is_letter, is_letter)


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("codes", BLOCKS, ids=lambda codes: f"{codes.start:x}")
def test_every_code_point_is_cut_as_tiktoken_cuts_it(codes, name):
    text = "".join(map(sample, codes))
    theirs, ours = encoders(name)
    if theirs(text) == ours(text):
        return
    wrong = [f"U+{code:04X}" for code in codes if theirs(sample(code)) != ours(sample(code))]
    pytest.fail(f"{name} cuts around {len(wrong)} code points otherwise: {wrong[:20]}")


CLASSES = [
    r"\s", r"\S", r"\p{L}", r"\p{N}", r"\p{M}", r"\p{Lu}", r"\p{Lt}", r"\p{Lm}", r"\p{Lo}", r"\p{Ll}", "(?i:s)",
    r"[\r\n/]",
]  # fmt: skip
CHARACTERS = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_holds_the_same_code_points_on_both_sides(name):
    """The reference is too slow for every code point in every place; what it can see of one is its classes."""
    rust, python = (load_backend(backend).pattern(f"(?:{name})+") for backend in ("rust", "python"))
    spans = python.split(CHARACTERS.encode())
    assert spans == rust.split(CHARACTERS.encode())
    assert len(spans) > 1


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("seed", range(4))
def test_ascii_is_cut_as_tiktoken_cuts_it(name, seed):
    theirs, ours = encoders(name, seed)
    chars = [chr(code) for code in range(0x80)]
    text = "".join(f"{one}{two}a{one}{one}{two} " for one in chars for two in chars)
    assert ours(text) == theirs(text)


@pytest.mark.parametrize("name", PATTERNS)
@given(texts, st.integers(0, 3))
def test_any_text_is_cut_as_tiktoken_cuts_it(name, text, seed):
    theirs, ours = encoders(name, seed)
    assert ours(text) == theirs(text)
