"""Batches of ids in one rectangle: short texts are filled up, long ones cut off.

By hand: the ids ``[1 2 3]`` and ``[4]`` with the padding 0 on the right are the rows ``1 2 3`` and ``4 0 0``, and the mask has
three and one ones. At a length of 2 the first row is ``1 2``.

Costs: O(n w) for n texts and rows of w ids, which is the memory of the result, too: one long text makes every row long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from .arguments import MAX_ID, check_int, checked_offsets
from .extras import np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ids = npt.NDArray[np.uint32]

__all__ = ["Side", "pad"]

Side = Literal["right", "left"]


def check_padding(length: int | None, pad_id: int, **sides: str) -> None:
    """Raises TypeError or ValueError for what cannot be padded to."""
    for name, value in (("length", 0 if length is None else length), ("pad_id", pad_id)):
        if not 0 <= check_int(value, name) <= MAX_ID:
            raise ValueError(f"{name} must be from 0 to {MAX_ID}, not {value}")
    for name, side in sides.items():
        if side not in get_args(Side):
            raise ValueError(f"{name} must be 'left' or 'right', not {side!r}")


def pad(
    ids: Ids,
    offsets: npt.NDArray[np.uint64],
    length: int | None = None,
    *,
    pad_id: int,
    side: Side = "right",
    truncation_side: Side = "right",
) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Returns the ids of all texts as rows of one length, and a mask of where they are ids of the text.

    Args:
        ids: The ids of all texts, as ``Tokenizer.encode_batch_to_numpy`` gives them, like the offsets.
        offsets: Where each text begins, and where the last one ends.
        length: The length of the rows; by default that of the longest text.
        pad_id: The id that fills up shorter rows.
        side: ``"right"`` or ``"left"``: where padding goes.
        truncation_side: ``"right"`` or ``"left"``: which ids longer texts lose.

    Returns:
        Two arrays of shape (number of texts, length): uint32 and bool.

    >>> from minitok import Tokenizer
    >>> rows, mask = pad(*Tokenizer([]).encode_batch_to_numpy(["abc", "d"]), pad_id=0)
    >>> rows.tolist(), mask.astype(int).tolist()
    ([[97, 98, 99], [100, 0, 0]], [[1, 1, 1], [1, 0, 0]])
    """
    check_padding(length, pad_id, side=side, truncation_side=truncation_side)
    places = checked_offsets(offsets)
    if places[0] or places[-1] != len(ids) or (counts := np.diff(places)).min(initial=0) < 0:
        raise ValueError(f"offsets must ascend from 0 to the number of ids, {len(ids)}")
    width = int(counts.max(initial=0)) if length is None else length
    if counts.max(initial=0) > width:
        within = np.arange(len(ids)) - np.repeat(places[:-1], counts)
        kept = within < width if truncation_side == "right" else within >= np.repeat(counts - width, counts)
        ids, counts = ids[kept], np.minimum(counts, width)
    columns = np.arange(width)
    mask = columns < counts[:, None] if side == "right" else columns >= width - counts[:, None]
    rows = np.full((len(counts), width), pad_id, np.uint32)
    rows[mask] = ids
    return rows, mask
