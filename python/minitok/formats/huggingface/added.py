"""Added tokens as special tokens, and back."""

from __future__ import annotations

import warnings
from itertools import count
from typing import TYPE_CHECKING, Any

from ...arguments import MAX_ID
from ...backend.normalizing import FLAGS
from ..byte_level import CHARS
from ..files import shown
from .reasons import Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...definition import Definition


def read_added(tokens: Any) -> dict[str, Any]:
    """The added tokens as special tokens, those of them that are late (``normalized``), and what they take with them."""
    if not isinstance(tokens, list):
        raise Unsupported("the added_tokens are not a list")
    special: dict[str, int] = {}
    late: set[str] = set()
    flags: dict[str, frozenset[str]] = {}
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise Unsupported(f"an added token has no content: {shown(token)}")
        content, token_id = token["content"], token.get("id")
        if type(token_id) is not int or not 0 <= token_id <= MAX_ID:
            raise Unsupported(f"the id of the added token {content!r} is not a whole number from 0 to {MAX_ID}")
        if own := frozenset(flag for flag in FLAGS if token.get(flag)):
            flags[content] = own
        if special.get(content, token_id) != token_id:
            raise Unsupported(f"the added token {content!r} has two ids")
        special[content] = token_id
        if token.get("normalized", not token.get("special")):
            late.add(content)
    return {"special_tokens": special, "late_special": late, "special_flags": flags}


def given_ids(special: Mapping[str, int], ids: Mapping[str, int | None], size: int) -> dict[str, int]:
    """Returns the ids that ``tokenizers`` gives added tokens: it does not use those of the file.

    A token of the model keeps its id there; the others get the ids from the size of the model on, in the order of the file.

    Args:
        special: The added tokens in that order, with their ids in the file.
        ids: The ids of the model's tokens, at least of those that are among the added ones.
        size: How many tokens the model has.

    >>> given_ids({"a": 300, "<s>": 300, "</s>": 256}, {"a": 97}, 256)
    {'a': 97, '<s>': 256, '</s>': 257}
    """
    free = count(size)
    given = ((name, ids.get(name)) for name in special)
    return {name: next(free) if token_id is None else token_id for name, token_id in given}


def in_text(added: Mapping[str, Any], *, by_bytes: bool, whole_pieces: bool) -> set[str]:
    """Returns the added tokens that text may have without a merge, where they are not found in it.

    That is a single character, as text is written before merges, and a whole piece that is beside a character of a word.

    >>> added = {"special_tokens": {"a": 97, "ab": 256}, "special_flags": {"ab": {"single_word"}}}
    >>> sorted(in_text(added, by_bytes=True, whole_pieces=False))
    ['a']
    """
    flags = added["special_flags"]
    return {
        name
        for name in added["special_tokens"]
        if (len(name) == 1 or (whole_pieces and "single_word" in flags.get(name, ())))
        and (all(char in CHARS for char in name) if by_bytes else name != " ")
    }


def warn_of_other_ids(special: Mapping[str, int], given: Mapping[str, int], path: object) -> None:
    """Warns of added tokens that have other ids in the file than they are given."""
    others = [name for name, token_id in given.items() if special[name] != token_id]
    if others:
        first, more = others[0], f", and {len(others) - 1} more have others" if len(others) > 1 else ""
        warnings.warn(
            f"{path}: the added token {shown(first)} has the id {special[first]} in the file, and {given[first]} here, as in "
            f"tokenizers{more}",
            stacklevel=2,
        )


def dump_added(definition: Definition) -> list[dict[str, Any]]:
    """The special tokens as added tokens."""
    special = sorted(definition.special_tokens.items(), key=lambda item: item[1])
    return [
        {
            "id": token_id,
            "content": name,
            **{flag: flag in definition.special_flags.get(name, ()) for flag in FLAGS},
            "normalized": name in definition.late_special,
            "special": True,
        }
        for name, token_id in special
    ]
