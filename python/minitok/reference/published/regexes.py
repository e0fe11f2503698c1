r"""Regular expressions that mean the same in both languages.

Engines of regular expressions differ in small things that move ids: what ``$`` and ``\s`` match, which Unicode they
carry, how case is ignored. A split pattern is run by two: ``regex`` in Python, and ``rust/support/engine.rs`` in Rust. So
a pattern is parsed here, once, into a tree in which every class is an explicit set of characters from the one table
(``unicode.py``) and case is no longer ignored but spelled out; what cannot be made equal is refused by name. The tree is
then written for this language's engine. (In Rust, most trees are compiled instead and need no engine.)

What a pattern may hold (SPEC P4):

==============================================  =====================================================================
``a``  ``\n \r \t \f \v \0``                    a character
``\xHH \x{H} \uHHHH \U{8 H}``                   a character by number
``\.``                                          a punctuation mark that would otherwise have a meaning
``.``  ``\s \S \d \D \w \W``                    any but a newline; white space, digits, word characters; the others
``\pL \p{Lu} \PL \p{^Lu} \p{Han}``              Unicode general categories, scripts, White_Space, Alphabetic
``[a-z\p{L}]`` ``[^...]`` ``[a[bc]]``           a set; the characters of a set within it
``[\w&&[^\d]]`` ``[\w--[_]]``                  what is on both sides; on the left side only
``(...) (?:...) (?>...)``                       a group; an atomic one
``(?i:...) (?-i:...) (?i)``                     ignoring case, not ignoring it
``(?=...) (?!...) (?<=...) (?<!...)``           look ahead, look behind (at a fixed number of characters)
``^ \A $ \z \b \B``                             start and end of the text, edge of a word
``* + ? {n} {n,} {n,m}``                        greedy; with ``?`` after it lazy, with ``+`` possessive
==============================================  =====================================================================

By hand: ``(?i:'s)|$`` becomes ``(?:'[Ss[[\U0000017F]&&[\U0000017F]]])|\Z``.

Invariants: the translation has no flags and no capturing groups; each engine matches the same text with its own. When
not to use it: for patterns from untrusted users. Matching may still take exponential time; a limit then ends it with an
error, and no text is dropped.

Costs: O(p + c * r) for a pattern of p characters with c classes of r ranges (at most some 700).

Implements SPEC P4 and P5.
"""

from __future__ import annotations

from .regex_reader import MAX_DEPTH, PatternReader, single
from .regex_tree import LOOKS, Node, Width, emit, width
from .unicode import complement, fold_case, word

MAX_REPEAT = 1000


def translate(pattern: str) -> str:
    """Translates a pattern into the syntax of this language's engine."""
    return emit(parse(pattern))


def parse(pattern: str) -> Node:
    """The pattern as a tree."""
    reader = PatternReader(pattern)
    tree = parse_alternation(reader, 0, ignore_case=False)
    if reader.at < len(pattern):
        reader.refuse("unbalanced ')'")
    return tree


def parse_alternation(reader: PatternReader, depth: int, ignore_case: bool) -> Node:
    if depth > MAX_DEPTH:
        reader.refuse(f"groups nested more than {MAX_DEPTH} deep")
    branches: list[Node] = []
    while True:
        branch, ignore_case = parse_branch(reader, depth, ignore_case)
        branches.append(branch)
        if not reader.take("|"):
            break
    return branches[0] if len(branches) == 1 else Node("choice", tuple(branches))


def parse_branch(reader: PatternReader, depth: int, ignore_case: bool) -> tuple[Node, bool]:
    parts: list[Node] = []
    while reader.at < len(reader.pattern) and not reader.peek("|") and not reader.peek(")"):
        if reader.take("(?i)"):
            ignore_case = True
            continue
        parts.append(parse_repeat(reader, depth, ignore_case))
    return Node("sequence", tuple(parts)), ignore_case


def parse_repeat(reader: PatternReader, depth: int, ignore_case: bool) -> Node:
    """Reads one part and the quantifier after it."""
    part = parse_part(reader, depth, ignore_case)
    bounds = parse_quantifier(reader)
    if bounds is None:
        return part
    if part.kind in ("start", "end", "edge") or (part.kind == "group" and part.mark in LOOKS):
        reader.refuse("nothing to repeat")
    least, most = width(part)
    if least == 0 and (bounds[1] != 1 or most == 0):
        reader.refuse("a repeat of something that can match nothing")
    mark = "?" if reader.take("?") else "+" if reader.take("+") else ""
    if parse_quantifier(reader) is not None:
        reader.refuse("a quantifier after a quantifier")
    return Node("repeat", (part,), bounds=bounds, mark=mark)


def parse_quantifier(reader: PatternReader) -> Width | None:
    if reader.take("*"):
        return 0, None
    if reader.take("+"):
        return 1, None
    if reader.take("?"):
        return 0, 1
    if not reader.take("{"):
        return None
    least = parse_number(reader)
    most: int | None = least
    if reader.take(","):
        most = None if reader.peek("}") else parse_number(reader)
    if not reader.take("}"):
        reader.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)")
    if most is not None and most < least:
        reader.refuse("a repeat whose bounds are reversed")
    return least, most


def parse_number(reader: PatternReader) -> int:
    start = reader.at
    while reader.at < len(reader.pattern) and reader.pattern[reader.at] in "0123456789":
        reader.at += 1
    digits = reader.pattern[start : reader.at]
    if not digits:
        reader.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)")
    if len(digits) > 4 or int(digits) > MAX_REPEAT:
        reader.refuse(f"a repeat count above {MAX_REPEAT}")
    return int(digits)


def parse_part(reader: PatternReader, depth: int, ignore_case: bool) -> Node:
    """A character, set, group or assertion."""
    if reader.take("("):
        return parse_group(reader, depth, ignore_case)
    if reader.take("["):
        return Node("set", chars=reader.kept(reader.set(0, ignore_case)))
    if reader.take("^") or reader.take("\\A"):
        return Node("start")
    if reader.take("$") or reader.take("\\z"):
        return Node("end")
    if reader.peek("\\b") or reader.peek("\\B"):
        reader.at += 2
        reader.grow(4 * len(word()))
        return Node("edge", mark=reader.pattern[reader.at - 1])
    if reader.take("."):
        return Node("set", chars=reader.kept(complement(single("\n"))))
    if reader.pattern[reader.at] in "*+?{}]":
        reader.refuse(
            f"{reader.pattern[reader.at]!r} where a character is expected (write \\{reader.pattern[reader.at]})"
        )
    chars = reader.escape() if reader.take("\\") else single(reader.advance())
    return Node("set", chars=reader.kept(fold_case(chars) if ignore_case else chars))


def parse_group(reader: PatternReader, depth: int, ignore_case: bool) -> Node:
    mark = "(?:"
    if reader.take("?:"):
        pass
    elif reader.take("?i:"):
        ignore_case = True
    elif reader.take("?-i:"):
        ignore_case = False
    elif kind := next((kind for kind in ("?>", "?=", "?!", "?<=", "?<!") if reader.take(kind)), None):
        mark = "(" + kind
    elif reader.peek("?"):
        reader.refuse("a kind of group that is not supported")
    part = parse_alternation(reader, depth + 1, ignore_case)
    if mark.startswith("(?<"):
        least, most = width(part)
        if least != most:
            reader.refuse("a look-behind of varying length")
    if not reader.take(")"):
        reader.refuse("a group that is not closed")
    return Node("group", (part,), mark=mark)
