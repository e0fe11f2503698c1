r"""Words instead of text: where the text between words is dropped, and the end of a word is part of its last token.

Some vocabularies are of words. What lies between them (white space, as a rule) only separates them and has no token. And a
token can say that a word ends with it: ``cat</w>`` is the word, ``cat`` the beginning of ``catalog</w>``. That end is kept as a
space behind each word, so that decoding separates words by spaces. A word cannot hold a space then.

By hand, with the words ``\w+|[^\w\s]+`` and the end ``</w>``: ``a  cat!`` -> ``a``, ``cat``, ``!`` -> ``a·``, ``cat·``, ``!·``.

Costs: O(n), and what the pattern needs; a small object in Python for each word.

Implements SPEC N3, for both backends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import VocabularyError
from .normal_steps import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Words"]

END = b" "


class Words:
    """How the text of a segment becomes pieces.

    Args:
        pattern: Cuts a word into pieces: a pattern of the backend.
        words: What words are, as a regular expression; None if all text is one.
        end: How files write the end of a piece; None if it is not part of a token.
    """

    def __init__(self, pattern: Any, words: str | None, end: str | None) -> None:
        self.pattern, self.words, self.end = pattern, words, end
        if end is not None and not end:
            raise VocabularyError("the end of a word is empty")
        list(matches("", words or "x"))

    def pieces(self, segment: bytes) -> Iterator[bytes]:
        """The pieces of a segment, each with its end."""
        for word in self.found(segment):
            for piece in self.pattern.split(word):
                if self.end is None:
                    yield piece
                    continue
                if END in piece:
                    raise VocabularyError(f"the word {piece[:80]!r} holds a space, which stands for the end of a word")
                yield piece + END

    def found(self, segment: bytes) -> Iterator[bytes]:
        """The words of a segment."""
        if self.words is None:
            yield segment
            return
        chars = segment.decode("utf-8", "surrogateescape")
        for start, end in matches(chars, self.words):
            yield chars[start:end].encode("utf-8", "surrogateescape")
