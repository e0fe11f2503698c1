"""What a template gets in place of the messages, and of numbers, to note what it asks: see ``turns``."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from .provenance import runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INFINITE = float("inf")
Limits = tuple[float, float]


class Loop(NamedTuple):
    """A loop over the messages from number ``first`` on."""

    place: int  # which loop of the template
    first: int
    variables: dict[str, Any]  # as they were at its start
    starts: list[tuple[int, dict[str, dict[str, Any]]]]  # of each turn, its first piece and what the namespaces held
    open: list[int]  # the first turn that asked, or was not ended; or nothing
    limits: dict[str, list[Limits]]  # for each ``Noted``, between what it would have done, up to each turn
    later: list[
        tuple[int, int, bool]
    ]  # turns that looked for a later message, the place of the test, and whether one passed


class Rendered(NamedTuple):
    """What a run wrote, in pieces, its loops, and how many of its pieces are those of the run before, with their origins.

    ``length``: how many messages it had.
    """

    pieces: list[str]
    loops: list[Loop]
    same: int
    length: int


class Watch:
    """What is known of a run: its output, its loops, and whether the end was asked for since ``asked`` was last false."""

    def __init__(self, messages: list[Any], before: Rendered, kept: Kept) -> None:
        self.messages, self.before, self.kept = messages, before, kept
        self.pieces: list[str] = []
        self.loops: list[Loop] = []
        self.asked = False
        self.later: dict[int, bool] = {}
        self.same = 0

    def same_until(self, end: int) -> bool:
        """Whether the pieces up to ``end`` are those of the run before."""
        old, new = self.before.pieces, self.pieces
        while self.same < min(end, len(old), len(new)):
            one, other = old[self.same], new[self.same]
            if one is not other and (str.__ne__(one, other) or runs_of(one) != runs_of(other)):
                break
            self.same += 1
        return self.same >= end

    def now(self, form: str) -> str:
        self.asked = True
        return datetime.now().strftime(form)  # noqa: DTZ005 - local time, as transformers has it


class Kept:
    """What is kept for all runs of a conversation: the tools as JSON, and messages that failed the test of a search."""

    def __init__(self, tools: list[Any] | None) -> None:
        self.tools: dict[int, dict[Any, str]] = {id(tool): {} for tool in tools or ()}
        # By the place of the search and the id of the message, which is its own as long as it is held here. With it, how far
        # back the next is that may pass: the messages before one are the same in all copies of a conversation.
        self.misses: dict[tuple[int, int], tuple[Any, int]] = {}
        # By the place of the test, in the same way: whether a message passes it.
        self.passed: dict[tuple[int, int], tuple[bool, Any]] = {}

    def passes(self, place: int, message: Any, test: Callable[[Any], str]) -> bool:
        key = place, id(message)
        if key not in self.passed:
            self.passed[key] = bool(test(message)), message
        return self.passed[key][0]


class NeedsListError(Exception):
    """A template asks of the messages what only a list answers."""


class Turns:
    """The messages from number ``first`` on, as a template gets them. It has none of a list's methods."""

    def __init__(self, watch: Watch, first: int = 0) -> None:
        self._watch, self._first = watch, first

    def _again(self, watch: Watch) -> Turns:
        """The same of a later run."""
        return Turns(watch, self._first)

    def _rest(self) -> list[Any]:
        self._watch.asked = True
        return self._watch.messages[self._first :]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            start = 0 if key.start is None else index(key.start)
            if key.stop is None and key.step in (None, 1) and start >= 0:
                return Turns(self._watch, self._first + start)
        elif 0 <= index(key) < len(self._watch.messages) - self._first:
            return self._watch.messages[self._first + index(key)]
        return self._rest()[key]

    def __len__(self) -> int:
        return len(self._rest())

    def __bool__(self) -> bool:
        return self._first < len(self._watch.messages) or len(self) > 0

    def __iter__(self) -> Iterator[Any]:
        yield from islice(self._watch.messages, self._first, None)
        self._watch.asked = True

    def __eq__(self, other: object) -> bool:
        return self._rest() == (other._rest() if isinstance(other, Turns) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise NeedsListError

    def __getattr__(self, name: str) -> Any:
        if hasattr(list, name):
            raise NeedsListError
        raise AttributeError(name)


def noted(compare: Callable[[int, Any], bool]) -> Any:
    """A comparison that a ``Noted`` notes."""

    def method(self: Noted, other: object) -> bool:
        self.note(other)
        return compare(self, other)

    return method


class Noted(int):
    """A number in a namespace that the turns only compare: every number from ``low`` to ``high`` would have compared alike."""

    low, high = -INFINITE, INFINITE

    def between(self, low: float, high: float) -> None:
        self.low, self.high = max(self.low, low), min(self.high, high)

    def note(self, other: object) -> None:
        """Notes a comparison: a number on the same side of the other would have compared alike."""
        own = place = int(self)
        if isinstance(other, Noted):
            other.between(int(other), int(other))
        elif isinstance(other, int):
            place = int(other)
        if own < place:
            self.between(-INFINITE, place - 1)
        elif own > place:
            self.between(place + 1, INFINITE)
        else:
            self.between(place, place)

    __lt__ = noted(int.__lt__)
    __le__ = noted(int.__le__)
    __gt__ = noted(int.__gt__)
    __ge__ = noted(int.__ge__)
    __eq__ = noted(int.__eq__)
    __ne__ = noted(int.__ne__)
    __hash__ = int.__hash__


class Backwards:
    """The messages from the back, without those that failed the test of a search before."""

    def __init__(self, watch: Watch, first: int, place: int) -> None:
        self.watch, self.first, self.place, self.passed = watch, first, place, 0

    def __iter__(self) -> Iterator[Any]:
        messages, misses = self.watch.messages, self.watch.kept.misses
        at = len(messages) - 1
        while at >= self.first:
            known = []
            while at >= self.first and (key := (self.place, id(messages[at]))) in misses:
                known.append((key, at))
                at -= misses[key][1]
            for key, place in known:
                misses[key] = misses[key][0], place - at
            if at >= self.first:
                self.passed = len(messages) - 1 - at
                yield messages[at]
            at -= 1
