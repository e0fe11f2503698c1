"""A pattern as a tree, and how it is written for an engine.

``regexes.py`` makes the tree; this language's engine reads what ``emit`` writes of it.

By hand: ``a|b*`` is the choice of a sequence of one set and a sequence of one repeat. It matches any number of characters,
none too: its width is (0, None).

Invariants: every class is an explicit set of characters; nothing ignores case; what is written has no flags and no
capturing groups.

Costs: O(n) for a tree whose nodes and ranges number n.

Implements SPEC P4.
"""

from __future__ import annotations

from dataclasses import dataclass

from .regex_reader import is_single
from .unicode import CharSet, word

PLAIN = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '")
# The groups that look at text and take none.
LOOKS = ("(?=", "(?!", "(?<=", "(?<!")

# The least and the greatest number of characters that a part can match; None means unbounded.
Width = tuple[int, int | None]


@dataclass(frozen=True)
class Node:
    """One part of a pattern.

    kind       holds
    =========  ====================================================================================================
    set        chars: one character of a set
    sequence   parts: one after the other
    choice     parts: the first that leads to a match
    repeat     parts[0], from bounds[0] to bounds[1] times; mark is "" for greedy, "?" for lazy, "+" for possessive
    group      parts[0]; mark is "(?:", "(?>", "(?=", "(?!", "(?<=" or "(?<!"
    start end  the start and the end of the text
    edge       of a word: mark is "b", or "B" where there is none
    """

    kind: str
    parts: tuple[Node, ...] = ()
    chars: CharSet = ()
    bounds: Width = (1, 1)
    mark: str = ""


def width(node: Node) -> Width:
    """The least and the greatest number of characters that a part can match."""
    if node.kind == "set":
        return 1, 1
    if node.kind == "group" and node.mark not in LOOKS:
        return width(node.parts[0])
    if node.kind == "repeat":
        (least, most), (at_least, at_most) = node.bounds, width(node.parts[0])
        return least * at_least, None if most is None or at_most is None else most * at_most
    if node.kind not in ("sequence", "choice"):
        return 0, 0
    leasts, mosts = zip(*(width(part) for part in node.parts), strict=True) if node.parts else ((), ())
    if node.kind == "sequence":
        return sum(leasts), None if None in mosts else sum(mosts)
    return min(leasts), None if None in mosts else max(mosts)


def emit(node: Node) -> str:
    """The part in the words of this language's engine."""
    if node.kind == "set":
        return emit_set(node.chars)
    if node.kind in ("sequence", "choice"):
        return ("|" if node.kind == "choice" else "").join(emit(part) for part in node.parts)
    if node.kind == "group":
        return f"{node.mark}{emit(node.parts[0])})"
    if node.kind == "repeat":
        least, most = node.bounds
        repeated = f"{emit(node.parts[0])}{{{least},{'' if most is None else most}}}"
        return f"(?>{repeated})" if node.mark == "+" else repeated + node.mark
    if node.kind == "edge":
        return word_edge(inside=node.mark == "B")
    return r"\A" if node.kind == "start" else r"\Z"


def word_edge(inside: bool) -> str:
    """Writes out ``\\b`` (or, inside, ``\\B``), so that it uses the table, too."""
    chars = emit_set(word())
    if inside:
        return f"(?:(?<={chars})(?={chars})|(?<!{chars})(?!{chars}))"
    return f"(?:(?<={chars})(?!{chars})|(?<!{chars})(?={chars}))"


def emit_set(chars: CharSet) -> str:
    """Writes a set as this language's engine reads it.

    The engine tries the ranges of a set one by one. Putting them in groups of 64, each after a range that spans the group,
    cuts seven hundred comparisons to a few dozen, and to almost none for ASCII.
    """
    if is_single(chars):
        return emit_char(chars[0][0])
    ascii_part = [span for span in chars if span[0] < 0x80]
    rest = chars[len(ascii_part) :]
    groups = [rest[start : start + 64] for start in range(0, len(rest), 64)]
    guarded = [f"[[{emit_range(group[0][0], group[-1][1])}]&&[{emit_ranges(group)}]]" for group in groups]
    return f"[{emit_ranges(ascii_part)}{''.join(guarded)}]"


def emit_ranges(chars: CharSet | list[tuple[int, int]]) -> str:
    return "".join(emit_range(first, last) for first, last in chars)


def emit_range(first: int, last: int) -> str:
    return emit_char(first) if first == last else f"{emit_char(first)}-{emit_char(last)}"


def emit_char(char: int) -> str:
    return chr(char) if chr(char) in PLAIN else f"\\U{char:08X}"
