"""Where a text is cut: the matches of a pattern, and what becomes of each.

By hand, ``the-final--countdown`` at ``-``:

====================== ==========================================
Removed                ``the`` ``final`` ``countdown``
Isolated               ``the`` ``-`` ``final`` ``-`` ``-`` ``countdown``
Contiguous             ``the`` ``-`` ``final`` ``--`` ``countdown``
MergedWithPrevious     ``the-`` ``final-`` ``-`` ``countdown``
MergedWithNext         ``the`` ``-final`` ``-`` ``-countdown``
====================== ==========================================

Costs: O(n) for n characters, and what the pattern needs, up to the limit of SPEC P6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from minitok.reference.published.patterns import Limited, end_time
from minitok.reference.published.patterns import compile_pattern as compiled

if TYPE_CHECKING:
    import regex

__all__ = ["Cut", "compiled", "cuts", "parts"]


class Cut(NamedTuple):
    """A range of a text, and whether it is a match."""

    start: int
    end: int
    matches: bool


def cuts(text: str, pattern: regex.Pattern[str]) -> Iterator[Cut]:
    """The matches and the text between them. A match of nothing cuts, unless a match ends there; an empty text has none.

    >>> list(cuts("abbc", compiled("b*")))[:2]
    [Cut(start=0, end=0, matches=True), Cut(start=0, end=1, matches=False)]

    Raises:
        PatternError: The pattern takes too long.
    """
    done = at = 0
    last = -1
    limited = Limited(pattern, pattern.pattern, end_time(len(text)))
    while text and at <= len(text) and (match := limited.search(text, at)):
        start, end = match.span()
        if start == end == last:  # Where the empty match is preferred, no longer one begins.
            at = end + 1
            continue
        if done < start:
            yield Cut(done, start, False)
        yield Cut(start, end, True)
        done = at = last = end
    if done < len(text):
        yield Cut(done, len(text), False)


def parts(found: Iterable[Cut], behavior: str) -> list[tuple[int, int]]:
    """The ranges that are left of a text, by what becomes of its matches.

    >>> parts([Cut(0, 3, False), Cut(3, 4, True), Cut(4, 9, False)], "MergedWithNext")
    [(0, 3), (3, 9)]
    """
    if behavior == "Removed":
        return [(start, end) for start, end, matches in found if not matches]
    if behavior == "MergedWithNext":
        mirrored = [Cut(-end, -start, matches) for start, end, matches in reversed(list(found))]
        return [(-end, -start) for start, end in reversed(parts(mirrored, "MergedWithPrevious"))]
    spans: list[tuple[int, int]] = []
    before = False
    for start, end, matches in found:
        joins = matches == before if behavior == "Contiguous" else matches and not before
        if joins and spans and behavior != "Isolated":
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
        before = matches
    return spans
