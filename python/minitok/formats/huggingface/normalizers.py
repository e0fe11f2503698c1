"""Normalizers as the steps of SPEC N2, and back.

Most are replacements: ``StripAccents`` replaces marks by nothing, ``Strip`` white space at the two ends, ``Nmt`` what neural
translation drops. ``BertNormalizer`` is several steps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.published.normal_forms import FORMS
from ...reference.published.normalize import steps_of as normal_steps_of
from ..files import Reason, shown
from .fields import step_type
from .oniguruma import engine_difference, with_line_ends, with_words
from .patterns import literal, matches_nothing
from .tables import SETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...reference.published.normalize import Step
    from ...reference.published.normalize import Steps as Normalizer

STRIP_ACCENTS = ("replace", SETS["marks"], "")
STRIP_LEFT = ("replace", r"\A\s+", "")
STRIP_RIGHT = ("replace", r"\s+\z", "")
NMT = (
    ("replace", r"[\x01-\x08\x0B\x0E-\x1F\x7F\u008F\u009F]", ""),
    ("replace", r"[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]", " "),
)
CLEAN = (
    ("replace", SETS["controls"], ""),
    ("replace", r"\s", " "),
)
BERT_ACCENTS = ("NFD", ("replace", SETS["accents"], ""))


def read_steps(step: Any) -> list[Step]:
    """The steps of a normalizer."""
    if step is None:
        return []
    kind = step_type(step, "normalizer")
    if kind == "Sequence":
        parts = step.get("normalizers")
        if not isinstance(parts, list):
            raise Reason("the normalizer Sequence has no list of normalizers")
        return [found for part in parts for found in read_steps(part)]
    if kind in SIMPLE:
        return list(SIMPLE[kind])
    if kind in READERS:
        return list(READERS[kind](step))
    known = ", ".join(sorted([*SIMPLE, *READERS]))
    raise Reason(f"the normalizer is {kind}; minitok has {known}")


def read_prepend(step: dict[str, Any]) -> Sequence[Step]:
    """A text before each segment."""
    text = step.get("prepend")
    if not isinstance(text, str):
        raise Reason("the normalizer Prepend has no text")
    return [("prepend", text)] if text else []


def read_replace(step: dict[str, Any]) -> Sequence[Step]:
    """A text in place of each match of another, or of a regular expression."""
    source, content = step.get("pattern"), step.get("content")
    if not isinstance(source, dict) or not isinstance(content, str):
        raise Reason("the normalizer Replace has no pattern, or no content")
    if isinstance(source.get("String"), str) and source["String"]:
        return [("replace", literal(source["String"]), content)]
    if not isinstance(source.get("Regex"), str):
        raise Reason(f"the normalizer Replace has the pattern {shown(source)}")
    pattern = with_line_ends(source["Regex"])
    if difference := engine_difference(pattern):
        raise Reason(f"the normalizer Replace has {difference}, which other engines interpret differently")
    if matches_nothing(pattern):
        raise Reason("the normalizer Replace can match the empty text")
    return [("replace", with_words(pattern), content)]


def read_strip(step: dict[str, Any]) -> Sequence[Step]:
    """White space at the ends of a segment."""
    return [end for end, side in ((STRIP_LEFT, "strip_left"), (STRIP_RIGHT, "strip_right")) if step.get(side, True)]


def read_bert(step: dict[str, Any]) -> Sequence[Step]:
    """BERT's: control characters go, and accents where letters become small."""
    lowercase = step.get("lowercase", True)
    accents = step.get("strip_accents")
    return [
        *(CLEAN if step.get("clean_text", True) else ()),
        *(["space_ideographs"] if step.get("handle_chinese_chars", True) else []),
        *(BERT_ACCENTS if (lowercase if accents is None else accents) else ()),
        *(["lowercase"] if lowercase else []),
    ]


def read_precompiled(step: dict[str, Any]) -> Sequence[Step]:
    """SentencePiece's table of characters to replace, if it is empty."""
    if step.get("precompiled_charsmap"):
        raise Reason("the normalizer Precompiled replaces characters by a table, which minitok does not support")
    return []


SIMPLE: dict[str, tuple[Step, ...]] = {form: (form,) for form in FORMS}
SIMPLE |= {"Lowercase": ("lowercase",), "StripAccents": (STRIP_ACCENTS,), "Nmt": NMT}
READERS = {
    "BertNormalizer": read_bert,
    "Precompiled": read_precompiled,
    "Prepend": read_prepend,
    "Replace": read_replace,
    "Strip": read_strip,
}


def dump_steps(normalizer: Normalizer | None) -> list[dict[str, Any]]:
    """The normalizers of the steps."""
    return [dump_step(step) for step in normal_steps_of(normalizer)]


def dump_step(step: Step) -> dict[str, Any]:
    """The normalizer of a step."""
    if kind := next((kind for kind, steps in SIMPLE.items() if steps == (step,)), None):
        return {"type": kind}
    if step == "space_ideographs":
        flags = {"clean_text": False, "handle_chinese_chars": True, "strip_accents": False, "lowercase": False}
        return {"type": "BertNormalizer", **flags}
    if step[0] == "prepend":
        return {"type": "Prepend", "prepend": step[1]}
    if step in (STRIP_LEFT, STRIP_RIGHT):
        return {"type": "Strip", "strip_left": step == STRIP_LEFT, "strip_right": step == STRIP_RIGHT}
    if text := text_of(step[1]):
        return {"type": "Replace", "pattern": {"String": text}, "content": step[2]}
    if difference := engine_difference(step[1]):
        raise VocabularyError(
            f"the normalizer's pattern has {difference}, which Hugging Face's engine interprets differently"
        )
    return {"type": "Replace", "pattern": {"Regex": with_words(step[1], written=True)}, "content": step[2]}


def text_of(pattern: str) -> str | None:
    """The text that a pattern is the literal of; None for any other pattern."""
    text = re.sub(r"\\([!-/:-@\[-^`{-~])", r"\1", pattern)
    return text if literal(text) == pattern else None
