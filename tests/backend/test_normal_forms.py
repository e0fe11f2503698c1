"""Normal forms are those of ``unicodedata``, in blocks and with marks put in order before; and in time that grows with the text."""

import time
import unicodedata
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok._rust import odd_places, splice
from minitok.backend import normal_forms
from minitok.backend.normal_forms import FORMS, normal, normal_by_look
from minitok.text import utf8

# Marks of several classes; marks that decompose, some into others than themselves; letters that end in marks, or take them.
CHARS = "\u0301\u0323\u0327\u0345\u0344\u0340\u0f71\u0f73\u0f75\u0f81\u3099\uff9e\uff9f\u05b0\U0001d165\U0001d15f"
LETTERS = "aé\u1eadｱカ\u1100\u1161\u11a8각漢\u8c48\u0bc7\u0bbe\n"
# Bytes that are not UTF-8.
ODD = [b"\xe5", b"\xff", b"\xe4\xb8", b"\xcc"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("run", "block"), [(2, 1), (3, 7), (256, 1 << 20)])
def test_every_text_has_the_form_of_unicodedata(form, run, block):
    chars = st.sampled_from([*(char.encode() for char in CHARS * 3 + LETTERS), *ODD])

    @given(st.lists(chars, max_size=40).map(b"".join))
    def check(data):
        text = data.decode("utf-8", "surrogateescape")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(normal_forms, "LONG_RUN", run)
            patch.setattr(normal_forms, "BLOCK", block)
            assert normal(data, form) == normalize(form, text).encode("utf-8", "surrogateescape")

    check()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0f73\u0301", "\u0344\u0323"])
def test_marks_in_the_wrong_order_take_time_that_grows_with_them(marks, form):
    text = "a" + marks * 50_000
    began = time.process_time()
    found = normal(text, form)
    # In the order in which they come, a minute.
    assert time.process_time() - began < 10
    assert normal(found, form) == found
    assert len(found) >= len(text)


# -- the look that makes normalizing needless ----------------------------------------------------------------------------


def is_surely_nfc(text):
    return odd_places(text) == []


def test_each_character_that_the_look_lets_pass_stays_behind_any_other():
    passed = [char for char in map(chr, range(0x110000)) if is_surely_nfc(char)]
    inert = [char for char in passed if not unicodedata.combining(char)]
    assert len(inert) > 279_000
    assert len(passed) - len(inert) > 600
    for first in "aA\u0627\u0915\u0bc7\u1100\uac00\u3046":
        for chars in (passed, inert):
            text = "".join(first + char for char in chars)
            assert normalize("NFC", text) == text


@given(st.lists(st.sampled_from("xא\u05b0\u05bc\u05c1\u0e34\u0e48\u094d\u0301\u0327\u0334\u3099\u0c55")).map("".join))
def test_marks_stay_where_their_classes_ascend(text):
    long = "漢" * 300 + text
    if odd_places(long) == []:
        assert normalize("NFC", long) == long
    assert utf8(normal_by_look(long, "NFC")) == utf8(normalize("NFC", long))


@given(st.text() | st.lists(st.sampled_from("ae\u0301\u0323\u1100\u1161\uac00\u11a8“漢😀\u212b\u2000ı")).map("".join))
def test_what_is_normalized_in_places_is_as_in_the_whole(text):
    for given_as in (text, "x" * 300 + text, text * 9 + "y" * 300, "漢" * 50 + text + "y" * 300 + text):
        found = normal_by_look(given_as, "NFC")
        assert found is not None or odd_places(given_as) is None
        if found is not None:
            assert utf8(found) == utf8(normalize("NFC", given_as))
    data = text.encode("utf-8", "surrogatepass")
    assert odd_places(data) in ([], None)
    if is_surely_nfc(data):
        assert normalize("NFC", text) == text


def test_most_text_is_surely_normal():
    for text in ("", "naïve “quotes” — 漢字 かな 한국어 Ελληνικά Русский 😀", b"\xc3\xa9"):
        assert is_surely_nfc(text)
    assert odd_places("漢" * 300 + "cafe\u0301!") == [(303, 305)]
    for text in ("e\u0301", b"\xff", "x" * 300 + "\ud834\udd5f", "\ud834\udd5f", "e\u0301" * 70_000):
        assert odd_places(text) is None


def test_only_places_of_the_text_are_replaced():
    text = "漢" * 300
    assert splice(text, [(0, 1, "a"), (1, 299, ""), (299, 300, "é")]).decode() == "aé"
    for places in ([(1, 0, "")], [(0, 301, "")], [(5, 6, ""), (5, 6, "")]):
        with pytest.raises(ValueError, match="ascending"):
            splice(text, places)
    with pytest.raises(ValueError, match="long str"):
        splice("é", [])
