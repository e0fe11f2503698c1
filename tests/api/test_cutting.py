"""Texts cut by tokens where what is encoded is not the text itself: spaces put before it, normalizers, special tokens."""

import re
import sys
import tracemalloc

import minitok
import pytest
from helpers import both
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.errors import VocabularyError

CORPUS = ["the cat sat on the mat  hello world"] * 5
PREFIXES = ("first", "always", "text", "segment", "never", "bytes")
SPECIAL = Tokenizer([(97, 98)], special_tokens={"<s>": 300, "<S>": 301})
TRAINED = minitok.train(CORPUS, 330, alphabet="characters", prefix="first", special_tokens=["<s>", "<S>"])
# By name: a tokenizer on both backends, and what it makes of a whole text.
TOKENIZERS = {
    **{prefix: (both(TRAINED.replace(prefix=prefix)), lambda text: text.replace("▁", " ")) for prefix in PREFIXES[:-1]},
    "bytes": (both(TRAINED.replace(prefix="bytes")), str),
    **{
        f"{flags}, {late}": (both(SPECIAL.replace(token_flags={"<s>": flags}, late_tokens=late)), str)
        for flags in [("lstrip",), ("rstrip",), ("lstrip", "rstrip"), ("single_word",)]
        for late in [(), ("<s>",)]
    },
    "normalized": (
        both(SPECIAL.replace(normalizer="lowercase")),
        lambda text: "".join(
            part if part in SPECIAL.special_tokens else part.lower() for part in re.split("(<[sS]>)", text)
        ),
    ),
    "normalized, late": (both(SPECIAL.replace(normalizer="lowercase", late_tokens=["<s>", "<S>"])), str.lower),
}
TEXTS = st.text(st.sampled_from("  the caton▁é<s>"), max_size=20) | st.lists(
    st.sampled_from([" ", "  ", "<s>", "<S>", "the", " cat", "hello world", "A", "É", "b ", "▁"]), max_size=9
).map("".join)


def check(tok, text, whole, allowed="all"):
    """What is kept of the whole is its longest beginning with these ids."""
    ids = tok.encode(text, allowed_special=allowed)
    for most in (0, 1, 2, 5, len(ids)):
        kept = tok.truncate_text(text, most, allowed_special=allowed)
        assert whole.startswith(kept)
        if most < len(ids):
            own = tok.encode(kept, allowed_special=allowed)
            assert own == ids[: len(own)]
            assert len(own) <= most
    assert tok.truncate_text(text, len(ids), allowed_special=allowed) == whole


@pytest.mark.parametrize("name", TOKENIZERS)
@given(TEXTS, st.sampled_from([(), "all"]))
def test_beginnings_of_the_text_whatever_is_done_to_it(name, text, allowed):
    tokenizers, whole = TOKENIZERS[name]
    for tok in tokenizers:
        check(tok, text, text.lower() if "normalized" in name and not allowed else whole(text), allowed)


def test_an_id_with_two_names_stands_as_it_was_written():
    text = "<|reserved_200018|>abc def"
    for tok in both(minitok.get_encoding("o200k_harmony")):
        assert not tok.definition.lossless
        assert tok.truncate_text(text, 2, allowed_special="all") == "<|reserved_200018|>abc"
        check(tok, text + "<|endofprompt|>é", text + "<|endofprompt|>é")


def test_offsets_of_an_id_with_two_names_are_those_in_the_text():
    text = "é<|reserved_200018|>abc 🦀<|endofprompt|>"
    for tok in both(minitok.get_encoding("o200k_harmony")):
        ids, spans = tok.encode_with_offsets(text, allowed_special="all")
        assert ids == tok.encode(text, allowed_special="all")
        words = [text[start:end] for start, end in spans]
        assert words == ["é", "<|reserved_200018|>", "abc", " 🦀", "🦀", "🦀", "<|endofprompt|>"]
        _, spans = tok.encode_with_offsets(text, allowed_special="all", unit="byte")
        assert b"".join(text.encode()[start:end] for start, end in spans) == text.encode()
        assert tok.encode_with_offsets("", allowed_special="all") == ([], [])
        plain = "é🦀\u0301 東京 x"
        assert tok.encode_with_offsets(plain, allowed_special="all") == tok.encode_with_offsets(plain)


