"""Which ids of a conversation a model must learn: what it would have to sample, for each message of the assistant.

A turn begins where the text of ``add_generation_prompt`` ends, and ends with the token that ends it, included. Both places are
proved, not guessed: the messages before are rendered with the prompt, and the messages up to this one without what follows. The
first text must begin the second, and the second, up to its end, the whole; with the same origins of all characters.

By hand, of ``<u>hi<e>`` and ``<a>ok<e>``, written by a template whose prompt is ``<a>``: ``<u>hi<e><a>`` begins
``<u>hi<e><a>ok<e>``, so ``ok<e>`` is learned.

How a template ends a turn is seen from a plain answer, ``x``: by the markers that it writes behind it whether another message
follows or not. If there are none (GLM), the next message's marker ends a turn. Some end the last answer by another (gpt-oss).

Costs: two runs of the template for each turn, and two more; O(n) for each turn of a text of n bytes. Implements SPEC K8.
"""

from __future__ import annotations

import re
from itertools import groupby, takewhile
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ..errors import TemplateError
from ..reference.text import utf8
from ..spans.segments import ids_of_spans
from .provenance import TEMPLATE, UNKNOWN, runs_of
from .render import traced_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..definition import Definition
    from .provenance import Origin
    from .ranges import Range

    Parts = list[tuple[bytes, Origin]]

# Text of no known origin that nobody has said: numbers, truth values, empty JSON.
VALUE = re.compile(rb"(?:[-+.\de{}\[\],\s]|true|True|false|False|None|null)+")

ADVICE = (
    'train on one answer at a time, each conversation ending with it (mask("assistant", last=True), learn="last"), or '
    "mark what is to be learned with {% generation %} in the template (generated)"
)
FITTING = "pass the template what makes its prompt fit (enable_thinking=False), or "


class Marker(NamedTuple):
    """A special token in a text, which ends at a place in bytes. ``written``: by the template."""

    start: int
    end: int
    token_id: int
    written: bool


