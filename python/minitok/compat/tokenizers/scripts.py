"""Where the script of a text changes, to ``pre_tokenizers.UnicodeScripts``.

Its table is that of Unicode 10: newer characters are in any script, and so is the space. Chinese, the Japanese scripts and the
mark of long vowels (U+30FC) are one script.

By hand: ``どこで生れ。Yes`` is cut into ``どこで生れ``, ``。`` and ``Yes``.
"""

from __future__ import annotations

from functools import cache

from minitok.formats.huggingface.tables import SETS
from minitok.reference.published.unicode import contains, table

from .matching import compiled

# Scripts in Unicode 10 of the characters that have another one now, and of those that are counted to another.
MOVED = {0x589: "common", 0x61C: "common", 0x953: "devanagari", 0x954: "devanagari", 0x30FC: "han", 0x20: None}
SAME = {"hiragana": "han", "katakana": "han"}
# The properties of the table that are neither scripts nor general categories, whose names are short (as one script's is).
NO_SCRIPTS = ("white_space", "alphabetic", "join_control")


@cache
def script(char: str) -> str | None:
    """The script of a character; None for any."""
    number = ord(char)
    if number in MOVED or compiled(SETS["newer"]).match(char):
        return MOVED.get(number)
    named = ((name, chars) for name, chars in table()[0].items() if len(name) > 2 or name == "yi")
    scripts = ((name, chars) for name, chars in named if name not in NO_SCRIPTS)
    found = next((name for name, chars in scripts if contains(chars, number)), None)
    return None if found is None else SAME.get(found, found)


def script_cuts(text: str) -> list[int]:
    """The characters at which pieces begin, and the end. What comes before the first script is left out.

    >>> script_cuts("abc где")
    [0, 4, 7]
    """
    places: list[int] = []
    last: str | None = None
    for at, char in enumerate(text):
        found = script(char)
        if found is not None and found != last:
            places.append(at)
            last = found
    return [*places, len(text)]
