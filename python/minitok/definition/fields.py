"""The fields of a ``Definition``: of what kind each is, how it is checked, and what types it can be given as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from ..arguments import check_pattern, check_special_tokens, check_string
from ..errors import VocabularyError
from ..reference.published.normalize import check_normalizer
from .chat_templates import as_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..backend import BackendName, Vocab
    from ..reference.published.normalize import Steps as Normalizer
    from .chat_templates import ChatTemplates

IDENTITY = bytes(range(256))


def gpt2_byte_order() -> bytes:
    """The 256 bytes in the order of GPT-2's ids: the printable ones first, each as its own character, then the rest."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return bytes(printable + [byte for byte in range(256) if byte not in printable])


BYTE_ORDERS = {"identity": IDENTITY, "gpt2": gpt2_byte_order()}

# The longest pattern that is shown whole.
SHORT = 80


def short_pattern(pattern: str) -> str:
    """A pattern for a line that people read: cut short, as files of models have some of a thousand characters.

    >>> short_pattern("gpt2"), len(short_pattern("[ab]" * 100))
    ('gpt2', 80)
    """
    return pattern if len(pattern) <= SHORT else pattern[: SHORT - 1] + "…"


def check_names(names: Collection[str] | None, name: str) -> frozenset[str]:
    """Names of tokens, or of flags, as a set."""
    if isinstance(names, (str, bytes)):
        raise TypeError(f"{name} must be a collection of names, not one {type(names).__name__}")
    held = frozenset(names or ())
    for each in held:
        if each is None:
            raise TypeError(f"each of {name} must be str, not NoneType")
        check_string(each, f"each of {name}")
    return held


def check_flags(flags: Mapping[str, Collection[str]] | None, name: str) -> dict[str, frozenset[str]]:
    """The flags of tokens by their names, without tokens that have none."""
    if flags is None:
        return {}
    if not isinstance(flags, Mapping):
        raise TypeError(f"{name} must be a mapping from names to flags, not {type(flags).__name__}")
    return {each: check_names(flags[each], name) for each in sorted(check_names(flags.keys(), name)) if flags[each]}


def check_record(record: Mapping[str, Any] | None, name: str) -> dict[str, Any] | None:
    """A record that a file can hold: what JSON has, by names."""
    if record is None:
        return None
    if not isinstance(record, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(record).__name__}")
    check_names(record.keys(), name)
    try:
        json.dumps(dict(record), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise VocabularyError(f"{name} contains a lone surrogate") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{name} must be values that JSON can hold: {error}") from None
    return dict(record) or None


# How a field of each kind is checked: its value and its name to the value that is held.
CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "pattern": lambda value, _: check_pattern(value),
    "text": check_string,
    "ids": lambda value, name: check_special_tokens(value or {}, name.removesuffix("_tokens")),
    "names": check_names,
    "flags": check_flags,
    "steps": lambda value, _: check_normalizer(value),
    "record": check_record,
    "chat": lambda value, _: as_templates(value),
}


def kept(kind: str, *, ids: bool = True) -> dict[str, Any]:
    """The metadata of a field that files, pickles and copies keep: its kind, and whether ids depend on it."""
    return {"kind": kind, "ids": ids}


def stated(value: object) -> object:
    """A value of a field in an order that does not change."""
    if isinstance(value, Mapping):
        return sorted((name, stated(held)) for name, held in value.items())
    return sorted(value) if isinstance(value, frozenset) else value


def digest_of(said: object) -> str:
    """A hash of what a value says of itself."""
    import hashlib  # which takes longer to import than the rest of this module

    return hashlib.sha256(repr(said).encode("utf-8", "backslashreplace")).hexdigest()


class Fields(TypedDict, total=False):
    """What ``kept`` fields can be given as, for type checkers: the keyword arguments of the constructors."""

    pattern: str
    special_tokens: Mapping[str, int] | None
    added_tokens: Mapping[str, int] | None
    late_tokens: Collection[str]
    token_flags: Mapping[str, Collection[str]]
    normalizer: Normalizer | None
    prefix: str | None
    words: str | None
    word_end: str | None
    name: str | None
    trained: Mapping[str, Any] | None
    chat: ChatTemplates | Mapping[str, str] | str | None


class Changes(Fields, total=False):
    """What ``replace`` can change."""

    backend: BackendName
    vocab: Vocab
