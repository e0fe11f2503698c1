"""What Oniguruma, the engine of ``tokenizers``, reads differently in a pattern: spelled out on the way in and out, or named.

To Oniguruma, ``{n,m}+`` is a repeat of a repeat, ``$`` is before any line feed, and words do not hold the joiners U+200C and
U+200D; outside a set, they hold ``²³¹¼½¾``. Ignoring case, it takes a property outside sets as it is, folds a set of sets once
only, and matches ``ß`` with ``ss``. A pattern is read part by part, so that no escape, number or set is taken from its middle.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import PatternError
from ...reference.published.regexes import parse
from ...reference.published.unicode import contains
from ..files import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a pattern is made of: a property, a character by its number, how often, an escape, any other character.
PART = re.compile(
    r"\\[pP]\{\^?\w+\}|\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]+\})|\\u[0-9A-Fa-f]{4}|\{\d+(?:,\d*)?\}|\\0\d|\\?.", re.DOTALL
)
# Escapes that are not a character, or not the same to all engines.
OTHER_ESCAPES = frozenset(["\\", *("\\" + letter for letter in "hHGKXRZpP")])
# A byte, to Oniguruma, or an octal number; a character of eight digits and a property without braces, which it does not have; a
# set taken away, which are ranges to it.
NOT_IN_ONIGURUMA = re.compile(r"(\\x[89A-Fa-f]|\\0\d|\\U|\\[pP](?!\{)|--)|\\.", re.DOTALL)
# What opens a group, or begins to ignore case.
HEADS = ("(?i:", "(?-i:", "(?<=", "(?<!", "(?:", "(?=", "(?!", "(?>", "(?i)", "(")
# What is several characters where case is ignored (``ß``), and what these are: those outside ASCII, and those in it.
SEVERAL = (
    *((0xDF, 0xDF), (0x130, 0x130), (0x149, 0x149), (0x17F, 0x17F), (0x1F0, 0x1F0), (0x2BC, 0x2BE), (0x300, 0x345)),
    *(
        (0x390, 0x390),
        (0x399, 0x399),
        (0x3B0, 0x3B0),
        (0x3B9, 0x3B9),
        (0x531, 0x587),
        (0x1E96, 0x1E9E),
        (0x1F50, 0x1FFC),
    ),
    (0xFB00, 0xFB17),
)
SEVERAL_IN_ASCII = ("ss", "ff", "fi", "fl", "st")
# What Oniguruma counts as words besides those here, but not in a set; what it does not count; and all other characters.
NUMBERS, NO_NUMBERS = r"\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}", r"\x{0}-\x{B1}\x{B4}-\x{B8}\x{BA}\x{BB}\x{BF}-\x{10FFFF}"
JOINERS, NO_JOINERS = r"\x{200C}\x{200D}", r"\x{0}-\x{200B}\x{200E}-\x{10FFFF}"
# What the escapes mean to Oniguruma, outside sets and in them, and what they mean here, spelled as both engines read it.
THEIRS = {r"\w": rf"[\w{NUMBERS}&&[{NO_JOINERS}]]", r"\W": rf"[\W{JOINERS}&&[{NO_NUMBERS}]]"}
THEIRS_IN_SETS = {r"\w": rf"[\w&&[{NO_JOINERS}]]", r"\W": rf"[\W{JOINERS}]"}
OURS = {r"\w": rf"[\w{JOINERS}]", r"\W": rf"[\W&&[{NO_JOINERS}]]"}
SPELLED = re.compile("|".join(map(re.escape, [*THEIRS_IN_SETS.values(), *OURS.values()])) + r"|\\.", re.DOTALL)


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


def with_repeats(pattern: str) -> str:
    r"""The pattern with each ``{n,m}+`` of a single character as Oniguruma means it: a repeat of a repeat, not possessive.

    >>> with_repeats(r"\p{N}{1,3}+|a++")
    '(?:\\p{N}{1,3})+|a++'
    """
    parts = parts_of(pattern)
    for index in range(len(parts) - 2):
        single, times, plus = parts[index : index + 3]
        if plus == "+" and len(times) > 1 and times[0] == "{" and is_single(single):
            parts[index : index + 3] = f"(?:{single}{times})+", "", ""
    return "".join(parts)


def is_single(part: str) -> bool:
    """Whether a part of a pattern stands for a single character: it is not an operator, nor one that has been read."""
    return bool(part) and part[0] not in "()]{}*+?|" and part not in ("\\", r"\p", r"\P")


def with_line_ends(pattern: str) -> str:
    r"""The pattern with each ``$`` as Oniguruma means it: before any line feed, and at the end.

    >>> with_line_ends(r"\s+$|[$]|\$")
    '\\s+(?=\\n|\\z)|[$]|\\$'
    """
    return "".join(r"(?=\n|\z)" if part == "$" else part for part in parts_of(pattern))


def with_words(pattern: str, *, written: bool = False) -> str:
    r"""The pattern with each ``\w``, ``\W``, ``\b``, ``\B`` as Oniguruma means it; written: as minitok means it, for Oniguruma.

    Read, so is each property outside sets, whose case is never ignored.

    >>> with_words(r"[\w]"), with_words(with_words(r"\w[^\W_]\b"), written=True)
    ('[[\\w&&[\\x{0}-\\x{200B}\\x{200E}-\\x{10FFFF}]]]', '\\w[^\\W_]\\b')
    """
    outside = changes(OURS, THEIRS) if written else changes(THEIRS, OURS)
    inside = changes(OURS, THEIRS_IN_SETS) if written else changes(THEIRS_IN_SETS, OURS)
    outside |= {rf"\{letter}": edge(outside[r"\w"], letter) for letter in "bB"}
    if not written:
        pattern = with_case(pattern)
    parts = [
        part[0] + SPELLED.sub(lambda found: inside.get(found.group(), found.group()), part[1:])
        if part.startswith("[") and part not in outside
        else outside.get(part, part)
        for part in parts_of(pattern)
    ]
    return "".join(parts).replace(edge(r"\w", "b"), r"\b").replace(edge(r"\w", "B"), r"\B")


def changes(meant: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """What becomes of the escapes, and of what one of them has become on the way from the other engine."""
    return meant | {spelled: escape for escape, spelled in other.items()}


def edge(word: str, letter: str) -> str:
    r"""What ``\b`` or ``\B`` is, if these are the characters of words.

    >>> edge("x", "B")
    '(?:(?<=x)(?=x)|(?<!x)(?!x))'
    """
    first, second = ("=", "!") if letter == "B" else ("!", "=")
    return f"(?:(?<={word})(?{first}{word})|(?<!{word})(?{second}{word}))"


def engine_difference(pattern: str) -> str | None:
    """Returns what in a pattern Oniguruma, the engine of ``tokenizers``, reads differently from minitok."""
    parts = parts_of(pattern)
    bare = "".join("x" if part[0] in "\\[" and part not in OTHER_ESCAPES else part for part in parts)
    marks = (("$", "a '$'"), ("^", "a '^'"), ("}+", "a possessive '{...}+'"), ("\\", "an escape"), ("(?#", "a comment"))
    for mark, what in marks:
        if mark in bare:
            return what
    if any(times[0] == "{" and times[1:-1].isdigit() and lazy == "?" for times, lazy in zip(parts, parts[1:])):
        return "a lazy '{n}?'"
    for part in parts:
        for found in NOT_IN_ONIGURUMA.finditer(part):
            if found[1]:
                return repr(part[: found.end()][-12:] if found[1] == "--" else found[1])
    return case_difference(parts)


def ignoring(parts: list[str]) -> Iterator[tuple[str, bool]]:
    r"""The parts, what opens a group as one of them, each with whether case is ignored there.

    >>> list(ignoring(parts_of("a(?i:b)")))
    [('a', False), ('(?i:', True), ('b', True), (')', False)]
    """
    scopes = [False]
    at = 0
    while at < len(parts):
        part = parts[at]
        if part == "(":
            part = next(head for head in HEADS if "".join(parts[at : at + 5]).startswith(head))
            if part == "(?i)":
                scopes[-1] = True
            else:
                scopes.append(part == "(?i:" or (scopes[-1] and part != "(?-i:"))
        elif part == ")" and len(scopes) > 1:
            scopes.pop()
        at += len(part) if part[0] == "(" else 1
        yield part, scopes[-1]


def with_case(pattern: str) -> str:
    r"""The pattern with each property outside sets as Oniguruma means it, which never ignores its case.

    >>> with_case(r"(?i:'s|\p{Lu}[\p{Lu}])")
    "(?i:'s|(?-i:\\p{Lu})[\\p{Lu}])"
    """
    return "".join(
        f"(?-i:{part})" if ignored and part[:3].lower() == r"\p{" else part
        for part, ignored in ignoring(parts_of(pattern))
    )


def case_difference(parts: list[str]) -> str | None:
    """Returns what in a pattern Oniguruma reads differently where case is ignored."""
    before, begins = "", True
    for part, ignored in ignoring(parts):
        if part == "(?i)" and not begins:
            return "a '(?i)' behind other parts"
        begins = part == "|" or part[0] == "("
        char = char_of(part) if ignored else ""
        if ignored and part[0] == "[" and is_folded_otherwise(part):
            return "a set of sets or of what is several characters, where case is ignored"
        if (char and contains(SEVERAL, ord(char))) or (before + char).lower() in SEVERAL_IN_ASCII:
            return f"{shown(before + char)}, where case is ignored"
        before = char
    return None


def char_of(part: str) -> str:
    r"""The character that a part is, or nothing.

    >>> [char_of(part) for part in ("a", r"\.", r"\x{df}", r"\s", "[a]", "{2}")]
    ['a', '.', 'ß', '', '', '']
    """
    if part[0] != "\\":
        return part if len(part) == 1 else ""
    if len(part) > 3 and part[1] in "xu":
        return chr(min(int(part[2:].strip("{}"), 16), 0x10FFFF))
    return "" if part[1:].isalnum() or len(part) != 2 else part[1]


def is_folded_otherwise(part: str) -> bool:
    """Whether a set holds another set, or, if it is not negated, a character that is several others."""
    bare = re.sub(r"\\.", "", part[1:], flags=re.DOTALL)
    if "[" in bare or "&&" in bare:
        return True
    try:
        chars = () if bare.startswith("^") else parse(part).parts[0].chars
    except PatternError:  # It is refused as such.
        return False
    return any(first <= end and start <= last for first, last in chars for start, end in SEVERAL)
