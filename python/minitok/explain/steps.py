"""The steps of a piece, replayed from its merge tree: which parts stood, which pairs could merge, and which one did.

A pair could merge from the step at which both of its sides stood until the step that merged it, or one of them. So the parts
and the blocked merges of a piece tell for every step which pairs those were, and an explanation holds no steps, which would
take memory of O(n^2).

By hand, with the merges 0 (a, b), 1 (b, c) and the piece ``abc``: ``ab`` is a part, made by step 0; ``bc`` was blocked by step
0. So at step 0 two pairs could merge.

Costs: O(log n) searching a step, and O(n) for an event of a piece of n bytes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
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


Lifetimes = tuple[dict[int, list[Possible]], dict[int, list[Possible]]]


def lifetimes(parts: Sequence[Part], blocked: Sequence[Blocked], n_first: int) -> Lifetimes:
    """The pairs that can merge by the step at which both sides stand, and by the step that merges it, or one of them."""
    numbers = {(part.start, part.end): number for number, part in enumerate(parts)}
    begins: dict[int, list[Possible]] = defaultdict(list)
    ends: dict[int, list[Possible]] = defaultdict(list)

    def add(rank: int, start: int, left: int, right: int, made: int, last: int) -> None:
        one = Possible(rank, start, left, right, made)
        begins[max(0, max(left, right) + 1 - n_first)].append(one)
        ends[last].append(one)

    for number, part in enumerate(parts[n_first:]):
        if part.rank is not None and part.left is not None and part.right is not None:
            add(part.rank, part.start, part.left, part.right, part.id, number)
    for one in blocked:
        if one.step is not None:
            sides = numbers[one.start, one.middle], numbers[one.middle, one.end]
            add(one.rank, one.start, *sides, one.id, one.step)
    return begins, ends


def walk(
    parts: Sequence[Part], blocked: Sequence[Blocked], piece: int | None, wanted: Container[int]
) -> Iterator[Event]:
    n_first = sum(part.rank is None for part in parts)
    begins, ends = lifetimes(parts, blocked, n_first)
    standing, possible = list(range(n_first)), list[Possible]()

    def place_of(start: int) -> int:
        """The place among the parts that stand of the one that begins there."""
        return bisect_left(standing, start, key=lambda one: parts[one].start)

    def candidate(one: Possible) -> Event:
        pair = [parts[one.left].id, parts[one.right].id]
        return {"place": place_of(one.start), "pair": pair, "rank": one.rank, "id": one.id}

    for number, made in enumerate(parts[n_first:]):
        for begun in begins.get(number, ()):
            insort(possible, begun)
        place = place_of(made.start)
        pair = [parts[side].id for side in standing[place : place + 2]]
        candidates = list(map(candidate, possible)) if number in wanted else []
        for ended in ends.get(number, ()):
            del possible[bisect_left(possible, ended)]
        standing[place : place + 2] = [n_first + number]
        if number in wanted:
            yield {
                "event": "encode_merge",
                "piece": piece,
                "step": number,
                "candidates": candidates,
                "ties": [one["place"] for one in candidates if one["rank"] == made.rank],
                "winner": place,
                "pair": pair,
                "rank": made.rank,
                "id": made.id,
                "ids": [parts[one].id for one in standing],
            }


class Steps(Sequence[Event]):
    """The steps of a piece as the ``encode_merge`` events of the trace (SPEC X2), made anew each time they are read.

    Costs: O(n) each for a piece of n bytes, and those before it are walked.
    """

    def __init__(self, parts: Sequence[Part], blocked: Sequence[Blocked], number: int | None) -> None:
        self.parts, self.blocked, self.number = parts, blocked, number

    def __len__(self) -> int:
        return sum(part.rank is not None for part in self.parts)

    def __iter__(self) -> Iterator[Event]:
        return walk(self.parts, self.blocked, self.number, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return list(self)[index]
        return next(walk(self.parts, self.blocked, self.number, [range(len(self))[index]]))
