"""Count the pairs of a word, merge one, and say what that changed.

A *pair* is two neighbouring ids, a *word* a piece as a list of ids. What training does with a word is built on these three
functions. (Encoding merges one place at a time: ``merging``.)

By hand, the word ``a a a b`` (ids 1 1 1 2), merging (1, 1) into 3:

* counts before: (1,1) twice, since it stands at two places that overlap (T2); (1,2) once
* the merge goes from left to right without overlap (T4): ``3 1 2``
* counts after: (3,1) once, (1,2) once; so the change is (1,1) -2, (3,1) +1

Invariants: merging never lengthens a word; its bytes stay the same; the changes add up to minus the number of replacements.

Costs, n the length of the word: each O(n) time and space. When not to use it: a text that is one word of a million letters,
because every merge then reads all of it again.

Implements SPEC T2 and T4.
"""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[int, int]


def count_pairs(word: Sequence[int]) -> dict[Pair, int]:
    """Counts at how many places of the word each pair stands, overlapping places included.

    >>> count_pairs([1, 1, 1, 2])
    {(1, 1): 2, (1, 2): 1}
    """
    counts: dict[Pair, int] = {}
    for pair in zip(word, word[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge_pair(word: Sequence[int], pair: Pair, new_id: int) -> list[int]:
    """Replaces each occurrence of the pair in the word, from left to right and without overlap.

    >>> merge_pair([1, 1, 1, 2], (1, 1), 3)
    [3, 1, 2]
    """
    left, right = pair
    merged: list[int] = []
    at = 0
    while at < len(word):
        if word[at] == left and at + 1 < len(word) and word[at + 1] == right:
            merged.append(new_id)
            at += 2
        else:
            merged.append(word[at])
            at += 1
    return merged


def pair_changes(before: Sequence[int], after: Sequence[int]) -> dict[Pair, int]:
    """Returns by how much the count of each pair changes in a merge; pairs whose count stays the same are left out.

    >>> pair_changes([1, 1, 1, 2], [3, 1, 2])
    {(1, 1): -2, (3, 1): 1}
    """
    changes = {pair: -count for pair, count in count_pairs(before).items()}
    for pair, count in count_pairs(after).items():
        changes[pair] = changes.get(pair, 0) + count
    return {pair: change for pair, change in changes.items() if change}
