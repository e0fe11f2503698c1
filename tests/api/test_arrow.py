"""Columns of Arrow: every layout of strings and of lists, from every library, and what is malformed."""

import importlib
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers import both
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.arrow import decode_arrow, encode_arrow
from minitok.errors import ArrowError, DisallowedSpecialTokenError
from pyarrow import compute

TOKENIZERS = {
    "bytes": Tokenizer([(0xC3, 0xA9), (32, 256), (97, 98)], special_tokens={"<s>": 300}),
    "normal form": Tokenizer([(0xC3, 0xA9)], special_tokens={"<s>": 300}, normalizer="NFC"),
}
texts = st.text("ab<s> é\u0301中", max_size=16) | st.just("a text of more than twelve bytes")
columns = st.lists(st.none() | texts, max_size=8)
LAYOUTS = {
    "string": lambda rows: pa.array(rows, pa.string()),
    "large": lambda rows: pa.array(rows, pa.large_string()),
    "view": lambda rows: pa.array(rows, pa.string_view()),
    "binary": lambda rows: pa.array([row if row is None else row.encode() for row in rows], pa.binary()),
    "large binary": lambda rows: pa.array([row if row is None else row.encode() for row in rows], pa.large_binary()),
    "binary view": lambda rows: pa.array([row if row is None else row.encode() for row in rows], pa.binary_view()),
    "dictionary": lambda rows: pa.array(rows, pa.string()).dictionary_encode(),
    "sliced": lambda rows: pa.array(["xyz", None, *rows, "x"], pa.string())[2:-1],
    "sliced view": lambda rows: pa.array(["a text of more than twelve", *rows, "x"], pa.string_view())[1:-1],
    "runs": lambda rows: compute.run_end_encode(pa.array(rows, pa.string())),
    "sliced runs": lambda rows: compute.run_end_encode(pa.array(["x", "x", *rows, None, "x"], pa.large_string()))[2:-2],
    "chunks": lambda rows: pa.chunked_array([rows[:2], [], rows[2:]], pa.string()),
    "no chunks": lambda rows: pa.chunked_array([[], rows], pa.large_string()),
    "polars": lambda rows: pl.Series(rows, dtype=pl.String),
    "polars categories": lambda rows: pl.Series(rows, dtype=pl.String).cast(pl.Categorical),
    "pandas": lambda rows: pd.Series(rows, dtype="string"),
    "pandas by pyarrow": lambda rows: pd.Series(rows, dtype=pd.ArrowDtype(pa.large_string())),
    "array interface": lambda rows: only("__arrow_c_array__", pa.array(rows, pa.string())),
    "stream interface": lambda rows: only("__arrow_c_stream__", pa.chunked_array([rows], pa.string())),
}
LISTS = {
    "list": lambda rows: pa.array(rows, pa.list_(pa.uint32())),
    "large": lambda rows: pa.array(rows, pa.large_list(pa.int64())),
    "view": lambda rows: pa.array(rows, pa.list_view(pa.uint16())),
    "large view": lambda rows: pa.array(rows, pa.large_list_view(pa.int32())),
    "sliced": lambda rows: pa.array([[1], None, *rows, [2]], pa.list_(pa.uint64()))[2:-1],
    "chunks": lambda rows: pa.chunked_array([rows[:2], [], rows[2:]], pa.list_(pa.uint32())),
    "polars": lambda rows: pl.Series(rows, dtype=pl.List(pl.UInt32)),
    "pandas": lambda rows: pd.Series(rows, dtype=pd.ArrowDtype(pa.list_(pa.uint32()))),
}


def only(method, array):
    """An object that has this interface and no other."""
    call = getattr(array, method)
    return type("Only", (), {method: lambda _self, requested_schema=None: call(requested_schema)})()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_strings_to_lists(name, layout):
    tok = TOKENIZERS[name]
    backends = both(tok)

    @settings(max_examples=20)
    @given(columns, st.sampled_from([(), "all"]))
    def check(rows, allowed):
        expected = [row if row is None else tok.encode(row, allowed_special=allowed) for row in rows]
        column = LAYOUTS[layout](rows)
        for one in backends:
            lists = encode_arrow(one, column, allowed_special=allowed)
            lists.validate(full=True)
            assert lists.type == pa.list_(pa.uint32())
            assert lists.to_pylist() == expected
            assert encode_arrow(one, column, allowed_special=allowed, threads=3) == lists

    check()


@pytest.mark.parametrize("layout", LISTS)
def test_lists_to_strings(layout):
    tok = TOKENIZERS["bytes"]
    backends = both(tok)

    @settings(max_examples=20)
    @given(
        st.lists(st.none() | st.lists(st.integers(0, 258), max_size=5), max_size=6),
        st.sampled_from(["replace", "ignore"]),
    )
    def check(rows, errors):
        expected = [row if row is None else tok.decode(row, errors=errors) for row in rows]
        for one in backends:
            strings = decode_arrow(one, LISTS[layout](rows), errors)
            strings.validate(full=True)
            assert strings.type == pa.string()
            assert strings.to_pylist() == expected
            assert decode_arrow(one, LISTS[layout](rows), errors, threads=3) == strings

    check()


