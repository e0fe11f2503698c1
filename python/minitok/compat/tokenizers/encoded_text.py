"""``Text``: a text, its ids, and what belongs to them.

A codec says which segments it makes of a text, and where these stand in it. What remains are the conventions of
``tokenizers``: offsets count characters, and a token has every character of which it has a byte; a space that is put before a
text stands for its first character; and where a normalizer changes a text, ``NormalizedString`` says what stands for what.

By hand, with ``▁a`` and ``b``: ``a<s>b`` becomes ``▁a`` (0, 1), ``<s>`` (1, 4), ``▁`` (4, 5) and ``b`` (4, 5).

Costs: O(n) in arrays for n bytes; in Python, for the segments that a normalizer changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.errors import ComponentError
from minitok.extras import np
from minitok.reference.text import utf8
from minitok.spans.offsets import span_list

from ...lazy import cached_property
from .normalized_string import CONTINUES

if TYPE_CHECKING:
    import numpy.typing as npt

    from minitok.backend.protocols import Segment

    from .columns import Columns, Source, Span, Word
    from .pipeline import Pipeline


def sources(pipeline: Pipeline, texts: Sequence[str]) -> list[Source]:
    """The ids of texts, and the columns that belong to them."""
    if pipeline.codec is None:
        return [pipeline.steps.run(text).columns() for text in texts]
    return [Text(pipeline, text, ids) for text, ids in zip(texts, pipeline.encode_batch(texts))]


class Place(NamedTuple):
    """Some tokens, and the segment that they are of.

    Attributes:
        first: The first of the tokens.
        stop: The one after the last.
        segment: The segment.
        pieces: Its pieces, as ranges of its bytes; None if they are all of it.
    """

    first: int
    stop: int
    segment: Segment
    pieces: list[Span] | None


class Text:
    """A text and its ids.

    Args:
        pipeline: What encoded it.
        text: The text.
        ids: The ids.
    """

    def __init__(self, pipeline: Pipeline, text: str, ids: list[int]) -> None:
        self.pipeline, self.text, self.ids = pipeline, text, ids

    @cached_property
    def tokens(self) -> Sequence[str]:
        """The tokens; an added token that takes white space has it in its text."""
        pipeline = self.pipeline
        if pipeline.two_named_ids.isdisjoint(self.ids):
            return pipeline.tokens(self.ids)
        if self.places is None:
            return self.columns.tokens
        model = pipeline.steps.model.names
        names = [model.get(token_id, "") for token_id in self.ids]
        for place in self.places:
            if place.segment[5] is not None:
                names[place.first] = pipeline.written(place.segment[0], place.segment[5])
        return names

    @cached_property
    def offsets(self) -> Sequence[Span]:
        """Where in the text each token begins and ends, in characters."""
        if self.places is None:
            return self.columns.offsets
        rows = [self.offsets_of(place, spans) for place, spans in zip(self.places, self.origins())]
        return span_list(np.concatenate([np.stack(row, axis=1) for row in rows])) if rows else []

    def offsets_of(self, place: Place, spans: tuple[Any, Any] | None) -> tuple[Any, Any]:
        """The same of the tokens of a segment. ``spans``: where its characters come from."""
        data, start, _, put, _, token_id = place.segment
        if token_id is not None:
            starts, ends = np.zeros(1, np.int64), np.array([len(data)])
        else:
            starts, ends = (self.spans[place.first : place.stop] - self.spans[place.first : place.first + 1, :1]).T
        if place.pieces is not None:
            firsts, lasts = np.array(place.pieces, np.int64).reshape(-1, 2).T
            inner = np.cumsum(lasts - firsts + self.pipeline.end_size)
            pieces = np.searchsorted(inner, starts, side="right")
            shift = lasts + self.pipeline.end_size - inner
            starts, ends = starts + shift[pieces], np.minimum(ends + shift[pieces], lasts[pieces])
        if not data.isascii():
            begun = np.cumsum(np.frombuffer(data, np.int8) >= CONTINUES)
            starts, ends = begun[starts] - 1, begun[ends - 1]
        if spans is not None:
            return spans[0][starts], spans[1][ends - 1]
        # A space that was put there stands for the first character.
        return (starts - put).clip(0) + self.char_at(start), (ends - put).clip(1) + self.char_at(start)

    @cached_property
    def words(self) -> Sequence[Word]:
        """The number of the piece that each token is in."""
        if self.places is None:
            return self.columns.words
        words: list[Word] = []
        number = 0
        for first, stop, (data, *_, token_id), cut in self.places:
            pieces = cut or (self.pipeline.pieces(data) if token_id is None else [(0, len(data))])
            starts = self.spans[first:stop, 0] - self.spans[first : first + 1, 0]
            inner = np.cumsum([end - start + self.pipeline.end_size for start, end in pieces[:-1]])
            words += (number + np.searchsorted(inner, starts, side="right")).tolist()
            number += len(pieces)
        return words

    @cached_property
    def spans(self) -> npt.NDArray[np.int64]:
        """Where each token begins and ends, in bytes, if all stood side by side."""
        return self.pipeline.codec.spans(self.ids, "byte")  # type: ignore[union-attr]  # where there are places

    @cached_property
    def places(self) -> list[Place] | None:
        """The tokens by segments; None if tokens do not say which bytes they have, or have some twice."""
        pipeline = self.pipeline
        if not pipeline.spells or pipeline.codec is None or not pipeline.overlapping_ids.isdisjoint(self.ids):
            return None
        places: list[Place] = []
        byte_ends = self.spans[:, 1]
        first = 0
        for segment in pipeline.codec.segments(self.text, pipeline.allowed):
            data, is_text = segment[0], segment[5] is None
            pieces = None if pipeline.spells_all or not is_text else pipeline.pieces(data)
            stop = first + 1
            if is_text:
                size = len(data) if pieces is None else sum(end - start + pipeline.end_size for start, end in pieces)
                end = size + (int(byte_ends[first - 1]) if first else 0)
                stop = first + int(np.searchsorted(byte_ends[first:], end)) + 1 if size else first
                if size and byte_ends[stop - 1 :][:1].tolist() != [end]:  # Some bytes have no token.
                    return None
            places.append(Place(first, stop, segment, pieces))
            first = stop
        return places

    def origins(self) -> Iterator[tuple[Any, Any] | None]:
        """Where the characters of each segment come from: their starts and ends; None if it stands in the text as it is.

        A normalizer has changed all text between two early tokens at once, whatever late tokens are in it.
        """
        segments = [place.segment for place in self.places or ()]
        late = self.pipeline.steps.late_names
        is_early = [segment[5] is not None and segment[5] not in late for segment in segments]
        numbers = accumulate(early or before for early, before in zip(is_early, [False, *is_early]))
        for _, group in groupby(zip(numbers, segments), key=itemgetter(0)):
            found = [segment for _, segment in group]
            if all(segment[4] is None for segment in found):
                yield from [None] * len(found)
                continue
            start, end = found[0][1], found[-1][2]
            normalized = self.pipeline.normalized(self.data[start:end].decode())
            places = np.array(normalized.spans, np.int64).reshape(-1, 2) + self.char_at(start)
            done = 0
            for segment in found:
                put, stop = segment[3], done + len(segment[0].decode()) - segment[3]
                rows = np.concatenate([places[done : done + put], places[done:stop]])
                yield rows[:, 0], rows[:, 1]
                done = stop
            if done != len(places):
                raise ComponentError("the normalizer, followed, gives another text: please report this")

    @cached_property
    def data(self) -> bytes:
        return utf8(self.text)

    @cached_property
    def begun(self) -> Any:
        """How many characters begin before each byte of the text, where it has others than ASCII."""
        return np.concatenate([[0], np.cumsum(np.frombuffer(self.data, np.int8) >= CONTINUES)])

    def char_at(self, place: int) -> int:
        """How many characters begin before a byte of the text."""
        return place if len(self.data) == len(self.text) else int(self.begun[place])

    @cached_property
    def columns(self) -> Columns:
        """The columns, made step by step."""
        columns = self.pipeline.steps.run(self.text).columns()
        if list(columns.ids) != self.ids:
            raise ComponentError(
                "the components, run one by one, give other ids than the tokenizer: please report this"
            )
        return columns