class Learner:
    """A conversation as a template wrote it, and what is needed to write parts of it.

    ``write``: what the template writes for messages, with a prompt or without. ``parts``: what it wrote for all.
    ``is_open``: whether the last message was left open, to be continued.
    """

    def __init__(
        self,
        definition: Definition,
        write: Callable[[list[Any], bool], str],
        messages: list[Any],
        parts: Iterable[tuple[bytes, Origin]],
        *,
        is_open: bool = False,
    ) -> None:
        self.definition, self.write, self.messages, self.is_open = definition, write, messages, is_open
        self.parts = joined_parts(parts)
        found, everywhere = definition.found_tokens, set(definition.everywhere)
        self.names = {token_id: utf8(name) for name, token_id in found.items() if name not in everywhere}
        self.plain_stops: tuple[int | None, int | None] | None = None  # those of a plain answer, once they are known

    def ranges(self, *, last: bool = False) -> list[Range[bool]]:
        """The ranges of ids to learn; with ``last``, of the last message of the assistant alone."""
        numbers = [number for number, message in enumerate(self.messages) if message.get("role") == "assistant"]
        spans: list[tuple[bytes, bool]] = []
        learned: list[bool] = []
        at = 0
        for start, end in [*(self.turn(number) for number in numbers[-1 if last else 0 :]), (size_of(self.parts),) * 2]:
            for own, low, high in ((False, at, start), (True, start, end)):
                more = [(data, origin.trusted) for data, origin in cut(self.parts, low, high)]
                spans += more
                learned += [own] * len(more)
            at = end
        found: list[Range[bool]] = []
        held = 0  # how many ids hold text before
        for own, (first, stop) in zip(learned, ids_of_spans(self.definition, spans).ranges, strict=True):
            if own and max(first, held) < stop:
                found.append((max(first, held), stop, True))
            held = max(held, stop)
        return found

    def turn(self, number: int) -> tuple[int, int]:
        """Where the text begins that the model writes for a message, and where it ends."""
        prompt = self.written(number, self.messages[:number], prompt=True)
        start = size_of(prompt)
        if self.is_open and number == len(self.messages) - 1:
            turn, end = self.parts, size_of(self.parts)
        else:
            turn = self.written(number, self.messages[: number + 1])
        if said_by(turn, number) is None and turn == self.written(number, self.messages[:number]):
            fail(number, "the template leaves it out", "leave out the message, too")
        if cut(turn, 0, start) != prompt:
            fail(number, "the template writes it otherwise than behind its prompt for an answer", FITTING + ADVICE)
        if turn is not self.parts:
            end = self.end(number, start, turn)
        own = cut(self.parts, start, end)
        for data, origin in own:
            if origin.message == number or origin == TEMPLATE or (origin == UNKNOWN and VALUE.fullmatch(data)):
                continue
            text = data[:40].decode(errors="replace")
            fail(number, f"its turn holds the text {text!r}, which is not known to be its own", ADVICE)
        said = {origin.field for _, origin in own if origin.message == number}
        if turn is not self.parts and self.messages[number].get("tool_calls") and said.isdisjoint({"tool_calls", None}):
            fail(number, "the template leaves out its tool_calls", "leave them out, too")
        return start, end

    def end(self, number: int, start: int, turn: Parts) -> int:
        """Where the token ends that ends a turn."""
        marks = self.markers(turn, start)
        said = said_by(turn, number)
        stop = self.stop(number)
        if stop is None:
            end = self.next_marker(number, turn)
            stop = end.token_id
        else:
            after = [mark for mark in marks if mark.written and mark.start >= max(said or 0, start)]
            end = next((mark for mark in after if mark.token_id == stop), None) or self.own_stop(number, start, after)
            if cut(turn, 0, end.end) != cut(self.parts, 0, end.end):
                fail(number, "the template writes it otherwise once another message follows", ADVICE)
        if any(mark.token_id == end.token_id and mark.start < end.start for mark in marks):
            token = self.names[end.token_id].decode()
            fail(number, f"it holds {token!r}, which ends it, more than once", "split it, or leave it out")
        return end.end

    def stop(self, number: int) -> int | None:
        """The token that ends a plain answer; None if the next message's does."""
        self.plain_stops = self.plain_stops or self.stops(number)
        within, last = self.plain_stops
        if within is None and last is not None and number + 1 < len(self.messages):
            fail(number, "the template ends the last answer with another token than the others", ADVICE)
        return last

    def stops(self, number: int) -> tuple[int | None, int | None]:
        """The tokens that end a plain answer: one that another message follows, and the last. None if there is none."""
        before = self.messages[:number]
        answer, other = traced_messages(
            [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}], number
        )
        alone = self.written(number, [*before, answer])
        found = self.behind(alone, number)
        try:
            more = self.behind(self.written(number, [*before, answer, other]), number) if found else []
        except TemplateError:
            more = found
        both = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(found, more))]
        within = self.last_of(both, number, alone)
        return within, self.last_of(found, number, alone) if within is None else within

    def last_of(self, behind: list[int], number: int, text: Parts) -> int | None:
        """Which marker behind an answer ends it: the template's ``eos_token``, or the last that does not begin texts, too."""
        chat = self.definition.chat
        end = self.definition.found_tokens.get(chat.tokens.get("eos_token", "")) if chat else None
        if end in behind or not behind:
            return end if behind else None
        at = 0
        for mark in self.markers(text, 0) if len(behind) > 1 else ():
            if mark.start != at:
                break
            if mark.token_id == behind[-1]:
                name = self.names[mark.token_id].decode()
                fail(number, f"whether {name!r} ends it or begins the next is not known", "name the eos_token")
            at = mark.end
        return behind[-1]

    def behind(self, text: Parts, number: int) -> list[int]:
        """The markers behind a message, up to the text of another."""
        said = said_by(text, number)
        if said is None:
            fail(number, "the template leaves out the text of an answer", ADVICE)
        own = [(data, origin) for data, origin in takewhile(lambda part: part[1] == TEMPLATE, cut(text, said))]
        return [mark.token_id for mark in self.markers(own, 0) if mark.written]

    def own_stop(self, number: int, start: int, after: list[Marker]) -> Marker:
        """The last marker of a turn that does not end as a plain answer does: one that ends more than a call."""
        message = self.messages[number]
        if not after or not message.get("tool_calls"):
            fail(number, "the template does not end it with the token that ends a plain answer", ADVICE)
        last = after[-1]
        try:
            calls = {**message, "tool_calls": [*message["tool_calls"]] * 2}
            twice = self.markers(self.written(number, [*self.messages[:number], calls]), start)
        except TemplateError:  # one call a message
            return last
        if sum(mark.token_id == last.token_id for mark in twice) > sum(
            mark.token_id == last.token_id for mark in after
        ):
            fail(number, "the template ends a call with a token, and not the turn", ADVICE)
        return last

    def next_marker(self, number: int, turn: Parts) -> Marker:
        """The marker of the message behind, which ends a turn that has no token of its own for that."""
        size = size_of(turn)
        if number + 1 == len(self.messages):
            fail(number, "the template writes no token that ends it", "add the message that follows")
        if self.messages[number + 1].get("role") == "assistant":
            fail(number, "no token ends it, since another of the assistant follows", "make one message of the two")
        if cut(self.parts, 0, size) != turn:
            fail(number, "the template writes it otherwise once another message follows", ADVICE)
        follows = list(takewhile(lambda part: part[1] == TEMPLATE, cut(self.parts, size)))
        marks = [mark for mark in self.markers(follows, 0) if mark.written]
        if not marks:
            fail(number, "the template writes no special token that ends it", ADVICE)
        first = marks[0]
        return first._replace(start=first.start + size, end=first.end + size)

    def markers(self, parts: Parts, start: int) -> list[Marker]:
        """The special tokens from a place on, in order."""
        own = cut(parts, start)
        data = b"".join(text for text, _ in own)
        ids, _, tokens = ids_of_spans(self.definition, [(text, origin.trusted) for text, origin in own], "text")
        found = []
        for at, end in tokens:
            token_id = int(ids[at])
            if (name := self.names.get(token_id)) is not None:
                begin = max(data.rfind(name, 0, end), 0)
                written = all(origin == TEMPLATE for _, origin in cut(own, begin, begin + len(name)))
                found.append(Marker(start + begin, start + end, token_id, written))
        return found

    def written(self, number: int, messages: list[Any], *, prompt: bool = False) -> Parts:
        """What the template writes for messages, for the sake of the message with this number."""
        try:
            return parts_of(self.write(messages, prompt))
        except TemplateError as error:
            what = "the prompt for it" if prompt else "the conversation up to it"
            raise TemplateError(f"message {number}: the template does not write {what}: {error}") from error


