"""Stage 4, first part: text into pieces. It comes before training, where a wrong split would look like a wrong merge."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from ...explain import lanes
from ...reference.published.patterns import Pattern
from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import link, show_text
from .stage import Stage
from .texts import CL100K, GPT2, paragraphs, texts

EXAMPLES: tuple[tuple[str, str | None], ...] = (
    ("Hello world", None),
    ("a  b", None),
    ("I'll go, don't you?", None),
    ("x = 12ab!", None),
    ("a\n\n\nb ", None),
    ("  ", None),
    ("", None),
    ("naïve café 東京", None),
    ("I'LL", None),
    ("e\u0301te\u0301 नमस्ते", None),
    ("٣٤٥ ½Ⅷ² 1²", None),
    ("a\xa0\xa0b\u3000 c\u2028d\x0b\x0ce", None),
    ("don’t _x_ ... (aB)", None),
    ("parseHTTPRequest", None),
    ("12345 I'LL\n", CL100K),
    ("a1b", r"[a-z]"),
    ("1a2", r"[a-z]"),
    ("ab cd", r"(?:a|c)."),
    ("ab cd", r"(a|c)."),
    ("a" * 300, None),
    ("7" * 300, None),
    ("ab cd", None),
)


def run(bench: Bench) -> Failure | None:
    bench.need("split")
    patterns = st.sampled_from([None, None, None, CL100K, r"[a-z]+", r"\s+|\S+"])
    drawn = st.tuples(st.one_of(texts(bench.random), paragraphs(bench.random, 200)), patterns)
    return bench.search(lambda one: check(bench, *one), EXAMPLES, drawn)


def check(bench: Bench, text: str, pattern: str | None) -> Failure | None:
    expected = [piece.decode() for piece in compiled("gpt2" if pattern is None else pattern).split(text.encode())]
    named = {} if pattern is None else {"pattern": pattern}
    more = "" if pattern is None else f", pattern={'CL100K' if pattern == CL100K else repr(pattern)}"
    return bench.compare(
        f"split({show_text(text)}{more})",
        lambda: bench.session.call("split", text, **named),
        expected,
        lambda yours: why(text, pattern, yours, expected),
        link=lambda _: link(text),
    )


@cache
def compiled(pattern: str) -> Pattern:
    """The pattern, read once."""
    return Pattern(pattern)


def why(text: str, pattern: str | None, yours: Any, expected: list[str]) -> str:
    """Where two lists of pieces part."""
    if not isinstance(yours, list) or not all(isinstance(piece, str) for piece in yours):
        return "The answer is a list of strings."
    at = parts_at(yours, expected)
    if "" in yours:
        return f"They part at piece {at}: an empty string is not a piece."
    if "".join(yours) != text:
        lost = next((index for index, (mine, right) in enumerate(zip("".join(yours), text)) if mine != right), None)
        char = text[len("".join(yours)) if lost is None and len("".join(yours)) < len(text) else lost or 0]
        gap = " Nothing is dropped." if pattern is None else " What a pattern does not match is a piece, too."
        return f"They part at piece {at}: put together, your pieces are not the text, {char!r} is lost.{gap}"
    if at >= len(expected):
        return ""
    label = ""
    if pattern in (None, GPT2, CL100K):
        lane = lanes(text, patterns=["cl100k" if pattern == CL100K else "gpt2"])[0]
        made = lane.pieces[at].alternative
        label = f" It is made by the alternative “{made.label}”." if made else ""
    sentence = f"They part at piece {at}: {expected[at]!r}, not {yours[at] if at < len(yours) else 'the end'!r}.{label}"
    if expected[at].isspace() and len(yours) > at and yours[at].startswith(expected[at]) and yours[at].isspace():
        sentence += " Of several spaces before a word, the last belongs to the word: \\s+(?!\\S)."
    elif at < len(yours):
        sentence += mistake(expected[at], yours[at], pattern)
    return sentence


def mistake(right: str, yours: str, pattern: str | None) -> str:
    """A hint for two pieces that begin at one place."""
    if right == "'" and yours[1:].isalpha() and pattern is None:
        return " In GPT-2's pattern, contractions have small letters only."
    if right.startswith(yours) and right.strip().isalpha() and not right.isascii():
        return " \\p{L} is a letter of any script, not only a to z."
    if yours == f"{right} ":
        return " A space belongs to the word after it."
    return ""


STAGE = Stage(4, "split", 2, run, ("minitok",))
