r"""Text -> pieces.

A split pattern cuts text into pieces before anything is merged, and no merge ever crosses the boundary of a piece. This keeps
"dog" and "dog." from becoming two unrelated tokens, and makes training cheap: the corpus becomes a bag of pieces with counts.

By hand, with ``gpt2``: ``I'll be  back`` -> ``I`` ``'ll`` `` be`` `` `` `` back`` (a word takes one space before it;
of two spaces the first stays alone).

Invariants: the pieces, joined, are the text (P2): text that the pattern does not match becomes separate pieces. No piece is
empty: an empty match only cuts where it stands. Bytes that are not UTF-8 are cut as if each were U+FFFD, which is neither
letter, number nor white space (E5).

Costs: one search a piece; time linear in the text for the named patterns. A custom pattern costs what its engine needs for it.

When not to use it: to find the words of a language written without spaces. A piece is then a whole sentence, which is still
exact.

Implements SPEC P1, P2 and E5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from ..errors import PatternError

# The patterns of GPT-2, of GPT-3.5 and GPT-4, and of GPT-4o, as tiktoken publishes them. A `+` after another quantifier (`++`,
# `*+`, `?+`) gives nothing back of what was matched: the search is faster, and finds the same here. `small` has GPT-2's in its
# older spelling, which cuts every text the same.
NAMED = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
# The pattern where none is given. `gpt2` would cut Hindi, Tamil or Thai at every vowel sign.
DEFAULT_PATTERN = "o200k"


# An invalid byte b is held as the lone surrogate DC00 + b while its text is cut, and looks like U+FFFD to the pattern.
STAND_INS = dict.fromkeys(range(0xDC80, 0xDD00), "\N{REPLACEMENT CHARACTER}")


class Match(Protocol):
    """An occurrence of a regular expression."""

    def span(self) -> tuple[int, int]: ...


class Engine(Protocol):
    """A compiled regular expression, such as one of the module ``regex``."""

    def search(self, text: str, at: int, /) -> Match | None: ...


class Pattern:
    """A split pattern: its name, ``none`` (the whole text is one piece) or a regular expression.

    Args:
        source: The pattern.
        compiled: What compiles a regular expression, such as ``regex.compile``.

    >>> import regex
    >>> Pattern("gpt2", regex.compile).split(b"I'll be  back")
    [b'I', b"'ll", b' be', b' ', b' back']
    """

    def __init__(self, source: str, compiled: Callable[[str], Engine]) -> None:
        if not source:
            raise PatternError("", "the pattern is empty (for one piece, use 'none')")
        self.source = source
        self.regex = None if source == "none" else compiled(NAMED.get(source, source))

    def split(self, text: bytes) -> list[bytes]:
        """Returns the pieces of the text, in order."""
        if self.regex is None:
            return [text] if text else []
        return cut(self.regex, text)

    def safe_cut(self, text: bytes | bytearray) -> int:
        """Returns the last offset known where the text can be cut without changing its pieces; 0 if none is known.

        With a named pattern: between an ASCII letter or digit and a space, tab, newline or carriage return. No alternative
        continues from a letter or digit to white space, so a piece ends there; none looks behind, so the right part is cut as
        before; and none looks past a letter or digit that it has not matched, so the left part does not change either. This
        holds whatever text follows.
        """
        return last_word_end(text) if self.source in NAMED else 0


def cut(regex: Engine, text: bytes) -> list[bytes]:
    """Returns the matches of an expression in a text, and the text between them, in order."""
    pieces: list[bytes] = []
    done = 0
    for start, end in matches(regex, text):
        if done < start:
            pieces.append(text[done:start])
        if start < end:
            pieces.append(text[start:end])
        done = end
    if done < len(text):
        pieces.append(text[done:])
    return pieces


def matches(regex: Engine, text: bytes) -> Iterator[tuple[int, int]]:
    """Yields where the matches of an expression stand, in bytes, from the left; empty ones too."""
    chars = text.decode("utf-8", "surrogateescape")
    view = chars if chars.isascii() else chars.translate(STAND_INS)
    done = at = byte = 0  # the last match ends at the character `done`, which stands at `byte`
    while at < len(view) and (match := regex.search(view, at)):
        start, end = match.span()
        first = byte + len(chars[done:start].encode("utf-8", "surrogateescape"))
        byte = first + len(chars[start:end].encode("utf-8", "surrogateescape"))
        yield first, byte
        # After an empty match, continue after the next character.
        done, at = end, end + (start == end)


def last_word_end(text: bytes | bytearray) -> int:
    """Returns the last offset between an ASCII letter or digit and one of four white-space characters; 0 if there is none."""
    for at in range(len(text) - 1, 0, -1):
        if text[at] in b" \t\n\r" and text[at - 1 : at].isalnum():
            return at
    return 0
