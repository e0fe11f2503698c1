"""The added tokens of a file: special ones, found where the caller allows it, and those that are found in every text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.published.flags import FLAGS, HIDES
from ...reference.published.normalize import steps_of
from ..byte_level import CHARS
from ..extension import extension

if TYPE_CHECKING:
    from ...definition import Definition


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


def hiding(definition: Definition) -> set[str]:
    """Returns the special tokens in whose text ``tokenizers`` finds no added token, although it splits special tokens.

    >>> from ...definition import Definition
    >>> sorted(hiding(Definition.from_merges([], special_tokens={"<b>x": 256, "<s>": 257}, added_tokens={"<b>": 258})))
    ['<b>x']
    """
    special, added = list(definition.special_tokens), list(definition.added_tokens)
    if not special or not added:
        return set()
    rust = extension("tokenizer.json")
    normalizer = definition.normalizer and rust.Normalizer(steps_of(definition.normalizer))
    return set(rust.hiding_tokens(special, added, set(definition.late_tokens), normalizer, definition.prefix))


def with_hiding(definition: Definition) -> Definition:
    """The definition of a file, with the flags of special tokens that hide added ones."""
    flags = {name: {*definition.token_flags.get(name, ()), HIDES} for name in hiding(definition)}
    if not flags:
        return definition
    return definition.replace(name=definition.name, token_flags={**definition.token_flags, **flags})


def check_hiding(definition: Definition) -> None:
    """Refuses to write special tokens that hide added ones in the file, and do not here, or the other way round."""
    hides = {name for name, flags in definition.token_flags.items() if HIDES in flags}
    for name in sorted(hides ^ hiding(definition)):
        does = "hides" if name in hides else "does not hide"
        raise VocabularyError(
            f"a tokenizer.json cannot express that the special token {name!r} {does} the added tokens in its text"
        )


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
