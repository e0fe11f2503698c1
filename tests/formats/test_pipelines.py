"""Everything a ``tokenizer.json`` of bytes may do to text before it is merged: the ids of ``tokenizers``, and back again."""

import copy
import json
import pickle
import re

import minitok
import pytest
from helpers import BACKENDS, by_values
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from minitok.formats import huggingface
from minitok.formats.byte_level import CHARS
from tokenizers import Tokenizer

MERGES = [(97, 98), (45, 45), (32, 97), (49, 50), (256, 256), (32, 32), (45, 97), (0xC3, 0xB2), (194, 178)]
BASE = huggingface.dump(minitok.Tokenizer(MERGES, pattern="none", special_tokens={"<S>": 300, "b1": 301}).definition)
ATOMS = [
    "a", "B", "ab", "aB ", "-", " ", "  ", "1", "12", "123", "²", "½", "ò", ".", "$", "é", "e\u0301", "Σ", "İ", "ﬁ",
]  # fmt: skip
ATOMS += ["中", "\n", "\t", "\u200b", "\u00a0", "\u3000", "<S>", "<s>", "▁", "_", "'s", "𝔸", "\x01", "\u0345", "丽"]
TEXTS = st.lists(st.sampled_from(ATOMS), max_size=9).map("".join)
BEHAVIORS = ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext", "Removed")


def plain(kind, **options):
    return st.fixed_dictionaries({"type": st.just(kind), **options})


PATTERNS = [{"Regex": "-|a"}, {"Regex": r"\s+"}, {"String": " "}, {"String": "a."}, {"Regex": r"[\p{L}]+|[\p{N}]"}]
# What may be removed, and what may be kept of a text.
CHARACTERS = [{"Regex": "-|a"}, {"Regex": r"\s+"}, {"String": " "}, {"Regex": r"[\p{L}]+|[\p{N}]"}]
flag = st.booleans()
NORMALIZERS = st.one_of(
    *(plain(form) for form in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt")),
    plain("Strip", strip_left=flag, strip_right=flag),
    plain("Prepend", prepend=st.sampled_from([" ", "xA", "▁"])),
    plain("Replace", pattern=st.sampled_from(PATTERNS), content=st.sampled_from(["", " ", "ab"])),
    plain(
        "BertNormalizer",
        clean_text=flag,
        handle_chinese_chars=flag,
        strip_accents=st.sampled_from([None, True, False]),
        lowercase=flag,
    ),
)
SPLITS = plain("Split", pattern=st.sampled_from(PATTERNS), behavior=st.sampled_from(BEHAVIORS[:4]), invert=flag)
CUTTERS = st.one_of(
    SPLITS,
    plain("Digits", individual_digits=flag),
    plain("Punctuation", behavior=st.sampled_from(BEHAVIORS[:4])),
)
WORDS = st.one_of(
    plain("Whitespace"),
    plain("WhitespaceSplit"),
    plain("BertPreTokenizer"),
    plain("CharDelimiterSplit", delimiter=st.sampled_from([" ", ".", "a"])),
    plain("Split", pattern=st.sampled_from(CHARACTERS), behavior=st.just("Removed"), invert=st.just(False)),
    plain("Split", pattern=st.sampled_from(PATTERNS), behavior=st.just("Removed"), invert=st.just(True)),
)
BEHIND = st.one_of(
    CUTTERS, plain("Split", pattern=st.just({"Regex": "[Ġ²]"}), behavior=st.just("Isolated"), invert=flag)
)


@st.composite
def pre_tokenizers(draw):
    """Steps before and behind ``ByteLevel``, which may put a space before the text if it comes first."""
    before = draw(st.one_of(st.just([]), st.lists(CUTTERS, max_size=2), WORDS.map(lambda words: [words])))
    level = {"type": "ByteLevel", "trim_offsets": True, "use_regex": draw(flag)}
    level["add_prefix_space"] = not before and draw(flag)
    return {"type": "Sequence", "pretokenizers": [*before, level, *draw(st.lists(BEHIND, max_size=2))]}


@st.composite
def files(draw):
    content = copy.deepcopy(BASE)
    content["normalizer"] = {"type": "Sequence", "normalizers": draw(st.lists(NORMALIZERS, max_size=3))}
    content["pre_tokenizer"] = draw(pre_tokenizers())
    for token in content["added_tokens"]:
        token["normalized"] = draw(flag)
    # Bytes that text may hold, without a token, are dropped.
    if draw(flag):
        for byte in b"\t\n$":
            del content["model"]["vocab"][CHARS[byte]]
    return content


def ids_of(theirs, text):
    """The ids; where ``tokenizers`` panics, as it does for some added tokens that are normalized to nothing, there are none."""
    try:
        return theirs.encode(text, add_special_tokens=False).ids
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            reject()
        raise


def read(content, backend=None):
    """The tokenizer of a file, unless ``tokenizers`` finds an added token everywhere."""
    try:
        return minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
    except minitok.errors.FileFormatError as error:
        assert "is normalized to nothing" in str(error)
        reject()


@settings(deadline=None, max_examples=60)
@given(files(), st.lists(TEXTS, min_size=1, max_size=10))
def test_ids_are_those_of_tokenizers(content, texts):
    theirs = Tokenizer.from_str(json.dumps(content))
    wanted = [ids_of(theirs, text) for text in texts]
    for backend in BACKENDS:
        tok = read(content, backend)
        assert tok.encode_batch(texts, allowed_special="all") == wanted
        for text, ids in zip(texts, wanted, strict=True):
            assert tok.encode(text, allowed_special="all") == ids
            assert tok.count(text, allowed_special="all") == len(ids)
            assert list(tok.encode_iterable([text[:3], text[3:]], allowed_special="all")) == ids
            assert tok.encode(text, allowed_special="all", trace=[].append) == ids
    assert by_values(content).content() == tok.definition.content()


@settings(deadline=None, max_examples=40)
@given(files(), st.lists(TEXTS, min_size=1, max_size=6))
def test_what_is_written_has_the_same_ids(content, texts):
    tok = read(content)
    assert pickle.loads(pickle.dumps(tok)) == tok
    assert tok.replace(backend="python") == tok
    try:
        written = huggingface.dump(tok.definition)
    except minitok.errors.VocabularyError as reason:
        assert re.search("which other engines interpret differently|it would be read as", str(reason))
        return
    theirs = Tokenizer.from_str(json.dumps(written))
    again = minitok.Tokenizer(huggingface.parse(written, "it"))
    for text in texts:
        ids = tok.encode(text, allowed_special="all")
        assert ids_of(theirs, text) == ids
        assert again.encode(text, allowed_special="all") == ids


@pytest.fixture
def clip(backend):
    """A file like CLIP's: text in small letters, cut into words, whose last tokens say that they are the last."""
    content = copy.deepcopy(BASE)
    vocab = {char + end: i for i, (char, end) in enumerate((char, end) for end in ("", "</w>") for char in CHARS)}
    vocab |= {"ca": 600, "cat</w>": 601, "Ã²</w>": 602, "<S>": 603}
    content["model"] |= {
        "vocab": vocab,
        "merges": [["c", "a"], ["ca", "t</w>"], ["Ã", "²</w>"]],
        "unk_token": "<S>",
        "end_of_word_suffix": "</w>",
    }
    replace = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
    content["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFC"}, replace, {"type": "Lowercase"}]}
    words = {"type": "Split", "pattern": {"Regex": r"'s|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"}, "behavior": "Removed"}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [words | {"invert": True}, level]}
    content["added_tokens"] = [content["added_tokens"][0] | {"id": 603, "normalized": True}]
    return minitok.Tokenizer(huggingface.parse(content, "it", backend=backend)), content


