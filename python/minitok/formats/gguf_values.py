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
# How many bytes are read ahead.
AHEAD = 1 << 20


class Reader:
    """A file, read from its beginning as far as it is needed; nothing is asked for that the file does not have."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        self.block = b""
        self.at = 0
        # Where the block begins in the file.
        self.start = 0

    def place(self) -> int:
        """The next byte's number."""
        return self.start + self.at

    def need(self, count: int) -> None:
        """Makes sure that the next bytes are in the block."""
        if count <= len(self.block) - self.at:
            return
        if count > self.size - self.place():
            raise Reason(f"the file is truncated: {count:,} bytes are missing or more at byte {self.place():,}")
        self.start, rest = self.place(), self.block[self.at :]
        self.block, self.at = rest + self.file.read(max(count, AHEAD) - len(rest)), 0
        if count > len(self.block):
            raise Reason(f"the file is truncated at byte {self.start:,}")

    def number(self, kind: str) -> Any:
        size = struct.calcsize("<" + kind)
        self.need(size)
        (value,) = struct.unpack_from("<" + kind, self.block, self.at)
        self.at += size
        return value

    def string(self) -> bytes:
        length = self.number("Q")
        self.need(length)
        self.at += length
        return self.block[self.at - length : self.at]

    def skip(self, count: int) -> None:
        """Steps over bytes without keeping them."""
        while count:
            step = min(count, AHEAD)
            self.need(step)
            self.at += step
            count -= step


def read_values(file: BinaryIO, wanted: Collection[str]) -> dict[str, Any]:
    """The values of some keys: numbers, bytes (strings) and lists of them.

    Raises:
        Reason: The file is not GGUF, or damaged.
    """
    reader = Reader(file)
    reader.need(len(MAGIC))
    reader.skip(len(MAGIC))
    version = reader.number("I")
    if version not in VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in VERSIONS
        raise Reason("it is big-endian" if swapped else f"its version is {version}; minitok reads 2 and 3")
    reader.number("Q")
    count = reader.number("Q")
    values: dict[str, Any] = {}
    for _ in range(count):
        place = reader.place()
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
        raise Reason(f"a value before byte {reader.place():,} has the unknown type {kind}")
    of, count = reader.number("I"), reader.number("Q")
    if of == STRING:
        return strings(reader, count, keep=keep)
    if of not in NUMBERS:
        raise Reason(f"an array before byte {reader.place():,} has items of the type {of}, which minitok does not read")
    size = count * struct.calcsize("<" + NUMBERS[of])
    if not keep:
        return reader.skip(size)
    reader.need(size)
    reader.at += size
    return list(struct.unpack_from(f"<{count}{NUMBERS[of]}", reader.block, reader.at - size))


def strings(reader: Reader, count: int, *, keep: bool) -> list[bytes]:
    """The strings of an array, each of which takes eight bytes at least; an empty list if they are not kept."""
    if count > (reader.size - reader.place()) // 8:
        raise Reason(f"the file is truncated: {count:,} strings are said to come at byte {reader.place():,}")
    found = []
    for _ in range(count):
        text = reader.string()
        if keep:
            found.append(text)
    return found
