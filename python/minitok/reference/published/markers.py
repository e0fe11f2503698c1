r"""Which tokens are control tokens: special ones, and added ones that may mark something.

A program writes markers into a text: where a turn begins, where a tool is called. Files call some of these tokens special, and
others *added*, as they call a run of spaces or an HTML tag. A marker is recognised by what a chat template may write, by what
the model's configuration names, and by its look.

By hand, with the template ``{{ '<|' + role + '|>' }}</think>``: its strings are ``<|``, ``|>`` and ``</think>``. ``</think>``
is one of them. ``<|user|>`` begins as one ends and ends as another begins, so the template may write it. ``<b>`` is neither.
Without a template, anything in brackets may be a marker, ``<b>``, too.

Invariants: a token of nothing but white space marks nothing. Special tokens are control tokens, whatever their names are.

Costs: O(n log n) for templates of n bytes, and O(n) for each name.

Implements SPEC E12.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

from ..text import utf8
from .unicode import contains, white_space, word

# The longest part of a name that is looked for where one of a template's strings begins or ends, in characters.
LONGEST = 256
BARS = "|\uff5c"
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
HEX, OCTAL = "0123456789abcdefABCDEF", "01234567"


class Markers:
    """What the chat templates and the configuration of a model show about its added tokens.

    Args:
        sources: The templates.
        named: The tokens that the configuration names, such as ``additional_special_tokens``.

    >>> markers = Markers(["{{ '<|' + role + '|>' }}</think>"])
    >>> [name for name in ("</think>", "<|user|>", "<b>") if markers.is_marker(name)]
    ['</think>', '<|user|>']
    """

    def __init__(self, sources: Collection[str] = (), named: Collection[str] = ()) -> None:
        strings = [string for source in sources for string in strings_of(source)]
        self.knows_templates = len(sources) > 0
        self.named = frozenset(named)
        self.joined = "\0".join(strings)
        self.begins = sorted(string[:LONGEST] for string in strings)
        self.ends = sorted(string[: -LONGEST - 1 : -1] for string in strings)

    def is_marker(self, name: str) -> bool:
        """Returns whether an added token may mark something in a conversation."""
        return name in self.named or looks_like_marker(name, self.knows_templates) or self.may_write(name)

    def may_write(self, name: str) -> bool:
        """Returns whether a template may write a name, whole or in parts.

        A template writes its texts and strings, and other values between them. So it may write a name that stands in one of
        its strings. It may also write one that begins as one string ends and ends as another begins, unless it is of words.
        """
        if not self.knows_templates:
            return False
        if name in self.joined:
            return True
        if all(is_word(char) or is_white(char) for char in name):
            return False
        heads, tails = min(len(name), LONGEST), min(len(name) - 1, LONGEST)
        return any(begins_one(self.ends, name[:size][::-1]) for size in range(1, heads + 1)) and any(
            begins_one(self.begins, name[-size:]) for size in range(1, tails + 1)
        )


def control_tokens(special: Iterable[str], added: Iterable[str], markers: Markers) -> list[str]:
    """Returns the names of the control tokens: the special tokens, and those of the added ones that may mark something.

    >>> control_tokens(["<s>"], ["  ", "<think>", "the"], Markers())
    ['<s>', '<think>']
    """
    return [*special, *(name for name in added if not is_blank(name) and markers.is_marker(name))]


def everywhere(special: Iterable[str], added: Iterable[str], markers: Markers) -> list[str]:
    """Returns the names of the tokens that are found in all text of a conversation (E8): those that mark nothing.

    >>> everywhere(["<s>", "\\t"], ["  ", "<think>", "the"], Markers())
    ['\\t', '  ', 'the']
    """
    return [*filter(is_blank, special), *(name for name in added if is_blank(name) or not markers.is_marker(name))]


def is_blank(name: str) -> bool:
    """Returns whether a name is of nothing but white space."""
    return all(is_white(char) for char in name)


def is_white(char: str) -> bool:
    """Returns whether a character is white space."""
    return contains(white_space(), ord(char))


def is_word(char: str) -> bool:
    """Returns whether a character is one of a word."""
    return contains(word(), ord(char))


def looks_like_marker(name: str, knows_templates: bool) -> bool:
    """Returns whether a name has the look of a marker, as ``<|...``, ``...|>`` and ``[NAME]`` do.

    Where no template is known, anything in brackets or bars does, and what begins as a tag (``<name``, ``</name``).
    """
    first, last = 0, len(name)
    while first < last and is_white(name[first]):
        first += 1
    while first < last and is_white(name[last - 1]):
        last -= 1
    bare = name[first:last]
    if len(bare) < 2:
        return False
    if (bare[0] == "<" and bare[1] in BARS) or (bare[-2] in BARS and bare[-1] == ">"):
        return True
    if bare[0] == "[" and bare[-1] == "]" and len(bare) > 2 and all("A" <= c <= "Z" or c in "_/" for c in bare[1:-1]):
        return True
    in_bars, in_brackets = bare[0] in BARS and bare[-1] in BARS, bare[0] in "<[{(" and bare[-1] in ">]})"
    is_tag = bare[0] == "<" and (bare[1] == "/" or (bare[1].isascii() and bare[1].isalpha()))
    return not knows_templates and (in_bars or in_brackets or is_tag)


def begins_one(texts: Sequence[str], beginning: str) -> bool:
    """Returns whether one of some texts, in order, begins like this."""
    at = bisect_left(texts, beginning)
    return at < len(texts) and texts[at].startswith(beginning)


def strings_of(source: str) -> list[str]:
    """Returns the texts of a template outside of ``{{ }}`` and ``{% %}``, and the strings inside.

    >>> strings_of("<s>{{ 'a' ~ 'b' }}")
    ['<s>', 'a', 'b']
    """
    found: list[str] = []
    done = at = 0
    while (at := source.find("{", at)) >= 0:
        if source[at + 1 : at + 2] not in ("{", "%", "#"):
            at += 1
            continue
        end = end_of_code(source, at + 2)
        if end is None:
            break
        found.append(source[done:at])
        if source[at + 1] != "#":
            found += strings_in_code(source[at + 2 : end - 2])
        done = at = end
    found.append(source[done:])
    return [string for string in found if string]


def end_of_code(source: str, start: int) -> int | None:
    """Returns where the code ends that a template has from a place on; None if it does not."""
    at = start
    while (at := source.find("}", at)) >= 0:
        if at > start and source[at - 1] in "}%#":
            return at + 1
        at += 1
    return None


def strings_in_code(code: str) -> list[str]:
    """Returns the strings in quotes. One without an end reaches to that of the code."""
    found: list[str] = []
    at, start, quote = 0, 0, ""
    while at < len(code):
        char = code[at]
        if quote and char == "\\":
            at += 1
        elif quote == char:
            found.append(unescaped(code[start:at]))
            quote = ""
        elif not quote and char in "'\"":
            start, quote = at + 1, char
        at += 1
    if quote:
        found.append(unescaped(code[start:]))
    return found


def unescaped(string: str) -> str:
    r"""Returns a string of a template without its escapes; as it stands if one is malformed, or names a character.

    >>> unescaped(r"\x3cs\u003e\n")
    '<s>\n'
    """
    found: list[str] = []
    done = 0
    while (at := string.find("\\", done)) >= 0:
        found.append(string[done:at])
        kind = string[at + 1 : at + 2]
        if kind in ("", "N"):
            return string
        done = at + 2
        if kind in HEX_DIGITS:
            digits = string[done : done + HEX_DIGITS[kind]]
            is_whole = len(digits) == HEX_DIGITS[kind] and all(digit in HEX for digit in digits)
            if not is_whole or int(digits, 16) > 0x10FFFF:
                return string
            found.append(chr(int(digits, 16)))
            done += len(digits)
        elif kind in OCTAL:
            end = at + 1
            while end < min(len(string), at + 4) and string[end] in OCTAL:
                end += 1
            found.append(chr(int(string[at + 1 : end], 8)))
            done = end
        else:
            found.append(simple_escape(kind))
    return joined_surrogates([*found, string[done:]])


def simple_escape(char: str) -> str:
    """Returns what a backslash and a character mean: the character itself, or another, or nothing."""
    same, others = "\\'\"", {"\n": "", "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
    return char if char in same else others.get(char, "\\" + char)


def joined_surrogates(parts: Sequence[str]) -> str:
    """Returns the text of some parts: a pair of surrogates is its character, any other surrogate U+FFFD (E4)."""
    return utf8("".join(parts)).decode()
