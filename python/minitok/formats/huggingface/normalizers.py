"""The steps of SPEC N2 as normalizers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...reference.published.normal_forms import FORMS
from ...reference.published.normalize import steps_of
from .oniguruma import for_oniguruma
from .patterns import literal
from .tables import SETS

if TYPE_CHECKING:
    from ...reference.published.normalize import Step, Steps

STRIP_LEFT = ("replace", r"\A\s+", "")
STRIP_RIGHT = ("replace", r"\s+\z", "")
# The steps that are normalizers without options.
SIMPLE: dict[Step, str] = {
    **{form: form for form in FORMS},
    "lowercase": "Lowercase",
    ("replace", SETS["marks"], ""): "StripAccents",
}


def dump_steps(normalizer: Steps | None) -> list[dict[str, Any]]:
    return [dump_step(step) for step in steps_of(normalizer)]


def dump_step(step: Step) -> dict[str, Any]:
    if step in SIMPLE:
        return {"type": SIMPLE[step]}
    if step == "space_ideographs":
        flags = {"clean_text": False, "handle_chinese_chars": True, "strip_accents": False, "lowercase": False}
        return {"type": "BertNormalizer", **flags}
    if step[0] == "prepend":
        return {"type": "Prepend", "prepend": step[1]}
    if step in (STRIP_LEFT, STRIP_RIGHT):
        return {"type": "Strip", "strip_left": step == STRIP_LEFT, "strip_right": step == STRIP_RIGHT}
    text = text_of(step[1])
    return {
        "type": "Replace",
        "pattern": {"String": text} if text else {"Regex": for_oniguruma(step[1])},
        "content": step[2],
    }


def text_of(pattern: str) -> str | None:
    """The text that a pattern is the literal of; None for any other pattern."""
    text = re.sub(r"\\([!-/:-@\[-^`{-~])", r"\1", pattern)
    return text if literal(text) == pattern else None
