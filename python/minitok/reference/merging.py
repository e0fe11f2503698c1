"""Parts -> merged parts: the two neighbours of the lowest rank first, leftmost on ties.

Parts are ids as a rule (``encode.py``), but may be anything that can be compared: the parts of a token, say, whose merge is to
be found (``ranks.py``). What merges is asked of a function.

By hand, with the merges 0: (a, b) -> X and 1: (X, c) -> Y and the parts ``a b c``: the heap holds (a, b), which becomes X; now
(X, c) merges, and the entry (b, c), had there been one, would be stale.

The naive way looks at all pairs again after every merge. Here the parts form a linked list, so that a merge touches only its
two neighbours, and a heap holds every pair that can merge. A heap entry is *stale* if one of its parts has since been merged
away; it is recognised when it comes to the top, and dropped.

At each step, the merge that is next may be passed over (``dropout.py``); then the one after it is next, and so on. What was
passed over is back at the next step.

Invariants: the parts, in list order, always spell the whole; every pair of neighbours that can merge has an entry in the
heap.

Costs, n parts: O(n log n) time, O(n) space; no recursion.

Implements SPEC E1, E7 and E11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

GONE = -1
Part = TypeVar("Part", int, bytes)


def merge_parts(merge_of: Callable[[Part, Part], tuple[int, Part] | None], parts: Sequence[Part]) -> list[Part]:
    """Merges the parts until no two neighbours can merge.

    ``merge_of`` gives the rank of two neighbours and the part that they make.
    """
    return merge_with_dropout(merge_of, parts, lambda: False)


def merge_with_dropout(
    merge_of: Callable[[Part, Part], tuple[int, Part] | None],
    parts: Sequence[Part],
    passes_over: Callable[[], bool],
) -> list[Part]:
    """As ``merge_parts``, but each candidate of each step is passed over where ``passes_over`` says so.

    >>> merges = {("a", "b"): (0, "ab"), ("ab", "c"): (1, "abc")}
    >>> answers = iter([False, True])
    >>> merge_with_dropout(lambda left, right: merges.get((left, right)), "abc", lambda: next(answers))
    ['ab', 'c']
    """
    parts = list(parts)
    end = len(parts)
    before = list(range(-1, end - 1))  # the place of the part to the left of each; -1 for none
    after = list(range(1, end + 1))  # the place of the part to the right of each; `end` for none

    def candidate(place: int) -> tuple[int, int, Part, Part, Part] | None:
        """Returns the heap entry for the part at a place and the one after it, if they can merge."""
        if place < 0 or after[place] == end:
            return None
        left, right = parts[place], parts[after[place]]
        merge = merge_of(left, right)
        return merge and (merge[0], place, left, right, merge[1])

    heap = [entry for place in range(end) if (entry := candidate(place))]
    heapify(heap)
    passed = []  # the candidates that were passed over at this step
    while heap:
        entry = heappop(heap)
        _, place, left, right, made = entry
        gone = after[place]
        if gone in (GONE, end) or parts[place] != left or parts[gone] != right:
            continue  # stale
        if passes_over():
            passed.append(entry)
            continue
        parts[place] = made
        after[place], after[gone] = after[gone], GONE
        if after[place] < end:
            before[after[place]] = place
        for changed in (before[place], place):
            if entry := candidate(changed):
                heappush(heap, entry)
        while passed:
            heappush(heap, passed.pop())
    return [part for part, following in zip(parts, after) if following != GONE]
