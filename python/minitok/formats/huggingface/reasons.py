"""What every part of the reader needs: a reason to refuse a file, and fields of JSON."""

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
