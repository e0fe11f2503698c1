"""Decoding: ids of any kind, known or not, become bytes or an error that says what was wrong and where."""

import sys
from functools import partial

import minitok
import numpy as np
import pytest
from helpers import BACKENDS, Failure, both, outcome
from hypothesis import given
from hypothesis import strategies as st
from minitok.definition import Definition
from minitok.reference.published.characters import Symbols
from strategies import any_bytes, merge_lists, special_ids


def plain(backend):
    return minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 300, "é": 301}, backend=backend)


@given(st.lists(st.integers(0, 305), max_size=12), merge_lists(most=20))
def test_decoding_is_concatenation(ids, merges):
    rust, python = both(minitok.Tokenizer(merges, special_tokens=special_ids(merges)))
    assert outcome(rust.decode_bytes, ids) == outcome(python.decode_bytes, ids)
    known = [token_id for token_id in ids if token_id < rust.vocab_size]
    assert rust.decode_bytes(known) == python.decode_bytes(known) == b"".join(map(rust.token_bytes, known))
    assert rust.decode(known) == python.decode(known) == rust.decode_bytes(known).decode("utf-8", "replace")


def test_ids_of_every_size_are_read_from_a_list(backend):
    names = {f"<{token_id}>": token_id for token_id in (1 << 15, 65_535, (1 << 30) - 1, 1 << 30, (1 << 31) - 1)}
    tok = minitok.Tokenizer([], special_tokens=names, backend=backend)
    ids = [0, 1, 97, 255, *names.values(), 0]
    assert tok.decode_bytes(ids) == b"\0\1a\xff" + "".join(names).encode() + b"\0"
    stream = tok.stream_decoder()
    assert "".join(map(stream.push, ids[4:])) + stream.finish() == "".join(names) + "\0"


@given(any_bytes, st.sampled_from(["strict", "replace", "ignore", "backslashreplace", "surrogateescape", "nonsense"]))
def test_error_handlers_are_those_of_python(data, errors):
    expected = outcome(data.decode, "utf-8", errors)
    for backend in BACKENDS:
        assert outcome(partial(minitok.Tokenizer([], backend=backend).decode, errors=errors), list(data)) == expected


@pytest.mark.parametrize("widest", ["a", "\x80", "é", "\xff", "\u0100", "中", "\uffff", "\U00010000", "👍"])
def test_a_long_text_is_as_narrow_as_python_keeps_it(widest, backend):
    text = "ab é " * 1500 + widest + "cd" * 2000 if widest > "é" else "ab " * 2500 + widest + "cd" * 2000
    decoded = plain(backend).decode(text.encode())
    assert decoded == text
    assert hash(decoded) == hash(text)
    assert sys.getsizeof(decoded) == sys.getsizeof("".join(list(text)))


@given(any_bytes, merge_lists(), st.sampled_from(["strict", "replace"]))
def test_a_stream_shows_what_decode_shows(data, merges, errors):
    for tok in both(minitok.Tokenizer(merges, pattern="none")):
        ids = tok.encode(data)
        stream = tok.stream_decoder(errors=errors)
        streamed = outcome(lambda stream=stream, ids=ids: "".join(map(stream.push, ids)) + stream.finish())
        whole = outcome(partial(tok.decode, errors=errors), ids)
        if isinstance(whole, Failure):
            assert streamed.kind is whole.kind is UnicodeDecodeError
        else:
            assert streamed == whole


def test_batches_and_offsets(backend):
    tok = plain(backend)
    assert tok.decode_batch([[256], [], [300, 301]]) == ["ab", "", "<s>é"]
    assert tok.decode_with_offsets([0xC3, 0xA9, 256, 300]) == ("éab<s>", [0, 0, 1, 3])
    assert tok.decode_with_offsets(np.array([97])) == ("a", [0])
    with pytest.raises(UnicodeDecodeError):
        tok.decode_with_offsets([0xC3])


def test_special_tokens_have_ids_and_bytes(backend):
    tok = plain(backend)
    assert [tok.token_id("<s>"), tok.token_id(b"ab"), tok.token_id("a")] == [300, 256, 97]
    assert (tok.token_bytes(301), tok.special_tokens) == ("é".encode(), {"<s>": 300, "é": 301})
    assert len(tok) == tok.vocab_size == 302
    assert tok.vocab == {byte: bytes([byte]) for byte in range(256)} | {256: b"ab", 300: b"<s>", 301: "é".encode()}


def test_an_id_with_two_names_is_decoded_to_the_first(backend):
    tok = minitok.Tokenizer([], special_tokens={"<one>": 256, "<two>": 256}, backend=backend)
    assert tok.encode("<two><one>", allowed_special="all") == [256, 256]
    assert tok.decode([256]) == "<one>"


def test_tokens_that_are_joined_lose_one_space_at_the_start(backend):
    symbols = Symbols("characters", None, False, joining=("spaces", b""))
    definition = Definition.from_tokens({b" ": 0, b"a": 1}, [], symbols=symbols, prefix="always", backend=backend)
    tok = minitok.Tokenizer(definition)
    # The space that is put before the text, and that between two tokens.
    assert tok.encode("a") == [0, 1]
    stream = tok.stream_decoder()
    assert tok.decode([0, 1]) == tok.decode_batch([[0, 1]])[0] == tok.decode_bytes([0, 1]).decode() == " a"
    assert stream.push(0) + stream.push(1) + stream.finish() == " a"


def test_special_tokens_are_left_out_where_that_is_asked(backend):
    tok = minitok.Tokenizer([(104, 105)], special_tokens={"</s>": 300}, backend=backend)
    assert tok.decode([256, 300, 33, 300]) == "hi</s>!</s>"
    for ids in ([256, 300, 33, 300], np.array([256, 300, 33, 300])):
        assert tok.decode(ids, skip_special_tokens=True) == "hi!"
    with pytest.raises(minitok.errors.UnknownTokenError, match="position 2"):
        tok.decode([300, 256, 299], skip_special_tokens=True)
