"""Ids that grow, and ranges of them with a value, such as who said them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from ..extras import is_array, repeated

if TYPE_CHECKING:
    from array import array

    import numpy as np
    import numpy.typing as npt

S = TypeVar("S")
T = TypeVar("T")
Range = tuple[int, int, T]  # start, end and value


def going_on(held: npt.NDArray[np.uint32], place: int, ids: npt.NDArray[Any] | array[int]) -> npt.NDArray[np.uint32]:
    """Ids up to a place, and others after it, in an array of their own that is not written to."""
    made = repeated(0, place + len(ids), "uint32")
    made[:place], made[place:] = held[:place], ids
    if is_array(made):
        made.flags.writeable = False
    return made


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