def fail(number: int, reason: str, advice: str) -> NoReturn:
    raise TemplateError(
        f"message {number}, of the assistant: {reason}, so what a model must learn is not known; {advice}"
    )


def parts_of(text: str) -> Parts:
    """A text in parts of one origin."""
    plain, found, at = str.__str__(text), [], 0
    for length, origin in runs_of(text):
        found.append((utf8(plain[at : at + length]), origin))
        at += length
    return joined_parts(found)


def joined_parts(parts: Iterable[tuple[bytes, Origin]]) -> Parts:
    """Parts whose neighbours have other origins. The name of a trusted role may as well be written by the template."""
    plain = [
        (data, TEMPLATE if origin.trusted and origin.field == "role" else origin._replace(generated=False))
        for data, origin in parts
        if data
    ]
    return [(b"".join([data for data, _ in group]), origin) for origin, group in groupby(plain, itemgetter(1))]


def size_of(parts: Parts) -> int:
    return sum(len(data) for data, _ in parts)


def cut(parts: Parts, start: int, end: int | None = None) -> Parts:
    """The parts between two places in bytes."""
    found, at = [], 0
    for data, origin in parts:
        stop = len(data) if end is None else max(end - at, 0)
        if piece := data[max(start - at, 0) : stop]:
            found.append((piece, origin))
        at += len(data)
    return found


def said_by(parts: Parts, number: int) -> int | None:
    """Where the last text of a message ends; None if there is none."""
    found, at = None, 0
    for data, origin in parts:
        at += len(data)
        if origin.message == number:
            found = at
    return found
