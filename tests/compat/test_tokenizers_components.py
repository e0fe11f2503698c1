"""Every component against ``tokenizers``: what it does to random texts, and how it is pickled, shown and changed."""

import copy
import json
import pickle

import hf_files
import minitok.compat.tokenizers as mine
import pytest
import tokenizers as theirs
from hf_components import DECODERS, NORMALIZERS, PRE_TOKENIZERS, PROCESSORS, TEXTS
from hypothesis import given
from hypothesis import strategies as st

ALL = NORMALIZERS + PRE_TOKENIZERS + DECODERS + PROCESSORS


@pytest.mark.parametrize("make", NORMALIZERS)
@given(text=TEXTS)
def test_normalizing(make, text):
    here, there = mine.NormalizedString(text), theirs.NormalizedString(text)
    assert make(mine).normalize_str(text) == make(theirs).normalize_str(text)
    make(mine).normalize(here)
    make(theirs).normalize(there)
    assert (here.normalized, here.original) == (there.normalized, there.original)
    # Where each character comes from.
    assert [here[at].original for at in range(len(here.normalized))] == [
        there[at : at + 1].original for at in range(len(here.normalized))
    ]


@pytest.mark.parametrize("make", PRE_TOKENIZERS)
@given(text=TEXTS, normalizer=st.none() | st.sampled_from(NORMALIZERS))
def test_pre_tokenizing(make, text, normalizer):
    """A text as it is, and one that is normalized before."""
    results = []
    for lib in (mine, theirs):
        pretok = lib.PreTokenizedString(text)
        if normalizer is not None:
            pretok.normalize(normalizer(lib).normalize)
        make(lib).pre_tokenize(pretok)
        results.append([pretok.get_splits(), pretok.get_splits(offset_type="byte"), make(lib).pre_tokenize_str(text)])
    assert results[0] == results[1]


@pytest.mark.parametrize("make", DECODERS)
@given(
    tokens=st.lists(
        st.one_of(TEXTS, st.sampled_from(("<0xE5>", "<0x8f>", "<0xab>", "Ġa", "▁", "'m", "aa"))), min_size=1
    )
)
def test_decoding(make, tokens):
    assert make(mine).decode(tokens) == make(theirs).decode(tokens)


@pytest.mark.parametrize("make", PROCESSORS)
def test_processing(make):
    results = []
    for lib in (mine, theirs):
        tok, processor = lib.Tokenizer.from_str(hf_files.file("small")), make(lib)
        first, second = tok.encode("low lower"), tok.encode(" wide")
        made = [processor.process(first), processor.process(first, second), processor.process(first, second, False)]
        results.append([(one.ids, one.tokens, one.offsets, one.type_ids, one.sequence_ids) for one in made])
        results[-1].append([processor.num_special_tokens_to_add(is_pair) for is_pair in (False, True)])
    assert results[0] == results[1]


@pytest.mark.parametrize("make", ALL)
def test_pickles_and_shows(make):
    here, there = make(mine), make(theirs)
    assert here.__getstate__() == there.__getstate__()
    assert (repr(here), str(here)) == (repr(there), str(there))
    assert pickle.loads(pickle.dumps(here)) == here
    assert copy.deepcopy(here) == here
    assert type(pickle.loads(pickle.dumps(here))) is type(here)
    # A component of the library is one here.
    family = type(here).family
    assert family.from_state(json.loads(there.__getstate__())) == here


def test_long_lists_and_texts_are_cut():
    for lib in (mine, theirs):
        many = lib.normalizers.Sequence([lib.normalizers.Replace("a", "é" * 70)] * 8)
        assert str(many).count("Replace") == 5
        assert str(many).endswith(", ...])")
        assert repr(many).count("é") == 560
    assert str(mine.normalizers.Replace("a", "é" * 70)) == str(theirs.normalizers.Replace("a", "é" * 70))


def test_attributes():
    for make in ALL:
        here, there = make(mine), make(theirs)
        for option in here.options:
            if option.kind.show is None or option.name == "single" or not hasattr(there, option.name):
                continue
            value = getattr(here, option.name)
            assert value == getattr(there, option.name)
            changed = {bool: lambda v: not v, int: lambda v: v + 1, type(None): lambda _: True}.get(type(value))
            if changed is not None:
                for component in (here, there):
                    setattr(component, option.name, changed(value))
                assert here.__getstate__() == there.__getstate__()
    unknown = {"type": "Later", "field": 3}
    assert mine.normalizers.Normalizer.from_state(unknown).as_json() == unknown


@pytest.mark.parametrize("lib", [mine, theirs])
def test_sequences_share_their_parts(lib):
    strip = lib.normalizers.Strip()
    inner = lib.normalizers.Sequence([strip, lib.normalizers.NFC()])
    outer = lib.normalizers.Sequence([inner, lib.normalizers.NFD()])
    assert [type(outer[at]).__name__ for at in range(len(outer))] == ["Strip", "NFC", "NFD"]
    outer[0].left = False
    assert strip.left is False
    outer[1] = lib.normalizers.Lowercase()
    assert outer.normalize_str(" A ") == " a"
    tokenizer = lib.Tokenizer(lib.models.BPE())
    tokenizer.normalizer = outer
    tokenizer.normalizer[0].right = False
    assert outer[0].right is False


class Shout:
    """A custom normalizer, pre-tokenizer and decoder."""

    def normalize(self, text):
        self.kept = text
        text.uppercase()
        text.replace("!", "!!")

    def pre_tokenize(self, text):
        self.kept = text
        text.split(lambda index, piece: piece.split(" ", "removed") if index == 0 else [piece])
        text.normalize(lambda piece: piece.append("."))

    def decode_chain(self, tokens):
        return [token.upper() for token in tokens]


