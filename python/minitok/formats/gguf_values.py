"""The key-values at the head of a GGUF file: a header, then each key with the type of its value and the value.

The tensors behind them are never read: a file of gigabytes costs what its key-values cost. Numbers are little-endian. By hand:
the bytes ``GGUF``, 3 (the version), 0 tensors, 1 key-value; ``general.type``'s length 12 and its letters, 8 (a string), the
length 5 and ``model``.

Costs: O(n) time for n bytes of key-values; memory for those of the keys that are asked for, at most some 60 bytes a string.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

from .files import Reason

if TYPE_CHECKING:
    from collections.abc import Collection

MAGIC = b"GGUF"
VERSIONS = (2, 3)
# The types of values: numbers by their formats, and the two that hold other things.
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


class Reader:
    """A file, read from its beginning as far as it is needed; nothing is asked for that the file does not have."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        # The next byte's number.
        self.place = 0

    def truncated(self, count: int) -> Reason:
        """What is wrong with a file that does not have this many more bytes."""
        return Reason(f"the file is truncated: {count:,} bytes are missing or more at byte {self.place:,}")

    def read(self, count: int) -> bytes:
        if count > self.size - self.place:
            raise self.truncated(count)
        data = self.file.read(count)
        if len(data) < count:
            raise Reason(f"the file is truncated at byte {self.place:,}")
        self.place += count
        return data

    def number(self, kind: str) -> Any:
        return struct.unpack("<" + kind, self.read(struct.calcsize("<" + kind)))[0]

    def string(self) -> bytes:
        return self.read(self.number("Q"))

    def skip(self, count: int) -> None:
        """Steps over bytes without reading them."""
        if count > self.size - self.place:
            raise self.truncated(count)
        self.file.seek(count, os.SEEK_CUR)
        self.place += count


def read_values(file: BinaryIO, wanted: Collection[str]) -> dict[str, Any]:
    """The values of some keys: numbers, bytes (strings) and lists of them.

    Raises:
        Reason: The file is not GGUF, or damaged.
    """
    reader = Reader(file)
    reader.skip(len(MAGIC))
    version = reader.number("I")
    if version not in VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in VERSIONS
        raise Reason("it is big-endian" if swapped else f"its version is {version}; minitok reads 2 and 3")
    reader.number("Q")
    count = reader.number("Q")
    values: dict[str, Any] = {}
    for _ in range(count):
        place = reader.place
        key = reader.string().decode("utf-8", "replace")
        value = read_value(reader, reader.number("I"), keep=key in wanted)
        if key in values:
            raise Reason(f"the key {key} appears twice, the second time at byte {place:,}")
        if key in wanted:
            values[key] = value
    return values


def read_value(reader: Reader, kind: int, *, keep: bool) -> Any:
    """A value of a type; None if it is not kept."""
    if kind in NUMBERS:
        return reader.number(NUMBERS[kind])
    if kind == STRING:
        return reader.string()
    if kind != ARRAY:
        raise Reason(f"a value before byte {reader.place:,} has the unknown type {kind}")
    of, count = reader.number("I"), reader.number("Q")
    if of == STRING:
        return strings(reader, count, keep=keep)
    if of not in NUMBERS:
        raise Reason(f"an array before byte {reader.place:,} has items of the type {of}, which minitok does not read")
    size = count * struct.calcsize("<" + NUMBERS[of])
    return list(struct.unpack(f"<{count}{NUMBERS[of]}", reader.read(size))) if keep else reader.skip(size)


def strings(reader: Reader, count: int, *, keep: bool) -> list[bytes]:
    """The strings of an array, each of which takes eight bytes at least; an empty list if they are not kept."""
    if count > (reader.size - reader.place) // 8:
        raise Reason(f"the file is truncated: {count:,} strings are said to come at byte {reader.place:,}")
    found = []
    for _ in range(count):
        text = reader.string()
        if keep:
            found.append(text)
    return found
