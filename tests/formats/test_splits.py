"""A ``Split`` or ``Replace`` of a ``tokenizer.json``: the ids of ``tokenizers``, or a refusal that says why."""

import copy
import json

import minitok
import pytest
from helpers import BACKENDS
from minitok.formats import huggingface
from tokenizers import Tokenizer

LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
# Each byte is merged with each that stands beside it in the texts, if nothing cuts.
NEAR = sorted(set("aAbs.1 \r\n\tß_…▁²¼\u200d\u200c".encode()))
BASE = huggingface.dump(minitok.Tokenizer([(one, other) for one in NEAR for other in NEAR], pattern="none").definition)


def of_file(pre_tokenizer=None, normalizer=None):
    steps = {"type": "Sequence", "pretokenizers": [pre_tokenizer, LEVEL]} if pre_tokenizer else LEVEL
    return copy.deepcopy(BASE) | {"pre_tokenizer": steps, "normalizer": normalizer}


def split(behavior="Isolated", *, invert=False, **pattern):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def compared(content, texts, backend):
    """The tokenizer, which has been seen to give the ids of ``tokenizers``, also after it was written and read."""
    tok = minitok.Tokenizer.from_definition(huggingface.parse(content, "it", backend=backend))
    written = huggingface.dump(tok.definition)
    again = minitok.Tokenizer.from_definition(huggingface.parse(written, "it", backend=backend))
    theirs, rewritten = Tokenizer.from_str(json.dumps(content)), Tokenizer.from_str(json.dumps(written))
    for text in texts:
        ids = theirs.encode(text).ids
        assert tok.encode(text) == again.encode(text) == rewritten.encode(text).ids == ids, text
    return tok


def refused(content, reason, backend):
    assert huggingface.parse_tables(json.dumps(content).encode(), "it", backend=backend) is None
    with pytest.raises(minitok.FileFormatError, match=reason):
        huggingface.parse(content, "it", backend=backend)


TEXT_MARKS = ["…", "▁", "é", "²", "a.", "[", "-]", "\\", "_", "a b", "^$", "\x01", "~`"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("text", TEXT_MARKS)
def test_a_text_is_looked_for_as_it_is(text, backend):
    texts = [f"a{text}b {text}{text}", text, "a.b ab"]
    compared(of_file(split(String=text)), texts, backend)
    compared(of_file(normalizer={"type": "Replace", "pattern": {"String": text}, "content": "b"}), texts, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "pattern", [r"(?=(\d{3})+(?!\d))", r"(?<=[a-z])(?=[A-Z])", r"\b", r"(?=ſt)", r"(?<=ß)x*", r"a|(?=🦀)", r"x?"]
)
def test_a_match_of_nothing_is_refused(pattern, backend):
    refused(of_file(split(Regex=pattern)), "the pre_tokenizer Split has a match of nothing", backend)
    replace = {"type": "Replace", "pattern": {"Regex": pattern}, "content": "b"}
    refused(of_file(normalizer=replace), "the normalizer Replace has a match of nothing", backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "pattern",
    [
        {"String": " "},
        {"String": "…"},
        {"Regex": r"\s"},
        {"Regex": r"\s+"},
        {"Regex": r"\s{1,2}"},
        {"Regex": r"(?:\s+|[ab.])"},
        {"Regex": r"([^a]+?)"},
        {"Regex": r"(?>[\r\n]++| )"},
    ],
    ids=str,
)
def test_characters_are_removed(pattern, backend):
    texts = ["a.b", "a\r\n\r\nb", "  a  b ", "a…b", "   ", "", "ab\tab. ss"]
    compared(of_file(split("Removed", **pattern)), texts, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "pattern",
    [
        {"String": "a."},
        {"String": "aba"},
        {"Regex": r"\r\n"},
        {"Regex": r"\p{L}+\d"},
        {"Regex": r"\s{2}"},
        {"Regex": r"\s+(?!\S)"},
        {"Regex": r"(?<=a)b"},
        {"Regex": r" ?\p{L}+| ?\p{N}+"},
    ],
    ids=str,
)
def test_removing_more_than_characters_is_refused(pattern, backend):
    refused(of_file(split("Removed", **pattern)), "the pre_tokenizer Split removes", backend)


WORDS = [
    r"\w+",
    r"\W+",
    r"[\w.]+",
    r"[^\W_]+",
    r"[^\w\s]+",
    r"a\b",
    r"\Ba",
    r"a\B.",
    r"\b[^\n]",
    r"\\w+|\w",
    r"(?:\w{1,2})+",
    "[[\\w]&&[^a]]",
]
BESIDE = ["a", "²", "¼", "\u200d", "\u200c", "_", ".", "1", " ", "\\w"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pattern", WORDS)
def test_words_are_those_of_oniguruma(pattern, backend):
    texts = [f"{one}{other}a{one}.{other}a" for one in BESIDE for other in BESIDE[:5]]
    tok = compared(of_file(split(Regex=pattern)), texts, backend)
    assert huggingface.parse(huggingface.dump(tok.definition), "it").pattern == tok.pattern
    compared(of_file(split("Removed", invert=True, Regex=pattern)), texts, backend)
    compared(of_file(normalizer={"type": "Replace", "pattern": {"Regex": pattern}, "content": "b"}), texts, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pattern", [*WORDS[:-2], r"\b[ab]+\b"])
def test_words_of_a_pattern_here_are_written_for_oniguruma(pattern, backend):
    definition = huggingface.parse(BASE, "it", backend=backend)
    tok = minitok.Tokenizer.from_definition(definition.changed(pattern=pattern))
    written = huggingface.dump(tok.definition)
    theirs = Tokenizer.from_str(json.dumps(written))
    for text in [f"{one}{other}a{one}.{other}a" for one in BESIDE for other in BESIDE[:5]]:
        assert theirs.encode(text).ids == tok.encode(text), text
    assert huggingface.parse(written, "it").pattern == pattern


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["Whitespace", "WhitespaceSplit", "BertPreTokenizer"])
def test_words_that_are_no_pattern_there(kind, backend):
    texts = [f"{one}{other}a{one}.{other}a" for one in BESIDE for other in BESIDE[:5]]
    tok = compared(of_file({"type": kind}), texts, backend)
    written = huggingface.dump(tok.definition)["pre_tokenizer"]["pretokenizers"][0]
    assert written == {"type": "WhitespaceSplit" if kind == "BertPreTokenizer" else kind}