@pytest.mark.parametrize("lib", [mine, theirs])
def test_custom_components(lib):
    shout = Shout()
    normalizer = lib.normalizers.Normalizer.custom(shout)
    assert type(normalizer) is lib.normalizers.Normalizer
    assert normalizer.normalize_str("hey ho!") == "HEY HO!!"
    with pytest.raises(Exception, match="Cannot use a NormalizedStringRefMut outside `normalize`"):
        shout.kept.lowercase()
    both = lib.normalizers.Sequence([lib.normalizers.Prepend("_"), normalizer])
    assert both.normalize_str("hey") == "_HEY"
    pre_tokenizer = lib.pre_tokenizers.PreTokenizer.custom(shout)
    assert pre_tokenizer.pre_tokenize_str("hey ho") == [("hey.", (0, 3)), ("ho.", (4, 6))]
    with pytest.raises(Exception, match="Cannot use a PreTokenizedStringRefMut outside `pre_tokenize`"):
        shout.kept.get_splits()
    decoder = lib.decoders.Decoder.custom(shout)
    assert decoder.decode(["a", "b"]) == "AB"
    for component in (normalizer, both, pre_tokenizer, decoder):
        with pytest.raises(Exception, match="cannot be serialized"):
            component.__getstate__()
        with pytest.raises(Exception, match="cannot be serialized"):
            repr(component)
    for family, method in (
        (lib.normalizers.Normalizer, "normalize_str"),
        (lib.pre_tokenizers.PreTokenizer, "pre_tokenize_str"),
    ):
        with pytest.raises(Exception, match="AttributeError: 'int' object has no attribute"):
            getattr(family.custom(3), method)("a")


STEPS = st.lists(
    st.sampled_from(
        (
            ("lowercase",), ("uppercase",), ("nfd",), ("nfkc",), ("nfkd",), ("nfc",), ("strip",), ("lstrip",), ("rstrip",),
            ("prepend", "<"), ("append", ">"), ("replace", "a", "bb"), ("replace", "  ", " "), ("replace", "é", ""),
            ("filter", str.isalpha), ("map", lambda char: "z" if char == "a" else char),
        )
    ),
    max_size=4,
)  # fmt: skip


@given(text=TEXTS.filter(str.strip), steps=STEPS)
def test_normalized_strings(text, steps):
    here, there = mine.NormalizedString(text), theirs.NormalizedString(text)
    for name, *arguments in steps:
        getattr(here, name)(*arguments)
        if not here.normalized:
            return  # An empty text loses its place there.
        getattr(there, name)(*arguments)
    assert (here.normalized, repr(here), str(here)) == (there.normalized, repr(there), str(there))
    for start, end in ((0, 1), (1, 3), (0, len(text)), (2, 2), (99, 100)):
        for found in ((here[start:end], there[start:end]), (here.slice((start, end)), there.slice((start, end)))):
            assert [part and str(part) for part in found[:1]] == [part and str(part) for part in found[1:]]
    for behavior in ("removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next"):
        for pattern in (" ", "test", "e"):
            parts = [string.split(pattern, behavior) for string in (here, there)]
            assert [[(part.normalized, part.original) for part in found] for found in parts][:1] == [
                [(part.normalized, part.original) for part in parts[1]]
            ]


def test_pre_tokenized_strings():
    for lib in (mine, theirs):
        text = lib.PreTokenizedString("Hé there")
        text.split(lambda _, piece: piece.split(" ", "removed"))
        text.normalize(lambda piece: piece.append("..."))
        assert text.get_splits() == [("Hé...", (0, 2), None), ("there...", (3, 8), None)]
        assert text.get_splits("normalized", "byte") == [("Hé...", (0, 6), None), ("there...", (6, 14), None)]
        with pytest.raises(Exception, match="tokenize"):
            text.to_encoding()
        text.tokenize(lambda piece: [lib.Token(7, piece[:2], (0, 3)), lib.Token(8, piece[2:], (3, len(piece)))])
        text.split(lambda *_: [])
        encoding = text.to_encoding(type_id=3)
        assert (encoding.ids, encoding.tokens) == ([7, 8, 7, 8], ["Hé", "...", "th", "ere..."])
        assert (encoding.offsets, encoding.word_ids) == ([(0, 2), (1, 2), (3, 6), (6, 8)], [0, 0, 1, 1])
        assert encoding.type_ids == [3] * 4
        assert text.to_encoding(word_idx=5).word_ids == [5] * 4


def test_the_script_of_characters_is_that_of_the_library():
    """Of each script, and of what has none; Yi's is the one with a name as short as a category's."""
    ours, library = mine.pre_tokenizers.UnicodeScripts(), theirs.pre_tokenizers.UnicodeScripts()
    codes = [*range(0x20, 0xD800, 61), *range(0xE000, 0x110000, 997), 0xA000, 0xA4C6]
    for text in map(chr, codes):
        assert ours.pre_tokenize_str(text) == library.pre_tokenize_str(text), text


@pytest.mark.parametrize("pattern", [r"a*|\bb[cb]", r"\d?|bb", r"x??c|b", "(?=b)|bc", r"c*+|b+", "|a"])
def test_an_empty_match_that_is_preferred(pattern):
    for text in ["abbc", "bbbc1b", "cbc", "éab b1"]:
        for behavior in ["isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next"]:
            there, here = (
                lib.pre_tokenizers.Split(lib.Regex(pattern), behavior).pre_tokenize_str(text) for lib in (theirs, mine)
            )
            assert here == there
        replaced = [lib.normalizers.Replace(lib.Regex(pattern), "-").normalize_str(text) for lib in (theirs, mine)]
        assert replaced[0] == replaced[1]
