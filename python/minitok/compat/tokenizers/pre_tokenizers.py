"""The pre-tokenizers: how text is cut into pieces.

Each is run on a ``PreTokenizedString``. A tokenizer cuts in its codec instead, by the split pattern that they stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError
from minitok.formats.byte_level import CHARS
from minitok.formats.huggingface.patterns import DIGITS, PUNCTUATION, literal
from minitok.formats.huggingface.tables import SETS
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.unicode import contains, table

from .components import Component
from .matching import compiled
from .options import BEHAVIOR, BYTE_LEVEL, CHARACTER, FLAG, METASPACE, PATTERN, SIZE, Option, compiled_source
from .pre_tokenized_string import PreTokenizedString

if TYPE_CHECKING:
    import regex

    from .normalized_string import NormalizedString

__all__ = [
    "BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "FixedLength", "Metaspace", "PreTokenizer",
    "Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit",
]  # fmt: skip

# The pre-tokenizers that cut by one rule: a pattern, what becomes of a match, and whether the text between takes their part.
RULES: dict[str, Callable[[dict[str, Any]], tuple[str, str, bool]]] = {
    "Digits": lambda state: (DIGITS, "Isolated" if state["individual_digits"] else "Contiguous", False),
    "Punctuation": lambda state: (PUNCTUATION, state["behavior"], False),
    "Whitespace": lambda _: (r"\w+|[^\w\s]+", "Removed", True),
    "WhitespaceSplit": lambda _: (r"\S+", "Removed", True),
    "CharDelimiterSplit": lambda state: (literal(str(state["delimiter"] or " ")), "Removed", False),
}


# Scripts in Unicode 10 of the characters that have another one now, and of those that are counted to another.
MOVED = {0x589: "common", 0x61C: "common", 0x953: "devanagari", 0x954: "devanagari", 0x30FC: "han", 0x20: None}
SAME = {"hiragana": "han", "katakana": "han"}
# The properties of the table that are neither scripts nor general categories, whose names are short (as one script's is).
NO_SCRIPTS = ("white_space", "alphabetic", "join_control")


class PreTokenizer(Component):
    """What cuts text into pieces."""

    def pre_tokenize(self, pretok: Any) -> None:
        """Cuts the pieces of a ``PreTokenizedString`` further.

        Raises:
            ComponentError: A custom pre-tokenizer fails.
        """
        self._run("pre_tokenize", "PreTokenizedString", pretok)

    def pre_tokenize_str(self, sequence: str) -> list[tuple[str, tuple[int, int]]]:
        """Returns the pieces as they reach the model, and the characters of the text that each comes from.

        >>> ByteLevel(add_prefix_space=False).pre_tokenize_str("Hello you")
        [('Hello', (0, 5)), ('Ġyou', (5, 9))]
        """
        pretok = PreTokenizedString(sequence)
        self.pre_tokenize(pretok)
        return [(text, span) for text, span, _ in pretok.get_splits()]

    def _apply(self, pretok: PreTokenizedString) -> None:
        pretok.cut(lambda _, piece: self._cut(piece))

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        pattern, behavior, inverted = self._rule()
        return piece.split_at(compiled(pattern) if isinstance(pattern, str) else pattern, behavior, inverted)

    def _rule(self) -> tuple[str | regex.Pattern[str], str, bool]:
        """Where to cut, what becomes of a match, and whether the text between matches takes their part."""
        kind = type(self).__name__
        if kind not in RULES:
            self._refuse()
        return RULES[kind](self.state)


Digits = PreTokenizer.named(
    "Digits",
    "Cuts at numbers: at each digit, or at each run of digits.",
    Option("individual_digits", FLAG, False, needed=True),
)
Punctuation = PreTokenizer.named("Punctuation", "Cuts at punctuation.", Option("behavior", BEHAVIOR, "isolated"))
Whitespace = PreTokenizer.named("Whitespace", "Keeps words, and runs of what is neither a word nor white space.")
WhitespaceSplit = PreTokenizer.named("WhitespaceSplit", "Keeps what stands between white space.")
CharDelimiterSplit = PreTokenizer.named(
    "CharDelimiterSplit", "Keeps what stands between a character.", Option("delimiter", CHARACTER)
)
Sequence = PreTokenizer.named("Sequence", "Pre-tokenizers, one after the other.", parts_field="pretokenizers")


class Split(PreTokenizer):
    """Cuts at the matches of a text or of a ``Regex``; inverted, at the text between them."""

    options = Option("pattern", PATTERN), Option("behavior", BEHAVIOR), Option("invert", FLAG, False)

    def _rule(self) -> Any:
        return compiled_source(self.state["pattern"]), self.state["behavior"], self.invert


class ByteLevel(PreTokenizer):
    """Cuts as GPT-2 does, and shows each byte as a character."""

    options = BYTE_LEVEL

    def __init__(
        self, add_prefix_space: bool = True, trim_offsets: bool = True, use_regex: bool = True, **_: Any
    ) -> None:
        super().__init__(add_prefix_space, trim_offsets, use_regex)

    @staticmethod
    def alphabet() -> list[str]:
        """The 256 characters that stand for the bytes, in no particular order."""
        return list(CHARS)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        if self.add_prefix_space and not piece.normalized.startswith(" "):
            piece.prepend(" ")
        pieces = super()._cut(piece) if self.use_regex else [piece]
        for made in pieces:
            made.show_bytes()
        return pieces

    def _rule(self) -> Any:
        return NAMED["gpt2"], "Isolated", False


class BertPreTokenizer(PreTokenizer):
    """Keeps what stands between white space, cut at punctuation."""

    def _apply(self, pretok: PreTokenizedString) -> None:
        Sequence([WhitespaceSplit(), Punctuation()]).pre_tokenize(pretok)


class FixedLength(PreTokenizer):
    """Pieces of as many characters."""

    options = (Option("length", SIZE, 5),)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        size, length = len(piece.normalized), self.length
        if not length:
            raise ComponentError("FixedLength has the length 0")
        return [piece.between(start, min(start + length, size)) for start in range(0, size, length)]


class UnicodeScripts(PreTokenizer):
    """Cuts where the script changes. Japanese scripts are one with Chinese, and spaces belong to any.

    Its table is that of Unicode 10: newer characters are in any script, and so is the space. The mark of long vowels (U+30FC)
    is Chinese, too. By hand: ``どこで生れ。Yes`` is cut into ``どこで生れ``, ``。`` and ``Yes``.
    """

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        places = script_cuts(piece.normalized)
        return [piece.between(start, end) for start, end in zip(places, places[1:])]


class Metaspace(PreTokenizer):
    """Puts a marker in the place of spaces, and before the text, and cuts at the marker."""

    options = METASPACE

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        mark, scheme = self.replacement, self.prepend_scheme
        piece.replace(" ", mark)
        if not piece.normalized.startswith(mark) and (scheme == "always" or (scheme == "first" and not piece.span[0])):
            piece.prepend(mark)
        return super()._cut(piece) if self.split else [piece]

    def _rule(self) -> Any:
        return literal(self.replacement), "MergedWithNext", False


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
