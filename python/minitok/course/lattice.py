"""All lists of tokens that spell a text: how many, the k-th of them, which one a list is, and one at random.

They are sorted by the first place where they differ, the longer token first. So number 0 takes the longest token each time.

By hand, with the tokens ``a``, ``b`` and ``ab``: ``aab`` is ``a ab`` (number 0) or ``a a b`` (number 1).

Costs, n bytes and tokens of at most L bytes: O(n L) once, then O(n L) for each list. Counts are exact, of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["Tokenizations"]


class Tokenizations:
    """The lists of ids that spell a text.

    Args:
        ids: The id of each token, by its bytes.
        text: The text.

    >>> ways = Tokenizations({b"a": 0, b"b": 1, b"ab": 2}, b"aab")
    >>> ways.count, [ways[number] for number in range(ways.count)], ways.index([0, 2])
    (2, [[0, 2], [0, 0, 1]], 0)
    """

    def __init__(self, ids: Mapping[bytes, int], text: bytes) -> None:
        self.ids, self.text = ids, text
        self.longest = max(map(len, ids), default=0)
        # How many lists spell the text from each place on.
        self.counts = [0] * len(text) + [1]
        for at in range(len(text) - 1, -1, -1):
            self.counts[at] = sum(self.counts[end] for end, _ in self.tokens_at(at))

    def tokens_at(self, at: int) -> Iterator[tuple[int, int]]:
        """Yields the tokens that the text goes on with at a place, the longest first: where each ends, and its id."""
        for end in range(min(len(self.text), at + self.longest), at, -1):
            if (token_id := self.ids.get(self.text[at:end])) is not None:
                yield end, token_id

    @property
    def count(self) -> int:
        """How many there are."""
        return self.counts[0]

    def __getitem__(self, number: int) -> list[int]:
        """Returns the list with a number, counted from 0. Raises IndexError if there are no more."""
        if not 0 <= number < self.count:
            raise IndexError(f"there are {self.count} tokenizations, and {number} is not the number of one")
        at, found = 0, []
        while at < len(self.text):
            for end, token_id in self.tokens_at(at):
                if number < self.counts[end]:
                    at = end
                    found.append(token_id)
                    break
                number -= self.counts[end]
        return found

    def index(self, ids: Sequence[int]) -> int:
        """Returns the number of a list. Raises ValueError if it does not spell the text."""
        at = number = 0
        for wanted in ids:
            for end, token_id in self.tokens_at(at):
                if token_id == wanted:
                    at = end
                    break
                number += self.counts[end]
            else:
                raise ValueError(f"the text does not continue with token {wanted} at byte {at}")
        if at < len(self.text):
            raise ValueError(f"the tokens end at byte {at} of {len(self.text)}")
        return number

    def sample(self, random: Random) -> list[int]:
        """Returns one of them, each as likely as every other."""
        return self[random.randrange(self.count)]
