"""The vectors of borders and chunks (``chunk.json``): in the reference, and on both backends."""

import re

from minitok import Tokenizer
from minitok.definition import Definition
from minitok.reference.more.borders import KINDS, kind_within, line_borders
from minitok.reference.more.graphemes import flag_runs, is_grapheme_border
from vector_cases import Case, allowed_of, cases, refused, steps_of


@cases("chunk", having="lines")
def test_lines(case: Case) -> None:
    line, times = case.get("long", ("", 0))
    text = case["text"] + line * times + case.get("tail", "")
    found = line_borders(text, not case.get("plain"))
    assert [place for place, _ in found] == [
        match.end() for match in re.finditer("\n", text) if match.end() < len(text)
    ]
    assert [KINDS[kind] for _, kind in found][-len(case["lines"]) :] == case["lines"]
    assert times or len(found) == len(case["lines"])


@cases("chunk", having="within")
def test_borders_within_lines(case: Case) -> None:
    found = [KINDS[kind_within(left + right, len(left))] for left, right, _ in case["within"]]
    assert found == [kind for _, _, kind in case["within"]]


@cases("chunk", having="graphemes")
def test_graphemes(case: Case) -> None:
    text = "".join(case["graphemes"])
    flags = flag_runs(text)
    borders = [0, *(place for place in range(1, len(text)) if is_grapheme_border(text, place, flags)), len(text)]
    assert [text[start:end] for start, end in zip(borders, borders[1:])] == case["graphemes"]


def tokenizer(case: Case, backend: str) -> Tokenizer:
    definition = Definition.from_merges(
        [tuple(pair) for pair in case.get("merges", [])],
        pattern="none",
        special_tokens=case.get("special_tokens", {}),
        normalizer=steps_of(case) if "steps" in case else None,
        backend=backend,
    )
    return Tokenizer(definition.replace(prefix=case.get("prefix")))


def options(case: Case) -> dict[str, object]:
    names = ("at", "overlap", "overlap_sentences", "fill")
    return {name: case[name] for name in names if name in case} | {"allowed_special": allowed_of(case)}


@cases("chunk", having="chunks")
def test_chunks(case: Case, backend: str) -> None:
    found = tokenizer(case, backend).chunk(case["text"], case["max_tokens"], **options(case))
    assert [[chunk.text, chunk.tokens, chunk.border] for chunk in found] == case["chunks"]
    if "places" in case:
        assert [chunk.byte_start for chunk in found] == case["places"]


@cases("chunk", having="refused")
def test_what_is_refused(case: Case, backend: str) -> None:
    with refused(ValueError, case["refused"]):
        tokenizer(case, backend).chunk(case["text"], case["max_tokens"], **options(case))
