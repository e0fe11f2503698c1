"""minitok's native format: readable JSON with everything that ids depend on, and how it was trained (SPEC F1).

A trained tokenizer is its byte order and its merges, one to a line::

    {
    "format": "minitok", "version": 1,
    "pattern": "gpt2",
    "special_tokens": {"<|endoftext|>": 4095},
    "trained": {"vocab_size": 4096, ...},
    "byte_order": "identity",
    "merges": [
    [116, 104],
    ...

A vocabulary whose ids are not 256 + rank (a published one, with gaps) has, instead of ``byte_order``, its ``tokens``: ``[id,
base64 of the bytes]``, and merges ``[left, right, id, rank]``. One of symbols (SPEC S7) has ``symbols``: their fields, bytes in
base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..definition import BYTE_ORDERS, IDENTITY, KINDS, Definition
from ..definition.chat_templates import ChatTemplates
from ..reference.published.characters import Symbols
from .files import Reason, blame, field, optional_field, shown, shown_kind, write_atomically

VERSION = 1
# Fields that every file has; any other is left out where there is nothing to say.
REQUIRED = ("pattern", "special_tokens")
FIELDS = KINDS.keys() | {
    "format", "version", "fallback", "drops_bytes", "symbols", "byte_order", "whole_pieces", "tokens", "merges",
}  # fmt: skip


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write the tokenizer to a file."""
    write_atomically(path, dump(definition).encode())


def dump(definition: Definition) -> str:
    """The tokenizer as the text of a file."""
    vocab, symbols = definition.vocab, definition.symbols
    values = {"name": definition.name, **definition.values()}
    head = {
        "format": "minitok",
        "version": VERSION,
        **{name: as_json(value) for name, value in values.items() if value or value == "" or name in REQUIRED},
        **({"fallback": list(vocab.fallback)} if vocab.fallback else {}),
        **({"drops_bytes": True} if vocab.drops_bytes else {}),
        **({"symbols": dump_symbols(symbols)} if symbols else {}),
    }
    fields = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    if definition.is_plain:
        order = definition.byte_order or IDENTITY
        named = next((name for name, known in BYTE_ORDERS.items() if known == order), None)
        fields.append(f'"byte_order": {json.dumps(named or list(order))}')
        fields.append(f'"merges": {rows(definition.merges)}')
    else:
        tokens, merges, whole_pieces = definition.vocabulary()
        listed = ((token_id, encoded(token)) for token_id, token in tokens.items())
        fields.append(f'"whole_pieces": {json.dumps(whole_pieces)}')
        fields.append(f'"tokens": {rows(listed)}')
        fields.append(f'"merges": {rows(merges)}')
    return "{\n" + ",\n".join(fields) + "\n}\n"


def as_json(value: Any) -> Any:
    """The value of a field as JSON; sets in an order that does not change."""
    if isinstance(value, ChatTemplates):
        return {name: as_json(held) for name, held in value.values().items() if held or name != "named"}
    if isinstance(value, Mapping):
        return {name: as_json(held) for name, held in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value


def rows(items: Iterable[tuple[object, ...]]) -> str:
    """A list with one row to a line."""
    return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]"


def parse(content: Any, path: object, backend: str | None = None) -> Definition:
    """The tokenizer of a file, from its JSON; a file that is not one is refused with its reason (SPEC F2)."""
    with blame(path):
        options = read_fields(content)
        merges = field(content, "merges", list)
        options["backend"] = backend
        if "tokens" in content:
            tokens = parse_tokens(field(content, "tokens", list))
            full: list[Any] = [check_integers(row, 4, f"merge {rank}") for rank, row in enumerate(merges)]
            alphabet = parse_alphabet(content)
            return Definition.from_vocabulary(tokens, full, field(content, "whole_pieces", bool), **alphabet, **options)
        byte_order = parse_byte_order(content)
        pairs: list[Any] = [check_integers(row, 2, f"merge {rank}") for rank, row in enumerate(merges)]
        return Definition.from_merges(pairs, byte_order=byte_order, **options)


def read_fields(content: Any) -> dict[str, Any]:
    """The fields of a definition that a file has, from its JSON."""
    if not isinstance(content, dict) or content.get("format") != "minitok":
        raise Reason('not a minitok file: it has no "format": "minitok"')
    if content.get("version") != VERSION:
        version = content.get("version")
        is_short = isinstance(version, str) or (type(version) is int and -(1 << 63) <= version < 1 << 63)
        said = shown(version) if is_short else shown_kind(version)
        raise Reason(f"version {said} of the format; this minitok reads version {VERSION}")
    for name in content:
        if name not in FIELDS:
            raise Reason(f"unknown field {shown(name)}")
    fields: dict[str, Any] = {}
    for name, kind in KINDS.items():
        held, parse_field = IN_FILE[kind]
        value = field(content, name, held) if name in REQUIRED else optional_field(content, name, held)
        fields[name] = value if value is None or parse_field is None else parse_field(value, name)
    return fields


