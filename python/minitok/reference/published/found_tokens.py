"""The tokens of published files that are found in text: special, added, late, hidden, and in trusted stretches.

*Added* tokens (a run of spaces, an HTML tag) are part of the model's text: they are found in every text. *Late* tokens are
found after the others, in prepared text (``preprocess``). Where a token *hides* others and is not allowed itself, no token is
found in its text, which stays text (``flags``).

In a conversation a program writes the markers, and users write the rest. There, stretches of the text are trusted, and a
token is found only where it lies wholly in one of them. By hand, with the stretches 0 to 3 and 6 to 10: ``<s><s></s>`` is the
token ``<s>``, the text ``<s>``, the token ``</s>``.

Invariants: those of ``special``.

Costs: as ``special``. Stretches cost nothing more, however many there are.

Implements SPEC E3 and E8.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence

from ...errors import VocabularyError
from .. import special
from ..special import Slice, slices, token_pattern
from .flags import FLAGS, HIDES

Stretch = tuple[int, int]


class SpecialTokens(special.SpecialTokens):
    """The special and the added tokens of an encoding, by name.

    Args:
        ids: Names and ids of all of them.
        added: The names of those that are found in every text; the others are special.
        late: The names of those that are found after the others, in prepared text (``preprocess``).
        flags: What tokens take of the text around them, or ask of it (``flags``).
        left_as_text: Names that are found, too, and left as text: no token is found in them.

    >>> tokens = SpecialTokens({"<s>": 256, " ": 257}, added=[" "], left_as_text=["<b> "])
    >>> list(tokens.split(b"<b> <s>", ["<s>", " ", "<b> "]))
    [(0, 4, None), (4, 7, 256)]
    """

    def __init__(
        self,
        ids: Mapping[str, int],
        added: Collection[str] = (),
        late: Collection[str] = (),
        flags: Mapping[str, Collection[str]] | None = None,
        left_as_text: Collection[str] = (),
    ) -> None:
        super().__init__(ids)
        self.added, self.late, self.left_as_text = frozenset(added), frozenset(late), tuple(left_as_text)
        self.flags = {name: frozenset(own) for name, own in (flags or {}).items() if own}
        for what, names in (("added", self.added), ("late", self.late), ("flagged", self.flags.keys())):
            for name in sorted(names - self.ids.keys()):
                raise VocabularyError(f"the {what} token {name!r} has no id")
        for name, own in self.flags.items():
            for unknown in sorted(own - {*FLAGS, HIDES}):
                known = ", ".join((*FLAGS, HIDES))
                raise VocabularyError(f"the token {name!r} has the flag {unknown!r}; expected one of {known}")

    def wanted(self, allowed: Collection[str] | None) -> tuple[str, ...]:
        """Returns the tokens to find where these special tokens are allowed: they and the added ones.

        None: no token at all, not even an added one.
        """
        if allowed is None:
            return ()
        return tuple(name for name in self.ids if name in self.added or name in allowed)

    def left_alone(self, wanted: Collection[str]) -> tuple[str, ...]:
        """Returns the tokens in whose text no token is found, although they are not wanted themselves."""
        return tuple(name for name, own in self.flags.items() if HIDES in own and name not in wanted)

    def find(self, text: bytes, wanted: Collection[str]) -> Iterator[Slice]:
        """Yields each occurrence of the wanted tokens; names that are left as text are passed over as a whole."""
        at = 0
        while found := self.first(text, at, len(text), wanted):
            at = found[1]
            if found[2] is not None:
                yield found

    def first(self, text: bytes, start: int, end: int, wanted: Collection[str]) -> Slice | None:
        """Returns the first occurrence of a wanted token in a stretch of the text; of several there, the longest.

        A name that is left as text has no id.
        """
        match = token_pattern(tuple(wanted)).search(text, start, end) if wanted else None
        return match and (match.start(), match.end(), self.ids.get(match.group().decode()))

    def find_trusted(self, text: bytes, trusted: Sequence[Stretch], everywhere: SpecialTokens) -> Iterator[Slice]:
        """As ``find``, for tokens that lie wholly in a trusted stretch, and for those of ``everywhere``.

        The stretches (start, end) are in order and do not overlap.
        """
        inside = self.first_trusted(text, 0, trusted)
        outside = everywhere.first(text, 0, len(text), everywhere.ids)
        while candidates := [found for found in (inside, outside) if found]:
            found = min(candidates, key=lambda found: (found[0], -found[1]))
            if found[2] is not None:
                yield found
            if inside and inside[0] < found[1]:
                inside = self.first_trusted(text, found[1], trusted)
            if outside and outside[0] < found[1]:
                outside = everywhere.first(text, found[1], len(text), everywhere.ids)

    def first_trusted(self, text: bytes, at: int, trusted: Sequence[Stretch]) -> Slice | None:
        """Returns the first occurrence of a token in a trusted stretch, from ``at`` on."""
        for number in range(bisect_right(trusted, at, key=lambda stretch: stretch[1]), len(trusted)):
            start, end = trusted[number]
            if found := self.first(text, max(start, at), end, self.ids):
                return found
        return None

    def split(self, text: bytes, wanted: Collection[str] | None = None) -> Iterator[Slice]:
        """Yields the text as segments and tokens; finds the tokens in ``wanted``, or all of them."""
        return super().split(text, (*self.ids, *self.left_as_text) if wanted is None else wanted)

    def split_trusted(self, text: bytes, trusted: Sequence[Stretch], everywhere: SpecialTokens) -> Iterator[Slice]:
        """As ``split``, with the tokens that ``find_trusted`` finds.

        >>> tokens = SpecialTokens({"<s>": 256, "</s>": 257})
        >>> list(tokens.split_trusted(b"<s><s></s>", [(0, 3), (6, 10)], SpecialTokens({})))
        [(0, 3, 256), (3, 6, None), (6, 10, 257)]
        """
        return slices(text, self.find_trusted(text, trusted, everywhere))

    def ends_at(self, text: bytes | bytearray, at: int, wanted: Collection[str]) -> bool:
        """Returns whether one of the wanted tokens stands right before a place of the text."""
        return any(text[:at].endswith(name.encode()) for name in wanted)
