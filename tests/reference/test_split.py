"""Splitting: both backends cut any text the same, lose nothing, and accept the same patterns."""

import minitok
import pytest
from helpers import Failure, on_both
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.families import FAMILIES
from minitok.reference.published.patterns import THEN
from minitok.reference.published.regexes import translate
from minitok.reference.published.unicode import complement, contains, fold_case, property_set, union
from strategies import any_bytes, any_text, odd_regexes, patterns, portable_regexes


def split(pattern, text, backend):
    return (
        load_backend(backend).pattern(pattern).split(text.encode("utf-8", "replace") if isinstance(text, str) else text)
    )


@given(any_bytes, patterns)
def test_pieces_are_the_same_and_lose_nothing(text, pattern):
    pieces = on_both(lambda backend: split(pattern, text, backend))
    assert b"".join(pieces) == text
    assert all(pieces)


ONE_STEP = {name: spelled for name, spelled in (NAMED | FAMILIES).items() if THEN not in spelled}


@given(any_bytes, st.sampled_from(sorted(ONE_STEP)))
def test_a_named_pattern_is_the_expression_it_names(text, name):
    expected = split(name, text, "python")
    assert split(ONE_STEP[name], text, "python") == split(ONE_STEP[name], text, "rust") == expected
    # Grouped, it is no longer known by its text: the engines read it, not the scanners.
    assert split(f"(?:{ONE_STEP[name]})", text, "rust") == expected


@given(any_bytes, any_bytes, st.sampled_from(sorted(ONE_STEP)))
def test_a_safe_cut_is_safe_whatever_follows(text, more, name):
    for backend in ("rust", "python"):
        cut = load_backend(backend).pattern(name).safe_cut(text)
        assert split(name, text[:cut], backend) + split(name, text[cut:] + more, backend) == split(
            name, text + more, backend
        )


@given(portable_regexes, st.lists(any_text, max_size=3))
def test_a_portable_pattern_cuts_alike(pattern, texts):
    short = [text[:12] for text in texts] + ["Ab1 'aé-_\n", "aab b", ""]
    for text in short:
        pieces = on_both(lambda backend, text=text: split(pattern, text, backend))
        if not isinstance(pieces, Failure):
            assert b"".join(pieces) == (text.encode("utf-8", "replace") if isinstance(text, str) else text)


@given(odd_regexes)
def test_an_odd_pattern_is_read_by_both_or_refused_by_both(pattern):
    def accept(backend):
        load_backend(backend).pattern(pattern)
        return "accepted"

    result = on_both(accept)
    if isinstance(result, Failure):
        assert result.kind is minitok.errors.PatternError
        assert result.message.startswith(f"pattern {pattern!r}: ")


def test_the_reference_translates_to_sets_of_the_one_table():
    assert translate("(?i:'s)|$") == r"(?:'[Ss[[\U0000017F]&&[\U0000017F]]])|\Z"
    assert translate(r"[^\n]") == translate(".")


ranges = st.lists(st.tuples(st.integers(0, 0x10FFFF), st.integers(0, 300)), max_size=6).map(
    lambda pairs: union(tuple((first, min(first + more, 0x10FFFF)) for first, more in pairs))
)


@given(ranges, st.integers(0, 0x10FFFF))
def test_a_complement_holds_what_the_set_does_not(chars, char):
    if not 0xD800 <= char <= 0xDFFF:
        assert contains(chars, char) != contains(complement(chars), char)


@pytest.mark.parametrize(("char", "group"), [("s", "sSſ"), ("K", "kK\u212a"), ("ß", "ßẞ"), ("Σ", "σςΣ"), ("1", "1")])
def test_case_is_ignored_by_simple_folding(char, group):
    folded = fold_case(((ord(char), ord(char)),))
    assert {chr(code) for first, last in folded for code in range(first, last + 1)} == set(group)


@pytest.mark.parametrize(
    "name", ["L", "Letter", "gc=L", "lu", "Han", "Script=Greek", "White_Space", "white space", "Any", " N "]
)
def test_a_property_has_many_names(name):
    assert property_set(name)
    assert on_both(lambda backend: split(rf"\p{{{name}}}+", "aΑ漢 1".encode(), backend))
