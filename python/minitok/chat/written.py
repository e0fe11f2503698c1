"""What a template wrote, by places in bytes: its parts, where a message ends in it, and how it compares with what ids hold."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import groupby, takewhile
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TemplateError
from ..reference.text import utf8
from .provenance import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .provenance import Origin
    from .render import Fields
    from .standins import Rendered


class Text(NamedTuple):
    """What the template wrote, in parts of one origin.

    ``ends``: where each part ends, in bytes. ``counts``: for each piece, how many parts there are up to its end.
    """

    written: Rendered
    parts: list[tuple[bytes, Origin]]
    ends: array[int]
    counts: array[int]

    @classmethod
    def of(cls, written: Rendered, before: Text | None) -> Text:
        """The text of a run; ``before``: that of the run before it."""
        counts = array("q") if before is None else before.counts[: written.same]
        known = counts[-1] if counts else 0
        parts, ends = ([], array("q")) if before is None else (before.parts[:known], before.ends[:known])
        size = ends[-1] if ends else 0
        for piece in written.pieces[written.same :]:
            at = 0
            for length, origin in runs_of(piece):
                if length:
                    parts.append((utf8(str.__getitem__(piece, slice(at, at + length))), origin))
                    at += length
                    size += len(parts[-1][0])
                    ends.append(size)
            counts.append(len(parts))
        return cls(written, parts, ends, counts)

    @property
    def size(self) -> int:
        return self.ends[-1] if self.ends else 0

    def count(self, number: int) -> int:
        """How many parts stand before a piece."""
        return self.counts[number - 1] if number else 0

    def begin(self, number: int) -> int:
        """Where a piece begins."""
        count = self.count(number)
        return self.ends[count - 1] if count else 0

    def parts_from(self, place: int) -> Iterator[tuple[bytes, Origin]]:
        """The parts from a place on: their bytes and their origin."""
        first = bisect_right(self.ends, place)
        if first < len(self.parts):
            data, origin = self.parts[first]
            yield data[place - self.ends[first] :], origin
            yield from self.parts[first + 1 :]

    def bytes_between(self, start: int, end: int) -> bytes:
        """The bytes from one place to another, or to the end of the text."""
        first, last = bisect_right(self.ends, start), bisect_left(self.ends, end)
        data = b"".join([part for part, _ in self.parts[first : last + 1]])
        begin = self.ends[first - 1] if first else 0
        return data[start - begin : max(end - begin, 0)]

    def spans(self, place: int) -> list[Fields]:
        """The spans from a place on."""
        return [
            (b"".join([part for part, _ in parts]), *origin)
            for origin, parts in groupby(self.parts_from(place), itemgetter(1))
        ]


def own_end(message: int, text: Text) -> tuple[int, bytes]:
    """Where the text of a message ends, and what the template writes after it, up to the text of another.

    A template may write words of a message again in the turns after it; its own turn is known from the loop. Of what follows,
    text that is not trusted is zeros, so that no token is found in it.
    """
    low, stop, known = 0, len(text.written.pieces), False
    for loop in text.written.loops:
        turn, starts = message - loop.first, [start for start, _ in loop.starts[-1:]]
        if 0 <= turn < len(loop.starts) and starts[0] > loop.starts[0][0]:
            low, known = loop.starts[turn][0], True
            stop = loop.starts[turn + 1][0] if turn + 1 < len(loop.starts) else len(text.written.pieces)
    end = text.begin(low)
    for number in range(text.count(stop) - 1, text.count(low) - 1, -1):
        if text.parts[number][1].message == message:
            end, known = text.ends[number], True
            break
    if not known:
        raise TemplateError(f"the template leaves out message {message}, which was sampled")
    after = takewhile(lambda part: part[1].message is None, text.parts_from(end))
    return end, b"".join([data if origin.trusted else bytes(len(data)) for data, origin in after])


def overlap(wanted: Sequence[Any], own: Sequence[Any]) -> int:
    """The length of the longest beginning of one list that the other ends with, in linear time."""
    # The longest border of each beginning of ``wanted``, as Knuth, Morris and Pratt find it.
    borders = [0]
    size = 0
    for item in wanted[1:]:
        while size and wanted[size] != item:
            size = borders[size - 1]
        size += wanted[size] == item
        borders.append(size)
    size = 0
    for item in own:
        while size and (size == len(wanted) or wanted[size] != item):
            size = borders[size - 1]
        size += bool(wanted) and wanted[size] == item
    return size


def common_prefix(one: Any, other: Any) -> int:
    """How many items two sequences begin with alike, both bytes, or arrays of one type."""
    width = memoryview(one).itemsize
    first, second = bytes(memoryview(one)), bytes(memoryview(other))
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low // width
