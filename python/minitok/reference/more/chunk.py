"""A text in chunks of at most some number of tokens, each of which ends where a reader would end it.

The text is encoded once. Its tokens say about how far a chunk may reach; the best border (``borders``) in the last part of that
reach is where it ends; and the chunk *encoded on its own* says whether it has few enough tokens. If it has too many, it may
reach less far. The number of tokens of a part is not what the whole text says: a run of line feeds is cut differently at
the end of a text, a space is put before it, a merge needs what is no longer there.

By hand, with a token for each byte, ``max_tokens`` 12 and ``fill`` 0.5: ``One. Two three`` reaches to the ``h``; from its
seventh character on, the best border is before `` three``. So the chunks are ``One. Two`` and `` three``, of 8 and 6 tokens.

Invariants: a chunk has at most ``max_tokens`` tokens, since it is returned only after it was counted. Without overlap, the
chunks joined are the text. None ends inside a character, nor inside a token that was found. A chunk depends on the text up to
where it may reach, and the line after; not on what follows.

Costs: the text is encoded once, and each chunk of n tokens once as a rule, log2(n) times where the counts differ, some 40 times
more where only a few characters fit. Otherwise O(n) for n bytes, times ``max_tokens / (max_tokens - overlap)``.

Implements SPEC C1, C4, C5 and C6.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, NoReturn

from ..published.codecs import Codec
from ..published.preprocess import NOTHING, TokenFinder
from .borders import CHARACTER, END, SENTENCE, SPACE, WORD, WRAP, Borders
from .graphemes import is_space

# How long a part is, at most, whose tokens end with it where tokens do not spell the text.
PART = 16
# How many places after the last chunk are tried one by one, between graphemes and between characters.
GRAPHEMES, CHARACTERS = 32, 8
# How many places are tried for an overlap to begin at, of each kind.
STARTS = 2


class ChunkOptions(NamedTuple):
    """How a text is cut.

    Args:
        max_tokens: How many tokens a chunk may have.
        at: The kinds of borders that it may end at, ascending.
        overlap: How many tokens at the end of a chunk may be repeated at the beginning of the next.
        overlap_sentences: How many sentences are repeated instead.
        fill: The part of what is new in a chunk after which its end is looked for.
    """

    max_tokens: int
    at: Sequence[int]
    overlap: int
    overlap_sentences: int
    fill: float

    def check(self) -> None:
        """Raises if chunks would not advance, or a number is out of its range."""
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, not {self.max_tokens}")
        if self.overlap >= self.max_tokens:
            raise ValueError(
                f"overlap {self.overlap} is not less than max_tokens {self.max_tokens}: chunks would not advance"
            )
        if self.overlap > 0 and self.overlap_sentences > 0:
            raise ValueError("give overlap or overlap_sentences, not both")
        if not 0 <= self.fill <= 1:
            raise ValueError(f"fill must be between 0 and 1, not {self.fill}")


class Chunk(NamedTuple):
    """Where a chunk begins and ends, how many tokens it has, and the kind of border at its end."""

    start: int
    end: int
    tokens: int
    kind: int


class Tokens:
    """The tokens of a whole text.

    Args:
        ends: Where each ends, ascending. One that ends inside a character ends with it.
        kept: Where those that were found begin and end.

    >>> tokens = Tokens([3, 3, 4, 9], [])
    >>> tokens.before(3), [tokens.place(number, 10) for number in range(5)]
    (2, [0, 0, 3, 4, 10])
    """

    def __init__(self, ends: Sequence[int], kept: Sequence[tuple[int, int]]) -> None:
        self.ends, self.kept = ends, kept

    def before(self, place: int) -> int:
        """Returns how many tokens end at a place or before it."""
        return bisect_right(self.ends, place)

    def place(self, number: int, length: int) -> int:
        """Returns the last end with at most that many tokens before it; that of the text if it has no more."""
        if number >= len(self.ends):
            return length
        number = bisect_left(self.ends, self.ends[number])
        return self.ends[number - 1] if number > 0 else 0


def tokens_of(codec: Codec, finder: TokenFinder, text: str) -> Tokens:
    """Returns the tokens of a text. Where they do not spell it, those of each word end with the word."""
    starts = [0, *accumulate(len(char.encode()) for char in text)]
    spells = codec.words is None and codec.vocab.symbols is None and not codec.vocab.drops_bytes
    ends: list[int] = []
    kept: list[tuple[int, int]] = []
    for segment, token_id in codec.preprocessor.segments(text.encode(), finder, NOTHING):
        first, last = bisect_left(starts, segment.start), bisect_left(starts, segment.end)
        if token_id is not None:
            kept.append((first, last))
            ends.append(last)
        elif spells:
            length = 0
            for held in codec.encode_segment(segment.data):
                length += len(codec.token_bytes(held) or b"")
                ends.append(bisect_left(starts, segment.origin(length - 1)[1]))
        else:
            for start, end in parts(text, first, last):
                ends += [end] * len(codec.encode(text[start:end].encode(), finder))
    return Tokens(list(accumulate(ends, max)), kept)


def parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yields the words of a range of a text, each with the white space before it; long ones in parts.

    >>> list(parts("a bc  d", 0, 7))
    [(0, 1), (1, 4), (4, 7)]
    """
    for place in range(start + 1, end):
        if place - start == PART or (is_space(text[place]) and not is_space(text[place - 1])):
            yield start, place
            start = place
    if start < end:
        yield start, end


