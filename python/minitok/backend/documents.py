"""Documents and their ids as arrays, for a backend that has no way of its own: the texts as a list, read one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..extras import array_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .protocols import JsonLines


@dataclass(frozen=True)
class Documents:
    """Texts as a list, and how many lines they were read from."""

    texts: list[bytes]
    lines: int = 0

    @property
    def size(self) -> int:
        return sum(map(len, self.texts))

    def __len__(self) -> int:
        return len(self.texts)

    def to_list(self) -> list[bytes]:
        return self.texts


def read_json_lines(data: bytes, field: str, other: Callable[[int, bytes], bytes], threads: int = 1) -> Documents:
    """Leaves all lines but blank ones to ``other``."""
    del field, threads
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return Documents([other(number, line) for number, line in enumerate(lines) if line.strip()], len(lines))


def bytes_of(lines: JsonLines) -> bytes:
    """Returns the lines; of a file, those that begin in the range. No more of it is read than the range and its last line."""
    if isinstance(lines, bytes):
        return lines
    path, start, end = lines
    with open(path, "rb") as file:
        if start:
            # A line begins after a line feed; a line that only goes on here is another range's.
            file.seek(start - 1)
            if not file.readline(end - start).endswith(b"\n"):
                return b""
        data = file.read(end - file.tell())
        return data if data.endswith(b"\n") else data + file.readline()


def read_column(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Documents:
    ends = offsets.tolist()
    if ends != sorted(ends) or (ends and (ends[0] < 0 or ends[-1] > len(data))):
        raise ValueError("the offsets of the texts must ascend and lie within the data")
    text = data.tobytes()
    return Documents([text[start:end] for start, end in zip(ends, ends[1:])])


def with_ends(
    ids: npt.NDArray[np.uint32], offsets: npt.NDArray[np.uint64], end: int | None
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
    """The ids with one more after each document.

    >>> ids, offsets = with_ends(array_of([1, 2, 3], "uint32"), array_of([0, 2, 3], "uint64"), 9)
    >>> ids.tolist(), offsets.tolist()
    ([1, 2, 9, 3, 9], [0, 3, 5])
    """
    if end is None:
        return ids, offsets
    from ..extras import np

    ids = np.insert(ids, offsets[1:].astype(np.int64), end)
    return ids, np.add(offsets, np.arange(len(offsets), dtype=np.uint64), dtype=np.uint64)


def joined(batch: Sequence[Sequence[int]]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
    """The ids of all texts in one array, and where those of each begin."""
    offsets = array_of(accumulate(map(len, batch), initial=0), "uint64")
    return array_of((token_id for ids in batch for token_id in ids), "uint32"), offsets


def encode_read(
    codec: Any, documents: Any, allowed: Sequence[str] | None, end: int | None, dtype: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint64], int]:
    """The ids of documents as numbers of a type, with one more after each; where each ends; and how many bytes they are."""
    ids, offsets = codec.encode_documents(documents, allowed, 1, end)
    from ..extras import np

    most = np.iinfo(dtype).max
    if len(ids) and ids.max() > most:
        raise OverflowError(f"an id is above {most}, the maximum of the requested type")
    return ids.astype(dtype, copy=False), offsets[1:], documents.size
