"""Ids as they come from a caller, read by the Python backend. Must equal ``rust/python/ids.rs``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import index
from typing import TYPE_CHECKING, Any

from ..arguments import is_bool
from ..errors import UnknownTokenError
from ..extras import is_array

if TYPE_CHECKING:
    import numpy.typing as npt

# The highest number that Rust reads as an id; `arguments.MAX_ID` is the highest that a token may have.
HIGHEST = (1 << 32) - 1
# How many ids of an array are read at a time.
PART = 1 << 16


def checked_ids(ids: Iterable[int] | npt.NDArray[Any]) -> Iterator[int]:
    """Returns the ids as ints, one by one. Anything but an integer is a TypeError; a number that cannot be an id is unknown.

    Only the id being looked at is held, and nothing that the ids say of their length is trusted (SPEC D3).
    """
    if is_array(ids):
        if ids.ndim != 1:
            rows = "; decode_batch takes rows" if ids.ndim > 1 else ""
            raise ValueError(f"token ids must be one-dimensional, not {ids.ndim}-dimensional{rows}")
        if ids.dtype.kind not in "iu":
            raise TypeError(f"an array of token ids must be of an integer type, not {ids.dtype}")
        ids = array_items(ids)
    try:
        items = iter(ids)
    except TypeError:
        name = type(ids).__name__
        raise TypeError(f"token ids must be an iterable or an array of integers, not {name}") from None
    return (checked_id(item, position) for position, item in enumerate(items))


def array_items(array: npt.NDArray[Any]) -> Iterator[int]:
    """The items of an array, some at a time: a broadcast array may have more than there is memory."""
    for start in range(0, array.shape[0], PART):  # a subclass may lie about its `len`
        yield from array[start : start + PART].tolist()


def checked_id(item: object, position: int) -> int:
    if is_bool(item) or not hasattr(type(item), "__index__"):
        name = type(item).__name__
        rows = "; decode_batch takes several rows" if name in ("list", "tuple", "ndarray") else ""
        raise TypeError(f"a token id must be an integer, not {name} (at position {position}){rows}")
    token_id = index(item)  # type: ignore[arg-type]
    if not 0 <= token_id <= HIGHEST:
        raise UnknownTokenError(token_id, position)
    return token_id


def id_list(ids: Iterable[int] | npt.NDArray[Any]) -> list[int]:
    """Python's integers."""
    return list(checked_ids(ids))
