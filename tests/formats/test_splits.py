"""A ``Split`` or ``Replace`` of a ``tokenizer.json``: the ids of ``tokenizers``, or a refusal that says why."""

import copy
import itertools
import json

import minitok
import pytest
from helpers import BACKENDS, Failure, outcome
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.formats import huggingface
from minitok.reference.pretokenize import NAMED
from strategies import old, portable_regexes, texts
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
    tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
    written = huggingface.dump(tok.definition)
    again = minitok.Tokenizer(huggingface.parse(written, "it", backend=backend))
    theirs, rewritten = Tokenizer.from_str(json.dumps(content)), Tokenizer.from_str(json.dumps(written))
    for text in texts:
        ids = theirs.encode(text).ids
        assert tok.encode(text) == again.encode(text) == rewritten.encode(text).ids == ids, text
    return tok


def refused(content, reason):
    """By the one reader, whatever the backend."""
    with pytest.raises(minitok.errors.FileFormatError, match=reason):
        huggingface.parse(content, "it")


TEXT_MARKS = ["…", "▁", "é", "²", "a.", "[", "-]", "\\", "_", "a b", "^$", "\x01", "~`"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("text", TEXT_MARKS)
def test_a_text_is_looked_for_as_it_is(text, backend):
    texts = [f"a{text}b {text}{text}", text, "a.b ab"]
    compared(of_file(split(String=text)), texts, backend)
    if len(text) == 1:
        compared(of_file(split("Removed", String=text)), texts, backend)
    compared(of_file(normalizer={"type": "Replace", "pattern": {"String": text}, "content": "b"}), texts, backend)


# What matches the empty text only, and what may match characters too.
CUTS = [
    r"(?=(\d{3})+(?!\d))", r"(?<=[a-z])(?=[A-Z])", r"\b", r"\B", r"(?=ſt)", r"(?=as)|(?<=…)", r"(?!a)",
    r"(?<=aa)(?!a)|(?=…$)", "(?:)",
]  # fmt: skip
EMPTY = [r"(?<=ß)x*", r"a|(?=🦀)", r"x?", "a*", "|a", r"a*?s|(?=\.)", r"(?:a+b|)A?", r"\d{0,2}", r"\b|1", r"a|\b"]
CHARACTERS = [r"\s", r"\s+", r"\s{1,2}", r"(?:\s+|[ab.])", r"([^a]+?)", r"(?>[\r\n]++| )"]
WORDS = [
    r"\w+", r"\W+", r"[\w.]+", r"[^\W_]+", r"[^\w\s]+", r"a\b", r"\Ba", r"a\B.", r"\b[^\n]", r"\\w+|\w",
    r"(?:\w{1,2})+", "[[\\w]&&[^a]]",
]  # fmt: skip
CASES = [
    r"(?i:\p{Lu}|s)", r"(?i)\p{M}|[^\p{Lu}.]+", r"a|(?i)b|S\p{L}{1,2}+", r"(?i:a\p{^Lu}(?-i:ss\p{Lu}))|ss",
    r"(?i:s\.t|s{2}|[a-fé]{1,2}?)", r"\x{61}+|(?i:[bs]|’s)",
]  # fmt: skip
# No escape, number or set is read from its middle; sets may hold sets; a repeat of a repeat is one.
READ_PART_BY_PART = [
    r"\x41{2}+", r"\\d{1,3}|.", "[b{1,3}+]", r"\[[^a]{2}+|.", r"[[\]a]?$b]", r"[a[$]b]{1,2}+", r"\[--|a", r"\\x80|a",
    r"a{1,2}|[$^a]", NAMED["cl100k"],
]  # fmt: skip
ENDS = [r"\s+$", "a$", r"[$a]+$|\$", "b$|a", "(?:a|$ ?)b$"]
BESIDE = ["a", "²", "¼", "\u200d", "\u200c", "_", ".", "1", " ", "\\w"]
WORD_TEXTS = [f"{one}{other}a{one}.{other}a" for one in BESIDE for other in BESIDE[:5]]
CUT_TEXTS = [
    "", "a", "1234567 12 123 1234.1111", "aAbs asAs…ſt", "aaab1s.aab", "ßxxaß a🦀a", "..aa\r\n 11…aa", "éaéé1²b",
]  # fmt: skip
LINE_TEXTS = [
    "a.b", "a\r\n\r\nb", "  a  b ", "a…b", "   ", "", "ab\tab. ss", "ab$ \n\r\u2028", "a\nb\na \n", "$a\nb$ \n",
]  # fmt: skip
CASE_TEXTS = ["aAbBsSſ", "sab1\u0345ι.ßss", "assA AssA", "s.T ’S éÉ", "bB B\u0301"]
PART_TEXTS = [
    "AAAA A", "bbbb{1,3}+b", "\\dddd1234d", "[xyz[xy aaa", "$]b[$a^", "a$b$ab ab$", "[--a", "\\x80a", "a121212 1234",
    "12 \n ",
]  # fmt: skip
PATTERNS = [
    *((pattern, CUT_TEXTS) for pattern in [*CUTS, *EMPTY]),
    *((pattern, WORD_TEXTS) for pattern in WORDS),
    *((pattern, LINE_TEXTS) for pattern in [*CHARACTERS, *ENDS]),
    *((pattern, CASE_TEXTS) for pattern in CASES),
    *((pattern, PART_TEXTS) for pattern in READ_PART_BY_PART),
]
BEHAVIORS = ["Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("pattern", "texts"), PATTERNS)
def test_a_pattern_cuts_as_there(pattern, texts, backend):
    matches_nothing = pattern in (*CUTS, *EMPTY)
    for behavior, invert in itertools.product(BEHAVIORS, [False, True]):
        content = of_file(split(behavior, invert=invert, Regex=pattern))
        if pattern in EMPTY and behavior != "Isolated":
            refused(content, "the pre_tokenizer Split may match nothing, or more")
        elif matches_nothing or (behavior, invert) in (("Isolated", False), ("Removed", True)):
            tok = compared(content, texts, backend)
            assert huggingface.parse(huggingface.dump(tok.definition), "it").pattern == tok.pattern
    if pattern in CHARACTERS:
        compared(of_file(split("Removed", Regex=pattern)), texts, backend)
    if pattern in (*CHARACTERS, *WORDS):
        replace = {"type": "Replace", "pattern": {"Regex": pattern}, "content": "b"}
        compared(of_file(normalizer=replace), texts, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_digits_in_threes_from_the_right(backend):
    """The steps of OLMo 2 with SuperBPE: words may cross spaces, and digits are cut from the right."""
    threes = split(Regex=r"(?=(\d{3})+(?!\d))")
    for steps in [
        [split(Regex=r"\p{N}+"), threes],
        [threes],
        [threes, split(Regex=r" ?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")],
        [split("MergedWithNext", Regex=r"\s"), threes, split(Regex="s(?=sb)|(?=A)")],
    ]:
        compared(
            of_file({"type": "Sequence", "pretokenizers": steps}), [*CUT_TEXTS, "1" * 1000 + "a" + "1" * 999], backend
        )


ATOMS = ["a", "[ab]", "[^a]", r"\d", "a*", "b?", "a+", "(?=b)", "(?!a)", "(?<=a)", "(?<!b)", r"\b", r"\B", "a??", "b*?"]
ATOMS += ["(?:ab)?", "", r"(?=(\d{3})+(?!\d))", "(?=ab)", "(?<=ab)", r"\d{0,2}", "é"]
readable = st.lists(st.lists(st.sampled_from(ATOMS), max_size=3).map("".join), min_size=1, max_size=3).map("|".join)


@given(
    st.tuples(readable.filter(bool), st.just(True)) | st.tuples(portable_regexes, st.just(False)),
    st.lists(st.text("aabb1234é .\n", max_size=12) | texts.filter(old), min_size=1, max_size=4),
)
def test_a_pattern_is_refused_or_cuts_as_theirs(pattern_and_whether_it_is_read, some):
    pattern, is_read = pattern_and_whether_it_is_read
    content = of_file(split(Regex=pattern))
    definitions = [outcome(huggingface.parse, content, "it", backend=backend) for backend in BACKENDS]
    if isinstance(definitions[0], Failure):
        assert not is_read
        assert {failed.kind for failed in definitions} == {minitok.errors.FileFormatError}
        return
    theirs = outcome(Tokenizer.from_str, json.dumps(content))
    if isinstance(theirs, Failure):  # their engine does not read it
        assert not is_read
        return
    for tok, text in itertools.product(map(minitok.Tokenizer, definitions), some):
        ids = outcome(tok.encode, text)
        if isinstance(ids, Failure):  # a pattern may ask for too many steps
            assert not is_read
            continue
        try:
            wanted = theirs.encode(text).ids
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # theirs panics at the limit of its own steps
                continue
            raise
        assert ids == wanted


def test_a_million_digits_take_linear_time():
    """The Python reference searches from each digit and gives up, which SPEC P6 allows."""
    tok = minitok.Tokenizer([], pattern=r"\p{N}+(?#then)(?=(\d{3})+(?!\d))", backend="rust")
    assert tok.count("1" * 1_000_000) == 1_000_000
    pieces = load_backend("rust").pattern(tok.pattern).split(b"1" * 1_000_000)
    assert [len(pieces[0]), len(pieces)] == [1, 333_334]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pattern", [*WORDS[:-2], r"\b[ab]+\b"])
def test_words_of_a_pattern_here_are_written_for_oniguruma(pattern, backend):
    definition = huggingface.parse(BASE, "it", backend=backend)
    tok = minitok.Tokenizer(definition.replace(pattern=pattern))
    written = huggingface.dump(tok.definition)
    theirs = Tokenizer.from_str(json.dumps(written))
    for text in WORD_TEXTS:
        assert theirs.encode(text).ids == tok.encode(text), text
    assert huggingface.parse(written, "it").pattern == pattern


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["Whitespace", "WhitespaceSplit", "BertPreTokenizer"])
def test_words_that_are_no_pattern_there(kind, backend):
    tok = compared(of_file({"type": kind}), WORD_TEXTS, backend)
    written = huggingface.dump(tok.definition)["pre_tokenizer"]["pretokenizers"][0]
    assert written == {"type": "WhitespaceSplit" if kind == "BertPreTokenizer" else kind}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["none", "gpt2", "cl100k", "deepseek3"])
def test_the_name_of_a_pattern_is_text_in_a_file(name, backend):
    texts = [f"a {name} b", name, "1 as"]
    for source in [{"Regex": name}, {"String": name}]:
        for behavior in ["Isolated", "MergedWithNext", "Contiguous"]:
            tok = compared(of_file(split(behavior, **source)), texts, backend)
            assert name not in (tok.pattern, tok.definition.words)
