"""``Places``: which tokens of an ``Encoding`` have a character or a word, looked up without going over all of them.

By hand, the tokens ``ab``, ``c`` and ``!`` with the offsets (0, 2), (2, 3), (3, 4): the character 2 is in the first token that
ends after it, number 1.

Costs: O(n) for the first look-up in an encoding of n tokens; then O(1) for a token or a word, and O(log n) for a character,
unless tokens lie in each other: then O(n).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain
from typing import TYPE_CHECKING

from ...lazy import cached_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import SourceSlice, Span, Word


class Places:
    """Where the tokens of some parts are in their texts."""

    def __init__(self, parts: Sequence[SourceSlice]) -> None:
        self.parts = parts
        # What was found for a range of tokens, those of one text.
        self._words: dict[Span, dict[int, Span]] = {}
        self._starts: dict[Span, tuple[list[int], list[int], list[int], bool]] = {}

    @cached_property
    def offsets(self) -> list[Span]:
        """Where each token begins and ends in its text."""
        return list(chain.from_iterable(part.offsets() for part in self.parts))

    @cached_property
    def words(self) -> list[Word]:
        """The number of each token's word."""
        return list(chain.from_iterable(part.words() for part in self.parts))

    def tokens_of_words(self, start: int, stop: int) -> dict[int, Span]:
        """For each word of a range of tokens, its first token and the one after its last; what stands after a later word is
        not looked at."""  # noqa: D205, D209 - one sentence
        found = self._words.get((start, stop))
        if found is None:
            found, highest = {}, -1
            for index, word in enumerate(self.words[start:stop], start):
                if word is not None and word >= highest:
                    found[word], highest = (found.get(word, (index,))[0], index + 1), word
            self._words[start, stop] = found
        return found

    def token_of_char(self, start: int, stop: int, char: int) -> int | None:
        """The first token of a range that has a character."""
        if (start, stop) not in self._starts:
            # Tokens that hold nothing are skipped.
            spans = enumerate(self.offsets[start:stop], start)
            held = [(number, first, end) for number, (first, end) in spans if first < end]
            numbers, starts, ends = ([row[column] for row in held] for column in range(3))
            ascending = all(a <= b for each in (starts, ends) for a, b in zip(each, each[1:]))
            self._starts[start, stop] = numbers, starts, ends, ascending
        numbers, starts, ends, ascending = self._starts[start, stop]
        if ascending:
            at = bisect_right(ends, char)
            return numbers[at] if at < len(numbers) and starts[at] <= char else None
        places = zip(numbers, starts, ends)
        return next((number for number, first, end in places if first <= char < end), None)
