"""Truncation, post-processing and padding: from the encodings of one or two texts to the final one.

The order is that of ``tokenizers``: texts are cut down so that special tokens have room, then special tokens are added, then
everything is filled up. Where the tokens of a single text stand among the special ones is found once for all texts: ``Layout``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.errors import ComponentError

from .columns import SourceSlice, fixed
from .encoding import Encoding

if TYPE_CHECKING:
    from .columns import Source, Span

    State = dict[str, Any]

UNBOUNDED = 1 << 64
# How many special tokens post-processors add to one text and to two.
ADDED = {None: (0, 0), "ByteLevel": (0, 0), "BertProcessing": (2, 3), "RobertaProcessing": (2, 4)}


def added_tokens(state: State | None, is_pair: bool) -> int:
    """How many special tokens a post-processor, given as JSON, adds to a text or to two."""
    kind = state["type"] if state else None
    if state is None or kind in ADDED:
        return ADDED[kind][is_pair]
    if kind == "Sequence":
        return sum(added_tokens(part, is_pair) for part in state["processors"])
    names = [piece["SpecialToken"]["id"] for piece in state["pair" if is_pair else "single"] if "SpecialToken" in piece]
    return sum(len(state["special_tokens"][name]["ids"]) for name in names if name in state["special_tokens"])


def truncate_and_process(
    encoding: Encoding, pair: Encoding | None, state: State | None, truncation: State | None, add_special_tokens: bool
) -> Encoding:
    """The encodings cut down and post-processed."""
    if truncation is not None:
        room = truncation["max_length"]
        if add_special_tokens:
            # With more special tokens than room, nothing is cut there.
            room = (room - added_tokens(state, pair is not None)) % UNBOUNDED
        truncate(encoding, pair, {**truncation, "max_length": room})
    return post_process(state, encoding, pair, add_special_tokens)


def truncate(encoding: Encoding, pair: Encoding | None, truncation: State) -> None:
    """Cuts the encodings down to a length together.

    Raises:
        ValueError: The one that is to be cut is missing or too short.
    """
    most, strategy = truncation["max_length"], truncation["strategy"]
    stride, direction = truncation["stride"], truncation["direction"]
    first, second = len(encoding), 0 if pair is None else len(pair)
    excess = first + second - most
    if most and excess <= 0:
        return
    if most == 0 or strategy == "longest_first":
        first, second = (0, 0) if most == 0 else (most, 0) if pair is None else shares(first, second, most)
        encoding.truncate(first, stride, direction)
        if pair is not None:
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


def post_process(state: State | None, encoding: Encoding, pair: Encoding | None, add_special_tokens: bool) -> Encoding:
    """The encodings after a post-processor, given as JSON, in one."""
    encodings = [encoding] if pair is None else [encoding, pair]
    if state is None and pair is None:
        return encoding
    for number, each in enumerate(encodings):
        for one in (each, *(each._overflowing if state else ())):  # noqa: SLF001 - a part of the same package
            one.set_sequence_id(number)
    if state is not None:
        encodings = run_processor(
            state, [with_type(each, number) for number, each in enumerate(encodings)], add_special_tokens
        )
    return Encoding.merge(encodings, growing_offsets=False)


def run_processor(state: State, encodings: list[Encoding], add_special_tokens: bool) -> list[Encoding]:
    """What a post-processor makes of encodings."""
    kind = state["type"]
    if kind == "Sequence":
        for part in state["processors"]:
            encodings = run_processor(part, encodings, add_special_tokens)
        return encodings
    if kind in ("ByteLevel", "RobertaProcessing") and state.get("trim_offsets", True):
        prefixed = state.get("add_prefix_space", True)
        encodings = [each.changed(lambda part: part.trim(prefixed), overflowing=True) for each in encodings]
    if kind == "ByteLevel":
        for number, each in enumerate(encodings):
            each.set_sequence_id(number)
        return encodings
    if kind == "TemplateProcessing":
        return from_template(state, encodings, add_special_tokens)
    if kind == "RobertaProcessing":
        encodings = [with_type(each, 0, overflowing=add_special_tokens) for each in encodings]
    if not add_special_tokens:
        return encodings
    # What a template before it has made is the first text, and the second from there on.
    return [between(state, min(number, 1), each) for number, each in enumerate(encodings)]


def between(state: State, number: int, encoding: Encoding) -> Encoding:
    """An encoding, and each that overflows, between the special tokens of ``BertProcessing`` or ``RobertaProcessing``."""
    is_roberta = state["type"] == "RobertaProcessing"
    before = state["cls"] if number == 0 else state["sep"] if is_roberta else None
    first = (special_part(before[1:], before[:1], 0),) if before else ()
    last = special_part(state["sep"][1:], state["sep"][:1], 0 if is_roberta else number)

    def around(one: Encoding, others: list[Encoding]) -> Encoding:
        parts = (part._replace(special=0) for part in one._parts)  # noqa: SLF001 - special tokens of a processor before it are none
        return Encoding((*first, *parts, last), {number: (len(first), len(first) + len(one))}, others)

    return around(encoding, [around(other, []) for other in encoding._overflowing])  # noqa: SLF001


def from_template(state: State, encodings: list[Encoding], add_special_tokens: bool) -> list[Encoding]:
    """The texts and the special tokens in the order of a template."""
    found = []
    for piece in state["pair" if len(encodings) == 2 else "single"]:
        if "SpecialToken" in piece:
            if add_special_tokens:
                name = piece["SpecialToken"]["id"]
                if (token := state["special_tokens"].get(name)) is None:
                    raise ComponentError(f"Missing SpecialToken(s) with id(s) `{name}`")
                part = special_part(token["ids"], token["tokens"], piece["SpecialToken"]["type_id"])
                found.append(Encoding((part,) if part.size else ()))
            continue
        number = int(piece["Sequence"]["id"] != "A")
        encodings[number] = with_type(encodings[number], piece["Sequence"]["type_id"])
        encodings[number].set_sequence_id(number)
        found.append(encodings[number].copy())
    return found


def special_part(ids: Sequence[int], tokens: Sequence[str], type_id: int) -> SourceSlice:
    return SourceSlice(fixed(ids, tokens), 0, len(ids), type_id, special=1)


def with_type(encoding: Encoding, type_id: int, *, overflowing: bool = False) -> Encoding:
    """The encoding with one type for all its tokens; what overflows keeps its own, unless it is asked for."""
    return encoding.changed(lambda part: part._replace(type_id=type_id), overflowing=overflowing)


def pad_all(encodings: Sequence[Encoding], padding: State | None) -> None:
    """Fills encodings up, each to the same length, if there is padding."""
    if padding is not None:
        length = padding["length"]
        if length is None:
            length = max(map(len, encodings), default=0)
        length += -length % (padding["pad_to_multiple_of"] or 1)
        options = {name: padding[name] for name in ("direction", "pad_id", "pad_type_id", "pad_token")}
        for encoding in encodings:
            encoding.pad(length, **options)


class Layout(NamedTuple):
    """The parts before and after a text, and what becomes of its own part.

    Attributes:
        before: The parts before the text.
        after: The parts after it.
        size: How many tokens are before it.
        type_id: The type of its tokens.
        trims: How its offsets are trimmed.
        numbered: Whether its tokens are known to be those of the first text.
    """

    before: tuple[SourceSlice, ...]
    after: tuple[SourceSlice, ...]
    size: int
    type_id: int
    trims: tuple[tuple[bool, int], ...]
    numbered: bool

    def place(self, source: Source) -> Encoding:
        count = len(source.ids)
        part = (SourceSlice(source, 0, count, self.type_id, 0, 1, 0, self.trims),) if count else ()
        ranges: dict[int, Span] = {0: (self.size, self.size + count)} if self.numbered else {}
        return Encoding((*self.before, *part, *self.after), ranges)


def find_layout(state: dict[str, Any] | None, add_special_tokens: bool) -> Layout | None:
    """The layout of a post-processor, given as JSON, from what it does to one token.

    None if the text is not in one place.
    """
    probe = SourceSlice(fixed([0], [""]), 0, 1)
    encoding = post_process(state, Encoding((probe,)), None, add_special_tokens)
    parts, ranges = encoding._parts, encoding._ranges  # noqa: SLF001 - a part of the same package
    places = [index for index, part in enumerate(parts) if part.source is probe.source]
    if len(places) != 1:
        return None
    before, part, after = parts[: places[0]], parts[places[0]], parts[places[0] + 1 :]
    size = sum(other.size for other in before)
    if ranges not in ({}, {0: (size, size + 1)}):
        return None
    return Layout(before, after, size, part.type_id, part.trims, bool(ranges))
