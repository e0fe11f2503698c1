"""Batches of ids in one rectangle: short texts are filled up, long ones cut off.

By hand: the ids ``[1 2 3]`` and ``[4]`` with the padding 0 on the right are the rows ``1 2 3`` and ``4 0 0``, and the mask has
three and one ones. At a length of 2 the first row is ``1 2``.

Costs: O(n w) for n texts and rows of w ids, which is the memory of the result, too: one long text makes every row long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arguments import MAX_ID

if TYPE_CHECKING:
    import numpy.typing as npt

    Ids = npt.NDArray[np.uint32]

__all__ = ["check_padding", "pad"]

SIDES = ("left", "right")


def check_padding(length: int | None, pad_id: int, **sides: str) -> None:
    """Raises TypeError or ValueError for what cannot be padded to."""
    for name, value in (("length", 0 if length is None else length), ("pad_id", pad_id)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be int, not {type(value).__name__}")
        if not 0 <= value <= MAX_ID:
            raise ValueError(f"{name} must be from 0 to {MAX_ID}, not {value}")
    for name, side in sides.items():
        if side not in SIDES:
            raise ValueError(f"{name} must be 'left' or 'right', not {side!r}")


def pad(
    ids: Ids, offsets: npt.NDArray[np.uint64], length: int | None, side: str, pad_id: int, truncate: str
) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """The rows, and where they hold ids of their texts; ``ids`` and ``offsets`` as of ``encode_batch_to_numpy``.

    >>> rows, mask = pad(np.array([1, 2, 3, 4], np.uint32), np.array([0, 3, 4], np.uint64), None, "right", 0, "right")
    >>> rows.tolist(), mask.sum(axis=1).tolist()
    ([[1, 2, 3], [4, 0, 0]], [3, 1])
    """
    counts = np.diff(offsets.astype(np.int64))
    width = int(counts.max(initial=0)) if length is None else length
    if counts.max(initial=0) > width:
        places = np.arange(len(ids)) - np.repeat(offsets[:-1].astype(np.int64), counts)
        kept = places < width if truncate == "right" else places >= np.repeat(counts - width, counts)
        ids, counts = ids[kept], np.minimum(counts, width)
    columns = np.arange(width)
    mask = columns < counts[:, None] if side == "right" else columns >= width - counts[:, None]
    rows = np.full((len(counts), width), pad_id, np.uint32)
    rows[mask] = ids
    return rows, mask
