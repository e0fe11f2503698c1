"""The settings of truncation and padding: as options, and as a ``tokenizer.json`` writes them.

A file's field is what ``tokenizers`` would read, or it is refused by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minitok.formats.files import Reason, shown

from .options import instance, unsigned

State = dict[str, Any]

# What ids and types are below, and lengths.
ID, LENGTH = 1 << 32, 1 << 64
STRATEGIES = {"longest_first": "LongestFirst", "only_first": "OnlyFirst", "only_second": "OnlySecond"}
DIRECTIONS = {"left": "Left", "right": "Right"}
# The fields in the order of a file: numbers below something, names of options, and text.
TRUNCATION = {"direction": DIRECTIONS, "max_length": LENGTH, "strategy": STRATEGIES, "stride": LENGTH}
PADDING = {"direction": DIRECTIONS, "pad_to_multiple_of": LENGTH, "pad_id": ID, "pad_type_id": ID, "pad_token": str}


def check_truncation(max_length: int, stride: int, strategy: str, direction: str, added: int) -> State:
    """The options of truncation, if they can be met. ``added``: how many special tokens a text gets."""
    unsigned(max_length), unsigned(stride)
    if strategy not in STRATEGIES:
        known = "`longest_first`, `only_first`, or `only_second`"
        raise ValueError(f"Unknown `strategy`: `{strategy}`. Use one of {known}")
    if direction not in DIRECTIONS:
        raise ValueError(f"Unknown `direction`: `{direction}`. Use one of `left` or `right`.")
    # With more special tokens than length, there is no limit there.
    room = (max_length - added) % LENGTH
    if room < stride:
        raise ValueError(
            f"tokenizer stride set to {stride}, which is greater than or equal to its effective max length of {room} "
            f"(= {max_length} original max length - {added} added special tokens), "
        )
    return {"max_length": max_length, "stride": stride, "strategy": strategy, "direction": direction}


def check_padding(**options: Any) -> State:
    """The options of padding, if they can be met."""
    if options["direction"] not in DIRECTIONS:
        raise ValueError(f"Unknown `direction`: `{options['direction']}`. Use one of `left` or `right`")
    for name in ("pad_id", "pad_type_id", "length", "pad_to_multiple_of"):
        unsigned(options[name] or 0)
    instance(options["pad_token"], str)
    return options


def read_truncation(state: Any) -> State | None:
    """The options out of a file. As there, a stride may be longer than the length. Raises Reason with the field's name."""
    if isinstance(state, dict):
        state = {"direction": "Right", **state}
    return None if state is None else {name: read_field(state, "truncation", name, TRUNCATION) for name in TRUNCATION}


def read_padding(state: Any) -> State | None:
    """The options out of a file. Raises Reason with the field's name."""
    if state is None:
        return None
    strategy, length = value_of(state, "padding", "strategy"), None
    if isinstance(strategy, dict) and strategy.keys() == {"Fixed"}:
        length = whole_number(strategy["Fixed"], "the 'Fixed' of the strategy of the padding", LENGTH)
    elif strategy != "BatchLongest":
        raise Reason(f"the 'strategy' of the padding is neither BatchLongest nor Fixed: {shown(strategy)}")
    optional = () if state.get("pad_to_multiple_of") is not None else ("pad_to_multiple_of",)
    fields = {name: None if name in optional else read_field(state, "padding", name, PADDING) for name in PADDING}
    return {"length": length, **fields}


def dump_truncation(options: State | None) -> State | None:
    """The options as a file has them."""
    return options and {name: written(options[name], rule) for name, rule in TRUNCATION.items()}


def dump_padding(options: State | None) -> State | None:
    """The options as a file has them."""
    if options is None:
        return None
    strategy = "BatchLongest" if options["length"] is None else {"Fixed": options["length"]}
    return {"strategy": strategy, **{name: written(options[name], rule) for name, rule in PADDING.items()}}


def written(value: Any, rule: Any) -> Any:
    """An option as a file writes it."""
    return rule[value] if isinstance(rule, dict) else value


def read_field(state: Any, where: str, key: str, rules: Mapping[str, Any]) -> Any:
    """The option that a field of a file stands for."""
    value, rule, what = value_of(state, where, key), rules[key], f"the {key!r} of the {where}"
    if isinstance(rule, int):
        return whole_number(value, what, rule)
    if isinstance(rule, type):
        if not isinstance(value, rule):
            raise Reason(f"{what} is not a string: {shown(value)}")
        return value
    for option, name in rule.items():
        if name == value:
            return option
    raise Reason(f"{what} must be one of {', '.join(rule.values())}: {shown(value)}")


def value_of(state: Any, where: str, key: str) -> Any:
    """A field that must be there."""
    if not isinstance(state, dict):
        raise Reason(f"the {where} is not an object: {shown(state)}")
    if key not in state:
        raise Reason(f"the {where} has no {key!r}")
    return state[key]


def whole_number(value: Any, what: str, below: int = ID) -> int:
    """A value that must be a whole number from 0 on.

    >>> whole_number(-5, "the 'pad_id' of the padding", 256)
    Traceback (most recent call last):
    minitok.formats.files.Reason: the 'pad_id' of the padding is not a whole number from 0 to 255: -5
    """
    if type(value) is not int or not 0 <= value < below:
        raise Reason(f"{what} is not a whole number from 0 to {below - 1}: {shown(value)}")
    return value
