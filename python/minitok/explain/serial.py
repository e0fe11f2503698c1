"""Dataclasses as JSON: bytes are a string if they are UTF-8, otherwise ``{"hex": "ff00"}``."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["to_data"]


def to_data(value: Any) -> Any:
    """The value in the types of JSON.

    >>> to_data({1: b"a", 2: b"\\xff"})
    {'1': 'a', '2': {'hex': 'ff'}}
    """
    if is_dataclass(value):
        return {field.name: to_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"hex": value.hex()}
    if isinstance(value, (tuple, list)):
        return [to_data(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_data(item) for key, item in value.items()}
    return value
