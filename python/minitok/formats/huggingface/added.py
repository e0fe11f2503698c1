"""The added tokens of a file: special ones, found where the caller allows it, and those that are found in every text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from ...arguments import MAX_ID
from ...errors import VocabularyError
from ...reference.published.flags import FLAGS
from ..byte_level import CHARS
from ..files import Reason, shown
from .hiding import check_hiding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...definition import Definition


@dataclass(frozen=True)
class Added:
    """The added tokens.

    Attributes:
        ids: Their ids by name, in the order of the file.
        special: The names of those that are ``special``.
        late: The names of those that are ``normalized``: found in prepared text.
        flags: What they take of the text around them, or ask of it.
    """

    ids: Mapping[str, int]
    special: frozenset[str]
    late: frozenset[str]
    flags: Mapping[str, frozenset[str]]

    def fields(self, ids: Mapping[str, int] | None = None) -> dict[str, Any]:
        """The fields of a definition; ``ids``: other ids of the same tokens."""
        ids = self.ids if ids is None else ids
        return {
            **found_tokens((name, token_id, name not in self.special) for name, token_id in ids.items()),
            "late_tokens": self.late,
            "token_flags": self.flags,
        }


def found_tokens(rows: Iterable[tuple[str, int, bool]]) -> dict[str, dict[str, int]]:
    """The fields of a definition for tokens that are found in text, from names, ids, and whether they are added tokens.

    Of equal names the first counts.
    """
    kinds: dict[str, bool] = {}
    fields: dict[str, dict[str, int]] = {"special_tokens": {}, "added_tokens": {}}
    for name, token_id, is_added in rows:
        if kinds.setdefault(name, is_added) is is_added:
            fields["added_tokens" if is_added else "special_tokens"].setdefault(name, token_id)
    return fields


def read_added(tokens: Any) -> Added:
    """The added tokens of a file."""
    if not isinstance(tokens, list):
        raise Reason("the added_tokens are not a list")
    ids: dict[str, int] = {}
    special: set[str] = set()
    late: set[str] = set()
    flags: dict[str, frozenset[str]] = {}
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise Reason(f"an added token has no content: {shown(token)}")
        content, token_id = token["content"], token.get("id")
        if type(token_id) is not int or not 0 <= token_id <= MAX_ID:
            raise Reason(f"the id of the added token {content!r} is not a whole number from 0 to {MAX_ID}")
        if own := frozenset(flag for flag in FLAGS if token.get(flag)):
            flags[content] = own
        if ids.get(content, token_id) != token_id:
            raise Reason(f"the added token {content!r} has two ids")
        ids[content] = token_id
        if token.get("special"):
            special.add(content)
        if token.get("normalized", not token.get("special")):
            late.add(content)
    return Added(ids, frozenset(special), frozenset(late), flags)


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


def in_text(names: Iterable[str], *, whole_pieces: bool, by_bytes: bool = False, marked: bool = False) -> set[str]:
    """Returns the added tokens that text may have without a merge, where they are not found in it.

    That is a single character, as text is written before merges (``by_bytes``, or with its spaces ``marked``), and a whole
    piece.

    >>> sorted(in_text([" ", "a", "ab"], by_bytes=True, whole_pieces=False))
    ['a']
    >>> sorted(in_text([" ", "a", "ab"], by_bytes=True, whole_pieces=True))
    ['a', 'ab']
    """
    return {
        name
        for name in names
        if (len(name) == 1 or whole_pieces)
        and (all(char in CHARS for char in name) if by_bytes else not (marked and name == " "))
    }


def check_given(found: Mapping[str, int], ids: Mapping[str, int]) -> None:
    """Refuses added tokens that a reader would give other ids than these, given those of the model's tokens."""
    given = given_ids(found, ids, len(ids))
    if others := [name for name, token_id in given.items() if token_id != found[name]]:
        raise VocabularyError(f"a tokenizer.json cannot express the id {found[others[0]]} of the token {others[0]!r}")


def dump_added(definition: Definition) -> list[dict[str, Any]]:
    """The special and the added tokens as a file has them."""
    check_hiding(definition)
    found = sorted(definition.found_tokens.items(), key=lambda item: item[1])
    return [
        {
            "id": token_id,
            "content": name,
            **{flag: flag in definition.token_flags.get(name, ()) for flag in FLAGS},
            "normalized": name in definition.late_tokens,
            "special": name in definition.special_tokens,
        }
        for name, token_id in found
    ]
