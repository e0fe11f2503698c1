"""Text -> segments and the tokens that are found in it as they stand.

*Ordinary* tokens are made by merges. *Special* tokens (``<|endoftext|>``) are markers: they are found only where the caller
allows them, so that text cannot smuggle one in. A special token has a name, stands for one id, and takes no part in merging.
Its occurrences are cut out of the text first; each segment between them is encoded by itself.

By hand, with ``<s>`` and ``<s>x`` both wanted: in ``a<s>xb<s>`` the leftmost occurrence begins at 1; of the two tokens there
the longer wins. The result: text ``a``, token ``<s>x``, text ``b``, token ``<s>``.

Invariants: tokens found do not overlap; leftmost first, then longest (E3). An empty token is refused: it would occur
everywhere.

Costs: O(n m) for n bytes of text and wanted tokens of m bytes at worst, where all of them nearly occur everywhere: ``re``
tries one after the other wherever one may begin. The Rust mirror has an automaton, which takes O(n) for any tokens.

Implements SPEC E3 without added tokens, and without the check that a name and its id agree with the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from os.path import commonprefix

from ..errors import VocabularyError

# A slice of a text (start, end, None), or a token (start, end, id).
Slice = tuple[int, int, int | None]


class SpecialTokens:
    """The special tokens of an encoding, by name.

    >>> tokens = SpecialTokens({"<s>": 256, "<s>x": 257})
    >>> list(tokens.split(b"a<s>xb<s>"))
    [(0, 1, None), (1, 5, 257), (5, 6, None), (6, 9, 256)]
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        if "" in ids:
            raise VocabularyError("a special token is empty")
        self.ids = dict(ids)
        self.names: dict[int, str] = {}
        for name, token_id in ids.items():
            # An id may have several names (one of o200k_harmony has two); it is decoded to the first.
            self.names.setdefault(token_id, name)

    def find(self, text: bytes, wanted: Collection[str]) -> Iterator[Slice]:
        """Yields each occurrence of the wanted tokens: leftmost, then longest, without overlap."""
        if wanted:
            for match in token_pattern(tuple(wanted)).finditer(text):
                yield match.start(), match.end(), self.ids[match.group().decode()]

    def split(self, text: bytes, wanted: Collection[str] | None = None) -> Iterator[Slice]:
        """Yields the text as segments (start, end, None) and tokens (start, end, id). No segment is empty.

        Finds the tokens in ``wanted``; all of them if it is None.
        """
        return slices(text, self.find(text, self.ids if wanted is None else wanted))

    def longest(self, wanted: Collection[str]) -> int:
        """Returns the length in bytes of the longest wanted token; 0 if there is none."""
        return max((len(name.encode()) for name in wanted), default=0)

    def crosses(self, text: bytes | bytearray, at: int, wanted: Collection[str]) -> bool:
        """Returns whether one of the wanted tokens extends across an offset of the text."""
        for token in (name.encode() for name in wanted):
            before = len(token) - 1
            if token in text[max(0, at - before) : at + before]:
                return True
        return False


def slices(text: bytes, occurrences: Iterable[Slice]) -> Iterator[Slice]:
    """Yields the text as occurrences of tokens and the segments between them."""
    done = 0
    for start, end, token_id in occurrences:
        if done < start:
            yield done, start, None
        yield start, end, token_id
        done = end
    if done < len(text):
        yield done, len(text), None


@lru_cache(maxsize=64)
def token_pattern(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """Returns the pattern that finds these tokens, of several at one place the longest.

    Their common beginning is written once. ``re`` would factor it out by itself, in time that grows with the square of its
    length.
    """
    longest_first = sorted((name.encode() for name in names), key=len, reverse=True)
    shared = commonprefix(longest_first) or b""  # noqa: RUF071 - of names, not of paths
    rests = b"|".join(re.escape(name[len(shared) :]) for name in longest_first)
    return re.compile(re.escape(shared) + b"(?:" + rests + b")")
