"""Text -> segments and the tokens that are found in it as they stand.

A tokenizer has three kinds of tokens. *Ordinary* tokens are made by merges. *Special* tokens (``<|endoftext|>``) are markers:
they are found only where the caller allows them, so that text cannot smuggle one in. *Added* tokens (a run of spaces, an HTML
tag) are part of the model's text: they are found in every text. Special and added tokens have a name, stand for one id, and
take no part in merging. Their occurrences are cut out of the text first; each segment between them is encoded by itself.

By hand, with ``<s>`` and ``<s>x`` both wanted: in ``a<s>xb<s>`` the leftmost occurrence begins at 1; of the two tokens there
the longer wins. The result: text ``a``, token ``<s>x``, text ``b``, token ``<s>``.

In a conversation a program writes the markers, and users write the rest. There, stretches of the text are trusted, and a
token is found only where it lies wholly in one of them. By hand, with the stretches 0 to 3 and 6 to 10: ``<s><s></s>`` is the
token ``<s>``, the text ``<s>``, the token ``</s>``.

On a first reading, take how tokens are found (``find``, ``first``) and how a text is cut at them (``parts``). Stretches,
hidden names and the three questions at the end (``longest``, ``crosses``, ``ends_at``) serve conversations and safe cuts.

Invariants: tokens found do not overlap; leftmost first, then longest (E3). An empty token is refused: it would occur
everywhere.

Costs: O(n k) for n bytes of text and k wanted tokens: ``re`` tries one after the other wherever one may begin. The Rust
mirror has an automaton, which takes O(n) for any number. Stretches cost nothing more, however many there are.

Implements SPEC E3 and E8.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from os.path import commonprefix
from typing import NamedTuple

from ..errors import VocabularyError
from .published.flags import FLAGS, HIDES, Slice

Stretch = tuple[int, int]


class Found(NamedTuple):
    """An occurrence of a token; ``token_id`` is None for a name that is left as text."""

    start: int
    end: int
    name: str
    token_id: int | None


class SpecialTokens:
    """The special and the added tokens of an encoding, by name.

    Args:
        ids: Names and ids of all of them.
        added: The names of those that are found in every text; the others are special.
        late: The names of those that are found after the others, in prepared text (``preprocess``).
        flags: What tokens take of the text around them, or ask of it (``flags``).
        hidden: Names that are found, too, and left as text: no token is found in them.

    >>> tokens = SpecialTokens({"<s>": 256, "<s>x": 257})
    >>> list(tokens.split(b"a<s>xb<s>", ["<s>", "<s>x"]))
    [(0, 1, None), (1, 5, 257), (5, 6, None), (6, 9, 256)]
    """

    def __init__(
        self,
        ids: Mapping[str, int],
        added: Collection[str] = (),
        late: Collection[str] = (),
        flags: Mapping[str, Collection[str]] | None = None,
        hidden: Collection[str] = (),
    ) -> None:
        if "" in ids:
            raise VocabularyError("a special token is empty")
        self.ids = dict(ids)
        self.added, self.late, self.hidden = frozenset(added), frozenset(late), tuple(hidden)
        self.flags = {name: frozenset(own) for name, own in (flags or {}).items() if own}
        for what, names in (("added", self.added), ("late", self.late), ("flagged", self.flags.keys())):
            for name in sorted(names - self.ids.keys()):
                raise VocabularyError(f"the {what} token {name!r} has no id")
        for name, own in self.flags.items():
            for unknown in sorted(own - {*FLAGS, HIDES}):
                known = ", ".join((*FLAGS, HIDES))
                raise VocabularyError(f"the token {name!r} has the flag {unknown!r}; expected one of {known}")
        self.names: dict[int, str] = {}
        for name, token_id in ids.items():
            # An id may have several names (o200k_harmony has one); it is decoded to the first.
            self.names.setdefault(token_id, name)

    def wanted(self, allowed: Collection[str] | None) -> tuple[str, ...]:
        """Returns the tokens to find where these special tokens are allowed: they and the added ones.

        None: no token at all, not even an added one.
        """
        if allowed is None:
            return ()
        return tuple(name for name in self.ids if name in self.added or name in allowed)

    def hiding(self, wanted: Collection[str]) -> tuple[str, ...]:
        """Returns the tokens in whose text no token is found, although they are not wanted themselves."""
        return tuple(name for name, own in self.flags.items() if HIDES in own and name not in wanted)

    def find(self, text: bytes, wanted: Collection[str]) -> Iterator[Found]:
        """Yields each occurrence of the wanted tokens: leftmost, then longest, without overlap."""
        at = 0
        while found := self.first(text, at, len(text), wanted):
            yield found
            at = found.end

    def first(self, text: bytes, start: int, end: int, wanted: Collection[str]) -> Found | None:
        """Returns the first occurrence of a wanted token in a stretch of the text; of several there, the longest."""
        match = token_pattern(tuple(wanted)).search(text, start, end) if wanted else None
        if match is None:
            return None
        name = match.group().decode()
        return Found(match.start(), match.end(), name, self.ids.get(name))

    def find_trusted(self, text: bytes, trusted: Sequence[Stretch], everywhere: SpecialTokens) -> Iterator[Found]:
        """As ``find``, for tokens that lie wholly in a trusted stretch, and for those of ``everywhere``.

        The stretches (start, end) are in order and do not overlap.
        """
        inside = self.first_trusted(text, 0, trusted)
        outside = everywhere.first(text, 0, len(text), everywhere.ids)
        while candidates := [found for found in (inside, outside) if found]:
            found = min(candidates, key=lambda found: (found.start, -found.end))
            yield found
            if inside and inside.start < found.end:
                inside = self.first_trusted(text, found.end, trusted)
            if outside and outside.start < found.end:
                outside = everywhere.first(text, found.end, len(text), everywhere.ids)

    def first_trusted(self, text: bytes, at: int, trusted: Sequence[Stretch]) -> Found | None:
        """Returns the first occurrence of a token in a trusted stretch, from ``at`` on."""
        for number in range(bisect_right(trusted, at, key=lambda stretch: stretch[1]), len(trusted)):
            start, end = trusted[number]
            if found := self.first(text, max(start, at), end, self.ids):
                return found
        return None

    def split(self, text: bytes, wanted: Collection[str] | None = None) -> Iterator[Slice]:
        """Yields the text as segments (start, end, None) and tokens (start, end, id). No segment is empty.

        Finds the tokens in ``wanted``; all of them if it is None.
        """
        return self.parts(text, self.find(text, (*self.ids, *self.hidden) if wanted is None else wanted))

    def split_trusted(self, text: bytes, trusted: Sequence[Stretch], everywhere: SpecialTokens) -> Iterator[Slice]:
        """As ``split``, with the tokens that ``find_trusted`` finds.

        >>> tokens = SpecialTokens({"<s>": 256, "</s>": 257})
        >>> list(tokens.split_trusted(b"<s><s></s>", [(0, 3), (6, 10)], SpecialTokens({})))
        [(0, 3, 256), (3, 6, None), (6, 10, 257)]
        """
        return self.parts(text, self.find_trusted(text, trusted, everywhere))

    def parts(self, text: bytes, occurrences: Iterable[Found]) -> Iterator[Slice]:
        """Yields the text as occurrences of tokens and the segments between them."""
        done = 0
        for start, end, _, token_id in occurrences:
            if token_id is None:
                continue
            if done < start:
                yield done, start, None
            yield start, end, token_id
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
        """Returns whether one of the wanted tokens stands right before a place of the text."""
        return any(text[:at].endswith(name.encode()) for name in wanted)


@lru_cache(maxsize=64)
def token_pattern(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """Returns the pattern that finds these tokens, of several at one place the longest.

    What all of them begin with stands once: ``re`` would find that, too, in time that grows with the square of its length.
    """
    longest_first = sorted((name.encode() for name in names), key=len, reverse=True)
    shared = commonprefix(longest_first) or b""  # noqa: RUF071 - of names, not of paths
    rests = b"|".join(re.escape(name[len(shared) :]) for name in longest_first)
    return re.compile(re.escape(shared) + b"(?:" + rests + b")")
