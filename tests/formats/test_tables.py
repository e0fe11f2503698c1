"""Steps of a ``tokenizer.json`` that ask whether a character is a mark, a digit, a capital: over Unicode, as ``tokenizers``."""

import copy
import json

import minitok
import pytest
from helpers import BACKENDS
from minitok.backend import load_backend
from minitok.formats import huggingface
from minitok.formats.huggingface.read import parse_steps
from minitok.reference.published.normalize import steps_of
from minitok.reference.published.patterns import Pattern
from tokenizers import Tokenizer, normalizers, pre_tokenizers

LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
# A letter is merged with the first byte of the character behind it, and with the last of the one before it, if nothing cuts.
MERGES = [*((98, byte) for byte in range(0xC2, 0xF0)), *((byte, 97) for byte in range(0x80, 0xC0)), (98, 45), (45, 97)]
BASE = huggingface.dump(minitok.Tokenizer([*MERGES, (97, 98)], pattern="none").definition)
# All but ideographs, syllables of Hangul, surrogates and characters for private use; of the higher planes, what is assigned.
SPANS = ((0x20, 0x3400), (0x4DC0, 0x4E00), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xE000, 0xE010), (0xF900, 0x17000))
CHARS = [chr(code) for first, end in (*SPANS, (0x18CD0, 0x20000), (0xE0000, 0xE0200)) for code in range(first, end)]
BERT = {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False}
CUTTERS = [
    ({"type": "Punctuation", "behavior": "Isolated"}, pre_tokenizers.Punctuation("isolated")),
    ({"type": "Digits", "individual_digits": True}, pre_tokenizers.Digits(individual_digits=True)),
]
NORMALIZERS = [
    ({"type": "Lowercase"}, normalizers.Lowercase()),
    ({"type": "StripAccents"}, normalizers.StripAccents()),
    (
        BERT | {"clean_text": True, "strip_accents": False, "lowercase": False},
        normalizers.BertNormalizer(handle_chinese_chars=False, strip_accents=False, lowercase=False),
    ),
    (
        BERT | {"strip_accents": True, "lowercase": True},
        normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=True),
    ),
]


def of_file(pre_tokenizer, normalizer=None, backend=None):
    """The definition of a file with these steps, and ``tokenizers``' own reading of it."""
    steps = {"type": "Sequence", "pretokenizers": [pre_tokenizer, LEVEL]} if pre_tokenizer else LEVEL
    content = copy.deepcopy(BASE) | {"pre_tokenizer": steps, "normalizer": normalizer}
    return huggingface.parse(content, "it", backend=backend), Tokenizer.from_str(json.dumps(content))


@pytest.mark.parametrize(("step", "theirs"), CUTTERS, ids=["punctuation", "digits"])
def test_each_character_is_cut_as_there(step, theirs):
    text = "".join("a" + char for char in CHARS)
    definition, _ = of_file(step)
    wanted = [piece for piece, _ in theirs.pre_tokenize_str(text)]
    assert [piece.decode() for piece in Pattern(definition.pattern).split(text.encode())] == wanted


@pytest.mark.parametrize(("step", "theirs"), NORMALIZERS, ids=["lowercase", "accents", "clean", "bert"])
def test_each_character_is_normalized_as_there(step, theirs):
    # Those tables of normal forms are of an older version of Unicode, which cannot take these apart.
    ours, older = load_backend().normalizer(("NFD",)), normalizers.NFD()
    newer = [char for char in CHARS if ours.apply(char).decode() != older.normalize_str(char)]
    assert len(newer) == 21
    assert all(older.normalize_str(char) == char for char in newer)
    chars = [char for char in CHARS if char not in newer]
    text = "".join(char + "a" for char in chars)
    steps = steps_of(parse_steps(normalizer=step).normalizer)
    assert load_backend().normalizer(steps).apply(text).decode() == theirs.normalize_str(text)


def differing(form, before="", behind=""):
    """The characters that the form changes otherwise there, or with a text on either side, and what it makes of them there."""
    chars = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    text = "\n".join(before + char + behind for char in chars)
    ours = load_backend().normalizer((form,)).apply(text).decode().split("\n")
    theirs = getattr(normalizers, form)().normalize_str(text).split("\n")
    assert len(ours) == len(theirs) == len(chars)
    return {char: there for char, here, there in zip(chars, ours, theirs) if here != there}


def test_what_is_newer_than_unicode_9_has_no_normal_form_there():
    """As docs/formats.md has it, over every code point."""
    found = {form: differing(form) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert [len(chars) for chars in found.values()] == [0, 21, 170, 191]
    assert all(there == char for chars in found.values() for char, there in chars.items())
    assert found["NFKD"].keys() == found["NFKC"].keys() | found["NFD"].keys()
    assert {"\u32ff", "\U00010781", "\U0001fbf0"} < found["NFKC"].keys()
    # Of marks, those that go behind a mark of a lower class or before one of a higher class here.
    behind, before = differing("NFD", behind="\u0334"), differing("NFD", before="\u0345")
    marks = (behind.keys() | before.keys()) - found["NFD"].keys()
    assert len(marks) == 120
    assert "\u0898" in marks
    for sides, chars in ((("", "\u0334"), behind), (("\u0345", ""), before)):
        assert all(there == char.join(sides) for char, there in chars.items() if char in marks)


STEPS = [
    *(
        {"type": "Punctuation", "behavior": b}
        for b in ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")
    ),
    *({"type": "Digits", "individual_digits": flag} for flag in (True, False)),
    {"type": "BertPreTokenizer"},
]
TEXTS = [
    *(f"ab{char}ab {char}{char}ab-" for char in "\u061d\u166d\U000111c9\U0001145a\U00011de3\U00016ff5-$7²"),
    "\u1c89\ua7dc\U00010d50\U00016ea0Σ ΑΣ\u08caa\u1cf2\u0890\U00013430a\u1734b\U0001e944",
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("step", [(step, None) for step in STEPS] + [(None, step) for step, _ in NORMALIZERS], ids=str)
def test_characters_of_other_tables(step, backend, tmp_path):
    definition, theirs = of_file(*step, backend)
    tok = minitok.Tokenizer(definition)
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    again, written = minitok.load(tmp_path, backend=backend), Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert again == tok
    for text in TEXTS:
        assert tok.encode(text) == again.encode(text) == written.encode(text).ids == theirs.encode(text).ids
