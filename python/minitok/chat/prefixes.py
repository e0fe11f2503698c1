"""What a template writes for the beginnings of a conversation, without a run over all messages for each.

Most templates write the messages in a loop, where each is written by what was before, and by whether another follows. Then the
run for the first n messages does what the run for all does, up to message n - 1, and a run that begins there, with what the
namespaces held, writes the rest. That this holds is watched, not assumed: a loop that looks further ahead than to the next
message is run anew for each beginning, and so is one that begins in another state.

By hand, of ``{% for m in messages %}{{ m.content }},{% endfor %}.`` and the messages ``a``, ``b``, ``c``: the first run writes
``a,b,c,.``, with ``b`` from place 2 on. For ``a`` and ``b``, a second begins there, and writes ``b,.``; so ``a,b,.`` is known.

Invariants: what a loop does for message i is the same for each beginning that has a message behind i. A template is given no
list, but ``Messages``, which notes each look at it; whatever else is done with that fails, and the template is run anew.

Costs: two runs of the template for all messages, and for each beginning what is outside of the loop, and one message.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from jinja2 import pass_context
from jinja2.runtime import LoopContext, Macro, Undefined

from ..reference.text import utf8
from .environment import SafeNamespace, TracingEnvironment, attrs_of, compiled_in
from .provenance import Traced, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from .render import Writer

# The variable that a run is found by; no template can name it.
WATCH = " watch"


class StrayedError(Exception):
    """What a template did with its messages is not followed."""


class Loop:
    """A loop over messages: where it is in the template, after how many pieces it begins, and in which state.

    ``heads``: for each message, after how many pieces its turn begins, and what the namespaces hold there. ``start``: the first
    place of the messages that it goes over. ``is_blind``: whether what it does may depend on more than the next message.
    """

    def __init__(self, place: int, first: int, state: Any, start: int = 0) -> None:
        self.place, self.first, self.state, self.start = place, first, state, start
        self.heads: dict[int, tuple[int, list[dict[str, Any]]]] = {}
        self.at, self.is_blind, self.has_context = -1, False, False


class Watch:
    """A run of a template. With ``before``, the loop of the run for all messages, it skips the first messages of that loop."""

    def __init__(self, root: CodeType, before: Loop | None = None, skipped: int = 0) -> None:
        self.root, self.before, self.skipped = root, before, skipped
        self.pieces: list[str] = []
        self.spaces: list[SafeNamespace] = []
        self.loop: Loop | None = None  # the one that writes the messages
        self.active: Loop | None = None
        self.entered: Loop | None = None  # the last one over messages, if it is noted

    def look(self, index: int | None) -> None:
        """Notes that a message is looked at; None: how many there are."""
        if self.active is not None and (index is None or index > self.active.at + 1):
            self.active.is_blind = True

    def walk(self, messages: Messages, frame: FrameType) -> Iterator[Any]:
        """Begins a loop over messages, in this frame: loops of a template are Python's, in one function."""
        self.entered = None
        if frame.f_code is self.root and self.active is None and self.loop is None:
            loop = Loop(frame.f_lasti, len(self.pieces), self.state(frame))
            if self.before is None:
                self.active = self.entered = loop
            elif loop.place == self.before.place:
                self.loop = self.entered = loop
                self.skip(loop, self.before, messages)
        return self.items(messages, self.entered)

    def skip(self, loop: Loop, before: Loop, messages: Messages) -> None:
        """Lets a loop begin with a later message, as it was before."""
        held, spaces = loop.state
        other, others = before.state
        alike = held.keys() == other.keys() and all(same(held[name], other[name]) for name in held)
        if not (alike and same(spaces, others) and self.skipped >= messages.first):
            raise StrayedError
        loop.start = self.skipped - messages.first
        for space, attrs in zip(self.spaces, before.heads[self.skipped][1], strict=True):
            attrs_of(space).clear()
            attrs_of(space).update(attrs)

    def state(self, frame: FrameType) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return {name: value for name, value in frame.f_locals.items() if name.startswith("l_")}, self.held()

    def held(self, count: int | None = None) -> list[dict[str, Any]]:
        """What the namespaces hold."""
        return [dict(attrs_of(space)) for space in self.spaces[:count]]

    def items(self, messages: Messages, loop: Loop | None) -> Iterator[Any]:
        items = messages.items
        try:
            for place in range(loop.start if loop else 0, len(items)):
                if loop is None:
                    self.look(messages.first + place)
                elif not loop.has_context:
                    self.head(loop, messages.first + place)
                yield items[place]
            if loop is None:
                self.look(None)
        finally:
            if loop is not None and loop is self.active:
                self.active = None
                if len(self.pieces) > loop.first:
                    self.loop = loop

    def head(self, loop: Loop, index: int) -> None:
        """Notes that the turn of a message begins."""
        loop.at = index
        loop.heads[index] = len(self.pieces), self.held(len(loop.state[1]))
        loop.is_blind = loop.is_blind or not is_plain(loop.heads[index][1])


