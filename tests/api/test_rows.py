"""Rows of ids to text: each as by itself, and the error of the first row that has one; on both backends, on any threads."""

import gc

import numpy as np
import pytest
from helpers import both
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.backend import load_backend
from minitok.definition import Definition
from minitok.spans.offsets import span_list

TOKENIZER = Tokenizer([(0xC3, 0xA9), (32, 256), (97, 98)], special_tokens={"<s>": 300})
IDS = {bytes([byte]): 300 + byte for byte in b" ab"}
MARKERS = Tokenizer(Definition.from_tokens(IDS, [], fallback=range(256), pattern="none", prefix="first"))
known = st.integers(0, 258) | st.just(300)
rows = st.lists(st.lists(known, max_size=6), max_size=6)
forms = st.sampled_from([list, tuple, iter, np.uint32, np.int64, np.uint8])


def as_form(row, form):
    if form in (list, tuple, iter):
        return form(row)
    return np.array(row, form if max(row, default=0) < 256 or form is not np.uint8 else np.uint16)


@pytest.mark.parametrize("tok", [TOKENIZER, MARKERS], ids=["bytes", "markers"])
def test_each_row_is_as_by_itself(tok):
    rust, python = both(tok)

    @given(rows, st.lists(forms, min_size=6, max_size=6), st.sampled_from(["replace", "ignore", "backslashreplace"]))
    def check(batch, kinds, errors):
        if tok is MARKERS:
            batch = [[token_id for token_id in row if token_id < 256] for row in batch]
        expected = [tok.decode(row, errors=errors) for row in batch]
        flat = np.array([token_id for row in batch for token_id in row], np.uint32)
        offsets = np.cumsum([0, *map(len, batch)])
        for one in (rust, python):
            for threads in (1, 3):
                given_rows = [as_form(row, kind) for row, kind in zip(batch, kinds)]
                assert one.decode_batch(given_rows, errors=errors, threads=threads) == expected
                assert one.decode_batch(flat, errors=errors, offsets=offsets, threads=threads) == expected
                assert one.decode_batch(flat.tolist(), errors=errors, offsets=offsets.astype(np.uint64)) == expected
            data, places = one.definition.codec().decode_column(flat, offsets[:-1], offsets[1:], errors)
            assert [bytes(data[a:b]).decode() for a, b in zip(places, places[1:])] == expected

    check()


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=20))
def test_pairs(pairs):
    spans = np.array(pairs, np.int64).reshape(-1, 2)
    for backend in ("rust", "python"):
        assert span_list(spans, backend) == pairs
        ids = (spans[:, 0] % 300).astype(np.uint32)
        assert load_backend(backend).id_list(ids) == ids.tolist()


@pytest.mark.parametrize("length", [0, 1, 2, 4095, 4096, 4097, (1 << 18) + 64, (1 << 18) + 65])
def test_a_list_of_ids_is_a_list_like_any_other(length):
    assert TOKENIZER.decode_batch(np.full((2, length % 9), 97)) == ["a" * (length % 9)] * 2
    ids = np.arange(length, dtype=np.uint32) * 7919 % 300_000
    found, expected = load_backend("rust").id_list(ids), ids.tolist()
    assert found == expected
    assert gc.is_tracked(found)
    for items in (found, expected):
        items.append(5)
        items.insert(length // 2, 6)
        del items[1:3]
        items.extend(range(100))
    assert found == expected
    pairs = load_backend("rust").span_list(np.stack((ids, ids + 1), axis=1).astype(np.int64))
    assert pairs == list(zip(ids.tolist(), (ids + 1).tolist(), strict=True))
    assert gc.is_tracked(pairs)