@pytest.mark.parametrize(
    ("normalizer", "text", "whole"),
    [
        (("replace", "a", "aa"), "a", "aa"),
        ([("prepend", "x")], "ab", "xab"),
        ("space_ideographs", "日本", " 日  本 "),
        ("lowercase", "AB", "ab"),
    ],
)
def test_a_text_is_normalized_once(normalizer, text, whole):
    for tok in both(Tokenizer([], normalizer=normalizer)):
        assert tok.definition.normalize(text) == whole
        assert tok.truncate_text(text, 20) == whole
        assert tok.truncate_text(text + "z", tok.count(text)) == whole


def test_special_tokens_are_found_before_normalizing():
    for tok in both(Tokenizer([], normalizer="lowercase", special_tokens={"<S>": 300})):
        assert tok.truncate_text("A<S>b", 2, allowed_special="all") == "a<S>"
    wide = "\N{FULLWIDTH LESS-THAN SIGN}s\N{FULLWIDTH GREATER-THAN SIGN}b"
    for tok in both(Tokenizer([], normalizer="NFKC", special_tokens={"<s>": 300})):
        assert tok.encode(wide, allowed_special="all") == [60, 115, 62, 98]
        assert tok.truncate_text(wide, 2, allowed_special="all") == "<s"
        # The name of a special token would be that token, and not these ids.
        assert tok.truncate_text(wide, 3, allowed_special="all") == "<s"


@pytest.mark.parametrize("most", [sys.maxsize, 2**70])
def test_any_number_of_tokens_may_be_allowed(most, backend):
    tok = Tokenizer([], backend=backend)
    assert tok.truncate_text("abc", most) == "abc"


@pytest.mark.parametrize("most", [sys.maxsize, 2**70])
def test_a_chunk_may_have_any_number_of_tokens(most):
    tok = Tokenizer([])
    assert tok.chunk("abc", most) == tok.chunk("abc", most, overlap=most - 1)
    assert [chunk.text for chunk in tok.chunk("abc", most)] == ["abc"]


def test_blocks_of_a_long_text_are_the_whole():
    text = "the cat ▁<s>hello world " * 9_000
    for prefix in ("first", "always", "bytes"):
        tok = TOKENIZERS[prefix][0][0]
        ids = tok.encode(text, allowed_special="all")
        kept = tok.truncate_text(text, len(ids) - 3, allowed_special="all")
        own = tok.encode(kept, allowed_special="all")
        assert own == ids[: len(own)]
        assert len(own) >= len(ids) - 5


@pytest.mark.parametrize("prefix", [None, "always"])
def test_a_character_that_is_dropped_in_part_is_refused(prefix, backend):
    # Without the first byte of é, and without all bytes of 中.
    dropped = {0xC3, *"中".encode()}
    tokens = {bytes([byte]): byte for byte in range(256) if byte not in dropped}
    tok = Tokenizer(Definition.from_tokens(tokens, [], drops_bytes=True, prefix=prefix, backend=backend))
    assert tok.truncate_text("a中b中", 9) == "ab"
    for text in ("é", "a中é", "ab é"):
        with pytest.raises(VocabularyError, match="cannot cut the text into parts: it drops some of the bytes of 'é'"):
            tok.truncate_text(text, 3)


def test_the_beginning_of_a_long_text_takes_memory_by_its_tokens():
    """Of arrays: a list would take tens of bytes for the place of each token."""
    text = "ab " * 200_000
    tok = Tokenizer([(97, 98), (32, 256)])
    tokens = tok.count(text)
    tracemalloc.start()
    try:
        kept = tok.truncate_text(text, tokens - 1)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept == text[:-1]
    assert most < 5 * len(text) + 80 * tokens
