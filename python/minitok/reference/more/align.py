"""Two lists of tokens that spell one text: the finest spans with the same bytes on both sides.

A token is its length in bytes here; a special token, which is not in the text, has none.

By hand, with ``ab`` ``c`` ``d`` and ``a`` ``bc`` ``d``, of the lengths 2 1 1 and 1 2 1: on both sides a token ends after
``abc`` and after ``abcd``, and nowhere else. So the spans are ``ab c`` with ``a bc``, and ``d`` with ``d``.

Invariants: the spans cut both lists without gaps. The lengths of the two sides of a span have the same sum, and no span can be
cut in two that have. Where both lists have come to the same offset, tokens without bytes there are a span by themselves.

Costs: O(n) for n tokens of both.

Implements SPEC A1.
"""

from __future__ import annotations

from collections.abc import Sequence

# Tokens of the left list and tokens of the right list with the same bytes: each from a start up to an end.
Span = tuple[int, int, int, int]


def align(left: Sequence[int], right: Sequence[int]) -> list[Span]:
    """Returns the spans of two lists of lengths; both must have the same sum.

    >>> align([2, 1, 1], [1, 2, 1])
    [(0, 2, 0, 2), (2, 3, 2, 3)]
    """
    spans: list[Span] = []
    a = b = 0
    while a < len(left) or b < len(right):
        start, other = a, b
        while a < len(left) and left[a] == 0:
            a += 1
        while b < len(right) and right[b] == 0:
            b += 1
        if (a, b) == (start, other):
            ahead = 0  # by how many bytes the left side is ahead of the right one
            while (a, b) == (start, other) or ahead != 0:
                if ahead <= 0:
                    ahead, a = ahead + left[a], a + 1
                else:
                    ahead, b = ahead - right[b], b + 1
        spans.append((start, a, other, b))
    return spans
