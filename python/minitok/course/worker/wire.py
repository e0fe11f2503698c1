"""Values as bytes, both ways between the grader and the process that runs a submission.

A frame is its length in four bytes and then JSON. JSON has no bytes, tuples or keys that are not strings, so these are tagged:
``{"b": hex}``, ``{"t": [...]}``, ``{"d": [[key, value], ...]}``, ``{"s": [...]}`` for a set, and ``{"o": type}`` for anything
else, which is only ever reported. Nothing is unpickled: whatever a submission writes into the pipe, reading it runs no code.

>>> unpack(pack({(1, 2): b"x"}))
{(1, 2): b'x'}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# No frame is longer, no value deeper, no number longer: a submission can fill the pipe, but not the grader's memory.
LONGEST = 1 << 24
DEEPEST = 12
LONGEST_NUMBER = 400


class Malformed(Exception):  # noqa: N818
    """What came through the pipe is not a frame."""


class Unknown:
    """A value of a type that is not sent; only the name of the type is."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"<{repr(self.type_name)[1:-1]}>"  # whatever it is called


def pack(value: object) -> bytes:
    """The value as JSON, without the length in front."""
    return json.dumps(tagged(value, 0), separators=(",", ":")).encode()


def tagged(value: Any, depth: int) -> object:  # noqa: C901 - one case a type
    """The value with its types marked."""
    if value is None or isinstance(value, (bool, str)):
        return value if type(value) in (bool, str) or value is None else str(value)
    if isinstance(value, int):
        return int(value)
    if depth == DEEPEST:
        return {"o": "a value nested too deeply"}
    if isinstance(value, (bytes, bytearray)):
        return {"b": bytes(value).hex()}
    if isinstance(value, tuple):
        return {"t": [tagged(item, depth + 1) for item in value]}
    if isinstance(value, list):
        return [tagged(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {"d": [[tagged(key, depth + 1), tagged(item, depth + 1)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {"s": [tagged(item, depth + 1) for item in value]}
    if isinstance(value, Iterator):
        return [tagged(item, depth + 1) for item in value]
    if hasattr(type(value), "__index__"):
        try:
            return value.__index__()  # numpy's whole numbers
        except TypeError:
            pass  # its arrays are numbers if they have one
    kind = type(value)
    return {"o": kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__name__}"}


def unpack(data: bytes) -> Any:
    """The value of some JSON. Raises Malformed, whatever is wrong with it."""
    try:
        return untagged(json.loads(data, parse_int=whole_number, parse_constant=refuse, parse_float=refuse), 0)
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise Malformed(f"{type(error).__name__} while reading an answer") from None


def untagged(value: Any, depth: int) -> Any:
    """The value that was marked."""
    if depth > DEEPEST + 1:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [untagged(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, held),) = value.items()
    if tag == "b":
        return bytes.fromhex(held)
    if tag == "t":
        return tuple(untagged(item, depth + 1) for item in held)
    if tag == "d":
        return {untagged(key, depth + 1): untagged(item, depth + 1) for key, item in held}
    if tag == "s":
        return {untagged(item, depth + 1) for item in held}
    if tag == "o":
        return Unknown(str(held)[:80])
    raise ValueError(f"unknown tag {tag!r}")


def whole_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return int(digits)


def refuse(text: str) -> None:
    raise ValueError(f"{text} is not a whole number")


def send(descriptor: int, value: object) -> None:
    """Write a frame."""
    data = pack(value)
    if len(data) > LONGEST:
        data = pack({"raised": ("TooLong", "the answer is longer than 16 MiB", None, "")})
    rest = memoryview(len(data).to_bytes(4, "big") + data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int) -> Any:
    """Read a frame; EOFError where the pipe ends."""
    length = int.from_bytes(read_exactly(descriptor, 4), "big")
    return unpack(read_exactly(descriptor, length))


def read_exactly(descriptor: int, length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = os.read(descriptor, min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
