"""Encoding a text in spans, of which some may hold special tokens, and which ids hold which span.

By hand, with the merge (a, b) and ``<s>``: the spans ``<s>a`` (trusted) and ``b<s>`` (not) are the tokens ``<s> ab < s >``. The
merge crosses the border, and the second ``<s>`` is text. The first span is held by the ids ``[0:2]`` of the result, the second
by ``[1:5]``. Kept apart, the two are ``<s> a b < s >``.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..arguments import check_iterable, is_bool
from ..errors import VocabularyError
from ..extras import array_of, is_array
from ..reference.text import utf8

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..backend import Codec
    from ..backend.protocols import Segment
    from ..definition import Definition
    from ..reference.text import Text

__all__ = [
    "SharedSegment", "checked_segments", "encode_spans", "ids_of_segments", "ids_of_spans", "made_tokens",
    "shared_segments", "spans_of_ids",
]  # fmt: skip


def checked_segments(segments: Iterable[tuple[Text, bool]]) -> list[tuple[Text, bool]]:
    """The segments as a list. Raises TypeError for what is not pairs of a text and a bool."""
    found = []
    for number, segment in enumerate(check_iterable(segments, "segments", "(text, allow_special)")):
        if not isinstance(segment, (tuple, list)) or len(segment) != 2:
            raise TypeError(f"segment {number} must be (text, allow_special), not {type(segment).__name__}")
        text, allow_special = segment
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"the text of segment {number} must be str or bytes, not {type(text).__name__}")
        if not is_bool(allow_special):
            raise TypeError(f"allow_special of segment {number} must be bool, not {type(allow_special).__name__}")
        found.append((text, bool(allow_special)))
    return found


class SharedSegment(NamedTuple):
    """Text that is encoded at once, or a token.

    Attributes:
        data: The bytes that are encoded, or the text of the token.
        shares: The number of each span that the bytes come from, in order, and how many bytes come from it.
        token_id: The id of the token, or None.
    """

    data: bytes
    shares: list[tuple[int, int]]
    token_id: int | None


def shared_segments(
    definition: Definition, spans: Iterable[tuple[Text, bool]], *, apart: bool = False, before: str = "nothing"
) -> list[SharedSegment]:
    """The tokens that are found in spans (text, trusted), and the text between them.

    ``apart``: each span is cut by itself, and text of two spans is never in one segment. ``before``: what stands before them.
    """
    if not apart:
        whole, ends = one_text(definition, spans, before)
        return [shared_segment(segment, ends) for segment in definition.codec().segments(*whole)]
    found: list[SharedSegment] = []
    for number, span in enumerate(spans):
        whole, _ = one_text(definition, [span], before)
        for data, *_, token_id in definition.codec().segments(*whole):
            found.append(SharedSegment(data, [(number, len(data))], token_id))
            before = "text" if token_id is None else "token"
    return found


def one_text(
    definition: Definition, spans: Iterable[tuple[Text, bool]], before: str
) -> tuple[tuple[bytes, tuple[str, ...], str, tuple[list[tuple[int, int]], tuple[str, ...]]], list[int]]:
    """One text in spans, as ``Codec.segments`` takes it, with each stretch of trusted text; and where the spans end."""
    definition.check("encode segments")
    texts: list[bytes] = []
    ends: list[int] = []
    stretches: list[tuple[int, int]] = []  # neighbours are one
    end = 0
    for text, trusted in spans:
        texts.append(text if type(text) is bytes else utf8(text))
        start, end = end, end + len(texts[-1])
        ends.append(end)
        if trusted and start < end:
            if stretches and stretches[-1][1] == start:
                start, _ = stretches.pop()
            stretches.append((start, end))
    return (b"".join(texts), definition.special_names, before, (stretches, definition.everywhere)), ends


def shared_segment(segment: Segment, ends: Sequence[int]) -> SharedSegment:
    """A segment of a text with its shares of the spans, which end at these places of the text."""
    data, start, end, put, origins, token_id = segment
    if origins is not None:
        # Neighbours mostly come from places side by side: the span of a place is looked up where it is another one.
        numbers: list[tuple[int, int]] = []
        first, stop = 0, 0
        for at in origins[0].tolist():
            if numbers and first <= at < stop:
                numbers[-1] = numbers[-1][0], numbers[-1][1] + 1
                continue
            number = bisect_right(ends, at)
            first, stop = ends[number - 1] if number else 0, ends[number] if number < len(ends) else at + 1
            if numbers and numbers[-1][0] == number:
                numbers[-1] = number, numbers[-1][1] + 1
            else:
                numbers.append((number, 1))
        return SharedSegment(data, numbers, token_id)
    first = bisect_right(ends, start)
    if start < end <= ends[first]:
        return SharedSegment(data, [(first, len(data))], token_id)
    shares: list[tuple[int, int]] = []
    at = start - put
    for number in range(first, len(ends)):
        stop = min(ends[number], end)
        if at < stop:
            shares.append((number, stop - at))
        at = stop
        if at == end:
            break
    return SharedSegment(data, shares, token_id)


def encode_spans(definition: Definition, spans: Iterable[tuple[Text, bool]], *, apart: bool) -> list[int]:
    """Returns the ids of a text in spans (text, trusted).

    Raises:
        VocabularyError: A span that is not trusted becomes a special token.
    """
    spans, codec = list(spans), definition.codec()
    segments = shared_segments(definition, spans, apart=apart)
    ids, offsets = ids_of_segments(codec, segments)
    tokens = {at for at, segment in zip(offsets.tolist(), segments, strict=False) if segment.token_id is not None}
    if places := made_tokens(definition, ids, tokens):
        ranges = spans_of_ids(codec, segments, ids, offsets, len(spans))
        for number, ((_, trusted), (start, end)) in enumerate(zip(spans, ranges, strict=True)):
            if not trusted and (made := [at for at in places if start <= at < end]):
                name = definition.ambiguous_names[int(ids[made[0]])]
                raise VocabularyError(
                    f"segment {number} becomes the special token {name!r}, which is an ordinary token of this vocabulary, "
                    "too; to vouch for the text, allow special tokens in it"
                )
    found: list[int] = ids.tolist()
    return found


class EncodedSpans(NamedTuple):
    """The ids of a text in spans.

    Attributes:
        ids: The ids.
        ranges: For each span, start and end of the ids that hold text of it; start is end where none does.
        tokens: The tokens that were found: their index, and where they end in the text, in bytes.
    """

    ids: npt.NDArray[np.uint32]
    ranges: list[tuple[int, int]]
    tokens: list[tuple[int, int]]


def ids_of_spans(definition: Definition, spans: Iterable[tuple[Text, bool]], before: str = "nothing") -> EncodedSpans:
    """Encodes spans (text, trusted) as one text. ``before``: what stands before them."""
    (whole, ends), codec = one_text(definition, spans, before), definition.codec()
    if (found := codec.encode_spans(*whole, ends)) is not None:
        return EncodedSpans(*found)
    segments = codec.segments(*whole)
    ids, offsets = ids_of_segments(codec, segments)
    tokens = [
        (at, segment[2]) for at, segment in zip(offsets.tolist(), segments, strict=False) if segment[-1] is not None
    ]
    shared = [shared_segment(segment, ends) for segment in segments]
    return EncodedSpans(ids, spans_of_ids(codec, shared, ids, offsets, len(ends)), tokens)


def made_tokens(definition: Definition, ids: npt.NDArray[np.uint32], tokens: Collection[int]) -> list[int]:
    """The places of special tokens that merges make of text, and not at these ``tokens``, where they were found."""
    names = definition.ambiguous_names
    if not names:
        return []
    if len(ids) < 1000 or not is_array(ids):
        return [at for at, token_id in enumerate(ids.tolist()) if token_id in names and at not in tokens]
    from ..extras import np

    places = np.flatnonzero((ids >= min(names)) & (ids <= max(names)))
    return [at for at in places[np.isin(ids[places], list(names))].tolist() if at not in tokens]


def ids_of_segments(
    codec: Codec, segments: Sequence[SharedSegment] | Sequence[Segment]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Returns the ids of all segments, and offsets: segment i has ``ids[offsets[i]:offsets[i + 1]]``."""
    # Of either kind, the bytes come first and the token last.
    made, ends = codec.encode_prepared([segment[0] for segment in segments if segment[-1] is None])
    places, own = ends.tolist(), array("I", made.tobytes())
    ranges = iter(zip(places, places[1:], strict=False))
    ids, offsets = array("I"), [0]
    for *_, token_id in segments:
        if token_id is None:
            start, end = next(ranges)
            ids += own[start:end]
        else:
            ids.append(token_id)
        offsets.append(len(ids))
    return array_of(ids, "uint32"), array_of(offsets, "int64")


