"""Patterns compared and described, and those in use cut alike by both backends."""

import json
from pathlib import Path

import minitok
import pytest
from minitok import patterns
from minitok.backend import load_backend

IN_USE = json.loads((Path(__file__).parent.parent / "patterns.json").read_text("utf-8"))["patterns"]
TEXT = "I'll  pay\u2019s \u00bd 12345,67\u20ac!\r\n\n\t  \u4e00\u4e8c\u3042 caf\u00e9 e\u0301 HTMLParser x_1 \u0661\u0662 (a) \U0001f600... 'S\u017f  "


@pytest.mark.parametrize("case", IN_USE, ids=lambda case: case["name"])
def test_a_pattern_in_use_cuts_alike_on_both_backends(case):
    pieces = [load_backend(name).pattern(case["pattern"]).split(TEXT.encode()) for name in ("python", "rust")]
    assert pieces[0] == pieces[1]
    assert b"".join(pieces[0]) == TEXT.encode()


def test_two_patterns_are_equal_or_a_text_shows_that_they_are_not():
    by_name = {case["name"]: case["pattern"] for case in IN_USE}
    assert patterns.equivalent(by_name["qwen2"], by_name["bailing"]).equal
    found = patterns.equivalent("cl100k", by_name["llama3"])
    assert found.equal is False
    for backend in ("python", "rust"):
        assert tuple(load_backend(backend).pattern("cl100k").split(found.text.encode())) == found.one
        assert tuple(load_backend(backend).pattern(by_name["llama3"]).split(found.text.encode())) == found.other
    assert patterns.equivalent(by_name["superbpe"], "gpt2").equal is None


def test_a_pattern_may_have_a_hundred_steps(backend):
    pattern = load_backend(backend).pattern("(?#then)".join(["b"] * 100))  # one more is refused: a vector
    assert pattern.split(b"abc") == [b"a", b"b", b"c"]


def test_a_pattern_is_described():
    # The same pattern, spelled otherwise; and one that only looks like it.
    spelled = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    assert patterns.describe("gpt2").tier == patterns.describe(spelled).tier == "masks"
    assert patterns.describe(spelled.replace(r"\p{N}+", r"\p{N}{1,9}")).tier == "table"
    table = patterns.describe(r"[a-z]+|\s")
    assert (table.tier, len(table.classes), table.reason) == ("table", 3, None)
    assert patterns.describe("(?<=ab)a").reason == "it looks behind at more than one character"
    assert patterns.describe("none").tier == "none"
    assert patterns.describe(r"gpt2(?#then)(?#bytes)\p{N}+").tier == "passes"
    with pytest.raises(minitok.errors.PatternError):
        patterns.describe("(a")
