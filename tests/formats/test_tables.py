"""Steps of a ``tokenizer.json`` that ask whether a character is a mark, a digit, a capital: over Unicode, as ``tokenizers``."""

import copy
import json

import minitok
import pytest
from helpers import BACKENDS
from minitok.backend import load_backend
from minitok.formats import huggingface
from minitok.formats.huggingface.normalizers import read_steps
from minitok.reference.pretokenize import Pattern
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
    assert load_backend().normalizer(read_steps(step)).apply(text).decode() == theirs.normalize_str(text)


STEPS = [
    *(
        {"type": "Punctuation", "behavior": b}
        for b in ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")
    ),
    *({"type": "Digits", "individual_digits": flag} for flag in (True, False)),
    {"type": "BertPreTokenizer"},
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_characters_of_other_tables(step, backend, tmp_path):
    definition, theirs = of_file(step, backend=backend)
    tok = minitok.Tokenizer.from_definition(definition)
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    again, written = minitok.load(tmp_path, backend=backend), Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert again == tok
    for char in ["\u061d", "\u166d", "\U000111c9", "\U0001145a", "\U00011de3", "\U00016ff5", "-", "$", "7", "²"]:
        text = f"ab{char}ab {char}{char}ab-"
        ids = theirs.encode(text).ids
        assert tok.encode(text) == again.encode(text) == written.encode(text).ids == ids


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("step", [step for step, _ in NORMALIZERS], ids=["lowercase", "accents", "clean", "bert"])
def test_characters_of_other_tables_are_normalized(step, backend, tmp_path):
    definition, theirs = of_file(None, step, backend)
    tok = minitok.Tokenizer.from_definition(definition)
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    again, written = minitok.load(tmp_path, backend=backend), Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert again == tok
    text = "\u1c89\ua7dc\U00010d50\U00016ea0Σ ΑΣ\u08caa\u1cf2\u0890\U00013430a\u1734b\U0001e944"
    assert tok.encode(text) == again.encode(text) == written.encode(text).ids == theirs.encode(text).ids
