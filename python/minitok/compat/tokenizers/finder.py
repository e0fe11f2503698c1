"""``Finder``: where added tokens stand in a text, and the white space that they take, as ``tokenizers`` finds them.

Tokens that are not normalized are looked for in the text as it stands; the others afterwards, in what lies between, once it is
normalized, by their names after the normalizer. Of tokens that begin at one place, the longest is found. One that may not stand
there (``single_word``, or a special token where these are text) hides what begins inside it. White space that a token takes
behind it may belong to the next one, too.

By hand, ``c<a>··b`` with ``<a>`` (``rstrip``) and ``··``: ``c`` ``<a>··`` ``··`` ``b``.

Costs: O(n) for n characters, times the length of the longest name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .matching import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .added import AddedToken

__all__ = ["Finder", "Found", "space_before", "space_behind"]


class Found(NamedTuple):
    """A range of a text, and the id of the token that it is; None for text."""

    start: int
    end: int
    token_id: int | None


class Finder:
    """Finds tokens.

    Args:
        names: The ids by the texts to look for.
        tokens: The tokens by id.
        hidden: The contents of those that are not tokens here.
    """

    def __init__(self, names: Mapping[str, int], tokens: Mapping[int, AddedToken], hidden: frozenset[str]) -> None:
        longest_first = sorted(filter(None, names), key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self.names, self.tokens, self.hidden = names, tokens, hidden

    def find(self, text: str) -> list[Found]:
        """The tokens of a text, and the text between them."""
        parts: list[Found] = []
        done = 0
        for match in self.pattern.finditer(text) if self.pattern is not None else ():
            start, end = match.span()
            token_id = self.names[match.group()]
            token = self.tokens[token_id]
            if token.content in self.hidden or (token.single_word and is_beside_word(text, start, end)):
                continue
            if token.lstrip:
                start = space_before(text, done, start)
            if token.rstrip:
                end = space_behind(text, end)
            if done < start:
                parts.append(Found(done, start, None))
            if start < end:  # Else it is white space that the token before it has taken.
                parts.append(Found(start, end, token_id))
            done = max(done, end)
        if done < len(text):
            parts.append(Found(done, len(text), None))
        return parts


def is_beside_word(text: str, start: int, end: int) -> bool:
    """Whether a character of a word is on either side of a range."""
    word = compiled(r"\w")
    return bool(word.fullmatch(text[max(start - 1, 0) : start]) or word.fullmatch(text[end : end + 1]))


def space_before(text: str, start: int, end: int) -> int:
    """Where the white space begins that ends at a place, from ``start`` on; ``start`` itself if that is behind."""
    space = compiled(r"\s")
    while end > start and space.fullmatch(text, end - 1, end):
        end -= 1
    return max(start, end)


def space_behind(text: str, start: int) -> int:
    """Where the white space ends that begins at a place."""
    found = compiled(r"\s*").match(text, start)
    return int(found.end()) if found else start
