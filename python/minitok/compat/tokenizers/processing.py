"""Truncation, post-processing and padding: from the encodings of one or two texts to the final one.

The order is that of ``tokenizers``: texts are cut down so that special tokens have room, then special tokens are added, then
everything is filled up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError

from .columns import Part, fixed
from .encoding import Encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    State = dict[str, Any]

__all__ = ["added_tokens", "finished", "padded", "processed"]

UNBOUNDED = 1 << 64


def added_tokens(state: State | None, is_pair: bool) -> int:
    """How many special tokens a post-processor, given as JSON, adds to a text or to two."""
    kind = state["type"] if state else None
    if state is None or kind == "ByteLevel":
        return 0
    if kind == "RobertaProcessing":
        return 4 if is_pair else 2
    if kind == "BertProcessing":
        return 3 if is_pair else 2
    if kind == "Sequence":
        return sum(added_tokens(part, is_pair) for part in state["processors"])
    names = [piece["SpecialToken"]["id"] for piece in state["pair" if is_pair else "single"] if "SpecialToken" in piece]
    return sum(len(state["special_tokens"][name]["ids"]) for name in names if name in state["special_tokens"])


def finished(
    encoding: Encoding, pair: Encoding | None, state: State | None, truncation: State | None, add_special_tokens: bool
) -> Encoding:
    """The encodings cut down and post-processed."""
    if truncation is not None:
        room = truncation["max_length"]
        if add_special_tokens:
            # With more special tokens than room, nothing is cut there.
            room = (room - added_tokens(state, pair is not None)) % UNBOUNDED
        truncate(encoding, pair, {**truncation, "max_length": room})
    return processed(state, encoding, pair, add_special_tokens)


def truncate(encoding: Encoding, pair: Encoding | None, truncation: State) -> None:
    """Cuts the encodings down to a length together.

    Raises:
        ValueError: The one that is to be cut is missing or too short.
    """
    most, stride, direction = truncation["max_length"], truncation["stride"], truncation["direction"]
    first, second = len(encoding), 0 if pair is None else len(pair)
    if most == 0:
        encoding.truncate(0, stride, direction)
        if pair is not None:
            pair.truncate(0, stride, direction)
        return
    excess = first + second - most
    if excess <= 0:
        return
    strategy = truncation["strategy"]
    if strategy == "longest_first":
        if pair is None:
            encoding.truncate(most, stride, direction)
            return
        first, second = shares(first, second, most)
        encoding.truncate(first, stride, direction)
        pair.truncate(second, stride, direction)
        return
    target = encoding if strategy == "only_first" else pair
    if target is None:
        raise ValueError("Truncation error: Second sequence not provided")
    if len(target) <= excess:
        raise ValueError("Truncation error: Sequence to truncate too short to respect the provided max_length")
    target.truncate(len(target) - excess, stride, direction)


def shares(first: int, second: int, most: int) -> tuple[int, int]:
    """How long two encodings may be that are too long together: the longer one gives way.

    >>> shares(3, 10, 8), shares(10, 10, 7)
    ((3, 5), (3, 4))
    """
    short, long = sorted((first, second))
    long = short if short > most else max(short, most - short)
    if short + long > most:
        short = most // 2
        long = short + most % 2
    return (short, long) if first <= second else (long, short)


def processed(state: State | None, encoding: Encoding, pair: Encoding | None, add_special_tokens: bool) -> Encoding:
    """The encodings after a post-processor, given as JSON, in one."""
    encodings = [encoding] if pair is None else [encoding, pair]
    if state is None:
        if pair is None:
            return encoding
        for number, each in enumerate(encodings):
            each.set_sequence_id(number)
        return Encoding.merge(encodings, growing_offsets=False)
    numbered = []
    for number, each in enumerate(encodings):
        for one in (each, *each._overflowing):  # noqa: SLF001 - a part of the same package
            one.set_sequence_id(number)
        numbered.append(typed(each, number))
    return Encoding.merge(steps(state, numbered, add_special_tokens), growing_offsets=False)


def steps(state: State, encodings: list[Encoding], add_special_tokens: bool) -> list[Encoding]:
    """What a post-processor makes of encodings."""
    kind = state["type"]
    if kind == "Sequence":
        for part in state["processors"]:
            encodings = steps(part, encodings, add_special_tokens)
        return encodings
    if kind in ("ByteLevel", "RobertaProcessing") and state.get("trim_offsets", True):
        prefixed = state.get("add_prefix_space", True)
        encodings = [everywhere(each, lambda part: part.trim(prefixed)) for each in encodings]
    if kind == "ByteLevel":
        for number, each in enumerate(encodings):
            each.set_sequence_id(number)
        return encodings
    if kind == "TemplateProcessing":
        return from_template(state, encodings, add_special_tokens)
    if kind == "RobertaProcessing":
        encodings = [typed(each, 0) for each in encodings]
    if not add_special_tokens:
        return encodings
    return [between(state, number, each) for number, each in enumerate(encodings)]


def between(state: State, number: int, encoding: Encoding) -> Encoding:
    """An encoding, and each that overflows, between the special tokens of ``BertProcessing`` or ``RobertaProcessing``."""
    roberta = state["type"] == "RobertaProcessing"
    before = "cls" if number == 0 else "sep" if roberta else None
    parts = []
    for one in (encoding, *encoding._overflowing):  # noqa: SLF001 - a part of the same package
        texts = typed(one, 0)._parts if roberta else one._parts  # noqa: SLF001
        first = (literal(state[before], 0),) if before else ()
        made = (*first, *texts, literal(state["sep"], 0 if roberta else number))
        parts.append(Encoding(made, {number: (len(first), len(first) + len(one))}))
    parts[0]._overflowing = parts[1:]  # noqa: SLF001
    return parts[0]


def from_template(state: State, encodings: list[Encoding], add_special_tokens: bool) -> list[Encoding]:
    """The texts and the special tokens in the order of a template."""
    found = []
    for piece in state["pair" if len(encodings) == 2 else "single"]:
        if "SpecialToken" in piece:
            if add_special_tokens:
                name = piece["SpecialToken"]["id"]
                if (token := state["special_tokens"].get(name)) is None:
                    raise ComponentError(f"Missing SpecialToken(s) with id(s) `{name}`")
                part = special(token["ids"], token["tokens"], piece["SpecialToken"]["type_id"])
                found.append(Encoding((part,) if part.size else ()))
            continue
        number = int(piece["Sequence"]["id"] != "A")
        encodings[number] = typed(encodings[number], piece["Sequence"]["type_id"])
        encodings[number].set_sequence_id(number)
        found.append(encodings[number].copy())
    return found


def literal(token: Sequence[Any], type_id: int) -> Part:
    """The part of one special token, given as its text and its id."""
    return special([token[1]], [token[0]], type_id)


def special(ids: Sequence[int], tokens: Sequence[str], type_id: int) -> Part:
    """The part of special tokens."""
    return Part(fixed(ids, tokens), 0, len(ids), type_id, special=1)


def typed(encoding: Encoding, type_id: int) -> Encoding:
    """The encoding with one type for all its tokens; what overflows keeps its own."""
    parts = encoding._parts  # noqa: SLF001 - a part of the same package
    if all(part.type_id == type_id for part in parts):
        return encoding
    return encoding.with_parts(part._replace(type_id=type_id) for part in parts)


def everywhere(encoding: Encoding, change: Any) -> Encoding:
    """The encoding and what overflows with each part changed."""
    changed = encoding.with_parts(map(change, encoding._parts))  # noqa: SLF001 - a part of the same package
    changed._overflowing = [  # noqa: SLF001
        other.with_parts(map(change, other._parts))  # noqa: SLF001
        for other in encoding._overflowing  # noqa: SLF001
    ]
    return changed


def padded(encodings: Sequence[Encoding], padding: State) -> None:
    """Fills encodings up, each to the same length."""
    length = padding["length"]
    if length is None:
        length = max(map(len, encodings), default=0)
    multiple = padding["pad_to_multiple_of"] or 1
    length += -length % multiple
    for encoding in encodings:
        encoding.pad(
            length,
            direction=padding["direction"],
            pad_id=padding["pad_id"],
            pad_type_id=padding["pad_type_id"],
            pad_token=padding["pad_token"],
        )
