"""The buffers of Arrow's columns, as ``arrow`` and the readers of records need them: strings, and lists of ids.

A program that exports a column is trusted with the addresses of its memory, as the interface has it. Everything else is
checked: the type, that the offsets ascend and stay inside of the data, that ids are ids.

Needs pyarrow: ``pip install 'minitok[arrow]'``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..arguments import MAX_ID
from ..errors import ArrowError, UnknownTokenError
from ..extras import np

try:
    import pyarrow as pa
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("columns of Arrow need pyarrow: pip install 'minitok[arrow]'", name=error.name) from error

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]
    Column = Any  # an array or a chunked array of pyarrow, which has no types

__all__ = [
    "as_ids", "as_it_was", "each_chunk", "ids_of", "imported", "list_array", "pa", "string_array", "text_of",
    "without_runs",
]  # fmt: skip

# The greatest offset of the types with offsets of 32 bits.
MOST = (1 << 31) - 1
# Stands for what cannot be an id: of the numbers of 32 bits, one that is none itself.
NO_ID = (1 << 32) - 1


# -- in ----------------------------------------------------------------------------------------------------------------


def imported(column: Any, what: str) -> Column:
    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        return column
    try:
        if hasattr(column, "__arrow_c_stream__"):
            return pa.chunked_array(column)
        if hasattr(column, "__arrow_c_array__"):
            return pa.array(column)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise ArrowError(f"the {what} cannot be imported from {type(column).__name__}: {error}") from error
    raise TypeError(
        f"{what} must be a column of Arrow (pyarrow, Polars, pandas, or what has its C interface), "
        f"not {type(column).__name__}"
    )


def each_chunk(column: Column, make: Callable[[pa.Array], pa.Array], kind: pa.DataType) -> Column:
    """What is made of each chunk of a column; an array is one chunk. ``kind``: the type of a column without chunks."""
    if isinstance(column, pa.Array):
        return make(column)
    made = [make(chunk) for chunk in column.chunks]
    kinds = {array.type for array in made}
    if len(kinds) > 1:
        # One chunk needed large offsets: all of them get them.
        wide = next(kind for kind in kinds if pa.types.is_large_list(kind) or pa.types.is_large_string(kind))
        made = [array.cast(wide) for array in made]
    return pa.chunked_array(made, made[0].type if made else kind)


def text_of(array: pa.Array) -> tuple[npt.NDArray[np.uint8], Places]:
    """The text of all rows, and where each begins. A null is the empty text."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        validated(array, full=True)
        words = without_views(array.dictionary)
        array = pa.DictionaryArray.from_arrays(array.indices, words).dictionary_decode()
    array = without_views(array)
    kind = array.type
    if pa.types.is_null(kind):
        return np.zeros(0, np.uint8), np.zeros(len(array) + 1, np.int64)
    is_large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    if not (is_large or pa.types.is_string(kind) or pa.types.is_binary(kind)):
        raise TypeError(f"the strings must be of a type of strings, not {kind}")
    _, offsets, data = array.buffers()
    places = places_in(offsets, np.int64 if is_large else np.int32, array, len(array) + 1)
    if array.null_count and (np.diff(places)[nulls_of(array)] != 0).any():
        # Text after nulls is left out.
        return text_of(array.fill_null("" if "string" in str(kind) else b""))
    return np.frombuffer(data or b"", np.uint8), places


def without_runs(array: pa.Array) -> pa.Array:
    """The array with each value as often as its run is long."""
    if not str(array.type).startswith("run_end_encoded<"):
        return array
    from pyarrow import compute

    try:
        return compute.run_end_decode(validated(array, full=True))
    except (pa.ArrowException, NotImplementedError) as error:
        raise ArrowError(f"{array.type} cannot be read: {error}") from error


def without_views(array: pa.Array) -> pa.Array:
    """The strings with offsets, one after the other. Older versions of pyarrow have no views into several buffers."""
    if pa.types.is_fixed_size_binary(array.type):
        return as_type(validated(array, full=True), pa.large_binary())
    if str(array.type) not in ("string_view", "binary_view"):
        return array
    validated(array, full=True)
    return as_type(array, pa.large_binary() if "binary" in str(array.type) else pa.large_string())


def validated(array: pa.Array, *, full: bool = False) -> pa.Array:
    """The array, if its buffers are as large as it needs; ``full``: if all that is in them is right, too."""
    try:
        array.validate(full=full)
    except pa.ArrowException as error:
        raise ArrowError(f"an array of type {array.type} is malformed: {error}") from None
    return array


