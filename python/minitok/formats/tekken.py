"""Mistral's ``tekken.json``: ranks as tiktoken has them, with the pattern and the special tokens.

Ids are ranks behind those of the special tokens: a token has the id ``rank + default_num_special_tokens``. Of the ranks in the
file, those below ``default_vocab_size - default_num_special_tokens`` are used. Special tokens have their ranks as ids; a file
without them has the ones that Mistral fixed first, and what is left of the room is ``<SPECIAL_n>``.

Costs: as reading JSON, and recovering merges from ranks.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..backend import load_backend
from ..definition import Definition
from ..errors import FileFormatError, MinitokError
from .files import blame, parse_json, read, shown
from .pattern_names import name_of

if TYPE_CHECKING:
    import os

__all__ = ["load", "parse"]

# The special tokens of the versions whose files do not name them.
FIRST_SPECIAL = (
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
)  # fmt: skip

# Ids of special tokens need not be named, so a few bytes can ask for any number of them. Mistral's files have 1,000.
MOST_SPECIAL = 100_000


class Malformed(Exception):  # noqa: N818
    """What is wrong with the file."""


def load(path: str | os.PathLike[str], *, name: str | None = None, backend: str | None = None) -> Definition:
    """Read a ``tekken.json``.

    Raises:
        FileFormatError: The file is malformed; the message says what.
    """
    data = read(path)
    return parse_table(data, path, name, backend) or parse(parse_json(data, path), path, name, backend)


def parse_table(data: bytes, path: object, name: str | None = None, backend: str | None = None) -> Definition | None:
    """The tokenizer of a file whose tokens the backend reads; None for one that is left to ``parse``, or refused there."""
    chosen = load_backend(backend)
    table = chosen.readers.read_tekken(data)
    if table is None:
        return None
    with suppress(MinitokError, Malformed):
        content = parse_json(table.rest, path)
        _, pattern, special = read_content(content)
        n_special, size = sizes(content)
        vocab = None if "format" in content or "model" in content else table.vocabulary(size - n_special, n_special)
        if vocab is not None:
            return Definition.of(vocab, chosen.name, pattern=pattern, special_tokens=special, name=name)
    return None


def parse(content: Any, path: object, name: str | None = None, backend: str | None = None) -> Definition:
    """The tokenizer that the JSON stands for."""
    with blame(path):
        try:
            ranks, pattern, special = read_content(content)
        except Malformed as reason:
            raise FileFormatError(path, str(reason)) from None
        return Definition.from_ranks(ranks, pattern=pattern, special_tokens=special, name=name, backend=backend)


def read_content(content: Any) -> tuple[dict[bytes, int], str, dict[str, int]]:
    """The ids by their bytes, the pattern and the special tokens."""
    config = field(content, "config", dict)
    n_special, size = sizes(content)
    ids: dict[bytes, int] = {}
    for place, row in enumerate(field(content, "vocab", list)):
        rank = field(row, "rank", int)
        try:
            token = base64.b64decode(field(row, "token_bytes", str), validate=True)
        except (binascii.Error, ValueError):
            raise Malformed(f"the bytes of token {place} of the vocab are not base64") from None
        if not 0 <= rank < size - n_special:
            continue
        if ids.setdefault(token, rank + n_special) != rank + n_special:
            raise Malformed(f"the token {place} of the vocab, {token!r}, has two ranks")
    return ids, name_of(field(config, "pattern", str)), read_special(content, n_special)


def sizes(content: dict[str, Any]) -> tuple[int, int]:
    """How many special tokens there are, and how many tokens in all."""
    config = field(content, "config", dict)
    n_special = field(config, "default_num_special_tokens", int)
    size = field(config, "default_vocab_size", int)
    if not 0 <= n_special < size <= 1 << 31:
        raise Malformed(f"default_num_special_tokens {shown(n_special)} is not below default_vocab_size {shown(size)}")
    if n_special > MOST_SPECIAL:
        raise Malformed(f"default_num_special_tokens is {n_special}; it can be {MOST_SPECIAL} at most")
    return n_special, size


def read_special(content: dict[str, Any], n_special: int) -> dict[str, int]:
    """The special tokens, and names for the ids among them that have none."""
    named = dict(enumerate(FIRST_SPECIAL[:n_special]))
    if content.get("special_tokens") is not None:
        named = {}
        for row in field(content, "special_tokens", list):
            rank, token = field(row, "rank", int), field(row, "token_str", str)
            if not 0 <= rank < n_special:
                raise Malformed(
                    f"the special token {token!r} has the rank {rank}, "
                    f"which is not one of the {n_special} ranks of special tokens"
                )
            if rank in named:
                raise Malformed(f"the special tokens {named[rank]!r} and {token!r} both have the rank {rank}")
            named[rank] = token
    special: dict[str, int] = {}
    for token_id in range(n_special):
        token = named.get(token_id, f"<SPECIAL_{token_id}>")
        if special.setdefault(token, token_id) != token_id:
            raise Malformed(f"the special token {token!r} has two ranks")
    return special


def field(content: Any, name: str, kind: type) -> Any:
    """A field that must be there and of that type."""
    if not isinstance(content, dict) or not isinstance(content.get(name), kind) or isinstance(content[name], bool):
        raise Malformed(f"not a tekken.json: it has no {name!r} that is a {kind.__name__}")
    return content[name]
