"""What is done to a text before it is cut: both backends do the same, and say the same of where it comes from."""

import unicodedata

import pytest
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.errors import VocabularyError
from minitok.reference.published.normal_forms import FORMS
from minitok.reference.published.normalize import check_normalizer, check_step, small_letters, steps_of
from strategies import any_bytes

PATTERNS = [r"\s+", r"\p{M}", "a", "e\u0301", "\ufffd", r"[a\uFFFD]++", r"\w+?b", "x*", r"\b|\w+", "aa", "[^a]"]
STEP = st.one_of(
    st.sampled_from([*FORMS, "lowercase", "space_ideographs"]),
    st.tuples(st.just("replace"), st.sampled_from(PATTERNS), st.sampled_from(["", " ", "a", "\u0301x", "É"])),
    st.tuples(st.just("prepend"), st.sampled_from(["", "e", " \u0301"])),
)
ODD = [*"ae\u0301\u0323\u0344\u0f73\u1100\u1161각漢\uf900éậﬁ²İΣAZÀ𐐀😀 \n\ufffd", b"\xe5", b"\xff", b"\xe4\xb8", b"\xcc"]
TEXT = st.lists(st.sampled_from([char if isinstance(char, bytes) else char.encode() for char in ODD])).map(b"".join)


@given(st.lists(STEP, max_size=4), TEXT | any_bytes)
def test_both_backends_make_the_same_of_a_text(steps, data):
    rust, python = (load_backend(backend).normalizer(steps) for backend in BACKENDS)
    made = rust.apply(data)
    assert made == python.apply(data)
    assert rust.steps == python.steps == tuple(steps)
    assert rust.is_local() == python.is_local() == all(isinstance(it, str) and it[0] != "s" for it in steps)
    found, expected = rust.aligned(data), python.aligned(data)
    assert found[0] == expected[0] == made
    assert found[1].dtype == expected[1].dtype == "int64"
    assert (found[1].tolist(), found[2].tolist()) == (expected[1].tolist(), expected[2].tolist())


@given(st.lists(STEP, max_size=3), st.text())
def test_a_str_is_its_bytes(steps, text):
    for backend in BACKENDS:
        normalizer = load_backend(backend).normalizer(steps)
        data = text.encode()
        for given_as, as_bytes in [(text, data), ("漢é" * 200 + text, "漢é".encode() * 200 + data)]:
            assert normalizer.apply(given_as) == normalizer.apply(as_bytes)


@given(TEXT)
def test_a_character_comes_from_the_characters_that_it_is_made_of(data):
    """Each character of a form that is composed again gives the bytes that it comes from."""
    made, starts, ends = load_backend("rust").normalizer(("NFD",)).aligned(data)
    for start, end in set(zip(starts.tolist(), ends.tolist(), strict=True)):
        part = b"".join(made[at : at + 1] for at in range(len(made)) if (starts[at], ends[at]) == (start, end))
        assert load_backend("rust").normalizer(("NFD",)).apply(data[start:end]) == part


def test_every_small_letter(backend):
    """Those that Python knows, but for the final sigma; and those of Unicode 17."""
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    made = load_backend(backend).normalizer(("lowercase",)).apply("\n".join(every)).decode().split("\n")
    made = [*made[: ord("\n")], "\n", *made[ord("\n") + 2 :]]
    changed = 0
    for char, letter in zip(every, made, strict=True):
        if letter != char:
            changed += 1
            assert letter == char.lower() or (unicodedata.category(char) == "Cn" and char == char.lower())
        else:
            assert char.lower() == char or unicodedata.unidata_version > "17.1"
    assert changed == len(small_letters()) == 1488


X, Y = ("prepend", "x"), ("prepend", "y")


@pytest.mark.parametrize(
    ("given_as", "spelling", "steps"),
    [
        (None, None, ()), ([], None, ()), ("NFC", "NFC", ("NFC",)), (["NFC"], "NFC", ("NFC",)), ([X], X, (X,)), ([X, Y], (X, Y), (X, Y)),
        (["replace", "a", "b"], ("replace", "a", "b"), (("replace", "a", "b"),)), ([list(X), "NFC"], (X, "NFC"), (X, "NFC")),
        (("NFC", "lowercase"), ("NFC", "lowercase"), ("NFC", "lowercase")),
    ],
)  # fmt: skip
def test_a_normalizer_has_one_spelling(given_as, spelling, steps):
    assert check_normalizer(given_as) == spelling
    assert steps_of(spelling) == steps


def test_what_is_no_step_is_refused():
    assert check_step(("prepend", "\ud83d\ude00\ud800")) == ("prepend", "😀\ufffd")
    for wrong in ("NFX", ("NFC", "x"), ("prepend",)):
        with pytest.raises(VocabularyError):
            load_backend("rust").normalizer([wrong])
