"""The ids of a conversation that grows, and ranges of ids with a value, such as who said them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..extras import is_array, repeated

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

S = TypeVar("S")
T = TypeVar("T")
Range = tuple[int, int, T]  # start, end and value


class Ids(NamedTuple):
    """The first ids of a buffer, of which others may know more: after those that anybody knows, it is free.

    ``free`` has the place where that begins, in a list that belongs to the buffer; it is empty while somebody writes there.
    """

    buffer: npt.NDArray[np.uint32]
    free: list[int]
    size: int

    @property
    def view(self) -> npt.NDArray[np.uint32]:
        found = self.buffer[: self.size]
        if is_array(found):
            found.flags.writeable = False
        return found

    def going_on(self, place: int, ids: npt.NDArray[Any] | array[int]) -> Ids:
        """These up to a place, and others after it; they are copied unless the buffer is free from there on."""
        size = place + len(ids)
        buffer, free = self.buffer, self.free
        try:
            begin = free.pop()
        except IndexError:
            begin = None
        if begin != place or size > len(buffer):
            if begin is not None:
                free.append(begin)
            buffer, free = repeated(0, size + size // 2 + 64, "uint32"), []
            buffer[:place] = self.buffer[:place]
        buffer[place:size] = ids
        free.append(size)
        return Ids(buffer, free, size)


def add_range(ranges: list[Range[T]], start: int, end: int, *, value: T) -> None:
    """Adds a range after others. An id with text of two is the first one's."""
    if ranges:
        start = max(start, ranges[-1][1])
        if ranges[-1][1:] == (start, value):
            start = ranges.pop()[0]
    if start < end:
        ranges.append((start, end, value))


def spread(ranges: Iterable[Range[T]], size: int, other: S) -> list[T | S]:
    """The value of each of ``size`` places."""
    found: list[T | S] = [other] * size
    for start, end, value in ranges:
        found[start:end] = [value] * (end - start)
    return found


def joined(ranges: list[Range[Any]], more: list[Range[Any]], place: int) -> list[Range[Any]]:
    """Ranges up to a place, and those after it."""
    found = ranges.copy()
    while found and found[-1][1] > place:
        start, _, value = found.pop()
        if start < place:
            found.append((start, place, value))
    found += [(start + place, end + place, value) for start, end, value in more]
    return found


def masked(ranges: Iterable[Range[Any]], size: int) -> npt.NDArray[np.bool_]:
    found = repeated(False, size, "bool")
    for start, end, _ in ranges:
        found[start:end] = repeated(True, end - start, "bool")
    return found
