"""Fields of a ``tokenizer.json`` beside the model: each is what ``tokenizers`` would read, or refused by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.formats.files import shown
from minitok.formats.huggingface.reasons import Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ID", "LENGTH", "choice_of", "number_of", "value_of", "whole_number"]

# What ids and types are below, and lengths.
ID, LENGTH = 1 << 32, 1 << 64


def value_of(state: Any, where: str, key: str) -> Any:
    """A field that must be there."""
    if not isinstance(state, dict):
        raise Unsupported(f"the {where} is not an object: {shown(state)}")
    if key not in state:
        raise Unsupported(f"the {where} has no {key!r}")
    return state[key]


def number_of(state: Any, where: str, key: str, below: int) -> int:
    """A whole number that must be there."""
    return whole_number(value_of(state, where, key), f"the {key!r} of the {where}", below)


def whole_number(value: Any, what: str, below: int) -> int:
    """A value that must be a whole number from 0 on.

    >>> whole_number(-5, "the 'pad_id' of the padding", 256)
    Traceback (most recent call last):
    minitok.formats.huggingface.reasons.Unsupported: the 'pad_id' of the padding is not a whole number from 0 to 255: -5
    """
    if type(value) is not int or not 0 <= value < below:
        raise Unsupported(f"{what} is not a whole number from 0 to {below - 1}: {shown(value)}")
    return value


def choice_of(state: Any, where: str, key: str, names: Mapping[str, str]) -> str:
    """The option that a name in the file stands for. ``names``: the name of each option."""
    value = value_of(state, where, key)
    for option, name in names.items():
        if name == value:
            return option
    raise Unsupported(f"the {key!r} of the {where} is none of {', '.join(names.values())}: {shown(value)}")
