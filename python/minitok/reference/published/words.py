r"""Words instead of text: where the text between words is dropped, and the end of a word is part of its last token.

Some vocabularies are of words. What lies between them (white space, as a rule) only separates them and has no token. And a
token can say that a word ends with it: ``cat</w>`` is the word, ``cat`` the beginning of ``catalog</w>``. That end is kept as a
space after each word, so that decoding separates words by spaces. A word cannot hold a space then.

By hand, with the words ``\w+|[^\w\s]+`` and the end `` ``: ``a  cat!`` -> ``a``, ``cat``, ``!`` -> ``a·``, ``cat·``, ``!·``.

Costs: O(n), and what the pattern needs.

Implements SPEC N3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...errors import VocabularyError
from .patterns import compile_pattern, limited_matches

# The end of a piece where files write another, such as ``</w>``.
END = b" "


class Splits(Protocol):
    """A split pattern of any backend."""

    def split(self, text: bytes, /) -> Sequence[bytes]: ...


class WordCutter:
    """How the text of a segment becomes pieces.

    Args:
        words: What words are, as a regular expression; None if all text is one.
        end: What stands after each piece; None if nothing does.
    """

    def __init__(self, words: str | None, end: bytes | None) -> None:
        if words is not None and not words:
            raise VocabularyError("the pattern of words is empty")
        if end is not None and not end:
            raise VocabularyError("the end of a word is empty")
        self.words, self.end = words, end
        self.regex = None if words is None else compile_pattern(words)

    def found(self, segment: bytes) -> list[bytes]:
        """The words of a segment."""
        if self.regex is None or self.words is None:
            return [segment]
        return [segment[start:end] for start, end in limited_matches(self.regex, self.words, segment) if start < end]

    def pieces(self, pattern: Splits, segment: bytes) -> list[bytes]:
        r"""The pieces that a pattern cuts the words of a segment into, each with its end.

        >>> from minitok.reference.published.patterns import Pattern
        >>> WordCutter(r"\w+", b" ").pieces(Pattern("none"), b"a  cat!")
        [b'a ', b'cat ']
        """
        pieces = []
        for word in self.found(segment):
            for piece in pattern.split(word):
                if self.end is not None and self.end in piece:
                    raise VocabularyError(f"the word {shown(piece)} holds {shown(self.end)}, which stands for its end")
                pieces.append(piece + (self.end or b""))
        return pieces


def shown(piece: bytes) -> str:
    """A piece as a message shows it, in single quotes: its first 80 characters."""
    return f"'{piece.decode('utf-8', 'replace')[:80]}'"