class Chunker:
    """Cuts one text.

    Args:
        text: The text.
        tokens: Those of the whole text.
        counting: Returns how many tokens a part of it has when it is encoded on its own.
        options: How it is cut.

    >>> letters = Tokens(range(1, 15), [])
    >>> chunker = Chunker("One. Two three", letters, len, ChunkOptions(12, range(9), 0, 0, 0.5))
    >>> chunker.advance(), chunker.advance(), chunker.advance()
    (Chunk(start=0, end=8, tokens=8, kind=7), Chunk(start=8, end=14, tokens=6, kind=10), None)
    """

    def __init__(self, text: str, tokens: Tokens, counting: Callable[[str], int], options: ChunkOptions) -> None:
        self.text, self.tokens, self.counting, self.options = text, tokens, counting, options
        self.borders = Borders(text, options.at, tokens.kept)
        # Where the next chunk begins, and where the last one ended.
        self.start = self.end = 0

    def advance(self) -> Chunk | None:
        """Returns the next chunk, or None after the last: without what is repeated, if that leaves no room for a good end."""
        if self.end == len(self.text):
            return None
        chunk = self.following(self.start, self.end)
        if self.start < self.end and (chunk is None or not self.ends_well(chunk.end)):
            chunk = self.following(self.end, self.end)
        if chunk is None:
            self.refuse(self.end)
        self.end = chunk.end
        self.start = self.repeated(chunk)
        return chunk

    def ends_well(self, place: int) -> bool:
        """Whether no grapheme is cut at a place."""
        return place == len(self.text) or self.borders.is_free(place)

    def following(self, start: int, least: int) -> Chunk | None:
        """Returns the chunk that begins at a place and ends after another, if one has few enough tokens."""
        tokens, most, length = self.tokens, self.options.max_tokens, len(self.text)
        first = tokens.before(start)
        known = first if least == start else tokens.before(least)
        new = int(self.options.fill * max(first + most - known, 0))
        low = max(tokens.place(known + new, length), least)
        room, less = most, 0
        while room > 0:
            limit = tokens.place(first + room, length)
            if limit <= least:
                break
            found = self.border(least, low, limit)
            if found is None:
                break
            end, kind = found
            counted = self.count(start, end)
            if counted <= most:
                return Chunk(start, end, counted, kind)
            # Less in proportion, and each time at least twice as much less as before.
            reach = min(room, tokens.before(end) - first)
            less = max(2 * less, reach - reach * most // counted)
            room = reach - less
        return self.small(start, least)

    def border(self, least: int, low: int, limit: int) -> tuple[int, int] | None:
        """Returns where a chunk ends that may reach up to ``limit``, and the kind of this border."""
        if limit == len(self.text):
            return limit, END
        low = min(low, limit)
        found = self.borders.best(low, limit) or self.borders.nearest(WORD, least, low)
        if found is None:
            place = self.borders.last_character(least, limit)
            found = None if place is None else (place, CHARACTER)
        return found

    def small(self, start: int, least: int) -> Chunk | None:
        """Returns a chunk that goes on for a few characters: to the last end that fits, between graphemes if there is one."""
        for reach, whole in ((GRAPHEMES, True), (CHARACTERS, False)):
            for end in reversed(self.ends_after(least, reach)):
                if not whole or self.ends_well(end):
                    counted = self.count(start, end)
                    if counted <= self.options.max_tokens:
                        return Chunk(start, end, counted, END if end == len(self.text) else CHARACTER)
        return None

    def ends_after(self, place: int, reach: int) -> list[int]:
        """Returns the places up to ``reach`` characters after one, none of them in a token that was found; or its end."""
        upto = min(place + reach, len(self.text))
        ends = [end for end in range(place + 1, upto + 1) if end == len(self.text) or not self.borders.cuts_token(end)]
        return ends or [self.borders.kept[bisect_right(self.borders.kept, (place, place))][1]]

    def count(self, start: int, end: int) -> int:
        """Returns how many tokens a part has on its own."""
        return self.counting(self.text[start:end])

    def repeated(self, chunk: Chunk) -> int:
        """Returns where the chunk after one begins: at its end, or before it, if something is repeated."""
        options, end, length = self.options, chunk.end, len(self.text)
        if options.overlap_sentences > 0:
            low = self.tokens.place(max(self.tokens.before(end) - options.max_tokens // 2, 0), length)
            return self.sentences_before(end, max(low, chunk.start))
        if options.overlap > 0 and end < length:
            low = self.tokens.place(max(self.tokens.before(end) - options.overlap, 0), length)
            return self.overlap_start(max(low, chunk.start + 1), end)
        return end

    def sentences_before(self, end: int, low: int) -> int:
        """Returns where the last sentences before an end begin, after ``low``."""
        start = end
        for _ in range(self.options.overlap_sentences):
            found = self.borders.nearest(SENTENCE, low, start - 1)
            if found is None:
                break
            start, _ = found
        return start

    def overlap_start(self, low: int, end: int) -> int:
        """Returns the first border from ``low`` on after which few enough tokens are left: of a sentence, or else a word."""
        for kind in (SENTENCE, WRAP, SPACE, WORD if self.options.at else CHARACTER):
            start = low
            for _ in range(STARTS):
                found = self.borders.first(kind, start, end)
                if found is None:
                    break
                if self.count(found, end) <= self.options.overlap:
                    return found
                start = found + 1
        return end

    def refuse(self, start: int) -> NoReturn:
        """Raises: what stands at a place has more tokens by itself than a chunk may have."""
        end = self.ends_after(start, 1)[0]
        at = len(self.text[:start].encode())
        raise ValueError(
            f"max_tokens {self.options.max_tokens} is too small for '{self.text[start:end]}' at byte {at} of the text, "
            f"which has {self.count(start, end)} tokens"
        )
