"""``Layout``: where the tokens of one text stand among the special tokens that are added, found once for all texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .columns import Part, fixed
from .encoding import Encoding
from .processing import processed

if TYPE_CHECKING:
    from .columns import Source, Span

__all__ = ["Layout", "find_layout"]


class Layout(NamedTuple):
    """The parts before and behind a text, and what becomes of its own part.

    Attributes:
        before: The parts before the text.
        after: The parts behind it.
        size: How many tokens are before it.
        type_id: The type of its tokens.
        trims: How its offsets are trimmed.
        numbered: Whether its tokens are known to be those of the first text.
    """

    before: tuple[Part, ...]
    after: tuple[Part, ...]
    size: int
    type_id: int
    trims: tuple[tuple[bool, int], ...]
    numbered: bool

    def place(self, source: Source) -> Encoding:
        """The encoding of a text."""
        count = len(source.ids)
        part = (Part(source, 0, count, self.type_id, 0, 1, 0, self.trims),) if count else ()
        ranges: dict[int, Span] = {0: (self.size, self.size + count)} if self.numbered else {}
        return Encoding((*self.before, *part, *self.after), ranges)


def find_layout(state: dict[str, Any] | None, add_special_tokens: bool) -> Layout | None:
    """The layout of a post-processor, given as JSON, from what it does to one token.

    None if the text is not in one place.
    """
    probe = Part(fixed([0], [""]), 0, 1)
    encoding = processed(state, Encoding((probe,)), None, add_special_tokens)
    parts, ranges = encoding._parts, encoding._ranges  # noqa: SLF001 - a part of the same package
    places = [index for index, part in enumerate(parts) if part.source is probe.source]
    if len(places) != 1:
        return None
    before, part, after = parts[: places[0]], parts[places[0]], parts[places[0] + 1 :]
    size = sum(other.size for other in before)
    if ranges not in ({}, {0: (size, size + 1)}):
        return None
    return Layout(before, after, size, part.type_id, part.trims, bool(ranges))
