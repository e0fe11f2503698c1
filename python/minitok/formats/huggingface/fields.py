"""The fields of a file: the steps of a sequence, in a file and back, and the model."""

from __future__ import annotations

from typing import Any

from ..files import Reason

# The options of a model with their defaults, in the order of a file.
OPTIONS: dict[str, Any] = {
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
    "ignore_merges": False,
}


def step_type(step: Any, what: str) -> str:
    """The type of one of the file's steps."""
    if not isinstance(step, dict) or not isinstance(step.get("type"), str):
        raise Reason(f"the {what} has no type")
    return str(step["type"])


def steps_of(step: Any, what: str, parts: str) -> list[dict[str, Any]]:
    """The steps of a sequence, or the one step that there is; each has a type."""
    if step is None:
        return []
    if step_type(step, what) != "Sequence":
        return [step]
    steps = step.get(parts)
    if not isinstance(steps, list):
        raise Reason(f"the {what} Sequence has no list of {parts}")
    for part in steps:
        step_type(part, what)
    return steps


def in_file(steps: list[dict[str, Any]], parts: str = "normalizers") -> dict[str, Any] | None:
    """The steps as the field of a file."""
    if len(steps) < 2:
        return steps[0] if steps else None
    return {"type": "Sequence", parts: steps}


def model_in_file(vocab: dict[str, int], merges: list[Any], **options: Any) -> dict[str, Any]:
    """The model as a file has it; options that are not given are off."""
    return {"type": "BPE", **OPTIONS, **options, "vocab": vocab, "merges": merges}
