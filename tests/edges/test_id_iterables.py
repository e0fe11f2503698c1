"""Iterables of ids: nothing that they say of themselves is trusted, and what they raise is raised."""

import array
import collections
import itertools

import minitok
import numpy as np
import pytest
from helpers import BACKENDS, failure_on_both, on_both


def tokenizer(backend):
    return minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 300}, backend=backend)


class Liar:
    """An iterable whose length is a lie."""

    def __init__(self, length, items):
        self.length, self.items = length, items

    def __len__(self):
        if isinstance(self.length, BaseException):
            raise self.length
        return self.length

    def __length_hint__(self):
        return self.__len__()

    def __iter__(self):
        return iter(self.items)


class LongerList(list):
    def __len__(self):
        return 1 << 60


class Index:
    """An integer of its own kind."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value


@pytest.mark.parametrize("length", [0, 1, 1 << 31, 1 << 62, (1 << 63) - 1, ValueError("no length")], ids=repr)
def test_a_length_is_not_asked_for(length):
    assert on_both(lambda backend: tokenizer(backend).decode(Liar(length, [97, 98]))) == "ab"
    assert on_both(lambda backend: tokenizer(backend).decode_bytes(LongerList([97, 98]))) == b"ab"


@pytest.mark.parametrize("make", [tuple, iter, collections.deque, lambda ids: array.array("I", ids), range, bytes, set])
def test_every_iterable_is_read(make):
    ids = range(32, 128)
    wanted = bytes(ids).decode()
    given = [97] * 70_000 if make is iter else list(ids)
    if make is range:
        assert on_both(lambda backend: tokenizer(backend).decode(ids)) == wanted
    else:
        expected = "a" * 70_000 if make is iter else wanted
        assert on_both(lambda backend: "".join(sorted(tokenizer(backend).decode(make(given))))) == expected


@pytest.mark.parametrize(
    "error", [ValueError("mine"), ZeroDivisionError("mine"), TypeError("mine"), OverflowError("mine")]
)
def test_an_exception_of_an_id_is_raised_as_it_is(error):
    for ids in ([97, Index(error)], (97, Index(error)), iter([Index(error)])):
        given = list(ids)
        failed = failure_on_both(lambda backend, given=given: tokenizer(backend).decode(given))
        assert (failed.kind, failed.message) == (type(error), "mine")
    failed = failure_on_both(lambda backend: tokenizer(backend).stream_decoder().push(Index(error)))
    assert (failed.kind, failed.message) == (type(error), "mine")


def test_an_id_may_be_anything_with_an_index():
    assert on_both(lambda backend: tokenizer(backend).decode([Index(97), np.int16(98), np.uint64(256)])) == "abab"
    for wrong in (True, np.True_, 1.0, "a", None, b"a", np.float32(1)):
        failed = failure_on_both(lambda backend, wrong=wrong: tokenizer(backend).decode([97, wrong]))
        assert failed.message == f"a token id must be an integer, not {type(wrong).__name__} (at position 1)"


@pytest.mark.parametrize("make", [list, tuple, iter], ids=lambda make: make.__name__)
def test_the_first_wrong_id_is_the_one_that_is_reported(make):
    for ids, message in [
        ([97, 299, "x"], "unknown token id 299 at position 1"),
        ([97, "x", 299], "a token id must be an integer, not str (at position 1)"),
        ([97] * 70_000 + [299] + [None], "unknown token id 299 at position 70000"),
        ([97] * 70_000 + [None] + [299], "a token id must be an integer, not NoneType (at position 70000)"),
        ([1 << 40, "x"], f"unknown token id {1 << 40} at position 0"),
    ]:
        for call in ("decode", "decode_bytes"):
            failed = failure_on_both(lambda backend, ids=ids, call=call: getattr(tokenizer(backend), call)(make(ids)))
            assert failed.message == message


def test_an_iterator_is_read_no_further_than_it_is_known():
    for backend in BACKENDS:
        ids = itertools.chain([97, 299], itertools.repeat(97))
        with pytest.raises(minitok.errors.UnknownTokenError, match=r"299 at position 1$"):
            tokenizer(backend).decode(ids)
        with pytest.raises(minitok.errors.UnknownTokenError, match=r"257 at position 257$"):
            tokenizer(backend).decode_bytes(range(1 << 40))


def test_an_exception_of_an_iterator_is_raised_as_it_is():
    def ids():
        yield 97
        raise LookupError("the end of the file")

    failed = failure_on_both(lambda backend: tokenizer(backend).decode(ids()))
    assert (failed.kind, failed.message) == (LookupError, "the end of the file")


def test_a_list_that_changes_while_it_is_read_does_no_harm():
    class Clears(Index):
        def __index__(self):
            ids.clear()
            return 97

    class Grows(Index):
        def __index__(self):
            ids.extend([98] * 1000)
            return 97

    for kind, wanted in ((Clears, "aa"), (Grows, "aa" + "b" * 1000)):
        for backend in BACKENDS:
            ids = [97, kind(0)]
            assert tokenizer(backend).decode(ids) == wanted


def test_ids_of_an_array_may_change_while_they_are_decoded():
    # Whatever comes of it, it is text or an error, and nothing that was not asked for.
    import threading

    tok = minitok.Tokenizer([(97 + k % 2, 98) for k in range(2)], backend="rust")
    ids = np.full(1 << 20, 97, np.uint32)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            ids[:: 1 << 8] = 257
            ids[:] = 97

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(30):
            try:
                decoded = tok.decode_bytes(ids)
            except RuntimeError as error:
                assert str(error) == "the ids changed while they were being read"
            else:
                assert set(decoded) <= set(b"ab")
    finally:
        stop.set()
        writer.join()
