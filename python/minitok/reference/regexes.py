r"""Regular expressions that mean the same in both languages.

A split pattern is run by two engines, ``regex`` in Python and ``fancy-regex`` in Rust. They differ in small things that
move ids: what ``$`` and ``\s`` match, which Unicode they carry, how case is ignored. So a pattern is parsed here, once,
into a tree in which every class is an explicit set of characters from the one table (``unicode.py``) and case is no
longer ignored but spelled out; what cannot be made equal is refused by name. The tree is then written in the part of the
language that both engines read alike. (In Rust, most trees are compiled instead and need no engine.)

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

By hand: ``(?i:'s)|$`` becomes ``(?:'[Ss\U0000017F])|\Z``.

Invariants: the translation has no flags and no capturing groups; both engines match the same text with it. When not to use
it: for patterns from untrusted users. Matching may still take exponential time; a limit then ends it with an error, and no
text is dropped.

Costs: O(p + c * r) for a pattern of p characters with c classes of r ranges (at most some 700).

Implements SPEC P4 and P5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from ..errors import PatternError
from .unicode import CharSet, complement, difference, fold_case, property_set, union, white_space, word

MAX_DEPTH = 50
MAX_REPEAT = 1000
# How many ranges of characters the classes of a pattern may hold together: engines take memory for each.
MAX_RANGES = 100_000

# The least and the greatest number of characters that a part can match; None means unbounded.
Width = tuple[int, int | None]

PLAIN = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '")
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
# The groups that look at text and take none.
LOOKS = ("(?=", "(?!", "(?<=", "(?<!")


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


def translate(pattern: str) -> str:
    """Translates a pattern into the syntax of this language's engine."""
    return emit(parse(pattern))


def parse(pattern: str) -> Node:
    """The pattern as a tree."""
    parser = Parser(pattern)
    tree = parser.alternation(0, ignore_case=False)
    if parser.at < len(pattern):
        parser.refuse("unbalanced ')'")
    return tree


class Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        # How many ranges the classes have held so far.
        self.ranges = 0

    def refuse(self, reason: str) -> NoReturn:
        raise PatternError(self.pattern, f"{reason} at position {self.at}")

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        """Steps over ``text`` if the pattern continues with it."""
        found = self.peek(text)
        if found:
            self.at += len(text)
        return found

    def next(self) -> str:
        if self.at == len(self.pattern):
            self.refuse("the pattern ends in the middle")
        self.at += 1
        return self.pattern[self.at - 1]

    # -- structure ---------------------------------------------------------------------------------------------------

    def alternation(self, depth: int, ignore_case: bool) -> Node:
        if depth > MAX_DEPTH:
            self.refuse(f"groups nested more than {MAX_DEPTH} deep")
        branches: list[Node] = []
        while True:
            branch, ignore_case = self.branch(depth, ignore_case)
            branches.append(branch)
            if not self.take("|"):
                break
        return branches[0] if len(branches) == 1 else Node("choice", tuple(branches))

    def branch(self, depth: int, ignore_case: bool) -> tuple[Node, bool]:
        parts: list[Node] = []
        while self.at < len(self.pattern) and not self.peek("|") and not self.peek(")"):
            if self.take("(?i)"):
                ignore_case = True
                continue
            parts.append(self.repeated(depth, ignore_case))
        return Node("sequence", tuple(parts)), ignore_case

    def repeated(self, depth: int, ignore_case: bool) -> Node:
        """Reads one part and the quantifier after it."""
        part = self.part(depth, ignore_case)
        bounds = self.quantifier()
        if bounds is None:
            return part
        if part.kind in ("start", "end", "edge") or (part.kind == "group" and part.mark in LOOKS):
            self.refuse("nothing to repeat")
        least, most = width(part)
        if least == 0 and (bounds[1] != 1 or most == 0):
            self.refuse("a repeat of something that can match nothing")
        mark = "?" if self.take("?") else "+" if self.take("+") else ""
        if self.quantifier() is not None:
            self.refuse("a quantifier after a quantifier")
        return Node("repeat", (part,), bounds=bounds, mark=mark)

    def quantifier(self) -> Width | None:
        if self.take("*"):
            return 0, None
        if self.take("+"):
            return 1, None
        if self.take("?"):
            return 0, 1
        if not self.take("{"):
            return None
        least = self.number()
        most: int | None = least
        if self.take(","):
            most = None if self.peek("}") else self.number()
        if not self.take("}"):
            self.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)")
        if most is not None and most < least:
            self.refuse("a repeat whose bounds are reversed")
        return least, most

    def number(self) -> int:
        start = self.at
        while self.at < len(self.pattern) and self.pattern[self.at] in "0123456789":
            self.at += 1
        digits = self.pattern[start : self.at]
        if not digits:
            self.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)")
        if len(digits) > 4 or int(digits) > MAX_REPEAT:
            self.refuse(f"a repeat count above {MAX_REPEAT}")
        return int(digits)

    def part(self, depth: int, ignore_case: bool) -> Node:
        """A character, set, group or assertion."""
        if self.take("("):
            return self.group(depth, ignore_case)
        if self.take("["):
            return self.chars(self.set(0, ignore_case))
        if self.take("^") or self.take("\\A"):
            return Node("start")
        if self.take("$") or self.take("\\z"):
            return Node("end")
        if self.peek("\\b") or self.peek("\\B"):
            self.at += 2
            self.grow(4 * len(word()))
            return Node("edge", mark=self.pattern[self.at - 1])
        if self.take("."):
            return self.chars(complement(single("\n")))
        if self.pattern[self.at] in "*+?{}]":
            self.refuse(f"{self.pattern[self.at]!r} where a character is expected (write \\{self.pattern[self.at]})")
        chars = self.escape() if self.take("\\") else single(self.next())
        return self.chars(fold_case(chars) if ignore_case else chars)

    def grow(self, ranges: int) -> None:
        """Counts the ranges of one more class."""
        self.ranges += ranges
        if self.ranges > MAX_RANGES:
            self.refuse(f"classes of more than {MAX_RANGES} ranges of characters together")

    def chars(self, chars: CharSet) -> Node:
        if not chars:
            self.refuse("a set that holds no character")
        self.grow(len(chars))
        return Node("set", chars=chars)

    def group(self, depth: int, ignore_case: bool) -> Node:
        mark = "(?:"
        if self.take("?:"):
            pass
        elif self.take("?i:"):
            ignore_case = True
        elif self.take("?-i:"):
            ignore_case = False
        elif kind := next((kind for kind in ("?>", "?=", "?!", "?<=", "?<!") if self.take(kind)), None):
            mark = "(" + kind
        elif self.peek("?"):
            self.refuse("a kind of group that is not supported")
        part = self.alternation(depth + 1, ignore_case)
        if mark.startswith("(?<"):
            least, most = width(part)
            if least != most:
                self.refuse("a look-behind of varying length")
        if not self.take(")"):
            self.refuse("a group that is not closed")
        return Node("group", (part,), mark=mark)

    # -- characters and sets -----------------------------------------------------------------------------------------

    def set(self, depth: int, ignore_case: bool) -> CharSet:
        """Reads a set whose ``[`` has just been read.

        Its operators bind alike, from left to right, and less than what stands side by side:
        ``[a-z0-9&&\\d--5]`` is ``[[[a-z0-9]&&[\\d]]--[5]]``.
        """
        if depth > MAX_DEPTH:
            self.refuse(f"sets nested more than {MAX_DEPTH} deep")
        negated = self.take("^")
        chars = self.set_operand(depth, ignore_case)
        while not self.take("]"):
            intersected = self.peek("&&")
            self.at += 2
            right = self.set_operand(depth, ignore_case)
            chars = difference(chars, complement(right) if intersected else right)
        return complement(chars) if negated else chars

    def set_operand(self, depth: int, ignore_case: bool) -> CharSet:
        """All up to an operator or the end of the set."""
        members: list[CharSet] = []
        while not (self.peek("]") or self.peek("&&") or self.peek("--")):
            if self.peek("~~") or self.peek("||"):
                self.refuse("a set operation other than && and --")
            if self.peek("[:"):
                self.refuse("a POSIX class, or a set within a set that begins with ':' (write \\:)")
            member = self.set(depth + 1, ignore_case) if self.take("[") else self.set_member()
            self.grow(len(member))
            members.append(member)
        if not members:
            self.refuse("an empty set (write \\])" if self.take("]") else "a set operation on nothing")
        chars = union(*members)
        return fold_case(chars) if ignore_case else chars

    def set_member(self) -> CharSet:
        """Reads a character, a range or a class."""
        first = self.set_item()
        if not self.peek("-") or self.pattern.startswith("-]", self.at) or self.pattern.startswith("--", self.at):
            return first
        self.at += 1
        if self.peek("["):
            self.refuse("a range that ends in a set (write \\[)")
        last = self.set_item()
        if not is_single(first) or not is_single(last):
            self.refuse("a range whose ends are not single characters")
        if first > last:
            self.refuse("a range whose ends are reversed")
        return char_range(first[0][0], last[0][0])

    def set_item(self) -> CharSet:
        return self.escape() if self.take("\\") else single(self.next())

    def escape(self) -> CharSet:
        """Reads an escape whose backslash has just been read."""
        char = self.next()
        if char in CONTROLS:
            return single(CONTROLS[char])
        if char in HEX_DIGITS:
            return self.code_point(HEX_DIGITS[char], braces=char == "x")
        if char in "pP":
            chars = self.property()
            return complement(chars) if char == "P" else chars
        classes: dict[str, Callable[[], CharSet]] = {"s": white_space, "d": lambda: property_set("Nd"), "w": word}
        if char.lower() in classes:
            chars = classes[char.lower()]()
            return complement(chars) if char.isupper() else chars
        if char.isascii() and not char.isalnum():
            return single(char)
        self.refuse(f"the escape \\{char}, which is not supported,")

    def code_point(self, digits: int, braces: bool) -> CharSet:
        if braces and self.take("{"):
            end = self.pattern.find("}", self.at)
            field = self.pattern[self.at : end] if end >= 0 else ""
            self.at += len(field) + 1
        else:
            field = self.pattern[self.at : self.at + digits]
            self.at += digits
            if len(field) < digits:
                field = ""
        if not field or len(field) > 8 or any(digit not in "0123456789abcdefABCDEF" for digit in field):
            self.refuse("a character number that is not hexadecimal")
        number = int(field, 16)
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            self.refuse("a number that is not a character's")
        return single(chr(number))

    def property(self) -> CharSet:
        name = self.next()
        if name == "{":
            end = self.pattern.find("}", self.at)
            if end < 0:
                self.refuse("a property that is not closed")
            name = self.pattern[self.at : end]
            self.at = end + 1
        negated = name.startswith("^")
        try:
            chars = property_set(name.removeprefix("^"))
        except LookupError as error:
            self.refuse(error.args[0])
        return complement(chars) if negated else chars


def single(char: str) -> CharSet:
    return ((ord(char), ord(char)),)


def is_single(chars: CharSet) -> bool:
    return len(chars) == 1 and chars[0][0] == chars[0][1]


def char_range(first: int, last: int) -> CharSet:
    """Returns the characters from ``first`` to ``last``, without the surrogates between them."""
    return ((first, 0xD7FF), (0xE000, last)) if first < 0xD800 and last > 0xDFFF else ((first, last),)


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

    The engine tries the ranges of a set one by one. Putting them in groups of 64, each behind a range that spans the group,
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