def parse_alphabet(content: dict[str, Any]) -> dict[str, Any]:
    """What pieces begin as."""
    fallback = optional_field(content, "fallback", list)
    return {
        "fallback": None if fallback is None else list(check_integers(fallback, 256, "fallback")),
        "drops_bytes": bool(optional_field(content, "drops_bytes", bool)),
        "symbols": parse_symbols(optional_field(content, "symbols", dict)),
    }


def dump_symbols(symbols: Symbols) -> dict[str, Any]:
    """What pieces begin as, with what is not text in base64."""
    fields = symbols._asdict() | {name: encoded(getattr(symbols, name)) for name in ("prefix", "suffix")}
    if symbols.joining is not None:
        fields["joining"] = symbols.joining[0], encoded(symbols.joining[1])
    return fields


def parse_symbols(symbols: dict[str, Any] | None) -> Symbols | None:
    """What pieces begin as."""
    if symbols is None:
        return None
    unknown, joining = symbols.get("unknown"), symbols.get("joining")
    if unknown is not None:
        (unknown,) = check_integers([unknown], 1, "the unknown id")
    if joining is not None and not (isinstance(joining, list) and [*map(type, joining)] == [str, str]):
        raise Reason("joining is not a rule and a mark")
    return Symbols(
        field(symbols, "unit", str),
        unknown,
        field(symbols, "fuses", bool),
        decoded(field(symbols, "prefix", str), "the prefix"),
        decoded(field(symbols, "suffix", str), "the suffix"),
        None if joining is None else (joining[0], decoded(joining[1], "the mark")),
    )


def parse_byte_order(content: dict[str, Any]) -> bytes:
    order = content.get("byte_order")
    byte_order = (
        BYTE_ORDERS.get(order) if isinstance(order, str) else bytes(check_integers(order, 256, "byte_order", 255))
    )
    if byte_order is None:
        raise Reason(f"unknown byte_order {shown(order)}")
    return byte_order


def parse_ids(tokens: dict[str, Any], name: str) -> dict[str, int]:
    for token, token_id in tokens.items():
        check_integers([token_id], 1, f"the {name.removesuffix('_tokens')} token {token!r}")
    return tokens


def parse_names(names: list[Any], _: str) -> list[str]:
    for name in names:
        if not isinstance(name, str):
            raise Reason(f"a token is named by {shown(name)}")
    return names


def parse_flags(flags: dict[str, Any], name: str) -> dict[str, list[str]]:
    """Names and what their tokens take."""
    return {token: parse_names(field({name: held}, name, list), name) for token, held in flags.items()}


def parse_chat(chat: dict[str, Any], _: str) -> ChatTemplates:
    try:
        return ChatTemplates(
            field(chat, "templates", dict), field(chat, "tokens", dict), optional_field(chat, "named", list) or []
        )
    except TypeError as error:
        raise Reason(f"chat: {error}") from None


# What a field of each kind is in JSON, and how it is read; None if it is taken as it is.
IN_FILE: dict[str, tuple[type, Callable[[Any, str], Any] | None]] = {
    "pattern": (str, None),
    "text": (str, None),
    "ids": (dict, parse_ids),
    "names": (list, parse_names),
    "flags": (dict, parse_flags),
    "steps": (object, None),
    "record": (dict, None),
    "chat": (dict, parse_chat),
}


def check_integers(row: Any, length: int, what: str, limit: int = (1 << 31) - 1) -> tuple[int, ...]:
    """Returns a row of ``length`` whole numbers that can be ids."""
    if not isinstance(row, list) or len(row) != length:
        raise Reason(f"{what} is not {length} numbers: {shown(row)}")
    for number in row:
        if not (type(number) is int and 0 <= number <= limit):
            raise Reason(f"{what} holds something other than a whole number from 0 to {limit}: {shown(number)}")
    return tuple(row)


def parse_tokens(rows: list[Any]) -> dict[int, bytes]:
    """Returns the tokens by id; an id given twice is refused."""
    tokens: dict[int, bytes] = {}
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], str):
            raise Reason(f"a token is not an id and its bytes in base64: {shown(row)}")
        (token_id,) = check_integers(row[:1], 1, "a token's id")
        token = decoded(row[1], f"the bytes of token {token_id}")
        if token_id in tokens:
            raise Reason(f"the token {token_id} appears twice")
        tokens[token_id] = token
    return tokens


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(text: str, what: str) -> bytes:
    """Bytes out of base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Reason(f"{what} are not base64: {shown(text)}") from None
