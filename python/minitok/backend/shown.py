"""A text in the parts that it is encoded in, each as it stands in the text: what is needed to cut the text where tokens end.

Decoding does not always give the text back: a space was put before a segment, a special token has another name, or took white
space with it. So the parts keep what they are in the text, beside what is encoded of them. Normalizing changes a segment once;
from then on the changed segment is the text.

By hand, with ``always`` for the space and ``lstrip`` for ``<s>``: ``a  <s>b`` is the segment ``a``, encoded as ``·a``; the
special token ``··<s>``; the segment ``b``, encoded as ``·b``. Joined, what is shown is the text.

Costs: those of finding special tokens and normalizing, O(n).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..reference.metaspace import spaced
from .special_cuts import as_flagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .normalizing import NormalizingCodec
    from .special_cuts import Part

__all__ = ["Shown", "shown_parts"]


class Shown(NamedTuple):
    """A part of a text as it stands there: a special token, or a segment and what is encoded of it (``token_id`` is None)."""

    data: bytes
    encoded: bytes
    token_id: int | None


def shown_parts(codec: NormalizingCodec, text: bytes, allowed: Sequence[str]) -> Iterator[Shown]:
    """The parts of a text whose words are not cut out: those of ``NormalizingCodec.segments``."""
    early, late, flags = codec.finders(allowed)
    late_names = codec.special.late.intersection(allowed)
    early, late = early if len(late_names) < len(allowed) else None, late if late_names else None
    starts = True  # whether the next segment starts the text
    for start, end, token_id in extents(text, early, flags):
        part = text[start:end]
        if token_id is not None:
            yield Shown(part, b"", token_id)
        elif codec.spaces_first():
            yield from with_space_first(codec, codec.normalize(part), late, flags, starts=starts)
        else:
            yield from with_space_last(codec, codec.normalize(part), late, flags, starts=starts)
        starts = False


def with_space_first(
    codec: NormalizingCodec, segment: bytes, late: Any, flags: Mapping[int, frozenset[str]], *, starts: bool
) -> Iterator[Shown]:
    """The parts of a segment that gets its space before late special tokens are found: the space is in the first one."""
    encoded = codec.spaced(segment, starts=starts)
    put = space_put(codec, segment, encoded)
    for start, end, token_id in extents(encoded, late, flags):
        shown = encoded[max(start, put) : end]
        yield Shown(shown, encoded[start:end] if token_id is None else b"", token_id)


def with_space_last(
    codec: NormalizingCodec, segment: bytes, late: Any, flags: Mapping[int, frozenset[str]], *, starts: bool
) -> Iterator[Shown]:
    """The parts of a segment in which late special tokens are found first, and each text between them gets its space."""
    for start, end, token_id in extents(segment, late, flags):
        part = segment[start:end]
        if token_id is not None:
            yield Shown(part, b"", token_id)
        else:
            encoded = codec.spaced(part, starts=starts)
            yield Shown(encoded[space_put(codec, part, encoded) :], encoded, None)
        starts = False


def space_put(codec: NormalizingCodec, segment: bytes, encoded: bytes) -> int:
    """How many bytes were put before a segment that decoding drops again: 1 for a space, else 0."""
    spaces = codec.spaces
    return 0 if spaces.rule is None or spaces.kept else len(encoded) - len(spaced(segment))


def extents(data: bytes, finder: Any, flags: Mapping[int, frozenset[str]]) -> list[Part]:
    """The parts of a text, which leave no gap: the white space that a special token takes belongs to it.

    Behind a token with ``rstrip`` it is that one's; any other gap is before one with ``lstrip``. Without a finder, the text
    is one part.
    """
    if finder is None:
        return [(0, len(data), None)] if data else []
    parts = as_flagged(data, list(finder.split(data)), flags)
    if not flags:
        return parts
    next_starts = [*(start for start, _, _ in parts[1:]), len(data)]
    ends = [
        next_start if token_id is not None and "rstrip" in flags.get(token_id, ()) else end
        for (_, end, token_id), next_start in zip(parts, next_starts, strict=False)
    ]
    return [(start, end, token_id) for start, end, (_, _, token_id) in zip([0, *ends], ends, parts, strict=False)]
