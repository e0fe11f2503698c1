"""Text -> segments: everything that is done to a text before a pattern cuts it.

The steps, in their order:

1. *Early* tokens, special and added, are found in the text as it stands (``special``), with the white space that they take
   (``flags``). What lies between them are the segments.
2. Each segment is normalized by itself (``normalize``).
3. A space is put before it, and its markers become spaces (``metaspace``), if that is what the normalizer does.
4. *Late* tokens are found in the segment, as their names look after steps 2 and 3.
5. Otherwise, step 3 is done to each part between late tokens.

By hand, with the normal form NFC, the early token ``<s>`` and the late token ``é``: ``e◌́<s>xe◌́`` is the id of ``é``; the id of
``<s>``; the segment ``x``; the id of ``é``.

A ``Segment`` also says where in the text it stands, and where each of its bytes comes from. So offsets refer to the text as it
was given, chunks are cut from it, and a conversation knows who wrote which token.

Invariants: segments are in order. The ranges of the text that they come from do not overlap, and leave no gap, except where
nothing is left of what lies between two early tokens.

Costs: O(n) for n bytes, and what the steps cost.

Implements SPEC E3, E8, E10 and S4.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from ..special import Slice
from .flags import HIDES, as_flagged
from .found_tokens import SpecialTokens, Stretch
from .metaspace import MARKER, Metaspace, spaced
from .normalize import Normalizer

# What stands before a text: nothing, text that it continues, or a token.
NOTHING, TEXT, TOKEN = "nothing", "text", "token"


class TokenFinder(NamedTuple):
    """Tokens to find: the early ones by their names, the late ones by their texts in prepared segments."""

    early: SpecialTokens
    late: SpecialTokens


class Trust(NamedTuple):
    """Where tokens are found in a conversation (E8): in these stretches of it, and ``everywhere`` some of them."""

    stretches: Sequence[Stretch]
    everywhere: TokenFinder


class Prepared(NamedTuple):
    """A range of a text after some steps.

    Attributes:
        data: What has become of it.
        start: Where it begins in the text.
        end: Where it ends there.
        put: How many bytes were put before it: 1 for a space, or 0.
        origins: The range of the text that each byte comes from; None if the bytes are those of the text.
    """

    data: bytes
    start: int
    end: int
    put: int = 0
    origins: Sequence[Stretch] | None = None

    def origin(self, index: int) -> Stretch:
        """Returns the range of the text that a byte comes from."""
        if self.origins is not None:
            return self.origins[index]
        if index < self.put:
            return self.start, self.start
        return self.start + index - self.put, self.start + index - self.put + 1

    def part(self, start: int, end: int) -> Prepared:
        """Returns some of the bytes. The ranges of neighbours meet."""
        first = self.origin(start)[0] if start else self.start
        last = self.origin(end)[0] if end < len(self.data) else self.end
        origins = None if self.origins is None else self.origins[start:end]
        return Prepared(self.data[start:end], first, max(first, last), max(self.put - start, 0), origins)

    def spaced(self) -> Prepared:
        """Returns the text with its markers as spaces."""
        if MARKER not in self.data:
            return self
        origins: list[Stretch] = []
        at = 0
        for part in self.data.split(MARKER):
            origins += [self.origin(index) for index in range(at, at + len(part))]
            at += len(part) + len(MARKER)
            if at <= len(self.data):
                origins.append((self.origin(at - len(MARKER))[0], self.origin(at - 1)[1]))
        return self._replace(data=spaced(self.data), origins=origins)

    def with_space(self) -> Prepared:
        """Returns the text with a space before it."""
        origins = None if self.origins is None else [(self.start, self.start), *self.origins]
        return self._replace(data=b" " + self.data, put=1, origins=origins)


class Segment(NamedTuple):
    """A part of a text: what is to be cut into pieces, or a token that was found, with the white space that it takes."""

    text: Prepared
    token_id: int | None


class Preprocessor:
    """The tokens that are found in text, the normalizer and the rule of the space.

    >>> from .normalize import Normalizer
    >>> made = Preprocessor(SpecialTokens({"<s>": 256}), Normalizer(["lowercase"]))
    >>> [(segment.token_id, segment.text.data) for segment in made.segments(b"A<s>B", made.finder(["<s>"]))]
    [(None, b'a'), (256, b'<s>'), (None, b'b')]
    """

    def __init__(self, special: SpecialTokens, normalizer: Normalizer, metaspace: Metaspace | None = None) -> None:
        self.special, self.normalizer, self.metaspace = special, normalizer, metaspace
        self.flags = {special.ids[name]: rest for name, own in special.flags.items() if (rest := own - {HIDES})}

    def finder(self, wanted: Collection[str], hidden: Collection[str] = ()) -> TokenFinder:
        """Returns what finds the tokens of these names. Of two late ones with one text, it finds the first.

        ``hidden``: the names in whose text no token is found.
        """
        late, wanted = self.special.late, frozenset(wanted)
        early: dict[str, int] = {}
        texts: dict[str, int] = {}
        for name, token_id in self.special.ids.items():
            if name in wanted and name not in late:
                early[name] = token_id
            elif name in wanted and (text := self.late_text(name)):
                texts.setdefault(text, token_id)
        hidden_early = [name for name in hidden if name not in late]
        hidden_late = [text for name in hidden if name in late and (text := self.late_text(name))]
        # Where no token is found, there is none to hide.
        return TokenFinder(
            SpecialTokens(early, left_as_text=hidden_early if early else ()),
            SpecialTokens(texts, left_as_text=hidden_late if texts else ()),
        )

    def segments(
        self, text: bytes, finder: TokenFinder, before: str = NOTHING, trust: Trust | None = None
    ) -> Iterator[Segment]:
        """Yields the segments of a text and the tokens between them.

        Args:
            text: The text.
            finder: The tokens to find.
            before: What stands before the text: a text that continues another gets no space before it.
            trust: Where in the text the tokens are to be found; None: everywhere.
        """
        everywhere = None if trust is None else trust.everywhere.early
        for segment in self.found(Prepared(text, 0, len(text)), finder.early, trust, everywhere):
            if segment.token_id is not None:
                yield segment
            else:
                yield from self.prepared(segment.text, finder.late, before, trust)
            before = TOKEN

    def prepared(
        self, text: Prepared, late: SpecialTokens, before: str, trust: Trust | None = None
    ) -> Iterator[Segment]:
        """Yields a segment as it is cut into pieces, and the late tokens in it."""
        text = self.normalized(text)
        everywhere = None if trust is None else trust.everywhere.late
        comes_first = self.metaspace is not None and self.metaspace.comes_first()
        if comes_first:
            text = self.with_space(text, before)
        for segment in self.found(text, late, trust, everywhere, comes_first):
            is_text = segment.token_id is None and not comes_first
            yield segment._replace(text=self.with_space(segment.text, before)) if is_text else segment
            before = TOKEN

    def found(
        self,
        text: Prepared,
        special: SpecialTokens,
        trust: Trust | None,
        everywhere: SpecialTokens | None,
        marked: bool = False,
    ) -> Iterator[Segment]:
        """Yields tokens that are found in a text, and what lies between them. ``marked``: its spaces are markers."""
        if trust is None or everywhere is None:
            parts = special.split(text.data)
        else:
            parts = special.split_trusted(text.data, self.trusted_ranges(text, trust.stretches, marked), everywhere)
        flagged: Sequence[Slice] = list(parts)
        if self.flags:
            flagged = as_flagged(text.data, flagged, self.flags, marked)
        for start, end, token_id in flagged:
            yield Segment(text.part(start, end), token_id)

    def normalized(self, text: Prepared) -> Prepared:
        """Returns a text as it was given, normalized."""
        if self.normalizer.apply(text.data) == text.data:
            return text
        data, origins = self.normalizer.aligned(text.data)
        return text._replace(data=data, origins=[(text.start + start, text.start + end) for start, end in origins])

    def with_space(self, text: Prepared, before: str) -> Prepared:
        """Returns a text with its markers as spaces, and the space before it."""
        if self.metaspace is None:
            return text
        text = text.spaced() if self.metaspace.has_markers() else text
        puts = before != TEXT and self.metaspace.puts_space(text.data, before == NOTHING)
        return text.with_space() if puts else text

    def trusted_ranges(self, text: Prepared, stretches: Sequence[Stretch], marked: bool) -> list[Stretch]:
        """Returns the ranges of bytes of a text that come from these stretches of the text as it was given.

        ``marked``: the space at the start of late tokens, which Hugging Face's ``Prepend`` puts there, counts as a part of the
        trusted text after it, whoever wrote it.
        """
        found: list[Stretch] = []
        if text.origins is None:
            # The space that was put before it is trusted if a stretch begins before the text and goes on in it.
            shift = text.put - text.start
            for start, end in stretches[bisect_right(stretches, text.start, key=lambda stretch: stretch[1]) :]:
                if start >= text.end:
                    break
                first, last = 0 if start < text.start else start + shift, min(end + shift, len(text.data))
                if first < last:
                    found.append((first, last))
        number = -1  # of the stretch that the last range comes from
        for index in range(len(text.origins or ())):
            first, last = text.origin(index)
            at = bisect_right(stretches, first, key=lambda stretch: stretch[1])
            if at == len(stretches):
                continue
            start, end = stretches[at]
            # What was put somewhere is trusted between two trusted bytes.
            if first < start or last > end or first == last == start:
                continue
            if at == number and found[-1][1] == index:
                found[-1] = (found[-1][0], index + 1)
            else:
                found.append((index, index + 1))
            number = at
        if marked and self.metaspace is not None and self.metaspace.is_prepended():
            ends = [0, *(end for _, end in found)]
            found = [(start - (start > before), end) for (start, end), before in zip(found, ends, strict=False)]
        return found

    def late_text(self, name: str) -> str:
        """Returns a late token's name as it stands in prepared text; Hugging Face's ``Prepend`` comes before it, too."""
        text = self.normalizer.apply(name.encode())
        if self.metaspace is not None and self.metaspace.comes_first():
            text = (b" " if self.metaspace.is_prepended() else b"") + spaced(text)
        return text.decode()
