"""Arrays of ids, however they lie in memory, decode to what a list of the same ids decodes to."""

import itertools

import minitok
import numpy as np
import pytest
from helpers import BACKENDS, outcome

KINDS = [f"{sign}{size}" for sign in "iu" for size in (1, 2, 4, 8)]
ORDERS = "<>"
LENGTHS = (0, 1, 2, 7, 5000)
# More than one block of an array that is read where it lies, and more than one part of one that is converted.
LONG_LENGTH = 70_001


def contiguous(values, dtype):
    return np.array(values, dtype)


def unaligned(values, dtype):
    memory = np.zeros(len(values) * dtype.itemsize + 1, np.uint8)
    array = memory[1:].view(dtype)
    array[:] = values
    return array


def strided(values, dtype):
    array = np.zeros(3 * len(values), dtype)[::3]
    array[:] = values
    return array


def backwards(values, dtype):
    return np.array(list(values)[::-1], dtype)[::-1]


def backwards_strided(values, dtype):
    array = np.zeros(2 * len(values) + 1, dtype)[::-2][: len(values)]
    array[:] = values
    return array


def field(values, dtype):
    records = np.zeros(len(values), np.dtype([("before", "u1"), ("id", dtype), ("after", "u2")]))
    records["id"] = values
    return records["id"]


def broadcast(values, dtype):
    return np.broadcast_to(np.array(list(values)[:1] or [0], dtype), (len(values),))


LAYOUTS = [contiguous, unaligned, strided, backwards, backwards_strided, field, broadcast]


@pytest.fixture(scope="module")
def tokenizers():
    return [minitok.Tokenizer([(97, 98), (256, 256)], backend=backend) for backend in BACKENDS]


def check(tokenizers, array):
    ids = [int(item) for item in array]
    wanted = [outcome(tokenizers[1].decode_bytes, ids), outcome(tokenizers[1].decode, ids)]
    for tok in tokenizers:
        assert [outcome(tok.decode_bytes, array), outcome(tok.decode, array)] == wanted


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_every_layout_is_read_as_a_list(kind, layout, tokenizers):
    for order, writable, length in itertools.product(ORDERS, (True, False), LENGTHS):
        values = np.arange(length) % 128
        array = layout(values, np.dtype(order + kind))
        assert array.tolist() == (values.tolist() if layout is not broadcast else [0] * length)
        if not writable:
            array.flags.writeable = False
        check(tokenizers, array)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("kind", ["i8", "u8", "u4"])
def test_the_first_wrong_id_is_named_in_every_layout(kind, layout, tokenizers):
    for wrong in [258, (1 << 32) - 1, *([1 << 33, -1] if kind == "i8" else []), *([1 << 63] if kind == "u8" else [])]:
        for at in (0, 4095, 4096, 65_535, 65_536, LONG_LENGTH - 1):
            values = np.full(LONG_LENGTH, 97, np.dtype(kind))
            values[[at, -1]] = wrong
            array = layout(values, values.dtype)
            position = 0 if layout is broadcast and at == 0 else at
            if layout is broadcast and at > 0:
                continue
            for tok in tokenizers:
                with pytest.raises(minitok.errors.UnknownTokenError, match=f"id {wrong} at position {position}$"):
                    tok.decode(array)


def test_a_subclass_that_lies_is_read_all_the_same(tokenizers):
    class Longer(np.ndarray):
        def __len__(self):
            return 1 << 60

    class Grows(np.ndarray):
        def __getitem__(self, key):
            return np.zeros(1_000_000, np.int64)

    for kind in (Longer, Grows):
        for dtype in ("u4", "i8", ">i2"):
            array = np.array([97, 98], dtype).view(kind)
            assert tokenizers[0].decode(array) == "ab"


@pytest.mark.parametrize("dtype", ["u4", "i8", ">i2"])
def test_what_an_array_masks_is_no_id(dtype, tokenizers):
    ids = np.array([97, 98, 99], dtype)
    for tok in tokenizers:
        assert tok.decode(np.ma.array(ids)) == tok.decode(np.ma.array(ids, mask=[0, 0, 0])) == "abc"
        masked = np.ma.array(ids, mask=[0, 0, 1])
        many = np.ma.array(np.full(100_000, 97, dtype), mask=np.arange(100_000) == 99_999)
        calls = [tok.decode, tok.decode_bytes, lambda row: tok.decode_batch([[97], row]), tok.stream_decoder().push]
        for call in calls:
            with pytest.raises(TypeError, match=r"must be an integer, not NoneType \(at position 2\)"):
                call(masked)
            with pytest.raises(TypeError, match=r"must be an integer, not NoneType \(at position 99999\)"):
                call(many)


@pytest.mark.parametrize("dtype", ["f8", "?", "O", "S2", "M8[s]", "c16", "f2"])
def test_other_types_are_refused_by_name(dtype, tokenizers):
    array = np.zeros(3, dtype)
    for tok in tokenizers:
        with pytest.raises(TypeError, match="must be of an integer type, not"):
            tok.decode(array)


def test_dimensions_other_than_one_are_refused(tokenizers):
    for array in (np.array(97), np.zeros((2, 2), np.uint32), np.zeros((0, 3), np.int64)):
        for tok in tokenizers:
            with pytest.raises(ValueError, match="must be one-dimensional"):
                tok.decode(array)
