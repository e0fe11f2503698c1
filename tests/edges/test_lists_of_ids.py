"""What is a list of ids, and what is not, is the same at every door that takes ids and on both backends.

Nothing that an iterable says of itself is trusted, what it raises is raised, and arrays are read however they lie in memory.
"""

import array
import collections
import itertools
import re
import threading

import minitok
import numpy as np
import pytest
from helpers import BACKENDS, Failure, outcome

TOKS = [minitok.Tokenizer([(97, 98), (256, 256)], special_tokens={"<s>": 300}, backend=each) for each in BACKENDS]
# More than one block of an array that is read where it lies, and more than one part of what is converted.
MANY = 70_000
# What each gives of ids, as text.
DOORS = {
    "decode": lambda tok, ids: tok.decode(ids),
    "decode_bytes": lambda tok, ids: tok.decode_bytes(ids).decode(),
    "decode, skipping": lambda tok, ids: tok.decode(ids, skip_special_tokens=True),
    "decode_with_offsets": lambda tok, ids: tok.decode_with_offsets(ids)[0],
    "decode_batch": lambda tok, ids: tok.decode_batch([[97], ids], threads=1)[1],
    "decode_batch, threads": lambda tok, ids: tok.decode_batch([[97], ids], threads=3)[1],
    "push": lambda tok, ids: tok.stream_decoder().push(ids),
}


class Liar:
    """An iterable whose length is a lie."""

    def __init__(self, length, items=(97, 98)):
        self.length, self.items = length, items

    def __len__(self):
        if isinstance(self.length, BaseException):
            raise self.length
        return self.length

    __length_hint__ = __len__

    def __iter__(self):
        return iter(self.items)


class LongerList(list):
    def __len__(self):
        return 1 << 60


class LongerArray(np.ndarray):
    def __len__(self):
        return 1 << 60


class GrowingArray(np.ndarray):
    def __getitem__(self, key):
        return np.zeros(1_000_000, np.int64)


