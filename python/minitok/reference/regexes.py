r"""Regular expressions that mean the same in both languages.

A split pattern is run by two engines, ``regex`` in Python and ``fancy-regex`` in Rust. They differ in small things that
move ids: what ``$`` and ``\s`` match, which Unicode they carry, how case is ignored. So a pattern is first translated
into the part of the language that both read alike: every class becomes an explicit set of characters from the one
table (``unicode.py``), ignoring case is done here, and what cannot be made equal is refused by name.

What a pattern may hold (SPEC P4):

==============================================  =====================================================================
``a``  ``\n \r \t \f \v \0``                    a character
``\xHH \x{H} \uHHHH \U{8 H}``                   a character by number
``\.``                                          a punctuation mark that would otherwise have a meaning
``.``  ``\s \S \d \D \w \W``                    any but a newline; white space, decimal digits, word characters, not
``\pL \p{Lu} \PL \p{^Lu} \p{Han}``              Unicode general categories, scripts, White_Space, Alphabetic
``[a-z\p{L}]`` ``[^...]``                       a set; no set within a set
``(...) (?:...) (?>...)``                       a group; an atomic one
``(?i:...) (?-i:...) (?i)``                     ignoring case, not ignoring it
``(?=...) (?!...) (?<=...) (?<!...)``           look ahead, look behind (at a fixed number of characters)
``^ \A $ \z \b \B``                             start and end of the text, edge of a word
``* + ? {n} {n,} {n,m}``                        greedy; with ``?`` after it lazy, with ``+`` possessive
==============================================  =====================================================================

By hand: ``(?i:'s)|$`` becomes ``(?:'[Ss\U0000017F])|\Z``.

Invariants: the translation has no flags and no capturing group; it matches the same text wherever both engines are
right. Not for: text given by strangers as a pattern; matching may still take exponential time, which is cut short by a
limit and an error, never by dropped text.

Costs: O(p + c * r) for a pattern of p characters with c classes of r ranges (at most some 700).

Implements SPEC P4 and P5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from ..errors import PatternError
from .unicode import CharSet, complement, fold_case, property_set, union, white_space, word

MAX_DEPTH = 50
MAX_REPEAT = 1000

# The least and the greatest number of characters that a part can match; None is without bound.
Width = tuple[int, int | None]

PLAIN = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '")
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}


def translate(pattern: str) -> str:
    """The same pattern in the words of this language's engine."""
    translator = Translator(pattern)
    emitted, _ = translator.alternation(0, ignore_case=False)
    if translator.at < len(pattern):
        translator.refuse("unbalanced ')'")
    return emitted


