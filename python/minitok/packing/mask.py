"""Loss masks: which ids of a conversation a model is to learn.

Until documents are written, their mask travels in the ids: bit 31, which no id has, is set where an id is to be learned. So
whatever moves ids moves their mask, and the two cannot come apart. The writers (``formats``) split them again:

>>> ids = marked(np.array([7, 8, 9], np.uint32), np.array([False, True, False]))
>>> [array.tolist() for array in split(ids)]
[[7, 8, 9], [0, 1, 0]]

On disk, a mask is a byte for each id: 1 where it is to be learned, and 0 elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..extras import np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

# As in the output of `apply_chat_template` in transformers, and as TRL's trainers read it.
MASK_COLUMN = "assistant_masks"

LEARNED = np.uint32(1 << 31)


def marked(ids: npt.NDArray[Any], learned: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint32]:
    """Returns the ids with their mask in bit 31."""
    return ids.astype(np.uint32) | learned * LEARNED


def split(ids: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Returns marked ids as ids and mask."""
    return ids & ~LEARNED, (ids >> np.uint32(31)).astype(np.uint8)


def mask_path(path: Path, kind: str) -> Path:
    """Returns the file of the mask that belongs to the ids; datatrove has its own name for it."""
    return path.with_name(path.name + (".loss" if kind == "datatrove" else ".mask.npy"))
