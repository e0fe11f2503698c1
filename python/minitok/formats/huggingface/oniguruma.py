"""Patterns as Oniguruma, the engine of ``tokenizers``, means them, where it reads words differently.

To Oniguruma, words do not hold the joiners U+200C and U+200D; outside a set, they hold ``²³¹¼½¾``. A pattern is read part by
part, so that no escape, number or set is taken from its middle. What else it reads differently, the reader of files says
(``rust/formats/huggingface/oniguruma.rs``), which reads what is written.
"""

from __future__ import annotations

import re

# What a pattern is made of: a property, a character by its number, how often, an escape, any other character.
PART = re.compile(
    r"\\[pP]\{\^?\w+\}|\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]+\})|\\u[0-9A-Fa-f]{4}|\{\d+(?:,\d*)?\}|\\0\d|\\?.", re.DOTALL
)
# What Oniguruma counts as words besides those here, but not in a set; what it does not count; and all other characters.
NUMBERS, NO_NUMBERS = r"\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}", r"\x{0}-\x{B1}\x{B4}-\x{B8}\x{BA}\x{BB}\x{BF}-\x{10FFFF}"
JOINERS, NO_JOINERS = r"\x{200C}\x{200D}", r"\x{0}-\x{200B}\x{200E}-\x{10FFFF}"
# What the escapes mean to Oniguruma, outside sets and in them, and what they mean here, spelled as both engines read it.
THEIRS = {r"\w": rf"[\w{NUMBERS}&&[{NO_JOINERS}]]", r"\W": rf"[\W{JOINERS}&&[{NO_NUMBERS}]]"}
THEIRS_IN_SETS = {r"\w": rf"[\w&&[{NO_JOINERS}]]", r"\W": rf"[\W{JOINERS}]"}
OURS = {r"\w": rf"[\w{JOINERS}]", r"\W": rf"[\W&&[{NO_JOINERS}]]"}
SPELLED = re.compile("|".join(map(re.escape, [*THEIRS_IN_SETS.values(), *OURS.values()])) + r"|\\.", re.DOTALL)
# What becomes of each part of a pattern of minitok's, and of each part of a set: also of what was spelled out when it was read.
OUTSIDE = OURS | {spelled: escape for escape, spelled in THEIRS.items()}
INSIDE = OURS | {spelled: escape for escape, spelled in THEIRS_IN_SETS.items()}


def parts_of(pattern: str) -> list[str]:
    r"""The parts of a pattern: properties, escapes, how often, whole sets with the sets in them, and single characters.

    The pattern is read once, whatever is in it. A set without an end, which no engine takes, is one part up to the end.

    >>> parts_of(r"[^\]$[a]]+\p{N}{1,3}$")
    ['[^\\]$[a]]', '+', '\\p{N}', '{1,3}', '$']
    """
    parts: list[str] = []
    depth = start = 0
    for found in PART.finditer(pattern):
        if found.group() == "[":
            depth += 1
        elif found.group() == "]" and depth:
            depth -= 1
        if not depth:
            parts.append(pattern[start : found.end()])
            start = found.end()
    return [*parts, pattern[start:]] if depth else parts


def for_oniguruma(pattern: str) -> str:
    r"""The pattern with each ``\w``, ``\W``, ``\b`` and ``\B`` spelled so that Oniguruma takes it as minitok does.

    >>> for_oniguruma(r"[\w]"), for_oniguruma(r"[[\w&&[\x{0}-\x{200B}\x{200E}-\x{10FFFF}]]]")
    ('[[\\w\\x{200C}\\x{200D}]]', '[\\w]')
    """
    written = [
        part[0] + SPELLED.sub(lambda found: INSIDE.get(found.group(), found.group()), part[1:])
        if part.startswith("[") and part not in OUTSIDE
        else OUTSIDE.get(part) or (edge(OUTSIDE[r"\w"], part[1]) if part in (r"\b", r"\B") else part)
        for part in parts_of(pattern)
    ]
    return "".join(written).replace(edge(r"\w", "b"), r"\b").replace(edge(r"\w", "B"), r"\B")


def edge(word: str, letter: str) -> str:
    r"""What ``\b`` or ``\B`` is, if these are the characters of words.

    >>> edge("x", "B")
    '(?:(?<=x)(?=x)|(?<!x)(?!x))'
    """
    first, second = ("=", "!") if letter == "B" else ("!", "=")
    return f"(?:(?<={word})(?{first}{word})|(?<!{word})(?{second}{word}))"
