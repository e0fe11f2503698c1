"""Where a sentence ends, and the characters that end sentences and clauses.

By hand: in ``Mr. A came. (Yes.) no`` a sentence ends after ``came.``. None ends after ``Mr.``, which is short for something,
nor after ``(Yes.)``, since a small letter follows.

Costs: O(1) for a place, and the closing quotation marks and brackets before it.

Implements SPEC C3.
"""

from __future__ import annotations

from .graphemes import is_letter, is_lower, is_word

# What ends a sentence; what ends one without a space after it; what may stand between that and the space.
TERMINALS = (
    ".!?\u2026\u061f\u06d4\u0964\u0965\u0589\u1362\u1367\u1368\u203c\u2047\u2048\u2049\u3002\uff01\uff0e\uff1f\uff61"
)
WIDE = "\u3002\uff01\uff0e\uff1f\uff61\u0964\u0965\u1362"
CLOSERS = "\"')]}*_`\u2019\u201d\u00bb\u203a\u300d\u300f\uff09\u3011\u300b"
# What ends a clause, before a space and anywhere.
CLAUSES = ",;:\u2014)]}"
WIDE_CLAUSES = "\uff0c\u3001\uff1b\uff1a\uff09\u300b\u300d\u300f\u3011\u060c\u061b"
# None of these begins a chunk.
ENDING = TERMINALS + CLOSERS + CLAUSES + WIDE_CLAUSES
ABBREVIATIONS = (
    "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sr", "Jr", "vs", "cf", "etc", "No", "Fig", "Eq", "al", "approx", "ca",
)  # fmt: skip
LONGEST = 6


def ends_sentence(text: str, place: int, following: str) -> bool:
    """Whether a sentence ends at a place. ``following``: what comes next, white space left out; it may be nothing.

    >>> [ends_sentence("Mr. A came. (Yes.) no", place, "B") for place in (3, 11, 18, 21)]
    [False, True, True, False]
    """
    at = place
    while at > 0 and text[at - 1] in CLOSERS:
        at -= 1
    if at == 0 or text[at - 1] not in TERMINALS:
        return False
    if following != "" and (following in ",;:" or is_lower(following)):
        return False
    return text[at - 1] != "." or not is_abbreviated(text, at - 1)


def is_abbreviated(text: str, dot: int) -> bool:
    """Whether what stands before a full stop is one letter, or known to be short for something."""
    at = dot
    while at > 0 and dot - at <= LONGEST and is_letter(text[at - 1]):
        at -= 1
    if at > 0 and is_word(text[at - 1]):
        return False
    return dot - at == 1 or text[at:dot] in ABBREVIATIONS