def spans_of_ids(
    codec: Codec,
    segments: Sequence[SharedSegment],
    ids: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    count: int,
) -> list[tuple[int, int]]:
    """For each of ``count`` spans, start and end of the ids that hold text of it, given those of the segments.

    An id may hold text of two spans. A span without an id has an empty range.
    """
    ends = memoryview(codec.ends(ids))  # type: ignore[arg-type]  # an array of either kind
    ranges: list[tuple[int, int] | None] = [None] * count
    places = offsets.tolist()
    for segment, first, stop in zip(segments, places, places[1:], strict=False):
        low, high = ends[first - 1] if first else 0, ends[stop - 1] if stop else 0
        alone = segment.token_id is not None or len(segment.shares) == 1
        for span, size in segment.shares if alone else kept_shares(codec, segment, high - low):
            begin, end = first, stop
            if not alone:
                begin = bisect_right(ends, low, first, stop)
                low += size
                end = min(bisect_left(ends, low, first, stop) + 1, stop)
            if alone or begin < stop:
                held = ranges[span]
                ranges[span] = (begin, end) if held is None else (held[0], max(held[1], end))
    return filled(ranges)


def kept_shares(codec: Codec, segment: SharedSegment, total: int) -> Iterator[tuple[int, int]]:
    """The shares of a segment in the bytes that its ids hold: all, unless its tokens do not spell it.

    Then each share is encoded by itself. Where neighbours become one unknown token, the shares are more than the ids hold.
    """
    at = 0
    for span, size in segment.shares:
        data = segment.data[at : at + size]
        at += size
        if total == len(segment.data):
            yield span, size
        else:
            yield span, sum(codec.ends(codec.encode_prepared([data])[0])[-1:])


def filled(ranges: Sequence[tuple[int, int] | None]) -> list[tuple[int, int]]:
    """The ranges, with an empty one at the end of the one before where there is none."""
    found: list[tuple[int, int]] = []
    for held in ranges:
        found.append(held or ((found[-1][1],) * 2 if found else (0, 0)))
    return found
