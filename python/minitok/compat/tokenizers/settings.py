"""The settings of truncation and padding: as options, and as a ``tokenizer.json`` writes them."""

from __future__ import annotations

from typing import Any

from minitok.formats.files import shown
from minitok.formats.huggingface.reasons import Unsupported

from .file_fields import ID, LENGTH, choice_of, number_of, value_of, whole_number

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
    """The options out of a file. As there, a stride may be longer than the length. Raises Unsupported with the field's name."""
    if state is None:
        return None
    where = "truncation"
    return {
        "max_length": number_of(state, where, "max_length", LENGTH),
        "stride": number_of(state, where, "stride", LENGTH),
        "strategy": choice_of(state, where, "strategy", STRATEGIES),
        "direction": choice_of({"direction": "Right", **state}, where, "direction", DIRECTIONS),
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
    """The options out of a file. Raises Unsupported with the field's name."""
    if state is None:
        return None
    where = "padding"
    strategy, multiple = value_of(state, where, "strategy"), state.get("pad_to_multiple_of")
    if isinstance(strategy, dict) and strategy.keys() == {"Fixed"}:
        length: int | None = number_of(strategy, "strategy of the padding", "Fixed", LENGTH)
    elif strategy == "BatchLongest":
        length = None
    else:
        raise Unsupported(f"the 'strategy' of the padding is neither BatchLongest nor Fixed: {shown(strategy)}")
    if multiple is not None:
        whole_number(multiple, "the 'pad_to_multiple_of' of the padding", LENGTH)
    token = value_of(state, where, "pad_token")
    if not isinstance(token, str):
        raise Unsupported(f"the 'pad_token' of the padding is not a string: {shown(token)}")
    return {
        "length": length,
        "pad_to_multiple_of": multiple,
        "pad_id": number_of(state, where, "pad_id", ID),
        "pad_token": token,
        "pad_type_id": number_of(state, where, "pad_type_id", ID),
        "direction": choice_of(state, where, "direction", DIRECTIONS),
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
