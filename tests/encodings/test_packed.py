"""The packed form: any vocabulary of merges there and back, and no damaged file taken for one."""

import struct
import subprocess
import sys
from zlib import adler32

import minitok
import pytest
from helpers import BACKENDS, failure_on_both, on_both
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
    return b"minitok\x01" + struct.pack("<I", adler32(body)) + body


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


def test_longer_than_it_says():
    failed = failure_on_both(lambda backend: load(sealed(small()[12:] + b"\0"), backend))
    assert "longer than it says" in failed.message


def one_merge(first):
    """A packed vocabulary whose only merge, of `a` and `b`, has a given id."""
    width = first.bit_length()
    bits = (97 | 98 << width).to_bytes((2 * width + 7) // 8, "little")
    return sealed(struct.pack("<III", 1, 1, 0) + bytes(range(256)) + struct.pack("<II", first, 1) + bits)


def test_ids_end_below_two_to_the_31():
    for last in (256, 70_000):
        tokens, merges, _ = on_both(lambda backend, last=last: load(one_merge(last), backend))
        assert (tokens[last], merges) == (b"ab", [(97, 98, last, last)])
    # The extension has a table by id, which would take 16 GiB.
    tokens, merges, _ = load(one_merge(2**31 - 1), "python")
    assert (tokens[2**31 - 1], merges) == (b"ab", [(97, 98, 2**31 - 1, 2**31 - 1)])
    error = failure_on_both(lambda backend: load(one_merge(2**31), backend))
    assert "not in order" in str(error)


@pytest.mark.parametrize("backend", BACKENDS)
def test_ids_take_no_memory_that_the_file_has_no_pairs_for(backend):
    count = 1 << 29
    body = struct.pack("<III", count, 1, 0) + bytes(range(256)) + struct.pack("<II", 256, count)
    code = (
        "import resource, sys, minitok; from minitok.backend import load_backend; "
        f"backend = load_backend({backend!r}); "
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); "
        "backend.unpack(bytes.fromhex(sys.stdin.read()), None)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=sealed(body).hex(), capture_output=True, text=True, check=False
    )
    assert "VocabularyError: not a packed vocabulary: it is cut short" in ran.stderr


def test_too_little_memory_for_a_high_id_is_an_error():
    code = (
        "import resource, sys\n"
        "from minitok.backend import load_backend\n"
        "rust = load_backend('rust')\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "try:\n"
        "    rust.unpack(bytes.fromhex(sys.argv[1]), None)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )
    command = [sys.executable, "-c", code, one_merge(2**31 - 1).hex()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.stdout == "refused\n", ran.stderr[-800:]
