"""The settings of truncation and padding: as options, and as a ``tokenizer.json`` writes them."""

from __future__ import annotations

from typing import Any

__all__ = [
    "check_padding", "check_truncation", "dump_padding", "dump_truncation", "read_padding", "read_truncation",
]  # fmt: skip

State = dict[str, Any]

STRATEGIES = {"longest_first": "LongestFirst", "only_first": "OnlyFirst", "only_second": "OnlySecond"}
DIRECTIONS = {"left": "Left", "right": "Right"}
WRAPS = 1 << 64


def check_truncation(max_length: int, stride: int, strategy: str, direction: str, added: int) -> State:
    """The options of truncation, if they can be met. ``added``: how many special tokens a text gets."""
    for number in (max_length, stride):
        check_number(number)
    if strategy not in STRATEGIES:
        known = "`longest_first`, `only_first`, or `only_second`"
        raise ValueError(f"Unknown `strategy`: `{strategy}`. Use one of {known}")
    if direction not in DIRECTIONS:
        raise ValueError(f"Unknown `direction`: `{direction}`. Use one of `left` or `right`.")
    # With more special tokens than length, there is no limit there.
    room = (max_length - added) % WRAPS
    if room < stride:
        raise ValueError(
            f"tokenizer stride set to {stride}, which is greater than or equal to its effective max length of {room} "
            f"(= {max_length} original max length - {added} added special tokens), "
        )
    return {"max_length": max_length, "stride": stride, "strategy": strategy, "direction": direction}


def check_padding(
    length: int | None, multiple: int | None, pad_id: int, pad_token: str, pad_type_id: int, direction: str
) -> State:
    """The options of padding, if they can be met."""
    if direction not in DIRECTIONS:
        raise ValueError(f"Unknown `direction`: `{direction}`. Use one of `left` or `right`")
    for number in (pad_id, pad_type_id, length or 0, multiple or 0):
        check_number(number)
    if not isinstance(pad_token, str):
        raise TypeError(f"{type(pad_token).__name__!r} object is not an instance of 'str'")
    return {
        "length": length,
        "pad_to_multiple_of": multiple,
        "pad_id": pad_id,
        "pad_token": pad_token,
        "pad_type_id": pad_type_id,
        "direction": direction,
    }


def check_number(number: Any) -> None:
    """Refuses what cannot be a length or an id."""
    if not isinstance(number, int):
        raise TypeError(f"{type(number).__name__!r} object cannot be interpreted as an integer")
    if number < 0:
        raise OverflowError("can't convert negative int to unsigned")


def read_truncation(state: Any) -> State | None:
    """The options out of a file."""
    if state is None:
        return None
    names = {name: option for option, name in STRATEGIES.items()}
    return {
        "max_length": state["max_length"],
        "stride": state["stride"],
        "strategy": names[state["strategy"]],
        "direction": state.get("direction", "Right").lower(),
    }


def dump_truncation(options: State | None) -> State | None:
    """The options as a file has them."""
    return options and {
        "direction": DIRECTIONS[options["direction"]],
        "max_length": options["max_length"],
        "strategy": STRATEGIES[options["strategy"]],
        "stride": options["stride"],
    }


def read_padding(state: Any) -> State | None:
    """The options out of a file."""
    if state is None:
        return None
    strategy = state["strategy"]
    return {
        "length": strategy["Fixed"] if isinstance(strategy, dict) else None,
        "pad_to_multiple_of": state.get("pad_to_multiple_of"),
        "pad_id": state["pad_id"],
        "pad_token": state["pad_token"],
        "pad_type_id": state["pad_type_id"],
        "direction": state["direction"].lower(),
    }


def dump_padding(options: State | None) -> State | None:
    """The options as a file has them."""
    return options and {
        "strategy": "BatchLongest" if options["length"] is None else {"Fixed": options["length"]},
        "direction": DIRECTIONS[options["direction"]],
        "pad_to_multiple_of": options["pad_to_multiple_of"],
        "pad_id": options["pad_id"],
        "pad_type_id": options["pad_type_id"],
        "pad_token": options["pad_token"],
    }
