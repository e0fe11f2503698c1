"""Normal forms are those of Unicode 16.0, on both backends and with every version of Python."""

import itertools
import random
import unicodedata
from functools import cache, lru_cache
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.reference.published.normal_forms import FORMS, combining_class, composition, decomposition
from minitok.reference.published.unicode import contains, property_set

# Marks of several classes; marks that decompose, some into others than themselves; letters that end in marks, or take them.
CHARS = "\u0301\u0323\u0327\u0345\u0344\u0340\u0f71\u0f73\u0f75\u0f81\u3099\uff9e\uff9f\u05b0\U0001d165\U0001d15f"
LETTERS = "aé\u1eadｱカ\u1100\u1161\u11a8각漢\u8c48\u0bc7\u0bbe\n"
# Bytes that are not UTF-8.
ODD = [b"\xe5", b"\xff", b"\xe4\xb8", b"\xcc"]
UNASSIGNED = property_set("Cn")


# A million strings, made where they are used: other tests fork, and their children would have them, too.
@cache
def every():
    """Every character."""
    return [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def in_use():
    """The characters of the planes that are neither empty nor for private use."""
    return [char for char in every() if char < "\U00030000"]


@cache
def known():
    """The characters that both Python's own table and Unicode 16.0 know."""
    return {char for char in every() if unicodedata.category(char) != "Cn" and not contains(UNASSIGNED, ord(char))}


@cache
def with_marks():
    return tuple(f"a{char}\u0323" for char in every() if char != "\n")


def normal(data, form, backend="rust"):
    return load_backend(backend).normalizer((form,)).apply(data)


def agree(texts, form):
    """Both backends make the same of texts, and Python's own table too, of those whose characters it knows.

    Of the planes that are empty or for private use the slower backend gets some texts.
    """
    whole = "\n".join(texts)
    made = normal(whole, form)
    some, of_known = parts_of(tuple(texts))
    assert normal(some, form, "python") == normal(some, form)
    assert normal(of_known, form).decode() == normalize(form, of_known)
    return made.decode().split("\n")


@lru_cache(maxsize=1)
def parts_of(texts):
    """The texts for the slower backend, and those whose characters Python's own table knows."""
    some = "\n".join(text for at, text in enumerate(texts) if max(text) < "\U00030000" or at % 50 == 0)
    return some, "\n".join(text for text in texts if known().issuperset(text))


@pytest.mark.parametrize("form", FORMS)
def test_every_character_has_its_form(form):
    made = agree(with_marks(), form)
    assert len(made) == len(every()) - 1


def test_characters_that_no_table_knows_yet_stay():
    new = "\n".join(f"漢{char}\u0323" for char in every() if contains(UNASSIGNED, ord(char)))
    for form in FORMS:
        assert normal(new, form).decode() == new


def test_every_pair_composes_or_does_not():
    apart = {decomposition(char, compatible=False) for char in in_use() if not "\uac00" <= char <= "\ud7a3"}
    apart = [parts for parts in apart if len(parts) > 1]
    # All but the last, composed, and the last.
    beginnings = normal("\n".join(parts[:-1] for parts in apart), "NFC").decode().split("\n")
    firsts = {first for first in beginnings if len(first) == 1} | {"\u1100", "\u1112", "\uac00", "\uac01", "\ud788"}
    seconds = {parts[-1] for parts in apart} | {"\u1161", "\u1175", "\u11a7", "\u11a8", "\u11c2"}
    pairs = ["".join(pair) for pair in itertools.product(firsts, seconds)]
    made = agree(pairs, "NFC")
    assert sum(len(text) == 1 for text in made) > 940
    for pair, text in zip(pairs, made, strict=True):
        if (whole := composition(*pair)) is not None:
            assert text == whole


@pytest.mark.parametrize("form", FORMS)
def test_marks_of_every_class_are_put_in_order(form):
    chance = random.Random(16)
    by_class = {}
    for char in in_use():
        if kind := combining_class(char):
            by_class.setdefault(kind, []).append(char)
    assert len(by_class) == 55
    texts = []
    for one, other in itertools.product(by_class, by_class):
        marks = [chance.choice(by_class[one]), chance.choice(by_class[other])]
        texts += ["e" + "".join(marks), "\u0b47" + "".join(marks) + chance.choice(marks)]
    for text in agree(texts, form):
        kinds = [combining_class(char) for char in text]
        assert all(kind == 0 or before <= kind for before, kind in itertools.pairwise(kinds))


# What is new since Unicode 13, the version of Python 3.10: the text, and its form.
NEW = [
    ("14", "NFKC", "\U00010781\U000107ba", "\u02d0\U0001df1e"),
    ("14", "NFD", "a\u1acb\u1ac5\u0323", "a\u0323\u1acb\u1ac5"),
    ("15", "NFC", "\U00011f42\U0001133c", "\U0001133c\U00011f42"),
    ("15", "NFKD", "\U0001e030", "\u0430"),
    ("15.1", "NFC", "\u2ffc\u2ffd\u31ef", "\u2ffc\u2ffd\u31ef"),
    ("16", "NFC", "\U000105d2\u0307\U000105da\u0307", "\U000105c9\U000105e4"),
    ("16", "NFC", "\U0001611e\U0001611e", "\U00016121"),
    ("16", "NFD", "\U00016d6a", "\U00016d63\U00016d67\U00016d67"),
    ("16", "NFD", "\U000113c5", "\U000113c2\U000113c2"),
    ("16", "NFKC", "\U0001ccd6\U0001ccf9", "A9"),
    ("17", "NFC", "a\u1acf\u0323", "a\u1acf\u0323"),
]


def test_characters_of_later_versions(backend):
    for version, form, text, expected in NEW:
        assert normal(text, form, backend).decode() == expected, version


@pytest.mark.parametrize("form", FORMS)
def test_every_text_has_the_form_of_unicodedata(form):
    chars = st.sampled_from([*(char.encode() for char in CHARS * 3 + LETTERS), *ODD])

    @given(st.lists(chars, max_size=40).map(b"".join))
    def check(data):
        expected = normalize(form, data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        assert normal(data, form) == normal(data, form, "python") == expected

    check()


def test_surrogates_become_what_they_stand_for(backend):
    for text, expected in [("\ud834\udd5f", "\U0001d158\U0001d165"), ("e\ud800\u0301" * 99, "e\ufffd\u0301" * 99)]:
        assert normal(text, "NFC", backend).decode() == expected
    for data in (b"", b"plain", "naïve “quotes” 漢字 한국어".encode() * 9):
        assert normal(data, "NFC") is data  # not copied


def test_no_part_of_a_decomposition_is_taken_apart_again():
    for char in in_use():
        for compatible in (False, True):
            parts = decomposition(char, compatible)
            assert all(decomposition(part, compatible) == part for part in parts)
