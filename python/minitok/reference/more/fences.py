"""Lines of Markdown: headings, fences of code, items of lists.

By hand: of the lines ``# A``, ``~~~ c``, ``~~~``, ``1. b`` the first is a heading, the second opens fenced code, the third
closes it, and the last is an item.

Costs: O(n) for a line of n characters, as a rule the few at its beginning.

Implements SPEC C2.
"""

from __future__ import annotations

from .graphemes import is_letter, is_space

# What begins an item of a list; a quotation, a row of a table, a heading.
BULLETS = "-*+=~`"
ROWS = "|>#"


def is_blank(line: str) -> bool:
    """Whether a line is white space."""
    return all(map(is_space, line))


def is_heading(line: str) -> bool:
    """Whether a line is an ATX heading without indentation."""
    marks = len(line) - len(line.lstrip("#"))
    return 1 <= marks <= 6 and line[marks : marks + 1] in (" ", "\t")


def fence_of(line: str) -> str:
    """Returns the marks of a line that opens fenced code, or nothing."""
    indented = len(line) - len(line.lstrip(" "))
    rest = line[indented:]
    marks = len(rest) - len(rest.lstrip(rest[:1])) if rest[:1] in ("`", "~") else 0
    inline = rest[:1] == "`" and "`" in rest[marks:]
    return "" if indented > 3 or marks < 3 or inline else rest[:marks]


def closes(line: str, fence: str) -> bool:
    """Whether a line closes the fence that such marks have opened."""
    indented = len(line) - len(line.lstrip(" "))
    rest = line[indented:].lstrip(fence[0])
    return indented <= 3 and len(line) - indented - len(rest) >= len(fence) and is_blank(rest)


def is_item(line: str) -> bool:
    """Whether a line begins an item of a list, a quotation, a row of a table or a fence."""
    if line[0] in ROWS or line.startswith(("```", "~~~")):
        return True
    digits = len(line) - len(line.lstrip("0123456789"))
    if digits == 0 and line[0] in BULLETS:
        mark = 1
    elif (digits > 0 or is_letter(line[0])) and line[max(digits, 1) :].startswith((".", ")")):
        mark = max(digits, 1) + 1
    else:
        return False
    return mark == len(line) or is_space(line[mark])
