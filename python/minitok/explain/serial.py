"""Dataclasses to JSON and back, by their annotations: nested dataclasses, tuples, dicts of ids, bytes, optional values.

Bytes are written as a string if they are UTF-8, otherwise as ``{"hex": "ff00"}``. A value that does not fit its annotation is
refused, with its path.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import FileFormatError

__all__ = ["from_text", "to_data", "to_text"]

FORMAT = "minitok-explanation"
VERSION = 4

T = TypeVar("T")


def to_text(value: Any) -> str:
    """The JSON of a dataclass, with its format and version."""
    return json.dumps({"format": FORMAT, "version": VERSION, **to_data(value)}, ensure_ascii=False)


def from_text(kind: type[T], text: str) -> T:
    """The dataclass that ``to_text`` wrote."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileFormatError("explanation", f"not JSON: {error.msg}", error.lineno) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FileFormatError("explanation", f"not an explanation: no format {FORMAT!r}")
    if data.get("version") != VERSION:
        raise FileFormatError("explanation", f"version {data.get('version')!r}, where {VERSION} can be read")
    del data["format"], data["version"]
    read: T = from_data(kind, data, "explanation")
    return read


def to_data(value: Any) -> Any:
    """The value in the types of JSON."""
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


def from_data(kind: Any, data: Any, where: str) -> Any:
    """The value of a type out of the types of JSON."""
    origin = get_origin(kind)
    if origin in (UnionType, Union):
        inner = next(arg for arg in get_args(kind) if arg is not type(None))
        return None if data is None else from_data(inner, data, where)
    if is_dataclass(kind):
        return read_fields(kind, expect(data, dict, where), where)
    if origin is tuple:
        (inner, _) = get_args(kind)
        items = enumerate(expect(data, list, where))
        return tuple(from_data(inner, item, f"{where}[{index}]") for index, item in items)
    if origin is dict and get_args(kind)[0] is int:
        return {
            read_int(key, where): from_data(get_args(kind)[1], item, f"{where}[{key}]")
            for key, item in expect(data, dict, where).items()
        }
    if kind is bytes:
        return read_bytes(data, where)
    return expect(data, dict if origin is dict else kind, where)


def read_fields(kind: Any, data: dict[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    if odd := sorted(set(names) ^ set(data)):
        raise FileFormatError(where, f"{odd[0]!r} is {'missing' if odd[0] in names else 'unknown'}")
    return kind(**{name: from_data(hints[name], data[name], f"{where}.{name}") for name in names})


def expect(data: Any, kind: type, where: str) -> Any:
    if type(data) is not kind:
        raise FileFormatError(where, f"{kind.__name__} expected, not {type(data).__name__}")
    return data


def read_int(key: str, where: str) -> int:
    if not (key.isascii() and key.isdigit()):
        raise FileFormatError(where, f"not an id: {key!r}")
    return int(key)


def read_bytes(data: Any, where: str) -> bytes:
    try:
        if isinstance(data, dict) and list(data) == ["hex"]:
            return bytes.fromhex(data["hex"])
        if isinstance(data, str):
            return data.encode()
    except (ValueError, TypeError) as error:
        raise FileFormatError(where, f"not bytes: {error}") from None
    raise FileFormatError(where, f"bytes expected, not {type(data).__name__}")
