"""Which ids of a conversation a model must learn: what it would have to sample, for each message of the assistant.

A turn begins where the text of ``add_generation_prompt`` ends, and ends with the token that ends it, included. Both places are
proved, not guessed: the messages before are rendered with the prompt, and the messages up to this one without what follows. The
first text must begin the second, and the second, up to its end, the whole; with the same origins of all characters.

By hand, of ``<u>hi<e>`` and ``<a>ok<e>``, written by a template whose prompt is ``<a>``: ``<u>hi<e><a>`` begins
``<u>hi<e><a>ok<e>``, so ``ok<e>`` is learned.

How a template ends a turn is seen from a plain answer, ``x``: by the markers that it writes behind it whether another message
follows or not. If there are none (GLM), the next message's marker ends a turn. Some end the last answer by another (gpt-oss).

Costs: two runs of the template for each turn, and four more. Where it writes a message by what is before, and by whether
another follows, a run is over that message alone (``prefixes``): 1.5 ms for 10 turns, 70 for 400 (28,000 ids), 1 s for 4,000.
Otherwise it is over all messages before: 0.2 to 2 s for 100 turns, and sixteen times that for 400. An error costs some runs
for each variable of the template. Implements SPEC K8.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from jinja2 import meta, nodes

from ..errors import TemplateError
from ..reference.text import utf8
from ..spans.segments import ids_of_spans
from .environment import compiled
from .prefixes import Prefixes
from .provenance import TEMPLATE, UNKNOWN, Origin, concatenated, runs_of
from .render import Writer, traced_messages

if TYPE_CHECKING:
    from ..definition import Definition
    from ..definition.chat_templates import ChatTemplates
    from .ranges import Range

# Text of no known origin that nobody has said: numbers, truth values, empty JSON.
VALUE = re.compile(rb"(?:[-+.\de{}\[\],\s]|true|True|false|False|None|null)+")

ADVICE = "mark what is to be learned with {% generation %} in the template (generated)"
PART = 'learn the turn from where it leaves the prompt (prompt="part")'
EACH = 'train on one answer at a time, each conversation ending with it (mask("assistant", last=True), learn="each")'
# What may be known of a turn: from where, whether as the last, and what to write to have it so.
CHOICES = (("part", False, PART), ("whole", True, EACH), ("part", True, f"{EACH}, and {PART}"))
# Up to how many turns a template is simply run for each.
FEW = 6
# The variables of every template.
VARIABLES = {"messages", "tools", "documents", "add_generation_prompt"}


class Marker(NamedTuple):
    """A special token in a text, which ends at a place in bytes. ``written``: by the template."""

    start: int
    end: int
    token_id: int
    written: bool


class Rendering(NamedTuple):
    """What a template wrote, in bytes. Runs of one origin: where each ends, and where it comes from.

    What is before ``start`` is left out: it is known to be the same in all texts. Other places count from the beginning.
    """

    data: bytes
    ends: list[int]
    origins: list[Origin]
    start: int = 0

    @classmethod
    def of(cls, text: str, start: int = 0) -> Rendering:
        """Of a text that knows where it comes from. A trusted role may as well be written by the template."""
        plain, runs = str.__str__(text), runs_of(text)
        data, at, end = utf8(plain), 0, start
        ends: list[int] = []
        origins: list[Origin] = []
        last: Origin | None = None
        for length, origin in runs:
            own = TEMPLATE if origin.trusted and origin.field == "role" else origin
            if own.generated:
                own = own._replace(generated=False)
            if own is not last and own != last and length:
                ends.append(end)
                origins.append(own)
                last = own
            end += length if len(data) == len(plain) else len(utf8(plain[at : at + length]))
            at += length
        return cls(data, [*ends[1:], end] if ends else [], origins, start)

    @property
    def size(self) -> int:
        return self.start + len(self.data)

    def begins(self, other: Rendering, size: int) -> bool:
        """Whether another begins with the first ``size`` bytes of this, of the same origins."""
        low = max(self.start, other.start)
        if size <= low:
            return True
        (ends, origins), (others, theirs) = self.runs(low, size), other.runs(low, size)
        same = ends[:-1] == others[:-1] and origins == theirs
        return (
            same
            and other.data[low - other.start : size - other.start] == self.data[low - self.start : size - self.start]
        )

    def common(self, other: Rendering) -> int:
        """How many bytes of whole characters two texts begin with alike, of the same origins."""
        low = max(self.start, other.start)
        place = low + bisect_left(range(low, self.size), True, key=lambda size: not self.begins(other, size + 1))
        while low < place < self.size and self.data[place - self.start] & 0xC0 == 0x80:
            place -= 1
        return place

    def runs(self, start: int, end: int) -> tuple[list[int], list[Origin]]:
        """The runs that have text between two places."""
        first, last = bisect_right(self.ends, start), bisect_left(self.ends, end) + 1
        return self.ends[first:last], self.origins[first:last]

    def parts(self, start: int, end: int) -> Iterator[tuple[bytes, Origin]]:
        """The parts between two places, each of one origin."""
        for stop, origin in zip(*self.runs(start, end)) if start < end else ():
            last = min(stop, end)
            yield self.data[start - self.start : last - self.start], origin
            start = last

    def said_by(self, number: int) -> int | None:
        """Where the last text of a message ends; None if there is none."""
        runs = zip(reversed(self.ends), reversed(self.origins))
        return next((end for end, origin in runs if origin.message == number), None)


class Learner:
    """The text of a conversation, which knows where it comes from, and the writer that wrote it."""

    def __init__(self, definition: Definition, writer: Writer, messages: list[Any], text: str) -> None:
        self.definition, self.writer, self.messages = definition, writer, messages
        self.whole = Rendering.of(text)
        found, everywhere = definition.found_tokens, set(definition.everywhere)
        self.names = {token_id: utf8(name) for name, token_id in found.items() if name not in everywhere}
        self.plain_stops: tuple[int | None, int | None] | None = None  # those of a plain answer, once they are known
        self.prompt, self.is_cut, self.is_trial = "whole", False, False
        self.end_id: int | None = None
        self.prefixes: tuple[Prefixes, Prefixes] | None = None  # without a prompt, and with one
        self.alike = 0  # up to where these, and the whole, are the same

    def ranges(self, *, last: bool = False, prompt: str = "whole", end_id: int | None = None) -> list[Range[bool]]:
        """The ranges of ids to learn; with ``last``, of the last message of the assistant alone.

        ``prompt``: as for ``EncodedChat.mask``. ``end_id``: an id that is put behind the text. If only a message that follows
        would end the last turn, that id ends it, and is learned.
        """
        check_prompt(prompt)
        self.prompt, self.end_id, self.is_cut = prompt, end_id, False
        numbers = [number for number, message in enumerate(self.messages) if message.get("role") == "assistant"]
        if len(numbers) > FEW and not last:
            self.prefixes = (
                Prefixes(self.writer, self.messages, prompted=False),
                Prefixes(self.writer, self.messages, prompted=True),
            )
            texts = [Rendering.of(concatenated(each.all.pieces)) for each in self.prefixes]
            self.alike = min(self.whole.common(text) for text in texts)
        spans: list[tuple[bytes, bool]] = []
        learned: list[bool] = []
        at, size = 0, self.whole.size
        for start, end in [*(self.turn(number) for number in numbers[-1 if last else 0 :]), (size, size)]:
            for own, low, high in ((False, at, start), (True, max(at, start), end)):
                more = [(data, origin.trusted) for data, origin in self.whole.parts(low, high)]
                spans += more
                learned += [own] * len(more)
            at = end
        found: list[Range[bool]] = []
        held = 0  # how many ids hold text before
        for own, (first, stop) in zip(learned, ids_of_spans(self.definition, spans).ranges, strict=True):
            if own and max(first, held) < stop:
                found.append((max(first, held), stop, True))
            held = max(held, stop)
        return [*found, (held, held + 1, True)] if self.is_cut else found

    def turn(self, number: int) -> tuple[int, int]:
        """Where the text begins that the model writes for a message, and where it ends."""
        message, is_last = self.messages[number], number + 1 == len(self.messages)
        prompt = self.begun(number, number, prompt=True)
        start, is_open = prompt.size, is_last and self.writer.is_open
        # As the last message, unless a prompt follows, it is as in the whole.
        turn = self.whole if is_last and not self.writer.prompted else self.begun(number, number + 1)
        if turn.said_by(number) is None and turn == self.begun(number, number):
            fail(number, "the template leaves it out", "leave out the message, too")
        if not prompt.begins(turn, start):
            start = self.place_left(number, prompt, turn)
        end = self.whole.size if is_open else self.end(number, start, turn)
        own = list(self.whole.parts(start, end))
        for data, origin in own:
            if origin.message == number or origin == TEMPLATE or (origin == UNKNOWN and VALUE.fullmatch(data)):
                continue
            text = data[:40].decode(errors="replace")
            fail(number, f"its turn holds the text {text!r}, which is not known to be its own", ADVICE)
        said = {origin.field for _, origin in own if origin.message == number}
        if not is_open and message.get("tool_calls") and said.isdisjoint({"tool_calls", None}):
            fail(number, "the template leaves out its tool_calls", "leave them out, too")
        return start, end

    def place_left(self, number: int, prompt: Rendering, turn: Rendering) -> int:
        """Where a turn leaves a prompt that it does not repeat, of which the rest is the template's: not within a marker."""
        place = prompt.common(turn)
        run = bisect_left(prompt.ends, place)
        while run and prompt.origins[run - 1].trusted:
            run -= 1
        for text in (prompt, turn):
            for mark in self.markers(text, prompt.ends[run - 1] if run else prompt.start):
                place = mark.start if mark.start < place < mark.end else place
        rest = [origin.message for _, origin in prompt.parts(place, prompt.size) if origin != TEMPLATE]
        if rest and rest[0] is not None:
            reason = f"the template writes message {rest[0]} elsewhere than in the prompt for it, or not at all"
            fail(
                number,
                reason,
                f"say what message {rest[0]} says in another message (a system message in the user's first), or {ADVICE}",
            )
        if rest or self.prompt == "whole":
            fail(number, "the template writes it otherwise than behind its prompt for an answer", self.advice(number))
        return place

    def end(self, number: int, start: int, turn: Rendering) -> int:
        """Where the token ends that ends a turn."""
        marks = self.markers(turn, start)
        said = turn.said_by(number)
        stop = self.stop(number)
        if stop is None:
            end = self.next_marker(number, turn)
        else:
            after = [mark for mark in marks if mark.written and mark.start >= max(said or 0, start)]
            end = next((mark for mark in after if mark.token_id == stop), None) or self.own_stop(number, start, after)
            self.check_kept(number, turn, end.end)
        if any(mark.token_id == end.token_id and mark.start < end.start for mark in marks):
            token = self.names[end.token_id].decode()
            fail(number, f"it holds {token!r}, which ends it, more than once", "split it, or leave it out")
        return end.end

    def check_kept(self, number: int, turn: Rendering, end: int) -> None:
        """Raises if the whole does not begin with a turn, and all before it, as it was when nothing followed."""
        if turn is not self.whole and not turn.begins(self.whole, end):
            fail(number, "the template writes it otherwise once another message follows", self.advice(number))

    def stop(self, number: int) -> int | None:
        """The token that ends a plain answer; None if the next message's does."""
        self.plain_stops = self.plain_stops or self.stops(number)
        within, last = self.plain_stops
        if within is None and last is not None and number + 1 < len(self.messages):
            fail(number, "the template ends the last answer with another token than the others", self.advice(number))
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

    def last_of(self, behind: list[int], number: int, text: Rendering) -> int | None:
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

    def behind(self, text: Rendering, number: int) -> list[int]:
        """The markers behind a message, up to the text of another."""
        said = text.said_by(number)
        if said is None:
            fail(number, "the template leaves out the text of an answer", ADVICE)
        return [mark.token_id for mark in self.follow(text, said)]

    def follow(self, text: Rendering, start: int) -> list[Marker]:
        """The markers that the template has written from a place on, up to the text of a message."""
        own = takewhile(lambda part: part[1] == TEMPLATE, text.parts(start, text.size))
        return [mark for mark in self.markers(text, start, sum(len(data) for data, _ in own)) if mark.written]

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

    def next_marker(self, number: int, turn: Rendering) -> Marker:
        """The marker of the message behind, which ends a turn that has no token of its own for that."""
        if number + 1 == len(self.messages) and self.end_id is not None:
            self.is_cut = True
            return Marker(turn.size, turn.size, self.end_id, written=True)
        if number + 1 == len(self.messages):
            advice = "add the message that follows, or pack it with end_of_document"
            fail(number, "the template writes no token that ends it", advice)
        if self.messages[number + 1].get("role") == "assistant":
            fail(number, "no token ends it, since another of the assistant follows", "make one message of the two")
        self.check_kept(number, turn, turn.size)
        marks = self.follow(self.whole, turn.size)
        if not marks:
            fail(number, "the template writes no special token that ends it", ADVICE)
        return marks[0]

    def markers(self, text: Rendering, start: int, size: int | None = None) -> list[Marker]:
        """The special tokens from a place on, in order, in so many bytes or up to the end."""
        end = text.size if size is None else start + size
        spans = [(data, origin.trusted) for data, origin in text.parts(start, end)]
        ids, _, tokens = ids_of_spans(self.definition, spans, "text")
        found = []
        for at, stop in tokens:
            token_id = int(ids[at])
            if (name := self.names.get(token_id)) is not None:
                begin = text.start + max(
                    text.data.rfind(name, start - text.start, start + stop - text.start), start - text.start
                )
                written = all(origin == TEMPLATE for _, origin in text.parts(begin, begin + len(name)))
                found.append(Marker(begin, start + stop, token_id, written))
        return found

    def begun(self, number: int, count: int, *, prompt: bool = False) -> Rendering:
        """What the template writes for the first ``count`` messages, for the sake of the one with this number.

        If the run for all messages shows it, without what comes before the message before that one.
        """
        if self.prefixes is not None and number:
            prefixes, other = self.prefixes[prompt], self.prefixes[not prompt]
            start, end = prefixes.place(number - 1), prefixes.head(count - 1)
            if start is not None and start == other.place(number - 1) and start <= self.alike and end is not None:
                after = prefixes.after(count)
                if after is not None:
                    pieces = prefixes.all.pieces[prefixes.head(number - 1) : end]
                    return Rendering.of(concatenated([*pieces, *after]), start)
        return self.written(number, self.messages[:count], prompt=prompt)

    def written(self, number: int, messages: list[Any], *, prompt: bool = False) -> Rendering:
        """What the template writes for messages, for the sake of the message with this number."""
        try:
            text = self.writer.write(messages, prompt)
        except TemplateError as error:
            what = "the prompt for it" if prompt else "the conversation up to it"
            raise TemplateError(f"message {number}: the template does not write {what}: {error}") from error
        return Rendering.of(text)

    def advice(self, number: int) -> str:
        """What to do to have the turn of a message learned: what was tried and makes it known."""
        if self.is_trial:
            return ""
        writer, found = self.writer._replace(is_open=False), []
        for prompt, is_last, what in CHOICES:
            if self.is_known(number, writer, prompt, self.messages[: number + 1] if is_last else self.messages):
                found.append(what)
                break
        for name, value in switches(writer.source, self.definition.chat):
            given = writer._replace(values={**writer.values, name: value})
            if self.is_known(number, given, self.prompt, self.messages):
                found.append(f"pass the template {name}={value!r}")
                break
        return ", or ".join([*found, ADVICE])

    def is_known(self, number: int, writer: Writer, prompt: str, messages: list[Any]) -> bool:
        """Whether the turn of a message is known that is written so."""
        try:
            trial = Learner(self.definition, writer, messages, writer.write(messages, writer.prompted))
            trial.prompt, trial.end_id, trial.is_trial = prompt, self.end_id, True
            trial.turn(number)
        except TemplateError:
            return False
        return True


def switches(source: str, chat: ChatTemplates | None) -> Iterator[tuple[str, Any]]:
    """The variables that a template asks for by itself, with values: False, True, and what it compares them with."""
    environment = compiled(source).environment
    tree = environment.parse(source)
    known = {*VARIABLES, *environment.globals, *(chat.tokens if chat else ())}
    for name in sorted(meta.find_undeclared_variables(tree) - known):
        asked = [node for node in tree.find_all(nodes.Compare) if getattr(node.expr, "name", "") == name]
        values = [const.value for node in asked for const in node.find_all(nodes.Const)]
        flat = [one for value in values for one in (value if isinstance(value, (list, tuple)) else [value])]
        yield from ((name, value) for value in [False, True, *(one for one in flat if isinstance(one, str))])


def check_prompt(prompt: object) -> None:
    if prompt not in ("whole", "part"):
        raise ValueError(f"prompt must be 'whole' or 'part', not {prompt!r}")


def fail(number: int, reason: str, advice: str) -> NoReturn:
    raise TemplateError(
        f"message {number}, of the assistant: {reason}, so what a model must learn is not known; {advice}"
    )
