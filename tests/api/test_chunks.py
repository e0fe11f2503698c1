"""Chunks of texts for retrieval: the limit, borders, overlap; the same on both backends."""

import minitok
import pytest
import regex
from chunk_laws import check_laws
from helpers import both, failure_on_both, outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.reference.more.borders import KINDS
from minitok.reference.more.graphemes import flag_runs, is_grapheme_border
from strategies import old
from strategies import texts as tricky

SENTENCES = [
    "One fish, two fish. ", "Mr. A came.\n", "# Head\n", "\n", "\n\n", "```\n", "  - an item\n", "red", " blue", "東京。", "かな",
    "\r\n", "e\u0301", "👩\u200d💻", "🇩🇪", "🇩", "<s>", " <s> ", "...", "(yes)", "a" * 50, "x = f(1)\n", "    y\n", "▁", " ",
    "A line that is long enough to have been wrapped by\n", "goes on here", "สวัสดี", "\u1112\u1161\u11ab", "क्षि", "“So.”", "İ", "ﬁ",
]  # fmt: skip
documents = st.lists(st.sampled_from(SENTENCES), max_size=30).map("".join) | tricky
kinds = st.sampled_from(["text", "code"]) | st.lists(st.sampled_from(KINDS[:9]), max_size=4)


def with_characters(prefix, **changes):
    corpus = ["the cat sat on the mat  hello world"] * 5
    tok = minitok.train(corpus, 330, alphabet="characters", prefix="first", special_tokens=["<s>", "<S>"])
    return tok.replace(prefix=prefix, **changes)


def flagged(*flags, **fields):
    definition = Tokenizer([], special_tokens={"<s>": 300}, pattern="gpt2", **fields).definition
    return Tokenizer(definition.replace(token_flags={"<s>": flags}))


def made():
    """Tokenizers of which the tokens of a part are not always those that it has within a text."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"aab": 257, b" a": 258, "é".encode(): 259}
    whole = Definition.from_tokens(ranks, [(97, 98)], pattern="cl100k", whole_pieces=True, special_tokens={"<s>": 300})
    few = {bytes([byte]): byte for byte in range(256) if byte not in "中é東".encode()}
    special = {"<s>": 300}
    merges = [(39, 108), (97, 98), (10, 10), (97, 97), (258, 258)]
    return {
        "gpt2": Tokenizer(merges, pattern="gpt2", special_tokens=special),
        "whole pieces": Tokenizer(whole),
        "without a pattern": Tokenizer(merges, pattern="none", special_tokens=special),
        **{f"characters, {prefix}": with_characters(prefix) for prefix in ("first", "always", "segment", "bytes")},
        "small letters": Tokenizer(merges, normalizer="lowercase", pattern="gpt2", special_tokens=special),
        "NFKC": Tokenizer(merges, normalizer="NFKC", pattern="gpt2", special_tokens=special),
        "something put in": Tokenizer(
            merges, normalizer=[("replace", "a", "bcd")], pattern="gpt2", special_tokens=special
        ),
        "spaces taken": flagged("lstrip", "rstrip"),
        "single words": flagged("single_word"),
        "late": flagged("lstrip", normalizer="lowercase", late_tokens=["<s>"]),
        "bytes dropped": Tokenizer(Definition.from_tokens(few, [], pattern="gpt2", drops_bytes=True)),
        "words": Tokenizer(merges, pattern="none", normalizer="lowercase").replace(words=r"\w+|[^\w\s]+"),
    }


TOKENIZERS = {name: both(tok) for name, tok in made().items()}


def on_both_backends(name):
    return TOKENIZERS.get(name) or both(minitok.get_encoding("o200k_base"))


@st.composite
def options(draw):
    most = draw(st.integers(1, 40))
    found = {"at": draw(kinds), "fill": draw(st.sampled_from([0, 0.33, 0.5, 1.0]))}
    if draw(st.booleans()):
        found["overlap"] = draw(st.integers(0, most - 1))
    elif draw(st.booleans()):
        found["overlap_sentences"] = draw(st.integers(0, 3))
    return most, found


@pytest.mark.parametrize("name", [*TOKENIZERS, "o200k"])
@settings(max_examples=60)
@given(documents, options(), st.booleans())
def test_the_laws(name, text, options, allowed):
    most, asked = options
    rust, python = on_both_backends(name)
    if allowed:
        asked["allowed_special"] = "all"
    check_laws(rust, text, most, **asked)
    assert outcome(rust.chunk, text, most, **asked) == outcome(python.chunk, text, most, **asked)


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


@given(documents | st.text())
def test_no_grapheme_of_unicode_is_cut(text):
    text = "".join(char for char in text if old(char))
    theirs = {match.end() for match in regex.finditer(r"\X", text)}
    flags = flag_runs(text)
    for place in range(1, len(text)):
        # What belongs to the character behind it (Prepend) is not looked at: some numbers' signs, and letters of old scripts.
        if is_grapheme_border(text, place, flags) and not regex.match(r"\p{gcb=Prepend}", text[place - 1]):
            assert place in theirs


def test_prose_ends_at_sentences_and_code_at_lines(backend):
    tok = minitok.get_encoding("gpt2", backend=backend)
    prose = "The whale is big. It swims in the sea. Sailors fear it. They hunt it, too. Some of them die."
    assert [chunk.text for chunk in tok.chunk(prose, 12)] == [
        "The whale is big. It swims in the sea.", " Sailors fear it. They hunt it, too.", " Some of them die.",
    ]  # fmt: skip
    code = "def f(x):\n    return x. Y\n\n\ndef g(x):\n    # One. Two. Three.\n    return f(x)\n"
    assert [chunk.border for chunk in tok.chunk(code, 24, at="code")] == ["paragraph", "line", "end"]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda tok: tok.chunk("a", 0), ValueError, "max_tokens must be at least 1, not 0"),
        (lambda tok: tok.chunk("a", 4.0), TypeError, "max_tokens must be int, not float"),
        (lambda tok: tok.chunk("a", True), TypeError, "max_tokens must be int, not bool"),
        (lambda tok: tok.chunk(b"a", 4), TypeError, "text must be str, not bytes"),
        (lambda tok: tok.chunk("a", 4, overlap=-1), ValueError, "overlap must be at least 0, not -1"),
        (lambda tok: tok.chunk("a", 4, overlap=2**70), ValueError, "is not less than max_tokens 4"),
        (lambda tok: tok.chunk("a", 4, overlap_sentences=-1), ValueError, "overlap_sentences must be at least 0, not -1"),
        (lambda tok: tok.chunk("a", 4, fill=-0.5), ValueError, "fill must be between 0 and 1, not -0.5"),
        (lambda tok: tok.chunk("a", 4, fill=float("nan")), ValueError, "fill must be between 0 and 1, not nan"),
        (lambda tok: tok.chunk("a", 4, fill="half"), TypeError, "fill must be float, not str"),
        (lambda tok: tok.chunk("a", 4, at=[3]), TypeError, "at must be the name of a kind of text or names of borders, not [3]"),
        (lambda tok: tok.chunk("a", 4, at="end"), ValueError, "there is no border 'end'"),
        (lambda tok: tok.chunk("a", 4, allowed_special=["<s>"]), ValueError, "<s>"),
        (lambda tok: tok.chunk("a\ud800b", 4), UnicodeEncodeError, "surrogates not allowed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(call, kind, message):
    failed = failure_on_both(lambda backend: call(Tokenizer([], pattern="gpt2", backend=backend)))
    assert failed.kind is kind
    assert message in failed.message