class Messages:
    """Messages as a template gets them: a list, or the end of one from place ``first`` on, that notes what is looked at."""

    def __init__(self, watch: Watch, items: list[Any], first: int = 0) -> None:
        self.watch, self.items, self.first = watch, items, first

    def __len__(self) -> int:
        self.watch.look(None)
        return len(self.items)

    def __bool__(self) -> bool:
        self.watch.look(self.first)
        return bool(self.items)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            if key.step is None and key.stop is None and (key.start or 0) >= 0:
                return Messages(self.watch, self.items[key], self.first + (key.start or 0))
            self.watch.look(None)
        else:
            self.watch.look(None if key < 0 else self.first + key)
        return self.items[key]

    def __iter__(self) -> Iterator[Any]:
        return self.watch.walk(self, sys._getframe(1))  # noqa: SLF001

    def __reversed__(self) -> Iterator[Any]:
        self.watch.look(None)
        return iter(self.items[::-1])

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name) if name.startswith("__") else StrayedError

    def __eq__(self, other: object) -> bool:
        raise StrayedError

    def __str__(self) -> str:
        raise StrayedError

    __hash__ = None  # type: ignore[assignment]


class WatchedLoop(LoopContext):
    """What a template knows as ``loop``."""

    _loop: Loop | None = None

    def __init__(self, iterable: Any, *rest: Any, **more: Any) -> None:
        super().__init__(iterable, *rest, **more)
        if isinstance(iterable, Messages) and iterable.watch.entered is not None:
            self._loop = iterable.watch.entered
            self._loop.has_context = True
            self.index0 += self._loop.start
            if self._loop.start:
                self._current = iterable.items[self._loop.start - 1]

    @staticmethod
    def _to_iterator(iterable: Any) -> Any:
        if not isinstance(iterable, Messages):
            return iter(iterable)
        return iterable.watch.walk(iterable, sys._getframe(3))  # noqa: SLF001 - behind the two ``__init__``

    def __iter__(self) -> LoopContext:
        if self._loop is not None and self._loop.heads:
            self._loop.is_blind = True
        return self

    def __next__(self) -> Any:
        if self._loop is not None:
            self._iterable.watch.head(self._loop, self._iterable.first + self.index0 + 1)  # type: ignore[attr-defined]
        return super().__next__()

    def changed(self, *value: Any) -> bool:
        if self._loop is not None:
            self._loop.is_blind = True
        return super().changed(*value)


@pass_context
def namespace(context: Any, *args: Any, **values: Any) -> SafeNamespace:
    """The ``namespace()`` of templates, which the run notes."""
    made = SafeNamespace(*args, **values)
    context.parent[WATCH].spaces.append(made)
    return made


def same(one: Any, other: Any) -> bool:
    """Whether two values of two runs are the same to a template."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Traced):
        return str.__eq__(one, other) and runs_of(one) == runs_of(other)
    if isinstance(one, dict):
        return same([*one], [*other]) and same([*one.values()], [*other.values()])
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Messages):
        return bool(one.first == other.first)
    if isinstance(one, Macro):  # it sees what is compared besides
        return one._func.__code__ is other._func.__code__  # noqa: SLF001
    if isinstance(one, (SafeNamespace, Undefined)):  # what namespaces hold is compared by itself
        return True
    return is_plain(one) and repr(one) == repr(other)  # zeros have signs


def is_plain(value: Any) -> bool:
    """Whether a value is one that nothing changes, and that knows of no run."""
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    return (
        all(map(is_plain, value))
        if isinstance(value, (list, tuple))
        else isinstance(value, (str, int, float, type(None)))
    )


@lru_cache(maxsize=64)
def program_of(source: str) -> Any:
    environment = TracingEnvironment()
    environment.globals["namespace"] = namespace
    program = compiled_in(environment, source)
    program.root_render_func.__globals__["LoopContext"] = WatchedLoop
    return program


class Prefixes:
    """A conversation, with a prompt or without, and what a template writes for its beginnings."""

    def __init__(self, writer: Writer, messages: list[Any], *, prompted: bool) -> None:
        self.program, self.messages = program_of(writer.source), messages
        self.values = {**writer.values, "add_generation_prompt": prompted}
        self.all = Watch(self.program.root_render_func.__code__)
        self.is_known = self.ran(self.all, messages) and self.all.loop is not None and not self.all.loop.is_blind
        self.places = [0, *accumulate(len(utf8(piece)) for piece in self.all.pieces)]

    def ran(self, watch: Watch, messages: list[Any]) -> bool:
        """Whether a run comes to its end."""
        given = {**self.values, "messages": Messages(watch, messages), WATCH: watch}
        try:
            for piece in self.program.root_render_func(self.program.new_context(given)):
                watch.pieces.append(piece)
        except Exception:  # noqa: BLE001 - whatever fails is run anew, and fails there with its own error
            return False
        return True

    def head(self, index: int) -> int | None:
        """After how many pieces the turn of a message begins."""
        return self.all.loop.heads.get(index, (None,))[0] if self.is_known and self.all.loop else None

    def place(self, index: int) -> int | None:
        """Where the turn of a message begins, in bytes."""
        head = self.head(index)
        return None if head is None else self.places[head]

    def after(self, count: int) -> list[str] | None:
        """The pieces of the first ``count`` messages, from the last of them on; None if they are not known."""
        if self.head(count - 1) is None or self.all.loop is None:
            return None
        watch = Watch(self.all.root, self.all.loop, count - 1)
        done = self.ran(watch, self.messages[:count]) and watch.loop is not None
        if (
            not done
            or watch.loop is None
            or not same(watch.pieces[: watch.loop.first], self.all.pieces[: self.all.loop.first])
        ):
            return None
        return watch.pieces[watch.loop.first :]
