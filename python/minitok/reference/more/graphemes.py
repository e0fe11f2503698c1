r"""What a reader takes for one character, and what characters are: white space, of words, of scripts without spaces.

A *grapheme* is a character with what belongs to it: marks, the second letter of a flag, the rest of a syllable of Hangul.

By hand: in ``e\u0301\r\na`` graphemes end after the accent, after the line feed, and at the end.

Costs: O(1) for a place; O(n) for the flags of a text, once.

Implements SPEC C3.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache

from ..published.unicode import CharSet, contains, property_set, union, white_space, word

# Beside M, what belongs to the character before it; and the signs that join a consonant with the next one.
JOINED = "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
LINKERS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2\u1a60\ua9c0"


def is_grapheme_border(text: str, place: int, flags: Sequence[int]) -> bool:
    r"""Whether a place is between two graphemes. ``flags``: where runs of the letters of flags begin.

    >>> [place for place in range(1, 7) if is_grapheme_border("e\u0301\r\na\u200db", place, ())]
    [2, 4, 6]
    """
    left, right = text[place - 1], text[place]
    if left == "\r" and right == "\n":
        return False
    if left in "\r\n" or (left.isascii() and right.isascii()):
        return True
    if (
        is_mark(right)
        or right in JOINED
        or "\U0001f3fb" <= right <= "\U0001f3ff"
        or "\U000e0020" <= right <= "\U000e007f"
    ):
        return False
    if left == "\u200d":
        return is_space(right) or is_word(right)
    if left in LINKERS:
        return not is_word(right)
    if is_flag(left) and is_flag(right):
        return (place - flags[bisect_right(flags, place - 1) - 1]) % 2 == 0
    return not is_syllable(ord(left), ord(right))


def is_syllable(left: int, right: int) -> bool:
    """Whether two characters are of one syllable of Hangul: a consonant and a vowel, or what may end it after both."""
    begins = 0x1100 <= left <= 0x115F or 0xA960 <= left <= 0xA97C
    vowel, last = is_vowel(right), 0x11A8 <= right <= 0x11FF or 0xD7CB <= right <= 0xD7FB
    whole = 0xAC00 <= left <= 0xD7A3
    if begins and (vowel or 0x1100 <= right <= 0x115F or 0xA960 <= right <= 0xA97C or 0xAC00 <= right <= 0xD7A3):
        return True
    if (whole and (left - 0xAC00) % 28 == 0) or is_vowel(left):
        return vowel or last
    return (whole or 0x11A8 <= left <= 0x11FF or 0xD7CB <= left <= 0xD7FB) and last


def is_vowel(char: int) -> bool:
    return 0x1160 <= char <= 0x11A7 or 0xD7B0 <= char <= 0xD7C6


def is_flag(char: str) -> bool:
    """Whether two such characters are a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def flag_runs(text: str) -> list[int]:
    """Returns where runs of the letters of flags begin."""
    return [match.start() for match in re.finditer("[\U0001f1e6-\U0001f1ff]+", text)]


def is_space(char: str) -> bool:
    return char.isspace() if char < "\x1c" else char == " " if char.isascii() else contains(white_space(), ord(char))


def is_letter(char: str) -> bool:
    """Whether a character is a letter of ASCII."""
    return char.isascii() and char.isalpha()


def is_word(char: str) -> bool:
    return char.isalnum() or char == "_" if char.isascii() else contains(word(), ord(char))


def is_lower(char: str) -> bool:
    return char.islower() if char.isascii() else contains(property_set("Ll"), ord(char))


def is_mark(char: str) -> bool:
    return not char.isascii() and contains(property_set("M"), ord(char))


def is_alone(char: str) -> bool:
    """Whether a character is of a script that is written without spaces."""
    return not char.isascii() and contains(unspaced(), ord(char))


@cache
def unspaced() -> CharSet:
    """The scripts that are written without spaces, and the sign that lengthens a vowel of Japanese."""
    scripts = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Myanmar", "Khmer")
    return union(*(property_set(script) for script in scripts), ((0x30FC, 0x30FC),))
