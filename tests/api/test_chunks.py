"""Chunks of texts for retrieval: the limit, borders, overlap."""

import minitok
import pytest
from chunk_laws import check_laws
from hypothesis import given
from hypothesis import strategies as st
from kinds import definitions
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.errors import BackendError
from strategies import texts as tricky

SENTENCES = [
    "One fish, two fish. ", "Mr. A came.\n", "# Head\n", "\n", "\n\n", "```\n", "  - an item\n", "red", " blue", "東京。", "かな",
    "\r\n", "e\u0301", "👩\u200d💻", "🇩🇪", "🇩", "<s>", " <s> ", "...", "(yes)", "a" * 50, "x = f(1)\n", "    y\n", "▁", " ",
    "A line that is long enough to have been wrapped by\n", "goes on here", "สวัสดี", "\u1112\u1161\u11ab", "क्षि", "“So.”", "İ", "ﬁ",
]  # fmt: skip
documents = st.lists(st.sampled_from(SENTENCES), max_size=30).map("".join) | tricky
KINDS = ["heading", "paragraph", "block", "line", "sentence", "wrap", "clause", "space", "word"]
kinds = st.sampled_from(["text", "code"]) | st.lists(st.sampled_from(KINDS), max_size=4)


RANKS = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"aab": 257, b" a": 258, "é".encode(): 259}
FEW = {bytes([byte]): byte for byte in range(256) if byte not in "中é東".encode()}
MERGES = [(39, 108), (97, 98), (10, 10), (97, 97), (258, 258)]
# Tokenizers of which the tokens of a part are not always those that it has within a text, beside those of `definitions`.
TOKENIZERS = {
    "whole pieces": Definition.from_tokens(
        RANKS, [(97, 98)], pattern="cl100k", whole_pieces=True, special_tokens={"<s>": 300}
    ),
    "bytes dropped": Definition.from_tokens(FEW, [], pattern="gpt2", drops_bytes=True),
    "something put in": Definition.from_merges(
        MERGES, pattern="gpt2", normalizer=[("replace", "a", "bcd")], special_tokens={"<s>": 300}
    ),
    "o200k": minitok.get_encoding("o200k_base").definition,
}


@st.composite
def options(draw):
    most = draw(st.integers(1, 40))
    found = {"at": draw(kinds), "fill": draw(st.sampled_from([0, 0.33, 0.5, 1.0]))}
    if draw(st.booleans()):
        found["overlap"] = draw(st.integers(0, most - 1))
    elif draw(st.booleans()):
        found["overlap_sentences"] = draw(st.integers(0, 3))
    return most, found


@given(st.sampled_from(list(TOKENIZERS.values())) | definitions(), documents, options(), st.sampled_from([(), "all"]))
def test_the_laws(definition, text, options, allowed):
    most, asked = options
    check_laws(Tokenizer(definition), text, most, allowed_special=allowed, **asked)


GROWING = st.lists(st.sampled_from([part for part in SENTENCES if len(part) < 50]), min_size=20, max_size=90)
# The longest piece of such a text is shorter.
SLACK = 64


@given(GROWING.map("".join), st.integers(4, 30), st.integers(0, 3), st.data())
def test_what_follows_changes_no_chunk(text, most, overlap, data):
    tok = minitok.get_encoding("o200k_base")
    chunks = tok.chunk(text, most, overlap=overlap)
    end = data.draw(st.integers(0, len(text)))
    beginning = tok.chunk(text[:end], most, overlap=overlap)
    ends = [end for _, end in tok.encode_with_offsets(text)[1]]
    for number, chunk in enumerate(chunks):
        reach = sum(place <= chunk.start for place in ends) + most
        limit = ends[reach - 1] if reach < len(ends) else len(text)
        next_line = text.find("\n", limit)
        if next_line < 0 or next_line + SLACK > end or text[next_line:end].isspace():
            break
        assert beginning[number] == chunk


def test_prose_ends_at_sentences_and_code_at_lines():
    tok = minitok.get_encoding("gpt2")
    prose = "The whale is big. It swims in the sea. Sailors fear it. They hunt it, too. Some of them die."
    assert [chunk.text for chunk in tok.chunk(prose, 12)] == [
        "The whale is big. It swims in the sea.", " Sailors fear it. They hunt it, too.", " Some of them die.",
    ]  # fmt: skip
    code = "def f(x):\n    return x. Y\n\n\ndef g(x):\n    # One. Two. Three.\n    return f(x)\n"
    assert [chunk.border for chunk in tok.chunk(code, 24, at="code")] == ["paragraph", "line", "end"]


def test_the_python_backend_says_that_chunks_need_the_extension():
    with pytest.raises(BackendError, match="chunks need the Rust extension"):
        Tokenizer([], backend="python").chunk("a", 4)
