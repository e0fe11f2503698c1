"""Text -> segments and special tokens.

A special token (``<|endoftext|>``) is a marker that stands for one id and never takes part in merging. Where the caller
allows one, its occurrences are cut out of the text first; each segment between them is encoded by itself.

By hand, with ``<s>`` and ``<s>x`` both allowed: in ``a<s>xb<s>`` the leftmost occurrence begins at 1; of the two tokens there
the longer wins. The result: text ``a``, token ``<s>x``, text ``b``, token ``<s>``.

Invariants: tokens found do not overlap; leftmost first, then longest (E3). An empty token is refused: it would occur
everywhere. Nothing is special unless the caller says so: user text cannot smuggle in a marker.

Costs: O(n) for n bytes of text, for any number of tokens.

Implements SPEC E3.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ..errors import VocabularyError


class SpecialTokens:
    """The special tokens of an encoding, by name.

    >>> tokens = SpecialTokens({"<s>": 256, "<s>x": 257})
    >>> list(tokens.split(b"a<s>xb<s>", ["<s>", "<s>x"]))
    [(0, 1, None), (1, 5, 257), (5, 6, None), (6, 9, 256)]
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        if "" in ids:
            raise VocabularyError("a special token is empty")
        self.ids = dict(ids)
        self.names: dict[int, str] = {}
        for name, token_id in ids.items():
            # An id may have several names (o200k_harmony has one); it is decoded to the first.
            self.names.setdefault(token_id, name)

    def find(self, text: bytes, wanted: Collection[str]) -> Iterator[tuple[int, int, str]]:
        """Yields start, end and name of each occurrence of the wanted tokens: leftmost, then longest, without overlap."""
        if not wanted:
            return
        longest_first = sorted((name.encode() for name in wanted), key=len, reverse=True)
        for match in re.finditer(b"|".join(map(re.escape, longest_first)), text):
            yield match.start(), match.end(), match.group().decode()

    def split(self, text: bytes, wanted: Collection[str] | None = None) -> Iterator[tuple[int, int, int | None]]:
        """Yields the text as segments (start, end, None) and special tokens (start, end, id). No segment is empty.

        Finds the special tokens in ``wanted``; all of them if it is None.
        """
        done = 0
        for start, end, name in self.find(text, self.ids if wanted is None else wanted):
            if done < start:
                yield done, start, None
            yield start, end, self.ids[name]
            done = end
        if done < len(text):
            yield done, len(text), None

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

    def ends_at(self, text: bytes | bytearray, at: int, wanted: Collection[str]) -> bool:
        """Whether one of the wanted tokens stands right before a place of the text."""
        return any(text[:at].endswith(name.encode()) for name in wanted)
