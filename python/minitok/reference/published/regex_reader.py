"""The characters, classes and sets of a pattern, read from left to right.

What ``regexes.py`` reads a pattern with: where it stands, what comes next, and which set of characters an escape or a pair
of brackets means.

By hand: ``[a-z&&[^f-y]]`` is what is on both sides, ``[a-ez]``: two ranges.

Invariants: a set has no surrogates, its ranges ascend and neither touch nor overlap. Whatever is refused is refused with its
reason and its position.

Costs: O(r log r) for a set of r ranges. All classes of a pattern together may hold 100,000.

Implements SPEC P4 and P5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from ...errors import PatternError
from .unicode import CharSet, complement, difference, fold_case, property_set, union, white_space, word

# How deep groups and sets may be nested.
MAX_DEPTH = 50
# How many ranges of characters the classes of a pattern may hold together: engines take memory for each.
MAX_RANGES = 100_000

CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}


class PatternReader:
    """A pattern, and the place up to which it has been read."""

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

    def advance(self) -> str:
        if self.at == len(self.pattern):
            self.refuse("the pattern ends in the middle")
        self.at += 1
        return self.pattern[self.at - 1]

    def grow(self, ranges: int) -> None:
        """Counts the ranges of one more class."""
        self.ranges += ranges
        if self.ranges > MAX_RANGES:
            self.refuse(f"classes of more than {MAX_RANGES} ranges of characters together")

    def kept(self, chars: CharSet) -> CharSet:
        """Counts a set that the tree will hold."""
        if not chars:
            self.refuse("a set that holds no character")
        self.grow(len(chars))
        return chars

    # -- sets --------------------------------------------------------------------------------------------------------

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
        return self.escape() if self.take("\\") else single(self.advance())

    def escape(self) -> CharSet:
        """Reads an escape whose backslash has just been read."""
        char = self.advance()
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
        name = self.advance()
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
