"""The vectors of chunks (``chunk.json``). Those of borders and graphemes are read by ``cargo test`` alone."""

from minitok import Tokenizer
from minitok.definition import Definition
from vector_cases import Case, allowed_of, cases, refused, steps_of


def tokenizer(case: Case) -> Tokenizer:
    definition = Definition.from_merges(
        [tuple(pair) for pair in case.get("merges", [])],
        pattern="none",
        special_tokens=case.get("special_tokens", {}),
        normalizer=steps_of(case) if "steps" in case else None,
    )
    return Tokenizer(definition.replace(prefix=case.get("prefix")))


def options(case: Case) -> dict[str, object]:
    names = ("at", "overlap", "overlap_sentences", "fill")
    return {name: case[name] for name in names if name in case} | {"allowed_special": allowed_of(case)}


@cases("chunk", having="chunks")
def test_chunks(case: Case) -> None:
    found = tokenizer(case).chunk(case["text"], case["max_tokens"], **options(case))
    assert [[chunk.text, chunk.tokens, chunk.border] for chunk in found] == case["chunks"]
    if "places" in case:
        assert [chunk.byte_start for chunk in found] == case["places"]


@cases("chunk", having="refused")
def test_what_is_refused(case: Case) -> None:
    with refused(ValueError, case["refused"]):
        tokenizer(case).chunk(case["text"], case["max_tokens"], **options(case))
