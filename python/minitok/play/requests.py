"""Reads requests: bodies of bounded size, in bounded time, and the fields of their JSON."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ..errors import MinitokError

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["TooLarge", "TooSlow", "WrongRequest", "body", "field", "json_body", "numbers"]


class WrongRequest(MinitokError):  # noqa: N818
    """A request that is malformed."""


class TooLarge(MinitokError):  # noqa: N818
    """A request above the limits of the server."""


class TooSlow(MinitokError):  # noqa: N818
    """Not done within the time limit."""


async def body(request: Request, most: int, seconds: float) -> bytes:
    """Reads the body of a request; never holds more than ``most`` bytes."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise TooLarge(f"a request of {int(length):,} bytes; at most {most:,} are taken")

    async def read() -> bytes:
        held = bytearray()
        async for chunk in request.stream():
            held += chunk
            if len(held) > most:
                raise TooLarge(f"a request of more than {most:,} bytes")
        return bytes(held)

    try:
        return await asyncio.wait_for(read(), seconds)
    except asyncio.TimeoutError:
        raise TooSlow("the request took too long to come") from None


async def json_body(request: Request, most: int, seconds: float) -> dict[str, Any]:
    """The JSON object that a request holds."""
    # A page of another site cannot send this type without asking first.
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise WrongRequest("the request must be application/json")
    try:
        data = json.loads(await body(request, most, seconds))
    except (ValueError, RecursionError) as error:
        raise WrongRequest(f"the request is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise WrongRequest("the request is not a JSON object")
    return data


def field(data: dict[str, Any], name: str, kind: type) -> Any:
    """A field of the request.

    >>> field({"text": "hi"}, "text", str)
    'hi'
    """
    value = data.get(name)
    if type(value) is not kind:
        raise WrongRequest(f"{name!r} must be {kind.__name__}, not {type(value).__name__}")
    return value


def numbers(data: dict[str, Any], **bounds: tuple[int, int]) -> list[int]:
    """Fields that are whole numbers between two bounds, each included.

    >>> numbers({"at": 3}, at=(0, 9))
    [3]
    """
    found = [field(data, name, int) for name in bounds]
    for value, (name, (least, most)) in zip(found, bounds.items()):
        if not least <= value <= most:
            raise WrongRequest(f"{name!r} is {value}, not between {least:,} and {most:,}")
    return found