def test_rows_of_one_length():
    ids = pa.array([[97, 98], None, [258, 33]], pa.list_(pa.int16(), 2))
    rows = pa.array([b"xyz", b"abc", None, b"\xff\x00 "], pa.binary(3))[1:]
    expected = [None if row is None else TOKENIZERS["bytes"].encode(row) for row in rows.to_pylist()]
    for tok in both(TOKENIZERS["bytes"]):
        assert decode_arrow(tok, ids).to_pylist() == ["ab", None, "ab!"]
        assert encode_arrow(tok, rows).to_pylist() == expected


def test_nothing_but_nulls():
    tok = TOKENIZERS["bytes"]
    assert encode_arrow(tok, pa.nulls(2)).to_pylist() == [None, None]
    assert decode_arrow(tok, pa.nulls(2)).to_pylist() == [None, None]
    assert encode_arrow(tok, pa.chunked_array([], pa.string())) == pa.chunked_array([], pa.list_(pa.uint32()))


def strings(offsets, data, validity=None, kind=None, width=np.int32):
    """An array of strings. The offsets are put in at the end: pyarrow looks at them when the array is made."""
    held = np.zeros(len(offsets), width)
    buffers = [validity, pa.py_buffer(held), data if data is None else pa.py_buffer(data)]
    array = pa.Array.from_buffers(kind or pa.string(), len(offsets) - 1, buffers)
    held[:] = offsets
    return array


def lists(offsets, ids, validity=None):
    held = np.zeros(len(offsets), np.int32)
    buffers, kind = [validity, pa.py_buffer(held)], pa.list_(pa.uint32())
    array = pa.Array.from_buffers(kind, len(offsets) - 1, buffers, children=[pa.array(ids, pa.uint32())])
    held[:] = offsets
    return array


def view(length, buffer, offset, data):
    held = np.zeros(4, np.int32)
    array = pa.Array.from_buffers(pa.string_view(), 1, [None, pa.py_buffer(held), pa.py_buffer(data)])
    held[:] = [length, 0, buffer, offset]
    return array


def test_text_behind_a_null_is_left_out():
    tok = TOKENIZERS["bytes"]
    assert encode_arrow(tok, strings([0, 1, 3, 4], b"axyb", pa.py_buffer(b"\x05"))).to_pylist() == [[97], None, [98]]
    decoded = decode_arrow(tok, lists([0, 1, 3, 4], [97, 999, 98, 98], pa.py_buffer(b"\x05")))
    assert decoded.to_pylist() == ["a", None, "b"]


def malformed_runs():
    offsets = np.array([0, 1, 1], np.int32)
    values = pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(offsets), pa.py_buffer(b"a")])
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), values)
    offsets[1] = 9  # while pyarrow makes the array, it looks at it
    return runs


MALFORMED = {
    "descending": strings([0, 2, 1], b"ab"),
    "outside of the data": strings([0, 1, 9], b"ab"),
    "negative": strings([-1, 1], b"ab"),
    "large and descending": strings([0, 2, 1], b"ab", kind=pa.large_string(), width=np.int64),
    "a view of nothing": view(20, 7, 0, b"ab"),
    "a view outside of the data": view(20, 0, 1, b"ab"),
    "runs": malformed_runs(),
    "a word that is not in the dictionary": pa.DictionaryArray.from_arrays(
        pa.array([5], pa.int32()), pa.array(["a"]), safe=False
    ),
}


def test_malformed_columns():
    for tok in both(TOKENIZERS["bytes"]):
        for column in MALFORMED.values():
            with pytest.raises(ArrowError, match="malformed"):
                encode_arrow(tok, column)
        for offsets in ([0, 2, 1], [0, 9], [-1, 1]):
            with pytest.raises(ArrowError, match="the lists are malformed"):
                decode_arrow(tok, lists(offsets, [97, 98]))


class Broken:
    """An object whose interface gives this."""

    def __init__(self, made):
        self.made = made

    def __arrow_c_array__(self, requested_schema=None):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


USED = pa.array(["a"]).__arrow_c_array__()
pa.array(Broken(USED))


@pytest.mark.parametrize(
    "made", [None, (1, 2), ("a",), ValueError("no"), pa.array(["a"]).__arrow_c_array__()[::-1], USED]
)
def test_objects_that_are_no_columns(made):
    with pytest.raises(ArrowError, match="the strings cannot be imported from Broken"):
        encode_arrow(TOKENIZERS["bytes"], Broken(made))


def test_without_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in ("minitok.arrow", "minitok.corpus.columns"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'minitok\[arrow\]'"):
        importlib.import_module("minitok.arrow")


def test_control_tokens_are_refused(backend):
    tok = Tokenizer([(97, 98)], added_tokens={"<think>": 300, "  ": 301}, backend=backend)
    column = pa.array(["ab", None, "a  <think>"])
    assert encode_arrow(tok, column).to_pylist() == [[256], None, [97, 301, 300]]
    with pytest.raises(DisallowedSpecialTokenError, match="'<think>' at byte 3"):
        encode_arrow(tok, column, disallowed_special="all")
    assert encode_arrow(tok, column[:2], disallowed_special="all").to_pylist() == [[256], None]
