"""What the extension reads itself is what the readers in Python read; everything else it leaves to them."""

import base64

import minitok
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok import _rust
from minitok.backend import load_backend
from minitok.errors import MinitokError
from minitok.formats import tiktoken

BYTES = [bytes([byte]) for byte in range(256)]
WORDS = st.lists(
    st.binary(min_size=2, max_size=4) | st.text("ab中", min_size=2, max_size=5).map(str.encode), unique=True
)


def content(vocab):
    """Everything that a vocabulary holds."""
    return (
        vocab.tokens,
        [tuple(merge) for merge in vocab.merges],
        vocab.whole_pieces,
        vocab.merges_make_all,
        vocab.fallback,
        vocab.drops_bytes,
    )


def damaged(draw, data):
    """The data as it is, or with a few bytes of it changed, lost or put in."""
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        junk = draw(st.sampled_from([b"", b" ", b"\n", b"\r", b"=", b"0", b"-", b"\xff", b'"', b",", b"{", b"\\u00e9"]))
        data = data[:at] + junk + data[at + draw(st.integers(0, 3)) :]
    return data


@st.composite
def rank_files(draw):
    tokens = draw(st.permutations(BYTES))[: draw(st.sampled_from([256, 256, 256, 255]))] + draw(WORDS)
    ids = draw(st.sampled_from([list(range(len(tokens))), list(range(7, 7 + 3 * len(tokens), 3))]))
    lines = [base64.b64encode(token) + b" %d" % rank for token, rank in zip(tokens, ids, strict=True)]
    return damaged(draw, draw(st.sampled_from([b"\n", b"\r\n"])).join(lines) + draw(st.sampled_from([b"", b"\n"])))


@given(rank_files())
def test_rank_files(data):
    read = _rust.read_ranks(data)
    if read is not None:
        expected = load_backend("rust").vocab.from_ranks(tiktoken.parse_ranks(data, "it"))
        assert content(read) == content(expected)
        assert content(read) == content(load_backend("python").vocab.from_ranks(tiktoken.parse_ranks(data, "it")))


def test_files_that_programs_write_are_read(tmp_path):
    """So that the test above compares something, and loading is fast."""
    minitok.get_encoding("r50k_base").to_tiktoken(tmp_path / "r50k")
    data = (tmp_path / "r50k").read_bytes()
    read = _rust.read_ranks(data)
    assert read is not None
    assert content(read) == content(minitok.get_encoding("r50k_base").definition.vocab)
    assert _rust.read_ranks(data + b"YQ== 70000\n") is None


def test_without_the_fast_paths_nothing_is_read():
    data = b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(BYTES))
    before = _rust.set_fast(False)
    try:
        assert _rust.read_ranks(data) is None
    finally:
        _rust.set_fast(before)
    assert _rust.read_ranks(data) is not None


@pytest.mark.parametrize(
    "words", [[b"bc", b"abcd"], [b"abc", b"bc"], ["中国".encode(), "a中国".encode(), "国中".encode()]]
)
def test_every_split_is_there_when_asked_for(words):
    """Where a token is not made by one merge of lower ranks, the extension merges by fewer pairs than the vocabulary shows."""
    ranks = {token: rank for rank, token in enumerate([*BYTES, *words])}
    toks = [minitok.Tokenizer.from_ranks(ranks, pattern="none", backend=backend) for backend in ("rust", "python")]
    for text in (*words, b"abcde", b"abcbcd", "中国中国a中国中".encode()):
        assert toks[0].encode(text) == toks[1].encode(text)
    assert content(toks[0].definition.vocab) == content(toks[1].definition.vocab)
    assert toks[0] == toks[1]
    with pytest.raises(MinitokError):
        minitok.Tokenizer.from_ranks(ranks | {b"c" * 9: 98}, pattern="none")
