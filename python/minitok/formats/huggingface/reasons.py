"""What every part of the reader needs: a reason to refuse a file, fields of JSON, and the steps of a sequence."""

from __future__ import annotations

from typing import Any


class Unsupported(Exception):  # noqa: N818
    """Something that minitok would not do as ``tokenizers`` does it."""


def field(content: Any, name: str, kind: type) -> Any:
    """A field that must be there and of that type."""
    if not isinstance(content, dict) or not isinstance(content.get(name), kind):
        raise Unsupported(f"not a tokenizer.json: it has no {name!r} that is a {kind.__name__}")
    return content[name]


def step_type(step: Any, what: str) -> str:
    """The type of one of the file's steps."""
    if not isinstance(step, dict) or not isinstance(step.get("type"), str):
        raise Unsupported(f"the {what} has no type")
    return str(step["type"])


def steps_of(step: Any, what: str, parts: str) -> list[dict[str, Any]]:
    """The steps of a sequence, or the one step that there is; each has a type."""
    if step is None:
        return []
    if step_type(step, what) != "Sequence":
        return [step]
    steps = step.get(parts)
    if not isinstance(steps, list):
        raise Unsupported(f"the {what} Sequence has no list of {parts}")
    for part in steps:
        step_type(part, what)
    return steps