class Index:
    """An integer of its own kind, or what raises where it is asked for one."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value


def failing(error):
    yield 97
    raise error


# Each gives the ids of `ab`: they are made anew for each call, since some can be read once.
IDS = {
    **{make.__name__: lambda make=make: make([97, 98]) for make in (list, tuple, iter, collections.deque, bytes)},
    "range": lambda: range(97, 99),
    "array of Python": lambda: array.array("I", [97, 98]),
    "scalars": lambda: [Index(97), np.uint64(98)],
    "subclass of list": lambda: LongerList([97, 98]),
    **{f"length {length!r}": lambda length=length: Liar(length) for length in (0, 1 << 62, ValueError("no length"))},
    **{f"longer {dtype}": lambda dtype=dtype: np.array([97, 98], dtype).view(LongerArray) for dtype in ("u4", ">i2")},
    "nothing masked": lambda: np.ma.array([97, 98], "u4", mask=[0, 0]),
}


@pytest.mark.parametrize("door", DOORS)
def test_what_is_a_list_of_ids_is_read(door):
    for name, make in IDS.items():
        assert [DOORS[door](tok, make()) for tok in TOKS] == ["ab", "ab"], name
    assert [DOORS[door](tok, iter([97] * MANY)) for tok in TOKS] == ["a" * MANY] * 2


def test_an_array_that_makes_up_its_items_is_read_where_it_lies():
    for dtype in ("u4", "i8", ">i2"):
        assert TOKS[0].decode(np.array([97, 98], dtype).view(GrowingArray)) == "ab"


INTEGER = "a token id must be an integer, not"
# What is not, and the message that says why; of two mistakes, the first one.
NO_IDS = {
    **{
        f"an id of {wrong!r}": (lambda wrong=wrong: [97, wrong], f"{INTEGER} {type(wrong).__name__} (at position 1)")
        for wrong in (True, np.True_, 1.0, np.float64(1), 1j, "a", b"a", None)
    },
    "rows": (lambda: [[97], 98], f"{INTEGER} list (at position 0); decode_batch takes several rows"),
    "text": (lambda: "ab", f"{INTEGER} str (at position 0)"),
    **{
        f"unknown {wrong}": (lambda wrong=wrong: [97, wrong, "x"], f"unknown token id {wrong} at position 1")
        for wrong in (258, 299, 301, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 64, 1 << 200, -1, -(1 << 70))
    },
    "no integer first": (lambda: (97, "x", 299), f"{INTEGER} str (at position 1)"),
    "unknown, far": (lambda: iter([97] * MANY + [299, None]), f"unknown token id 299 at position {MANY}"),
    "no integer, far": (lambda: [97] * MANY + [None, 299], f"{INTEGER} NoneType (at position {MANY})"),
    "it fails": (lambda: failing(LookupError("the end of the file")), "the end of the file"),
    "an id fails": (lambda: (97, Index(OverflowError("mine"))), "mine"),
    **{
        f"of type {dtype}": (lambda dtype=dtype: np.zeros(3, dtype), "an array of token ids must be of an integer type, not")
        for dtype in ("f8", "f2", "?", "O", "S2", "U2", "M8[s]", "c16")
    },
    "a number": (lambda: np.array(97), "token ids must be one-dimensional, not 0-dimensional"),
    **{
        f"of shape {shape}": (lambda shape=shape: np.zeros(shape, "u4"), "not 2-dimensional; decode_batch takes rows")
        for shape in ((2, 2), (0, 3))
    },
    "above 32 bits": (lambda: np.array([97, 1 << 40]), f"unknown token id {1 << 40} at position 1"),
    "masked": (lambda: np.ma.array([97, 98], ">i2", mask=[0, 1]), f"{INTEGER} NoneType (at position 1)"),
    "masked, far": (
        lambda: np.ma.array(np.full(MANY, 97, "u4"), mask=np.arange(MANY) == MANY - 1),
        f"{INTEGER} NoneType (at position {MANY - 1})",
    ),
}  # fmt: skip
NO_ITERABLES = {
    f"{wrong!r}": (lambda wrong=wrong: wrong, f"token ids must be an iterable or an array of integers, not {kind}")
    for wrong, kind in ((97, "int"), (1.5, "float"), (None, "NoneType"))
}


def failed(door, make, tok):
    found = outcome(DOORS[door], tok, make())
    assert isinstance(found, Failure), found
    return found


@pytest.mark.parametrize("name", [*NO_IDS, *NO_ITERABLES])
def test_what_is_no_list_of_ids_is_said_alike_everywhere(name):
    make, message = (NO_IDS | NO_ITERABLES)[name]
    doors = [door for door in DOORS if name in NO_IDS or door != "push"]
    found = {failed(door, make, tok) for door in doors for tok in TOKS}
    assert len(found) == 1, found
    said = found.pop()
    assert message in said.message
    assert issubclass(said.kind, minitok.errors.UnknownTokenError) == said.message.startswith("unknown token id")
    # A session looks at all ids before it says of those that have no text that they cannot come next.
    for tok in TOKS:
        session = tok.session("a")
        with pytest.raises(
            (said.kind, TypeError, ValueError), match=f"{re.escape(said.message)}|{INTEGER}|cannot come next"
        ):
            session.append_ids(make())
        assert session.ids().tolist() == [97]


def test_an_iterator_is_read_no_further_than_it_is_known():
    for tok in TOKS:
        for call in (tok.decode, tok.decode_bytes):
            with pytest.raises(minitok.errors.UnknownTokenError, match=r"299 at position 1$"):
                call(itertools.chain([97, 299], itertools.repeat(97)))
            with pytest.raises(minitok.errors.UnknownTokenError, match=r"258 at position 258$"):
                call(range(1 << 40))


def test_an_unknown_id_is_named_in_the_error():
    for tok in TOKS:
        with pytest.raises(KeyError) as raised:
            tok.decode([97, 98, -5])
        assert (raised.value.token_id, raised.value.position) == (-5, 2)
        stream = tok.stream_decoder()
        assert stream.push(97) == "a"
        # None of several ids is taken, and positions are those of the stream.
        assert outcome(stream.push, [98, 299]).message == "unknown token id 299 at position 1"
        assert outcome(stream.push, 299).message == "unknown token id 299 at position 1"
        assert outcome(stream.push, True).message == f"{INTEGER} bool (at position 1)"
        for wrong, kind in ((299, KeyError), (-(1 << 70), KeyError), (True, TypeError), ("a", TypeError)):
            assert issubclass(outcome(tok.token_bytes, wrong).kind, kind)


# -- arrays, however they lie in memory ------------------------------------------------------------------------------


def unaligned(values, dtype):
    memory = np.zeros(len(values) * dtype.itemsize + 1, np.uint8)
    memory[1:].view(dtype)[:] = values
    return memory[1:].view(dtype)


def strided(values, dtype, step=3):
    made = np.zeros(abs(step) * len(values) + 1, dtype)[::step][: len(values)]
    made[:] = values
    return made


def field(values, dtype):
    records = np.zeros(len(values), np.dtype([("before", "u1"), ("id", dtype), ("after", "u2")]))
    records["id"] = values
    return records["id"]


def read_only(values, dtype):
    made = np.array(values, dtype)
    made.flags.writeable = False
    return made


LAYOUTS = {
    "contiguous": np.array,
    "read only": read_only,
    "unaligned": unaligned,
    "strided": strided,
    "backwards": lambda values, dtype: strided(values, dtype, -1),
    "backwards and strided": lambda values, dtype: strided(values, dtype, -2),
    "field": field,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_every_layout_is_read_as_a_list(kind, layout):
    for order, length in itertools.product("<>", (0, 1, 2, 7, 5000)):
        values = np.arange(length) % 128
        made = LAYOUTS[layout](values, np.dtype(order + kind))
        assert made.tolist() == values.tolist()
        # Python's asks an array for its items, however they lie.
        for tok in TOKS if layout == "contiguous" else TOKS[:1]:
            assert tok.decode_bytes(made) == bytes(values.tolist()) == tok.decode(made).encode()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["i8", "u8", "u4"])
def test_the_first_wrong_id_is_named_in_every_layout(kind, layout):
    wrongs = [258, (1 << 32) - 1, *{"i8": [1 << 33, -1], "u8": [1 << 63], "u4": []}[kind]]
    for at, wrong in zip((65_536, 4095, 0, 65_535, 4096, MANY - 1), itertools.cycle(wrongs)):
        values = np.full(MANY, 97, np.dtype(kind))
        values[[at, -1]] = wrong
        made = LAYOUTS[layout](values, values.dtype)
        for tok in TOKS if layout == "contiguous" else TOKS[:1]:
            with pytest.raises(minitok.errors.UnknownTokenError, match=f"id {wrong} at position {at}$"):
                tok.decode(made)


# -- ids that change while they are read -----------------------------------------------------------------------------


def test_a_list_that_changes_while_it_is_read_does_no_harm():
    class Changes(Index):
        def __index__(self):
            self.value()
            return 97

    for tok in TOKS:
        ids = []
        ids[:] = [97, Changes(ids.clear)]
        assert tok.decode(ids) == "aa"
        ids[:] = [97, Changes(lambda ids=ids: ids.extend([98] * 1000))]
        assert tok.decode(ids) == "aa" + "b" * 1000


def test_ids_of_an_array_may_change_while_they_are_decoded():
    """Whatever comes of it, it is text or an error, and nothing that was not asked for."""
    tok = minitok.Tokenizer([(97, 98), (98, 98)], backend="rust")
    ids, stop = np.full(1 << 20, 97, np.uint32), threading.Event()

    def write():
        while not stop.is_set():
            ids[:: 1 << 8] = 257
            ids[:] = 97

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(30):
            decoded = outcome(tok.decode_bytes, ids)
            if isinstance(decoded, Failure):
                assert decoded == Failure(RuntimeError, "the ids changed while they were being read")
            else:
                assert set(decoded) <= set(b"ab")
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("door", DOORS)
def test_a_view_of_one_id_takes_no_memory(door):
    """What an array claims to hold is asked for first; no system has a petabyte."""
    with pytest.raises(MemoryError):
        DOORS[door](TOKS[0], np.broadcast_to(np.uint32(97), (1 << 50,)))
