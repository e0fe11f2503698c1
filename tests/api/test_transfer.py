"""Two tokenizers over one text, beside what their definitions say; and where ids cease to be those of the tokenizer."""

import random

import minitok
import numpy as np
import pytest
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.definition import Definition
from minitok.reference.more.align import align as reference_align
from minitok.transfer import align, first_non_canonical, longest, pieces
from vector_cases import cases

TEXT = "Hello, world!  naïve 中文 👩‍👩‍👧 don't 12345\n\n\tx = 'é'"
PUBLISHED = ("gpt2", "cl100k_base", "o200k_base")


@cases("align")
def test_vectors(case, backend):
    left, right = (np.array(case[side], np.int64) for side in ("left", "right"))
    assert load_backend(backend).align(left, right).tolist() == case["spans"]


@st.composite
def two_lists(draw):
    """Two lists of lengths, some 0, of one sum."""
    size = draw(st.integers(0, 9))

    def cut():
        borders = sorted(draw(st.lists(st.integers(0, size), max_size=6)))
        return np.diff([0, *borders, size]).tolist()

    return cut(), cut()


@given(two_lists())
def test_spans_are_the_finest(lists):
    left, right = lists
    spans = reference_align(left, right)
    found = load_backend("rust").align(*(np.array(side, np.int64) for side in lists))
    assert found.tolist() == [list(span) for span in spans]
    a, b = (np.cumsum([0, *lengths]).tolist() for lengths in lists)
    cuts = [(0, 0), *((end, other) for _, end, _, other in spans)]
    assert cuts == [*((start, other) for start, _, other, _ in spans), (len(left), len(right))]
    for start, end, other, other_end in spans:
        assert (a[start], a[end]) == (b[other], b[other_end])
        if a[start] < a[end]:
            assert not set(a[start + 1 : end]) & set(b[other + 1 : other_end])
            assert a[start + 1] > a[start]
            assert b[other + 1] > b[other]


def test_special_tokens_add_no_bytes(backend):
    a = minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 300, "</s>": 301}, backend=backend)
    b = minitok.Tokenizer([], backend=backend)
    assert align(a, [300, 256, 301], b, [97, 98]).tolist() == [[0, 1, 0, 0], [1, 2, 0, 2], [2, 3, 2, 2]]
    assert align(b, [], a, np.array([300], np.uint32)).tolist() == [[0, 0, 0, 1]]


@pytest.mark.parametrize("prefix", ["first", "always"])
def test_a_space_before_the_text_belongs_to_no_side(prefix, backend):
    plain = minitok.Tokenizer([], backend=backend)
    tokens = {bytes([byte]): byte for byte in range(256)}
    definition = Definition.from_tokens(tokens, [], fallback=range(256), pattern="none", prefix=prefix, backend=backend)
    spaced = minitok.Tokenizer(definition)
    ids = spaced.encode("ab")
    assert len(ids) == 3
    assert align(spaced, ids, plain, [97, 98]).tolist() == [[0, 1, 0, 0], [1, 2, 0, 1], [2, 3, 1, 2]]
    assert align(plain, [97, 98], spaced, ids).tolist() == [[0, 0, 0, 1], [0, 1, 1, 2], [1, 2, 2, 3]]
    assert pieces(plain, spaced)[1][97] == 97


def merged(drawn, backend):
    """A tokenizer of a few merges over the letters a to c."""
    parts, pairs = [97, 98, 99], []
    for _ in range(drawn.randrange(9)):
        pair = drawn.choice(parts), drawn.choice(parts)
        if pair not in pairs:
            pairs.append(pair)
            parts.append(255 + len(pairs))
    return minitok.Tokenizer(pairs, pattern="none", backend=backend, special_tokens={"<s>": 400 + drawn.randrange(2)})


def test_pieces_and_longest_are_what_they_say(backend):
    drawn = random.Random(2)
    for _ in range(40):
        a, b = merged(drawn, backend), merged(drawn, backend)
        (offsets, rows, unspelled), (ids, left) = pieces(a, b), longest(a, b)
        assert len(offsets) == a.vocab_size + 1
        tokens = {b.token_bytes(i): i for i in range(256 + len(b.merges))}
        for token_id in range(256 + len(a.merges)):
            token = a.token_bytes(token_id)
            row = rows[offsets[token_id] : offsets[token_id + 1]]
            assert row.tolist() == b.encode(token)
            prefix = max((token[:end] for end in range(1, len(token) + 1) if token[:end] in tokens), key=len)
            assert (ids[token_id], left[token_id]) == (tokens[prefix], len(token) - len(prefix))
        special = a.special_tokens["<s>"]
        assert rows[offsets[special] : offsets[special + 1]].tolist() == [b.special_tokens["<s>"]]
        assert ids[special] == -1
        assert len(unspelled) == 0


def test_a_token_that_the_other_does_not_keep_is_named(backend):
    a = minitok.Tokenizer([(65, 66)], backend=backend)
    offsets, _, unspelled = pieces(a, minitok.Tokenizer([], normalizer="lowercase", backend=backend))
    assert unspelled.tolist() == [*range(65, 91), 256]
    assert offsets[256] == offsets[257]


def test_the_first_id_that_is_not_canonical():
    drawn = random.Random(3)
    for backend in BACKENDS:
        for _ in range(60):
            tok = merged(drawn, backend)
            special = tok.special_tokens["<s>"]
            alphabet = [97, 98, 99, special, *range(256, 256 + len(tok.merges))]
            ids = [drawn.choice(alphabet) for _ in range(drawn.randrange(9))]
            again, part = [], []
            for token_id in [*ids, special]:
                if token_id == special:
                    again += [*tok.encode(tok.decode_bytes(part)), special]
                    part = []
                else:
                    part.append(token_id)
            same = next((at for at, (x, y) in enumerate(zip(ids, again[:-1], strict=False)) if x != y), None)
            if same is None and len(ids) != len(again) - 1:
                same = min(len(ids), len(again) - 1)
            assert first_non_canonical(tok, ids) == same
            assert first_non_canonical(tok, np.array(ids, np.uint32)) == same


def test_what_encode_gives_is_canonical():
    for name in PUBLISHED:
        tok = minitok.get_encoding(name)
        for text in ("", "<|endoftext|>", TEXT + "<|endoftext|>" + TEXT):
            assert first_non_canonical(tok, tok.encode(text, allowed_special="all")) is None
