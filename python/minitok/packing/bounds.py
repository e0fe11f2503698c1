"""Where documents begin and end among the ids of a packed corpus, in the index of each format.

Costs: a document's place takes a few numbers of the mapped index; ``check`` reads all of it, some at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import FileFormatError
from ..extras import np

if TYPE_CHECKING:
    from pathlib import Path

    from .mapped import Numbers

# How much is looked at at a time by a check, in numbers.
PART = 1 << 20


class Bounds:
    """Where documents begin and end, as offsets that are one more than documents."""

    def __init__(self, offsets: Numbers) -> None:
        self.offsets = offsets

    def release(self) -> None:
        """Closes the file until it is needed again."""
        self.offsets.release()

    def __len__(self) -> int:
        return max(0, len(self.offsets) - 1)

    def start(self, number: int) -> int:
        return int(self.offsets[number])

    def end(self, number: int) -> int:
        return int(self.offsets[number + 1])

    def check(self, path: Path, tokens: int) -> None:
        if len(self.offsets) and self.offsets[0]:
            raise FileFormatError(path, f"the first document begins at {self.offsets[0]}, not at 0: damaged")
        self.check_ascending(path, tokens, "offsets")

    def check_ascending(self, path: Path, tokens: int, what: str) -> None:
        for at in range(0, len(self.offsets), PART):
            part = self.offsets[at : at + PART + 1]
            if (part[1:] < part[:-1]).any() or int(part[-1]) > tokens:
                raise FileFormatError(path, f"{what} from document {at} on do not ascend, or pass the end: damaged")


class Ends(Bounds):
    """Where documents end; the first begins at 0."""

    def __len__(self) -> int:
        return len(self.offsets)

    def start(self, number: int) -> int:
        return int(self.offsets[number - 1]) if number else 0

    def end(self, number: int) -> int:
        return int(self.offsets[number])

    def check(self, path: Path, tokens: int) -> None:
        self.check_ascending(path, tokens, "the ends")


class Sequences(Bounds):
    """Megatron's: documents of any number of sequences, each of which has a byte offset and a length."""

    def __init__(self, index: Path, lengths: Numbers, pointers: Numbers, documents: Numbers, size: int) -> None:
        self.index, self.lengths, self.pointers, self.documents, self.size = index, lengths, pointers, documents, size

    def __len__(self) -> int:
        return max(0, len(self.documents) - 1)

    def release(self) -> None:
        for numbers in (self.lengths, self.pointers, self.documents):
            numbers.release()

    def start(self, number: int) -> int:
        first, _ = self.sequences(number)
        return int(self.pointers[first]) // self.size if first < len(self.pointers) else self.end(number)

    def end(self, number: int) -> int:
        _, after = self.sequences(number)
        return int(self.pointers[after - 1]) // self.size + int(self.lengths[after - 1]) if after else 0

    def sequences(self, number: int) -> tuple[int, int]:
        """The first sequence of a document, and the one after its last."""
        first, after = int(self.documents[number]), int(self.documents[number + 1])
        if not 0 <= first <= after <= len(self.pointers):
            reason = (
                f"document {number} is said to be the sequences {first} to {after} of {len(self.pointers)}: damaged"
            )
            raise FileFormatError(self.index, reason)
        return first, after

    def check(self, path: Path, tokens: int) -> None:
        if len(self.documents) and (self.documents[0] or int(self.documents[-1]) != len(self.lengths)):
            raise FileFormatError(path, "the documents do not begin at the first sequence and end at the last: damaged")
        for at in range(0, len(self.documents), PART):
            part = self.documents[at : at + PART + 1]
            if (part[1:] < part[:-1]).any():
                raise FileFormatError(path, f"the bounds from document {at} on do not ascend: damaged")
        expected = 0
        for at in range(0, len(self.lengths), PART):
            lengths = self.lengths[at : at + PART].astype(np.int64)
            starts = expected + np.cumsum(lengths) - lengths
            if (lengths < 0).any() or (self.pointers[at : at + PART] != starts * self.size).any():
                raise FileFormatError(path, f"sequences from {at} on do not follow each other: damaged")
            expected += int(lengths.sum())
        if expected != tokens:
            raise FileFormatError(path, f"the sequences have {expected} ids, and the file of ids {tokens}: damaged")
