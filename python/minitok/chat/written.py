"""What a template wrote, by places in bytes: its parts, where a message ends in it, and how it compares with what ids hold."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TemplateError
from ..reference.text import utf8
from .provenance import runs_of
from .turns import Rendered

if TYPE_CHECKING:
    from .provenance import Origin
    from .render import Fields


class Text(NamedTuple):
    """What the template wrote, in parts of one origin.

    ``places``: where each part begins, in bytes, and where the text ends. ``counts``: how many parts are before each piece, and
    in all.
    """

    written: Rendered
    parts: list[tuple[bytes, Origin]]
    places: array[int]
    counts: array[int]

    def after(self, written: Rendered) -> Text:
        counts = self.counts[: written.same + 1]
        parts, places = self.parts[: counts[-1]], self.places[: counts[-1] + 1]
        end = places[-1]
        for piece in written.pieces[written.same :]:
            plain, at = str.__str__(piece), 0
            for length, origin in runs_of(piece):
                if length:
                    data = utf8(plain[at : at + length])
                    parts.append((data, origin))
                    at, end = at + length, end + len(data)
                    places.append(end)
            counts.append(len(parts))
        return Text(written, parts, places, counts)

    def begin(self, number: int) -> int:
        """Where a piece begins."""
        return self.places[self.counts[number]]

    def parts_from(self, place: int) -> Iterator[tuple[bytes, Origin]]:
        first = bisect_right(self.places, place) - 1
        for data, origin in self.parts[first : first + 1]:
            yield data[place - self.places[first] :], origin
        yield from self.parts[first + 1 :]

    def bytes_between(self, start: int, end: int) -> bytes:
        """The bytes from one place to another, or to the end of the text."""
        first = bisect_right(self.places, start) - 1
        data = b"".join([part for part, _ in self.parts[first : bisect_left(self.places, end)]])
        return data[start - self.places[first] : end - self.places[first]]

    def spans(self, place: int) -> list[Fields]:
        return [
            (b"".join([part for part, _ in parts]), *origin)
            for origin, parts in groupby(self.parts_from(place), itemgetter(1))
        ]


NO_TEXT = Text(Rendered([], {}, 0), [], array("q", [0]), array("q", [0]))


def own_end(message: int, text: Text) -> tuple[int, bytes]:
    """Where the text of a message ends, and what the template writes after it, up to the text of another.

    A template may write words of a message again in the turns after it; its own turn is known from the loop. Of what follows,
    text that is not trusted is zeros, so that no token is found in it.
    """
    known = message in text.written.turns
    low, stop = text.written.turns.get(message, (0, len(text.written.pieces)))
    end = text.begin(low)
    for number in range(text.counts[stop] - 1, text.counts[low] - 1, -1):
        if text.parts[number][1].message == message:
            end, known = text.places[number + 1], True
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
    low = 0
    middle = high = min(len(first), len(second))  # they are mostly alike up to the end of one
    while low < high:
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
    return low // width
