"""Encoding a text in spans, of which some may hold special tokens, and which ids hold which span.

By hand, with the merge (a, b) and ``<s>``: the spans ``<s>a`` (trusted) and ``b<s>`` (not) are the tokens ``<s> ab < s >``. The
merge crosses the border, and the second ``<s>`` is text. The first span is held by the ids ``[0:2]`` of the result, the second
by ``[1:5]``. Kept apart, the two are ``<s> a b < s >``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from .offsets import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .backend import Codec
    from .backend.spans import Fragment, Part, SpanCutter
    from .text import Text

# Fewer tokens than this are looked up one by one.
FEW = 1 << 13

__all__ = ["checked_segments", "encode_spans", "ids_of_parts", "spans_of_ids"]


def checked_segments(segments: Iterable[tuple[Text, bool]]) -> list[tuple[Text, bool]]:
    """The segments as a list. Raises TypeError for what is not pairs of a text and a bool."""
    if isinstance(segments, (str, bytes)):
        raise TypeError(f"segments must be an iterable of (text, allow_special), not one {type(segments).__name__}")
    found = []
    for number, segment in enumerate(segments):
        if not isinstance(segment, (tuple, list)) or len(segment) != 2:
            raise TypeError(f"segment {number} must be (text, allow_special), not {type(segment).__name__}")
        text, allow_special = segment
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"the text of segment {number} must be str or bytes, not {type(text).__name__}")
        if not isinstance(allow_special, (bool, np.bool_)):
            raise TypeError(f"allow_special of segment {number} must be bool, not {type(allow_special).__name__}")
        found.append((text, bool(allow_special)))
    return found


def encode_spans(cutter: SpanCutter, spans: Iterable[tuple[Text, bool]], *, apart: bool) -> list[int]:
    """Returns the ids of a text in spans (text, trusted)."""
    return [token_id for ids in ids_of_parts(cutter.codec.codec, cutter.parts(spans, apart=apart)) for token_id in ids]


def ids_of_parts(codec: Codec, parts: Sequence[Part]) -> list[list[int]]:
    """Returns the ids of each part."""
    found = iter(codec.encode_batch([part.data for part in parts if part.token_id is None], (), 1))
    return [next(found) if part.token_id is None else [part.token_id] for part in parts]


def spans_of_ids(
    codec: Codec, parts: Sequence[Part], ids: Sequence[Sequence[int]], count: int
) -> list[tuple[int, int]]:
    """For each of ``count`` spans, start and end of the ids that hold text of it, given the parts and the ids of each.

    An id may hold text of two spans. A span without an id has an empty range.
    """
    ranges: list[tuple[int, int] | None] = [None] * count

    def extend(fragment: Fragment, start: int, end: int) -> None:
        held = ranges[fragment.span]
        ranges[fragment.span] = (start, end) if held is None else (held[0], max(held[1], end))

    at = 0
    for part, own in zip(parts, ids, strict=True):
        if part.token_id is not None or len(part.fragments) == 1:
            for fragment in part.fragments:
                extend(fragment, at, at + len(own))
        else:
            ends = ends_of(codec, own)
            stop = 0
            for fragment, size in zip(
                part.fragments, kept_sizes(codec, part.fragments, ends[-1] if own else 0), strict=True
            ):
                start, stop = stop, stop + size
                first = bisect_right(ends, start)
                if first < len(own):
                    extend(fragment, at + first, at + bisect_left(ends, stop) + 1)
        at += len(own)
    return filled(ranges)


def ends_of(codec: Codec, ids: Sequence[int]) -> list[int]:
    """Where each token of a text ends, in bytes."""
    if len(ids) < FEW:
        return list(accumulate(len(codec.token_bytes(token_id) or b"") for token_id in ids))
    found: list[int] = Sizes(codec, np.array(ids, np.int64)).byte_ends().tolist()
    return found


def kept_sizes(codec: Codec, fragments: Sequence[Fragment], total: int) -> list[int]:
    """How many bytes of each fragment the ids hold: all, unless the vocabulary drops bytes."""
    sizes = [len(fragment.data) for fragment in fragments]
    if sum(sizes) == total:
        return sizes
    return [len(codec.decode_bytes(codec.encode(fragment.data))) for fragment in fragments]


def filled(ranges: Sequence[tuple[int, int] | None]) -> list[tuple[int, int]]:
    """The ranges, with an empty one at the end of the one before where there is none."""
    found: list[tuple[int, int]] = []
    for held in ranges:
        found.append(held or ((found[-1][1],) * 2 if found else (0, 0)))
    return found
