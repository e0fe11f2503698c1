"""Offsets, tokens and padded rows in arrays, against the same token by token."""

import minitok
import numpy as np
import pytest
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok.padding import pad
from minitok.spans.offsets import byte_spans, char_spans

MERGES = minitok.train(["naïve café 漢字漢字 😀😀 low lower "] * 3, 300, pattern="gpt2").merges
SPECIAL = {"<s>": 400, "é<漢": 70_000_000}
TOKS = [minitok.Tokenizer(MERGES, pattern="gpt2", special_tokens=SPECIAL, backend=backend) for backend in BACKENDS]
TEXTS = (
    st.lists(st.sampled_from(["low", "é", "漢字", "😀", " ", "<s>", "é<漢", "\n", "x", "\u0301"])).map("".join)
    | st.text()
)
ANY = TEXTS | st.binary()


@given(ANY)
def test_offsets_are_those_of_the_tokens_one_by_one(text):
    for tok in TOKS:
        ids = tok.encode(text, allowed_special="all")
        tokens = [tok.token_bytes(token_id) for token_id in ids]
        for unit, spans in (("byte", byte_spans), ("char", char_spans)):
            assert tok.encode_with_offsets(text, allowed_special="all", unit=unit) == (ids, spans(tokens))
            found, offsets = tok.encode_with_offsets(text, allowed_special="all", unit=unit, to_numpy=True)
            assert (found.tolist(), offsets.shape, offsets.dtype) == (ids, (len(ids), 2), np.int64)
            assert list(map(tuple, offsets.tolist())) == spans(tokens)
        assert tok.tokenize(text, allowed_special="all") == tokens


@given(TEXTS)
def test_decoding_says_where_each_token_begins(text):
    for tok in TOKS:
        ids = tok.encode(text, allowed_special="all")
        starts = [start for start, _ in char_spans([tok.token_bytes(token_id) for token_id in ids])]
        for given_as in (ids, iter(ids), np.array(ids, np.uint32), np.array(ids, ">i8"), tuple(ids)):
            assert tok.decode_with_offsets(given_as) == (tok.decode(ids), starts)
        assert tok.decode_with_offsets(ids, to_numpy=True)[1].tolist() == starts


def test_long_texts_take_the_table(backend):
    tok = minitok.Tokenizer(MERGES, pattern="gpt2", backend=backend)
    text = "naïve café 漢字 😀 low " * 200
    ids, spans = tok.encode_with_offsets(text)
    assert spans == char_spans([tok.token_bytes(token_id) for token_id in ids])
    assert tok.decode_with_offsets(ids)[1] == [start for start, _ in spans]


@pytest.mark.parametrize("prefix", ["always", "first", "never", "segment", "text"])
def test_a_space_put_before_the_text_is_in_no_offset(prefix):
    ids = {bytes([letter]): 256 + place for place, letter in enumerate(b"ab ")}
    for backend in BACKENDS:
        tok = minitok.Tokenizer(
            minitok.definition.Definition.from_tokens(
                ids, [], fallback=range(256), pattern="none", prefix=prefix, backend=backend
            )
        )
        found = tok.encode("ab é")
        text, starts = tok.decode_with_offsets(found)
        assert text == tok.decode(found)
        assert starts[-1] == text.index("é")
        assert tok.encode_with_offsets("ab é")[1][-1][1] == len(text)


# -- rows ------------------------------------------------------------------------------------------------------------


@given(
    st.lists(ANY, max_size=5),
    st.none() | st.integers(0, 6),
    st.sampled_from(["left", "right"]),
    st.sampled_from(["left", "right"]),
)
def test_rows_are_the_lists_filled_up_or_cut(texts, length, side, truncation_side):
    for tok in TOKS:
        lists = tok.encode_batch(texts)
        width = max(map(len, lists), default=0) if length is None else length
        rows, mask = pad(
            *tok.encode_batch_to_numpy(texts), length, pad_id=7, side=side, truncation_side=truncation_side
        )
        assert (rows.shape, rows.dtype, mask.dtype) == ((len(texts), width), np.uint32, np.bool_)
        for ids, row, real in zip(lists, rows.tolist(), mask.tolist(), strict=True):
            kept = ids[:width] if truncation_side == "right" else ids[max(0, len(ids) - width) :]
            filled = [7] * (width - len(kept))
            assert row == (kept + filled if side == "right" else filled + kept)
            assert sum(real) == len(kept)
            assert [token_id for token_id, is_real in zip(row, real, strict=True) if is_real] == kept
