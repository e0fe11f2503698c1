"""How ``tokenizers`` shows what a ``tokenizer.json`` has: ``Strip(content=" ", start=0, stop=0)``."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

# Texts that stand without quotes: they are names of variants.
NAMES = frozenset(["behavior", "prepend_scheme", "direction", "strategy", "progress_format"])
# Lists that are pairs, or that hold pairs.
PAIRS = frozenset(["sep", "cls"])
# How many entries of a list, and bytes of a text, are shown in full and in short.
MOST_ENTRIES = {False: 99, True: 5}
MOST_BYTES = 100


class Shown:
    """What shows itself as its JSON, and is pickled as it."""

    def as_json(self) -> dict[str, Any]:
        raise NotImplementedError

    def __getstate__(self) -> bytes:
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":")).encode()

    def __repr__(self) -> str:
        return shown(self.as_json())

    def __str__(self) -> str:
        return shown(self.as_json(), short=True)


def shown(value: Any, key: str = "", *, short: bool = False) -> str:
    """A piece of JSON, as ``repr`` or, in short, ``str``. ``key``: the field that it is of.

    >>> shown({"type": "Split", "pattern": {"String": " "}, "behavior": "Removed"})
    'Split(pattern=String(" "), behavior=Removed)'
    """
    if isinstance(value, str):
        return value if key in NAMES else f'"{cut_text(value) if short else value}"'
    if isinstance(value, list):
        if key in PAIRS:
            return f"({', '.join(shown(part, short=short) for part in value)})"
        kind = {"added_tokens": key, "merges": "sep"}.get(key, "")
        rows = (
            f"AddedToken({shown_fields(part, short=short)})"
            if key == "special_tokens"
            else shown(part, kind, short=short)
            for part in value
        )
        return f"[{entries(rows, short=short)}]"
    if not isinstance(value, dict):
        return str(value)
    if key in ("vocab", "words", "added_tokens"):
        return (
            f"{{{entries((f'{shown(name)}:{shown(part, short=short)}' for name, part in value.items()), short=short)}}}"
        )
    if key == "special_tokens":
        rows = (f"{shown(name)}:SpecialToken({shown_fields(token, short=short)})" for name, token in value.items())
        return f"{{{entries(rows, short=short)}}}"
    if "type" in value:
        fields = {name: part for name, part in value.items() if name != "type"}
        return f"{value['type']}({shown_fields(fields, short=short)})"
    # A variant with what it holds: `{"Regex": "a"}` as `Regex("a")`.
    kind, content = next(iter(value.items()))
    if kind == "Sequence":
        return f"Sequence(id={content['id']}, type_id={content['type_id']})"
    return f"{kind}({shown_fields(content, short=short) if isinstance(content, dict) else shown(content, short=short)})"


def shown_fields(fields: dict[str, Any], *, short: bool = False) -> str:
    return ", ".join(f"{name}={shown(part, name, short=short)}" for name, part in fields.items())


def entries(rows: Any, *, short: bool) -> str:
    """The entries of a list or a map, the first of many."""
    found = list(islice(rows, MOST_ENTRIES[short] + 1))
    return ", ".join([*found[:-1], "..."] if len(found) > MOST_ENTRIES[short] else found)


def cut_text(value: str) -> str:
    """The first bytes of a long text, in whole characters."""
    data = value.encode("utf-8", "surrogatepass")
    return value if len(data) <= MOST_BYTES else data[:MOST_BYTES].decode("utf-8", "ignore") + "..."
