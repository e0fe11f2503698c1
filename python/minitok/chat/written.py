"""What a template wrote, by places in bytes: its parts, where a message ends in it, and how it compares with what ids hold."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TemplateError
from ..reference.text import utf8
from .provenance import runs_of
from .render import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .provenance import Origin
    from .standins import Rendered


class Text(NamedTuple):
    """What the template wrote, and where each piece of it ends, in bytes."""

    written: Rendered
    ends: array[int]

    @classmethod
    def of(cls, written: Rendered, before: Text | None) -> Text:
        """The text of a run; ``before``: that of the run before it."""
        ends = array("q") if before is None else before.ends[: written.same]
        at = ends[-1] if ends else 0
        for piece in written.pieces[written.same :]:
            at += len(utf8(piece))
            ends.append(at)
        return cls(written, ends)

    def begin(self, number: int) -> int:
        """Where a piece begins."""
        return self.ends[number - 1] if number else 0

    def runs(self, place: int) -> Iterator[tuple[bytes, Origin]]:
        """The runs from a place on: their bytes and their origin."""
        for number in range(bisect_right(self.ends, place), len(self.ends)):
            at, done = self.begin(number), 0
            piece = self.written.pieces[number]
            for length, origin in runs_of(piece):
                data = utf8(piece if length == len(piece) else str.__getitem__(piece, slice(done, done + length)))
                done += length
                if data and at + len(data) > place:
                    yield data[max(place - at, 0) :], origin
                at += len(data)

    def bytes_between(self, start: int, end: int) -> bytes:
        first, last = bisect_right(self.ends, start), bisect_right(self.ends, end - 1)
        at = self.begin(first)
        return utf8("".join(self.written.pieces[first : last + 1]))[start - at : end - at]

    def spans(self, place: int) -> list[Span]:
        """The spans from a place on."""
        found: list[tuple[list[bytes], Origin]] = []
        for part, origin in self.runs(place):
            if found and found[-1][1] == origin:
                found[-1][0].append(part)
            else:
                found.append(([part], origin))
        return [Span(b"".join(parts).decode(), *origin) for parts, origin in found]


def own_end(message: int, text: Text) -> tuple[int, bytes]:
    """Where the text of a message ends, and what the template writes after it, up to the text of another.

    A template may write words of a message again in the turns after it; its own turn is known from the loop. Of what follows,
    text that is not trusted is zeros, so that no token is found in it.
    """
    pieces, low, stop, known = text.written.pieces, 0, len(text.ends), False
    for loop in text.written.loops:
        turn, starts = message - loop.first, [start for start, _ in loop.starts[-1:]]
        if 0 <= turn < len(loop.starts) and starts[0] > loop.starts[0][0]:
            low, known = loop.starts[turn][0], True
            stop = loop.starts[turn + 1][0] if turn + 1 < len(loop.starts) else len(pieces)
    end = text.begin(low)
    for number in range(stop - 1, low - 1, -1):
        runs = list(runs_of(pieces[number]))
        while runs and (runs[-1][1].message != message or not runs[-1][0]):
            runs.pop()
        if runs:
            known = True
            own = sum(length for length, _ in runs)
            end = text.begin(number) + len(utf8(str.__getitem__(pieces[number], slice(0, own))))
            break
    if not known:
        raise TemplateError(f"the template leaves out message {message}, which was sampled")
    after = []
    for part, origin in text.runs(end):
        if origin.message is not None:
            break
        after.append(part if origin.trusted else bytes(len(part)))
    return end, b"".join(after)


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
