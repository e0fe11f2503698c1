"""The steps of a piece, replayed from its merge tree: which parts stood, which pairs could merge, and which one did.

A pair could merge from the step at which both of its sides stood until the step that merged it, or one of them. So the parts
and the blocked merges of a piece tell for every step which pairs those were, and an explanation holds no steps, which would
take memory of O(n^2).

By hand, with the merges 0 (a, b), 1 (b, c) and the piece ``abc``: ``ab`` is a part, made by step 0; ``bc`` was blocked by step
0. So at step 0 two pairs could merge.

Costs: O(log n) searching a step, and what is read of it: ``event`` is O(n) for a piece of n bytes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, overload

Event = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of a piece: a byte, or what a merge made of two parts (given by their indices)."""

    id: int
    start: int
    end: int
    rank: int | None = None
    left: int | None = None
    right: int | None = None


@dataclass(frozen=True)
class Blocked:
    """A merge of the vocabulary that did not happen although its two sides were neighbours at some step.

    ``reason`` is ``"boundary"`` (a piece ends between the two) or ``"merge"``: step ``step`` of the same piece merged one
    of the two away, into the token ``by``.
    """

    left: int
    right: int
    id: int
    rank: int
    start: int
    middle: int
    end: int
    reason: str
    step: int | None = None
    by: int | None = None


class Possible(NamedTuple):
    """A pair that can merge: it sorts in the order of merging. Its sides are the numbers of parts."""

    rank: int
    start: int
    left: int
    right: int
    id: int


class Step(NamedTuple):
    """One merge: the part that it made, and what stood and could merge before it. Only valid until the walk goes on."""

    number: int
    made: Part
    place: int
    parts: Sequence[Part]
    standing: list[int]
    possible: list[Possible]

    @property
    def pair(self) -> list[int]:
        """The ids that were merged."""
        return [self.parts[side].id for side in self.standing[self.place : self.place + 2]]

    def candidates(self, most: int | None = None) -> list[Event]:
        """The pairs that could merge, the first choice first, as SPEC X2 writes them."""
        return [
            {
                "place": place_of(self.parts, self.standing, one.start),
                "pair": [self.parts[one.left].id, self.parts[one.right].id],
                "rank": one.rank,
                "id": one.id,
            }
            for one in self.possible[:most]
        ]

    @property
    def n_ties(self) -> int:
        """How many pairs shared the lowest rank."""
        return bisect_left(self.possible, (self.possible[0].rank + 1,))

    @property
    def n_after(self) -> int:
        """How many parts stood after the merge."""
        return len(self.standing) - 1

    def ids(self, start: int = 0, end: int | None = None) -> list[int]:
        """The ids after the merge, from one place to another."""
        end = self.n_after if end is None else min(end, self.n_after)
        before = self.standing[start : min(end, self.place)]
        after = self.standing[max(start + 1, self.place + 2) : end + 1]
        middle = [self.made.id] if start <= self.place < end else []
        return [*(self.parts[one].id for one in before), *middle, *(self.parts[one].id for one in after)]

    def event(self, number: int | None, most: int | None = None) -> Event:
        """The ``encode_merge`` event of the trace (SPEC X2) of the piece of this number, with ``most`` candidates."""
        candidates, first = self.candidates(most), self.possible[0]
        ties = candidates if most is None else self.candidates(self.n_ties)
        return {
            "event": "encode_merge",
            "piece": number,
            "step": self.number,
            "candidates": candidates,
            "ties": [one["place"] for one in ties[: self.n_ties]],
            "winner": self.place,
            "pair": self.pair,
            "rank": first.rank,
            "id": self.made.id,
            "ids": self.ids(),
        }


def place_of(parts: Sequence[Part], standing: Sequence[int], start: int) -> int:
    """The place among those that stand of the part that begins there."""
    return bisect_left(standing, start, key=lambda one: parts[one].start)


def walk(parts: Sequence[Part], blocked: Sequence[Blocked]) -> Iterator[Step]:
    """The steps of a piece, one by one."""
    made = [part for part in parts if part.rank is not None]
    n_first = len(parts) - len(made)
    numbers = {(part.start, part.end): number for number, part in enumerate(parts)}
    begins: dict[int, list[Possible]] = defaultdict(list)
    ends: dict[int, list[Possible]] = defaultdict(list)

    def add(rank: int, start: int, left: int, right: int, made: int, last: int) -> None:
        one = Possible(rank, start, left, right, made)
        begins[max(0, max(left, right) + 1 - n_first)].append(one)
        ends[last].append(one)

    for number, part in enumerate(made):
        if part.rank is not None and part.left is not None and part.right is not None:
            add(part.rank, part.start, part.left, part.right, part.id, number)
    for one in blocked:
        if one.step is not None:
            sides = numbers[one.start, one.middle], numbers[one.middle, one.end]
            add(one.rank, one.start, *sides, one.id, one.step)
    standing, possible = list(range(n_first)), list[Possible]()
    for number, part in enumerate(made):
        for begun in begins.pop(number, ()):
            insort(possible, begun)
        place = place_of(parts, standing, part.start)
        yield Step(number, part, place, parts, standing, possible)
        for ended in ends.pop(number, ()):
            del possible[bisect_left(possible, ended)]
        standing[place : place + 2] = [n_first + number]


class Steps(Sequence[Event]):
    """The steps of a piece as the ``encode_merge`` events of the trace (SPEC X2), made anew each time they are read.

    Costs: O(n) each for a piece of n bytes, and those before it are walked.
    """

    def __init__(self, parts: Sequence[Part], blocked: Sequence[Blocked], number: int | None) -> None:
        self.parts, self.blocked, self.number = parts, blocked, number

    def __len__(self) -> int:
        return sum(part.rank is not None for part in self.parts)

    def __iter__(self) -> Iterator[Event]:
        return (step.event(self.number) for step in walk(self.parts, self.blocked))

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return list(self)[index]
        number = range(len(self))[index]
        return next(islice(walk(self.parts, self.blocked), number, None)).event(self.number)
