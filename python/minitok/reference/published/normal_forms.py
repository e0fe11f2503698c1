r"""The normal forms of Unicode: one way to write what can be written in several.

``é`` is one character, or ``e`` and an accent. The form NFD takes characters apart and puts marks in a fixed order; NFC then
composes them again. NFKD and NFKC also replace characters that only look different (``ﬁ``, ``²``). A form is made in three
steps (Unicode's UAX 15): ``decomposed``, ``in_order``, ``composed``.

The forms are those of Unicode 16.0.0, whatever the version of Python. What is assigned never changes its forms, so the module
``unicodedata`` of any version serves; a table has what came after Unicode 13, the version of Python 3.10, and what came after
Unicode 16 stays as it is. Bytes that are not UTF-8 do not change, and nothing composes across them.

By hand, NFC: ``ệ`` typed as ``ê`` and ``◌̣`` is taken apart into ``e◌̂◌̣``. The marks have the classes 230 and 220, so they change
places: ``e◌̣◌̂``. ``e◌̣`` composes to ``ẹ``, and ``ẹ◌̂`` to ``ệ``: one character, which comes from both.

Only *stretches* of a text are looked at: no form changes ASCII or the ideographs U+5000 to U+8FFF, whose UTF-8 begins with E5
to E8, and none looks across the place before one of them.

Invariants: a text in a form has it already. Each part of the result knows the range that it comes from.

Costs: O(n), and O(m log m) for m marks in a row. The table is read with the first text that is not ASCII.

Implements SPEC N1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from ...lazy import lines_in_package
from .characters import characters
from .unicode import contains, property_set

FORMS = ("NFC", "NFD", "NFKC", "NFKD")

# Some bytes, and the range of the text that they come from.
Replacement = tuple[bytes, int, int]
# A range of a text, and the parts that take its place.
Change = tuple[int, int, list[Replacement]]
# A character and the range that it comes from. A byte that is not UTF-8 is the surrogate DC00 + byte.
Char = tuple[str, int, int]

# What may change: bytes that are neither ASCII nor begin one of the ideographs, and the character before them.
STRETCH = re.compile(rb"[\x00-\x7f\xe5-\xe8]?[\x80-\xe4\xe9-\xff]+")

# How many characters, and pairs of them, are kept with what was found out about them.
REMEMBERED = 1 << 12


class Added:
    """What Unicode 14 to 16 added."""

    def __init__(self) -> None:
        self.classes: dict[str, int] = {}
        self.canonical: dict[str, str] = {}
        self.compatible: dict[str, str] = {}
        for line in lines_in_package(__file__, "normal_forms_16.txt"):
            mark, first, *fields = line.split()
            if mark == "class":
                for ends in fields:
                    start, _, last = ends.partition("-")
                    codes = range(int(start, 16), int(last or start, 16) + 1)
                    self.classes.update(dict.fromkeys(map(chr, codes), int(first)))
            elif mark == "=":
                self.canonical[chr(int(first, 16))] = "".join(chr(int(field, 16)) for field in fields)
            elif mark == "~":
                codes = range(int(first, 16), int(first, 16) + len(fields))
                self.compatible.update((chr(code), chr(int(field, 16))) for code, field in zip(codes, fields))
        self.compositions = {parts: whole for whole, parts in self.canonical.items()}


@cache
def added() -> Added:
    """The table, read once."""
    return Added()


def normal(text: bytes, form: str) -> bytes:
    r"""Returns the text in a normal form.

    >>> normal("e\u0301".encode(), "NFC").decode()
    'é'
    """
    made, done = [], 0
    for start, end, parts in normal_changes(text, form):
        made += [text[done:start], *(part for part, _, _ in parts)]
        done = end
    return b"".join([*made, text[done:]]) if made else text


def normal_changes(text: bytes, form: str) -> Iterator[Change]:
    """What a normal form changes in the text."""
    for start, end in stretches(text):
        chars = normal_chars(text[start:end], start, form)
        parts = [(char.encode("utf-8", "surrogateescape"), first, last) for char, first, last in chars]
        if b"".join(part for part, _, _ in parts) != text[start:end]:
            yield start, end, parts


def stretches(text: bytes) -> Iterator[tuple[int, int]]:
    """The stretches of a text that may change, each with the character before it."""
    return (found.span() for found in STRETCH.finditer(text))


def normal_chars(stretch: bytes, at: int, form: str) -> list[Char]:
    """A stretch in a normal form; ``at`` is where it stands in the text."""
    chars = in_order(decomposed(stretch, at, compatible=form in ("NFKC", "NFKD")))
    return composed(chars) if form in ("NFC", "NFKC") else chars


def decomposed(stretch: bytes, at: int, *, compatible: bool) -> list[Char]:
    """Takes the characters of a stretch apart."""
    found = []
    for piece in characters(stretch):
        end = at + len(piece)
        found += [(char, at, end) for char in decomposition(piece.decode("utf-8", "surrogateescape"), compatible)]
        at = end
    return found


@lru_cache(maxsize=REMEMBERED)
def decomposition(char: str, compatible: bool) -> str:
    """The characters that a character stands for, fully taken apart."""
    parts = added().canonical.get(char) or (added().compatible.get(char) if compatible else None)
    if parts:
        return "".join(decomposition(part, compatible) for part in parts)
    return unicodedata.normalize("NFKD" if compatible else "NFD", char) if is_assigned(char) else char


def in_order(chars: list[Char]) -> list[Char]:
    """Puts marks in a row in the order of their classes; those of one class stay in theirs."""
    start = 0
    for end in range(len(chars) + 1):
        if end == len(chars) or not combining_class(chars[end][0]):
            chars[start:end] = sorted(chars[start:end], key=lambda char: combining_class(char[0]))
            start = end + 1
    return chars


def composed(chars: list[Char]) -> list[Char]:
    """Composes each starter (a character of class 0) with later ones that no character of their class or higher blocks."""
    made: list[Char] = []
    # Where the starter stands, and the class of the last character after it, -1 if there is none.
    starter, last = None, -1
    for char, start, end in chars:
        kind = combining_class(char)
        if starter is not None and last < kind:
            before, first_start, first_end = made[starter]
            whole = composition(before, char)
            if whole is not None:
                made[starter] = whole, min(first_start, start), max(first_end, end)
                continue
        if kind == 0:
            starter, last = len(made), -1
        else:
            last = kind
        made.append((char, start, end))
    return made


@lru_cache(maxsize=REMEMBERED)
def composition(first: str, second: str) -> str | None:
    """The character that two compose to, if there is one."""
    whole = added().compositions.get(first + second)
    if whole is None:
        whole = unicodedata.normalize("NFC", first + second)
        if len(whole) > 1 or not is_assigned(whole):
            return None
        # Others become one character by way of other parts. Only the parts of a syllable of Hangul are computed.
        parts = f"{ord(first):04X} {ord(second):04X}"
        if not "\uac00" <= whole <= "\ud7a3" and unicodedata.decomposition(whole) != parts:
            return None
    return whole


@lru_cache(maxsize=REMEMBERED)
def combining_class(char: str) -> int:
    """The class by which marks are ordered; 0 for a character that stays where it is."""
    return added().classes.get(char) or (unicodedata.combining(char) if is_assigned(char) else 0)


def is_assigned(char: str) -> bool:
    """Whether Unicode 16 knows the character."""
    return not contains(property_set("Cn"), ord(char))