def ids_of(array: pa.Array) -> tuple[npt.NDArray[Any], Places, Places]:
    """The ids of all rows, and where each begins and ends. A null is an empty row."""
    kind = array.type
    if pa.types.is_null(kind):
        none = np.zeros(len(array), np.int64)
        return np.zeros(0, np.uint32), none, none
    if not (is_list(kind) and pa.types.is_integer(kind.value_type)):
        raise TypeError(f"the lists must be lists of integers, not {kind}")
    starts, ends = rows_of(array)
    if array.null_count:
        ends[nulls_of(array)] = starts[nulls_of(array)]
    values = array.values
    if values.null_count:
        held = np.concatenate(([0], np.cumsum(nulls_of(values))))
        within = (starts >= 0) & (starts <= ends) & (ends <= len(values))
        wrong = np.flatnonzero(held[np.where(within, ends, 0)] > held[np.where(within, starts, 0)])
        if len(wrong):
            raise ArrowError(f"row {wrong[0]} holds a null in place of an id")
        values = values.fill_null(0)
    return np.asarray(values), starts, ends


def rows_of(array: pa.Array) -> tuple[Places, Places]:
    """Where each list of an array begins in its values, and where it ends."""
    kind, length = array.type, len(array)
    if pa.types.is_fixed_size_list(kind):
        starts = np.arange(array.offset, array.offset + length, dtype=np.int64) * kind.list_size
        return starts, starts + kind.list_size
    width = np.int64 if "large_" in str(kind) else np.int32
    if "list_view<" in str(kind):
        _, offsets, sizes = array.buffers()[:3]
        starts = places_in(offsets, width, array, length)
        return starts, starts + places_in(sizes, width, array, length)
    places = places_in(array.buffers()[1], width, array, length + 1)
    return places[:-1], places[1:].copy()


def as_ids(values: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Integers as ids; one that cannot be an id is ``NO_ID``, which no token has."""
    if values.dtype == np.uint32:
        return values
    return np.where((values >= 0) & (values <= MAX_ID), values, NO_ID).astype(np.uint32)


def as_it_was(error: UnknownTokenError, values: npt.NDArray[Any], starts: Places, ends: Places) -> UnknownTokenError:
    """The error with the integer that the column has, where ``as_ids`` changed it."""
    if error.token_id != NO_ID:
        return error
    places = starts + error.position
    places = places[places < ends]
    return UnknownTokenError(int(values[places[as_ids(values[places]) == NO_ID][0]]), error.position)


def places_in(buffer: Any, kind: Any, array: pa.Array, count: int) -> Places:
    """The first numbers of a buffer of an array, from where the array begins."""
    if not len(array):
        return np.zeros(count, np.int64)
    if buffer is None or buffer.size < np.dtype(kind).itemsize * (array.offset + count):
        raise ArrowError("the offsets are malformed: there are fewer than rows")
    found: Places = np.frombuffer(buffer, kind, array.offset + count)[array.offset :].astype(np.int64)
    return found


def is_list(kind: pa.DataType) -> bool:
    """Whether rows are lists, in any layout."""
    return (
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or str(kind).startswith(("list_view<", "large_list_view<"))
    )


def as_type(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The array in another form of the same type."""
    try:
        return array.cast(kind)
    except (pa.ArrowException, NotImplementedError) as error:
        raise ArrowError(f"{array.type} cannot be read as {kind}: {error}") from error


def nulls_of(array: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False), np.bool_)


# -- out ---------------------------------------------------------------------------------------------------------------


def validity_of(array: pa.Array) -> Any:
    """Which rows are not null, as Arrow has it; None if all are."""
    if not array.null_count:
        return None
    return pa.py_buffer(np.packbits(~nulls_of(array), bitorder="little"))


def list_array(like: pa.Array, ids: npt.NDArray[np.uint32], places: Places) -> pa.Array:
    """The ids as lists, with the nulls of the strings."""
    is_large = len(ids) > MOST
    kind = pa.large_list(pa.uint32()) if is_large else pa.list_(pa.uint32())
    offsets = pa.py_buffer(places if is_large else places.astype(np.int32))
    values = pa.Array.from_buffers(pa.uint32(), len(ids), [None, pa.py_buffer(ids)])
    return pa.Array.from_buffers(kind, len(like), [validity_of(like), offsets], children=[values])


def string_array(like: pa.Array, data: npt.NDArray[np.uint8], places: Places) -> pa.Array:
    """The texts as strings, with the nulls of the lists."""
    is_large = len(data) > MOST
    offsets = pa.py_buffer(places if is_large else places.astype(np.int32))
    kind = pa.large_string() if is_large else pa.string()
    return pa.Array.from_buffers(kind, len(like), [validity_of(like), offsets, pa.py_buffer(data)])
