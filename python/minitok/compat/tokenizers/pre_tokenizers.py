"""The pre-tokenizers: how text is cut into pieces.

Each is run on a ``PreTokenizedString``. A tokenizer cuts in its codec instead, by the split pattern that they stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError
from minitok.formats.byte_level import CHARS
from minitok.formats.huggingface.patterns import WORDS
from minitok.formats.huggingface.tables import DIGITS, PUNCTUATION
from minitok.reference.pretokenize import NAMED

from .components import Borrowed, Component
from .matching import Cut, compiled, cuts
from .normalizers import show_bytes
from .options import BEHAVIOR, BYTE_LEVEL, CHARACTER, FLAG, METASPACE, PATTERN, SIZE, Option, compiled_source
from .pre_tokenized_string import PreTokenizedString
from .scripts import script_cuts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .normalized_string import NormalizedString

__all__ = [
    "BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "FixedLength", "Metaspace", "PreTokenizer",
    "Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit",
]  # fmt: skip

SPACE = r"\s"


class PreTokenizer(Component):
    """What cuts text into pieces."""

    def pre_tokenize(self, pretok: Any) -> None:
        """Cuts the pieces of a ``PreTokenizedString`` further.

        Raises:
            ComponentError: A custom pre-tokenizer fails.
        """
        if isinstance(pretok, Borrowed):
            pretok = pretok.lent()
        if self.custom_object is None:
            self._apply(pretok)
            return
        borrowed = Borrowed(pretok, "Cannot use a PreTokenizedStringRefMut outside `pre_tokenize`")
        try:
            self._call("pre_tokenize", borrowed)
        finally:
            borrowed.give_back()

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
        self._refuse(piece)


class ByteLevel(PreTokenizer):
    """Cuts as GPT-2 does, and shows each byte as a character."""

    options = BYTE_LEVEL

    def __init__(
        self, add_prefix_space: bool = True, trim_offsets: bool = True, use_regex: bool = True, **_: Any
    ) -> None:
        self._become(add_prefix_space=add_prefix_space, trim_offsets=trim_offsets, use_regex=use_regex)

    @staticmethod
    def alphabet() -> list[str]:
        """The 256 characters that stand for the bytes, in no particular order."""
        return list(CHARS)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        if self.add_prefix_space and not piece.normalized.startswith(" "):
            piece.prepend(" ")
        pieces = at_matches(piece, NAMED["gpt2"], "Isolated") if self.use_regex else [piece]
        for made in pieces:
            show_bytes(made)
        return pieces


class Split(PreTokenizer):
    """Cuts at the matches of a text or of a ``Regex``; inverted, at the text between them."""

    options = Option("pattern", PATTERN), Option("behavior", BEHAVIOR), Option("invert", FLAG, False)

    def __init__(self, pattern: Any, behavior: str, invert: bool = False) -> None:
        self._become(pattern=pattern, behavior=behavior, invert=invert)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        found: Iterable[Cut] = cuts(piece.normalized, compiled_source(self.state["pattern"]))
        if self.invert:
            found = [cut._replace(matches=not cut.matches) for cut in found]
        return piece.split_at(found, self.state["behavior"])


class Digits(PreTokenizer):
    """Cuts at numbers: at each digit, or at each run of digits."""

    options = (Option("individual_digits", FLAG),)

    def __init__(self, individual_digits: bool = False) -> None:
        self._become(individual_digits=individual_digits)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        return at_matches(piece, DIGITS, "Isolated" if self.individual_digits else "Contiguous")


class Punctuation(PreTokenizer):
    """Cuts at punctuation."""

    options = (Option("behavior", BEHAVIOR, "Isolated"),)

    def __init__(self, behavior: str = "isolated") -> None:
        self._become(behavior=behavior)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        return at_matches(piece, PUNCTUATION, self.state["behavior"])


class Whitespace(PreTokenizer):
    """Keeps words, and runs of what is neither a word nor white space."""

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        found = cuts(piece.normalized, compiled(WORDS["Whitespace"][0]))
        return [piece.between(start, end) for start, end, matches in found if matches]


class WhitespaceSplit(PreTokenizer):
    """Keeps what stands between white space."""

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        return at_matches(piece, SPACE, "Removed")


class BertPreTokenizer(PreTokenizer):
    """Keeps what stands between white space, cut at punctuation."""

    def _apply(self, pretok: PreTokenizedString) -> None:
        for part in (WhitespaceSplit(), Punctuation()):
            part.pre_tokenize(pretok)


class CharDelimiterSplit(PreTokenizer):
    """Keeps what stands between a character."""

    options = (Option("delimiter", CHARACTER),)

    def __init__(self, delimiter: str) -> None:
        self._become(delimiter=delimiter)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        return piece.split(self.delimiter, "removed")


class FixedLength(PreTokenizer):
    """Pieces of as many characters."""

    options = (Option("length", SIZE, 5),)

    def __init__(self, length: int = 5) -> None:
        self._become(length=length)

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

    def __init__(self, replacement: str = "▁", prepend_scheme: str = "always", split: bool = True) -> None:
        self._become(replacement=replacement, prepend_scheme=prepend_scheme, split=split)

    def _cut(self, piece: NormalizedString) -> list[NormalizedString]:
        mark, scheme = self.replacement, self.prepend_scheme
        piece.replace(" ", mark)
        if not piece.normalized.startswith(mark) and (scheme == "always" or (scheme == "first" and not piece.span[0])):
            piece.prepend(mark)
        return piece.split(mark, "merged_with_next") if self.split else [piece]


class Sequence(PreTokenizer):
    """Pre-tokenizers, one after the other."""

    parts_field = "pretokenizers"

    def __init__(self, pre_tokenizers: Iterable[Any]) -> None:
        self._hold(pre_tokenizers)

    def _apply(self, pretok: PreTokenizedString) -> None:
        for part in self._parts():
            part.pre_tokenize(pretok)


def at_matches(piece: NormalizedString, pattern: str, behavior: str) -> list[NormalizedString]:
    """The parts of a piece that is cut at the matches of a pattern of minitok's."""
    return piece.split_at(cuts(piece.normalized, compiled(pattern)), behavior)
