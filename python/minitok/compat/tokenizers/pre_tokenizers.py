"""The pre-tokenizers: how text is cut into pieces.

Each is run on a ``PreTokenizedString``. A tokenizer cuts in its codec instead, by the split pattern that they stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError
from minitok.formats.byte_level import CHARS
from minitok.formats.huggingface.patterns import DIGITS, PUNCTUATION, literal
from minitok.reference.pretokenize import NAMED

from .components import Component
from .matching import compiled
from .options import BEHAVIOR, BYTE_LEVEL, CHARACTER, FLAG, METASPACE, PATTERN, SIZE, Option, compiled_source
from .pre_tokenized_string import PreTokenizedString
from .scripts import script_cuts

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Cuts where the script changes. Japanese scripts are one with Chinese, and spaces belong to any."""

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
