"""The packed form: any vocabulary of merges there and back, and no damaged file taken for one."""

import struct
import sys
from zlib import adler32

import minitok
import pytest
from helpers import failure_on_both, on_both
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from mirror import ROOT
from strategies import rank_tables

sys.path.insert(0, str(ROOT / "tools"))
from pack_encodings import pack


def load(data, backend, below=None):
    vocab = load_backend(backend).unpack(data, below)
    return dict(vocab.tokens), [tuple(merge) for merge in vocab.merges], vocab.whole_pieces


@given(rank_tables(), st.integers(0, 400))
def test_there_and_back(ranks, below):
    singles = {token for token in ranks if len(token) == 1}
    order = sorted(singles, key=ranks.get)
    ranks = {token: index for index, token in enumerate(order)} | {
        token: rank + 256 for token, rank in ranks.items() if token not in singles
    }
    try:
        data = pack(ranks)
    except ValueError:
        return
    tokens, merges, whole = on_both(lambda backend: load(data, backend))
    assert {token: token_id for token_id, token in tokens.items()} == ranks
    assert [made for _, _, made, _ in merges] == [rank for _, _, _, rank in merges]
    assert whole
    part, _, _ = on_both(lambda backend: load(data, backend, max(256, below)))
    assert part == {token_id: token for token_id, token in tokens.items() if token_id < max(256, below)}


def small():
    ranks = {bytes([byte]): byte for byte in range(256)}
    return pack(ranks | {b"ab": 256, b"abc": 257, b"": 258, b"de": 300})


def sealed(body):
    return b"minitok\x02" + struct.pack("<I", adler32(body)) + body


def test_by_hand():
    tokens, merges, _ = on_both(lambda backend: load(small(), backend))
    assert merges == [(97, 98, 256, 256), (256, 99, 257, 257), (100, 101, 300, 300)]
    assert tokens[258] == b""


def test_every_cut_and_every_damaged_byte_is_refused():
    data = small()
    for length in range(0, len(data), 7):
        failure_on_both(lambda backend, length=length: load(data[:length], backend))
    for place in range(0, len(data), 5):
        damaged = bytes([*data[:place], data[place] ^ 0x55, *data[place + 1 :]])
        failure_on_both(lambda backend, damaged=damaged: load(damaged, backend))


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, 4, "it has 4 merges, but ids for 3"),
        (4, 1 << 20, "cut short"),
        (268, 200, "not in order"),
        (272, 1 << 31, "not in order"),
        (284, 256, "which are not both earlier tokens"),
        (288, 1 << 30, "cut short"),
        (12, 0x01010101, "the byte 0x"),
    ],
)
def test_what_a_checksum_cannot_see(place, value, reason):
    body = small()[12:]
    changed = sealed(body[:place] + struct.pack("<I", value) + body[place + 4 :])
    failed = failure_on_both(lambda backend: load(changed, backend))
    assert failed.kind is minitok.errors.VocabularyError
    assert reason in failed.message


def one_merge(made):
    """A packed vocabulary whose only merge, of `a` and `b`, has a given id."""
    pair = bytes([32 + 0b11000, 32 + 0b11000, 0b1001])
    return sealed(struct.pack("<III", 1, 1, 0) + bytes(range(256)) + struct.pack("<II", made, 1) + pair)


def test_ids_end_below_two_to_the_19_and_the_data_where_it_says():
    for last in (256, 70_000, 2**19 - 1):
        tokens, merges, _ = on_both(lambda backend, last=last: load(one_merge(last), backend))
        assert (tokens[last], merges) == (b"ab", [(97, 98, last, last)])
    for data, reason in [(one_merge(2**19), "not in order"), (sealed(small()[12:] + b"\0"), "longer than it says")]:
        assert reason in failure_on_both(lambda backend, data=data: load(data, backend)).message
