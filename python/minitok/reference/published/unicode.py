"""Which characters are letters, digits, white space: sets of characters from one table.

Both languages read the same file, ``unicode_16.txt`` (Unicode 16.0.0, the version that defines tiktoken's ids), because the
tables inside regular-expression engines differ from release to release, and a character that becomes a letter changes how the
text around it is cut.

A set is a tuple of ranges ``(first, last)``, ascending, disjoint and not adjacent, of *scalar values*: code points except the
surrogates D800-DFFF, which well-formed text does not contain.

By hand: ``Nd`` begins ``30-39 660-669``, so ``property_set("Nd")`` begins ``((0x30, 0x39), (0x660, 0x669))``, and its
complement begins ``((0x0, 0x2F), (0x3A, 0x65F))``.

Costs, r the number of ranges: union O(r log r), complement O(r), case folding O(o log r) for the o = 1,400 groups of
characters that differ only by case.

Implements SPEC P5.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, lru_cache

from ...lazy import lines_in_package

VERSION = "16.0.0"

CharSet = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)

# Groups of general categories, by their short and their long names.
GROUPS = {
    "l": ("Lu", "Ll", "Lt", "Lm", "Lo"),
    "lc": ("Lu", "Ll", "Lt"),
    "l&": ("Lu", "Ll", "Lt"),
    "m": ("Mn", "Mc", "Me"),
    "n": ("Nd", "Nl", "No"),
    "p": ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"),
    "s": ("Sm", "Sc", "Sk", "So"),
    "z": ("Zs", "Zl", "Zp"),
    "c": ("Cc", "Cf", "Co", "Cn"),
    "letter": ("Lu", "Ll", "Lt", "Lm", "Lo"),
    "mark": ("Mn", "Mc", "Me"),
    "number": ("Nd", "Nl", "No"),
    "punctuation": ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"),
    "symbol": ("Sm", "Sc", "Sk", "So"),
    "separator": ("Zs", "Zl", "Zp"),
    "other": ("Cc", "Cf", "Co", "Cn"),
}


@cache
def table() -> tuple[dict[str, CharSet], list[tuple[int, ...]]]:
    """Reads the file once: the set of each property by its lower-case name, and the groups that differ only by case."""
    properties: dict[str, CharSet] = {}
    folds: list[tuple[int, ...]] = []
    for line in lines_in_package(__file__, "unicode_16.txt"):
        if line.startswith("#"):
            continue
        name, *fields = line.split()
        if name == "fold":
            folds = [tuple(int(char, 16) for char in group.split("=")) for group in fields]
        else:
            ends = (field.partition("-") for field in fields)
            properties[name.lower()] = tuple((int(first, 16), int(last or first, 16)) for first, _, last in ends)
    return properties, folds


@lru_cache(maxsize=256)
def property_set(name: str) -> CharSet:
    r"""Returns the characters that ``\p{name}`` matches: a general category, a script, or one of three properties."""
    key = name.strip(" ").lower().replace(" ", "_")
    for prefix in ("gc=", "general_category=", "sc=", "script="):
        key = key.removeprefix(prefix)
    if key == "any":
        return complement(())
    properties, _ = table()
    members = GROUPS.get(key, (key,))
    if members == (key,) and key not in properties:
        raise LookupError(f"unknown Unicode property '{name}'")
    return union(*(properties[member.lower()] for member in members))


@cache
def white_space() -> CharSet:
    r"""``\s``: the property White_Space. (Python's own ``\s`` also matches 1C-1F, which lack it.)"""
    return property_set("White_Space")


@cache
def word() -> CharSet:
    r"""``\w``: letters and what joins them, as defined in Unicode's UTS 18."""
    names = ("Alphabetic", "M", "Nd", "Pc", "Join_Control")
    return union(*(property_set(name) for name in names))


def union(*sets: CharSet) -> CharSet:
    """Returns the union of the sets."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(span for one in sets for span in one):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def complement(chars: CharSet) -> CharSet:
    """Returns all scalar values that are not in the set."""
    gaps: list[tuple[int, int]] = []
    start = 0
    for first, last in union(chars, (SURROGATES,)):
        if start < first:
            gaps.append((start, first - 1))
        start = last + 1
    if start <= LAST:
        gaps.append((start, LAST))
    return tuple(gaps)


def difference(chars: CharSet, others: CharSet) -> CharSet:
    """The characters of the first set that are not in the second."""
    return complement(union(complement(chars), others))


def contains(chars: CharSet, char: int) -> bool:
    """Returns whether the set holds the code point."""
    index = bisect_right(chars, (char, LAST)) - 1
    return index >= 0 and char <= chars[index][1]


@lru_cache(maxsize=64)
def fold_case(chars: CharSet) -> CharSet:
    """Adds every character that differs from a member of the set only by case (``s``: also ``S`` and U+017F)."""
    _, folds = table()
    touched = [group for group in folds if any(contains(chars, char) for char in group)]
    return union(chars, tuple((char, char) for group in touched for char in group))
