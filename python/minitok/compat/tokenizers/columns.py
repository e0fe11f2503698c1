"""What an ``Encoding`` is made of: *sources*, which have the columns of a text, and *parts*, slices of sources.

Special tokens and padding are parts next to those of texts, so adding, truncating and padding move no columns. Ids are there
from the start; a source makes its tokens, offsets and words when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from minitok.corpus.symbols import WHITE_SPACE

if TYPE_CHECKING:
    Span = tuple[int, int]
    Word = int | None

# Without U+001C to U+001F, which Python counts as white space.
SPACES = "".join(WHITE_SPACE)


class Source(Protocol):
    """The columns of a text, or of tokens that are in no text."""

    @property
    def ids(self) -> Sequence[int]: ...
    @property
    def tokens(self) -> Sequence[str]: ...
    @property
    def offsets(self) -> Sequence[Span]: ...
    @property
    def words(self) -> Sequence[Word]: ...


class Columns(NamedTuple):
    """Columns that are there."""

    ids: Sequence[int]
    tokens: Sequence[str]
    offsets: Sequence[Span]
    words: Sequence[Word]


def fixed(ids: Sequence[int], tokens: Sequence[str]) -> Columns:
    """Tokens that are in no text: special tokens and padding."""
    return Columns(ids, tokens, [(0, 0)] * len(ids), [None] * len(ids))


class WordSource:
    """A text that came as words: the columns of each, one after the other; the words are numbered as they came."""

    __slots__ = ("ids", "parts")

    def __init__(self, parts: Sequence[Source]) -> None:
        self.parts = parts
        self.ids = [token_id for part in parts for token_id in part.ids]

    @property
    def tokens(self) -> list[str]:
        return [token for part in self.parts for token in part.tokens]

    @property
    def offsets(self) -> list[Span]:
        return [span for part in self.parts for span in part.offsets]

    @property
    def words(self) -> list[Word]:
        return [number for number, part in enumerate(self.parts) for _ in range(len(part.ids))]


class SourceSlice(NamedTuple):
    """A slice of a source.

    Attributes:
        source: Whose columns.
        start: Where the slice begins.
        stop: Where it ends.
        type_id: The type of all its tokens.
        special: 1 for special tokens and padding, else 0.
        attention: 0 for padding, else 1.
        shift: What is added to its offsets.
        trims: How its offsets leave out white space: for each time, whether a space may have been put before the text, and
            which token of the source was the first of its encoding then.
    """

    source: Source
    start: int
    stop: int
    type_id: int = 0
    special: int = 0
    attention: int = 1
    shift: int = 0
    trims: tuple[tuple[bool, int], ...] = ()

    @property
    def size(self) -> int:
        """How many tokens it has."""
        return self.stop - self.start

    def tokens(self) -> Sequence[str]:
        return self.source.tokens[self.start : self.stop]

    def words(self) -> Sequence[Word]:
        return self.source.words[self.start : self.stop]

    def offsets(self) -> Sequence[Span]:
        spans = self.source.offsets[self.start : self.stop]
        if self.trims:
            tokens = self.tokens()
            for prefixed, first in self.trims:
                spans = trimmed(tokens, spans, prefixed=prefixed, first=first - self.start)
        if self.shift:
            spans = [(start + self.shift, end + self.shift) for start, end in spans]
        return spans

    def trim(self, prefixed: bool) -> SourceSlice:
        """The part with white space left out of its offsets."""
        return self._replace(trims=(*self.trims, (prefixed, self.start)))


def slice_parts(parts: Sequence[SourceSlice], start: int, stop: int) -> tuple[SourceSlice, ...]:
    """The parts of a range of tokens."""
    found = []
    at = 0
    for part in parts:
        end = at + part.size
        first, last = max(start, at), min(stop, end)
        if first < last:
            found.append(part._replace(start=part.start + first - at, stop=part.start + last - at))
        at = end
    return tuple(found)


@lru_cache(maxsize=1 << 16)
def margins(token: str) -> tuple[int, int]:
    """How many spaces a token begins and ends with, in byte-level notation or as they are."""
    bare = token.replace("Ġ", " ")
    return len(bare) - len(bare.lstrip(SPACES)), len(bare) - len(bare.rstrip(SPACES))


def trimmed(tokens: Sequence[str], spans: Sequence[Span], *, prefixed: bool, first: int) -> list[Span]:
    """The offsets without the white space at the ends of tokens.

    ``prefixed``: one space of the first token may have been put before the text, and is not left out of the offsets.
    """
    found = list(spans)
    for index, (token, (start, end)) in enumerate(zip(tokens, spans)):
        leading, trailing = margins(token)
        if not leading and not trailing:
            continue
        if leading and not (prefixed and leading == 1 and (index == first or start == 0)):
            start = min(start + leading, end)  # noqa: PLW2901 - it is moved
        found[index] = start, max(end - trailing, start) if end >= trailing else end
    return found