def test_ends_of_words(clip):
    tok, content = clip
    theirs = Tokenizer.from_str(json.dumps(content))
    written = huggingface.dump(tok.definition)
    again = Tokenizer.from_str(json.dumps(written))
    assert written["model"]["merges"] == ["c a", "ca t</w>", "Ã ²</w>"]
    assert huggingface.parse(written, "it", backend=tok.definition.backend).content() == tok.definition.content()

    @settings(max_examples=25)
    @given(st.lists(TEXTS | st.sampled_from(["Cat", "cat ", "ca", "CATS"]), max_size=6).map("".join))
    def check(text):
        ids = ids_of(theirs, text)
        assert tok.encode(text, allowed_special="all") == ids_of(again, text) == ids
        assert tok.encode_to_numpy(text, allowed_special="all").tolist() == ids
        assert [token.id for token in tok.explain(text, allowed_special="all").tokens] == ids

    check()


def test_a_tokenizer_of_words(clip, tmp_path):
    tok, _ = clip
    assert tok.encode("A Cat's\n<s>", allowed_special="all") == [CHARS.index("a") + 256, 601, 39, 115 + 256, 603]
    assert tok.decode(tok.encode("a  CATò!")) == "a catò ! "
    assert tok.tokenize("a cat") == [b"a ", b"cat "]
    assert (tok.definition.lossless, tok.definition.word_end, tok.definition.normalizer[2]) == (
        False,
        "</w>",
        "lowercase",
    )
    assert tok.definition.normalize("A  B") == "a b"
    tok.save(tmp_path / "it.json")
    assert minitok.load(tmp_path / "it.json", backend=tok.definition.backend) == tok
    with pytest.raises(minitok.errors.VocabularyError, match="the text between words is dropped"):
        tok.truncate_text("a b", 1)
    assert [chunk.text for chunk in tok.chunk("A B", 1)] == ["A", " B"]
    for form in ("gpt2", "tiktoken", "minbpe"):
        with pytest.raises(minitok.errors.VocabularyError, match="text is normalized first"):
            tok.save(tmp_path / "x", format=form)
    with pytest.raises(minitok.errors.TrainingError, match="this tokenizer cannot be extended: text is normalized"):
        tok.extend(["a"], 700)


def test_a_word_with_a_space_is_refused(clip):
    definition = clip[0].definition.replace(words=None)
    with pytest.raises(minitok.errors.VocabularyError, match="the word ' b' holds ' ', which stands for its end"):
        minitok.Tokenizer(definition).encode("a b")


def test_a_space_before_the_text(backend, tmp_path):
    content = copy.deepcopy(BASE)
    content["pre_tokenizer"] = {"type": "ByteLevel", "add_prefix_space": True}
    tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
    assert (tok.definition.prefix, tok.definition.lossless, tok.encode("a a"), tok.encode(""), tok.encode(" a")) == (
        "bytes",
        False,
        [258, 258],
        [],
        [258],
    )
    assert tok.decode(tok.encode("▁a")) == tok.definition.normalize("▁a") == " ▁a"
    assert tok.encode_with_offsets("a") == ([258], [(0, 2)])
    assert tok.definition.normalize("a a a") == " a a a"
    assert [chunk.text for chunk in tok.chunk("a a a", 1)] == ["a", " a", " a"]
    assert tok.explain("a").tokens[0].token == b" a"
    tok.save(tmp_path / "it.json")
    assert minitok.load(tmp_path / "it.json", backend=backend) == tok
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    assert minitok.load(tmp_path / "tokenizer.json", backend=backend) == tok
