"""The added tokens of a file: special ones, found where the caller allows it, and those that are found in every text."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from ...arguments import MAX_ID
from ...errors import VocabularyError
from ...reference.published.flags import FLAGS, HIDES
from ...reference.published.metaspace import Metaspace
from ...reference.published.normalize import Normalizer, steps_of
from ...reference.published.preprocess import Preprocessor
from ...reference.special import SpecialTokens
from ..byte_level import CHARS
from ..files import Reason, found_tokens, shown

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


def in_text(
    names: Iterable[str],
    flags: Mapping[str, frozenset[str]],
    *,
    whole_pieces: bool,
    by_bytes: bool = False,
    marked: bool = False,
) -> set[str]:
    """Returns the added tokens that text may have without a merge, where they are not found in it.

    That is a single character, as text is written before merges (``by_bytes``, or with its spaces ``marked``), and a whole
    piece that is beside a character of a word.

    >>> sorted(in_text([" ", "a", "ab"], {"ab": frozenset({"single_word"})}, by_bytes=True, whole_pieces=False))
    ['a']
    """
    return {
        name
        for name in names
        if (len(name) == 1 or (whole_pieces and "single_word" in flags.get(name, ())))
        and (all(char in CHARS for char in name) if by_bytes else not (marked and name == " "))
    }


def check_given(found: Mapping[str, int], ids: Mapping[str, int]) -> None:
    """Refuses added tokens that a reader would give other ids than these, given those of the model's tokens."""
    given = given_ids(found, ids, len(ids))
    if others := [name for name, token_id in given.items() if token_id != found[name]]:
        raise VocabularyError(f"a tokenizer.json cannot express the id {found[others[0]]} of the token {others[0]!r}")


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


def hiding(definition: Definition) -> set[str]:
    """Returns the special tokens in whose text ``tokenizers`` finds no added token, although it splits special tokens.

    It finds all tokens of the file, and then leaves the special ones as text. That matters where an added token stands in the
    text of a special one, or begins in it; both must be found at the same time, early or late.

    >>> from ...definition import Definition
    >>> sorted(hiding(Definition.from_merges([], special_tokens={"<b>x": 256, "<s>": 257}, added_tokens={"<b>": 258})))
    ['<b>x']
    """
    if not definition.special_tokens or not definition.added_tokens:
        return set()
    steps = [] if definition.normalizer is None else steps_of(definition.normalizer)
    metaspace = None if definition.prefix is None else Metaspace(definition.prefix)
    prepared = Preprocessor(SpecialTokens({}), Normalizer(steps), metaspace)
    late = definition.late_tokens
    texts = {name: prepared.late_text(name) if name in late else name for name in definition.found_tokens}
    # What the added tokens are, and what they begin with, by when they are found.
    whole = {
        when: [texts[name] for name in definition.added_tokens if (name in late) is when] for when in (True, False)
    }
    begins = {when: {text[:size] for text in held for size in range(1, len(text))} for when, held in whole.items()}
    return {
        name
        for name in definition.special_tokens
        for text, when in [(texts[name], name in late)]
        if any(one and one in text for one in whole[when])
        or any(text[start:] in begins[when] for start in range(1, len(text)))
    }


def check_late(definition: Definition) -> None:
    """Refuse an added token of whose text nothing is left: ``tokenizers`` finds it everywhere."""
    normalizer = Normalizer(steps_of(definition.normalizer))
    for name in sorted(definition.late_tokens):
        if not normalizer.apply(name.encode()):
            raise Reason(f"the added token {name!r} is normalized to nothing, which is found everywhere")


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