class Translator:
    """Reads a pattern from left to right and writes each part as it is understood."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def refuse(self, reason: str) -> NoReturn:
        raise PatternError(self.pattern, f"{reason} at position {self.at}")

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        """Step over ``text`` if it stands here."""
        found = self.peek(text)
        if found:
            self.at += len(text)
        return found

    def next(self) -> str:
        if self.at == len(self.pattern):
            self.refuse("the pattern ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    # -- structure ---------------------------------------------------------------------------------------------------

    def alternation(self, depth: int, ignore_case: bool) -> tuple[str, Width]:
        if depth > MAX_DEPTH:
            self.refuse(f"groups nested more than {MAX_DEPTH} deep")
        branches: list[str] = []
        widths: list[Width] = []
        while True:
            emitted, width, ignore_case = self.branch(depth, ignore_case)
            branches.append(emitted)
            widths.append(width)
            if not self.take("|"):
                break
        return "|".join(branches), widest(widths)

    def branch(self, depth: int, ignore_case: bool) -> tuple[str, Width, bool]:
        emitted = ""
        least = 0
        most: int | None = 0
        while self.at < len(self.pattern) and not self.peek("|") and not self.peek(")"):
            if self.take("(?i)"):
                ignore_case = True
                continue
            part, width = self.repeated(depth, ignore_case)
            emitted += part
            least += width[0]
            most = None if most is None or width[1] is None else most + width[1]
        return emitted, (least, most), ignore_case

    def repeated(self, depth: int, ignore_case: bool) -> tuple[str, Width]:
        """One part and the quantifier after it."""
        emitted, width, repeatable = self.part(depth, ignore_case)
        bounds = self.quantifier()
        if bounds is None:
            return emitted, width
        least, most = bounds
        if not repeatable:
            self.refuse("nothing to repeat")
        if width[0] == 0 and (most != 1 or width[1] == 0):
            self.refuse("repeating what can match nothing")
        kind = "?" if self.take("?") else "+" if self.take("+") else ""
        if self.quantifier() is not None:
            self.refuse("a quantifier after a quantifier")
        count = f"{{{least},{'' if most is None else most}}}"
        emitted = f"(?>{emitted}{count})" if kind == "+" else f"{emitted}{count}{kind}"
        widest_part = None if most is None or width[1] is None else width[1] * most
        return emitted, (width[0] * least, widest_part)

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
            self.refuse("'{' that begins no {n}, {n,} or {n,m} (write \\{)")
        if most is not None and most < least:
            self.refuse("a repeat whose bounds are the wrong way round")
        return least, most

    def number(self) -> int:
        start = self.at
        while self.at < len(self.pattern) and self.pattern[self.at] in "0123456789":
            self.at += 1
        digits = self.pattern[start : self.at]
        if not digits:
            self.refuse("'{' that begins no {n}, {n,} or {n,m} (write \\{)")
        if len(digits) > 4 or int(digits) > MAX_REPEAT:
            self.refuse(f"a repeat count above {MAX_REPEAT}")
        return int(digits)

    def part(self, depth: int, ignore_case: bool) -> tuple[str, Width, bool]:
        """A character, set, group or assertion, and whether a quantifier may follow it."""
        if self.take("("):
            return self.group(depth, ignore_case)
        if self.take("["):
            return self.emit(self.set(ignore_case)), (1, 1), True
        if self.take("^") or self.take("\\A"):
            return r"\A", (0, 0), False
        if self.take("$") or self.take("\\z"):
            return r"\Z", (0, 0), False
        if self.peek("\\b") or self.peek("\\B"):
            self.at += 2
            return word_edge(inside=self.pattern[self.at - 1] == "B"), (0, 0), False
        if self.take("."):
            return self.emit(complement(single("\n"))), (1, 1), True
        if self.pattern[self.at] in "*+?{}]":
            self.refuse(f"{self.pattern[self.at]!r} where a character is expected (write \\{self.pattern[self.at]})")
        chars = self.escape() if self.take("\\") else single(self.next())
        return self.emit(fold_case(chars) if ignore_case else chars), (1, 1), True

    def emit(self, chars: CharSet) -> str:
        if not chars:
            self.refuse("a set that holds no character")
        return emit_set(chars)

    def group(self, depth: int, ignore_case: bool) -> tuple[str, Width, bool]:
        opening, assertion = "(?:", False
        if self.take("?:"):
            pass
        elif self.take("?i:"):
            ignore_case = True
        elif self.take("?-i:"):
            ignore_case = False
        elif self.take("?>"):
            opening = "(?>"
        elif self.peek("?=") or self.peek("?!"):
            opening, assertion = "(" + self.next() + self.next(), True
        elif self.peek("?<=") or self.peek("?<!"):
            opening, assertion = "(" + self.next() + self.next() + self.next(), True
        elif self.peek("?"):
            self.refuse("a kind of group that is not supported")
        emitted, width = self.alternation(depth + 1, ignore_case)
        if opening.startswith("(?<") and width[0] != width[1]:
            self.refuse("looking behind at a varying number of characters")
        if not self.take(")"):
            self.refuse("a group without its ')'")
        return f"{opening}{emitted})", (0, 0) if assertion else width, not assertion

    # -- characters and sets -----------------------------------------------------------------------------------------

    def set(self, ignore_case: bool) -> CharSet:
        """The set whose ``[`` has just been read."""
        negated = self.take("^")
        members: list[CharSet] = []
        while not self.take("]"):
            if self.peek("["):
                self.refuse("a set within a set (write \\[)")
            if self.peek("&&") or self.peek("--") or self.peek("~~") or self.peek("||"):
                self.refuse("a set operation")
            members.append(self.set_member())
        if not members:
            self.refuse("an empty set (write \\])")
        chars = union(*members)
        if ignore_case:
            chars = fold_case(chars)
        return complement(chars) if negated else chars

    def set_member(self) -> CharSet:
        """A character, a range of them, or a class."""
        first = self.set_item()
        if not self.peek("-") or self.pattern.startswith("-]", self.at) or self.pattern.startswith("--", self.at):
            return first
        self.at += 1
        last = self.set_item()
        if not is_single(first) or not is_single(last):
            self.refuse("a range between what are not characters")
        if first > last:
            self.refuse("a range whose ends are the wrong way round")
        return char_range(first[0][0], last[0][0])

    def set_item(self) -> CharSet:
        return self.escape() if self.take("\\") else single(self.next())

    def escape(self) -> CharSet:
        """What the backslash just read and the characters after it stand for."""
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
            self.refuse("a number that is no character's")
        return single(chr(number))

    def property(self) -> CharSet:
        name = self.next()
        if name == "{":
            end = self.pattern.find("}", self.at)
            if end < 0:
                self.refuse("a property without its '}'")
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
    """The characters from ``first`` to ``last``, without the surrogates between them."""
    return ((first, 0xD7FF), (0xE000, last)) if first < 0xD800 and last > 0xDFFF else ((first, last),)


def widest(widths: list[Width]) -> Width:
    """The least and the most that any of the alternatives can match."""
    unbounded = any(most is None for _, most in widths)
    return min(least for least, _ in widths), None if unbounded else max(most or 0 for _, most in widths)


def word_edge(inside: bool) -> str:
    """``\\b`` (or, inside, ``\\B``) spelled out, so that it rests on the table too."""
    chars = emit_set(word())
    if inside:
        return f"(?:(?<={chars})(?={chars})|(?<!{chars})(?!{chars}))"
    return f"(?:(?<={chars})(?!{chars})|(?<!{chars})(?={chars}))"


def emit_set(chars: CharSet) -> str:
    """The set as this language's engine reads it.

    The engine tries the ranges of a set one by one. Groups of 64, each behind the range that spans it, cut seven
    hundred comparisons to a few dozen and to almost none for ASCII.
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
