"""Added tokens as special tokens, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...arguments import MAX_ID
from ...backend.normalizing import FLAGS
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


def check_added(special: Mapping[str, int], ids: Mapping[str, int], size: int) -> None:
    """Refuse an id of an added token that is not the one ``tokenizers`` would give it, which does not use that of the file.

    A token of the model keeps its id there; the others get the ids from the size of the model on, in the order of the file.

    Args:
        special: The added tokens in that order, with their ids in the file.
        ids: The ids of the model's tokens, at least of those that are among the added ones.
        size: How many tokens the model has.

    >>> check_added({"a": 97, "<s>": 300}, {"a": 97}, 256)
    Traceback (most recent call last):
    minitok.formats.huggingface.reasons.Unsupported: the added token '<s>' has the id 300, where tokenizers gives it 256
    """
    free = size
    for name, token_id in special.items():
        given = ids.get(name)
        if given is None:
            given, free = free, free + 1
        if given != token_id and name:
            raise Unsupported(f"the added token {name!r} has the id {token_id}, where tokenizers gives it {given}")


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
