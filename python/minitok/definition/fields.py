"""The fields of a ``Definition``: of what kind each is, how it is checked, and what types it can be given as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from ..arguments import check_pattern, check_special_tokens
from ..reference.published.normalize import check_normalizer
from .chat_templates import as_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..backend import BackendName, Vocab
    from ..reference.published.normalize import Steps as Normalizer
    from .chat_templates import ChatTemplates

__all__ = [
    "BYTE_ORDERS",
    "CHECKS",
    "IDENTITY",
    "Changes",
    "Fields",
    "gpt2_byte_order",
    "kept",
    "short_pattern",
    "stated",
]

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


# How a field of each kind is checked: its value and its name to the value that is held.
CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "pattern": lambda value, _: check_pattern(value),
    "text": lambda value, _: value,
    "ids": lambda value, name: check_special_tokens(value or {}, name.removesuffix("_tokens")),
    "names": lambda value, _: frozenset(value or ()),
    "flags": lambda value, _: {name: frozenset(flags) for name, flags in sorted((value or {}).items()) if flags},
    "steps": lambda value, _: check_normalizer(value),
    "record": lambda value, _: dict(value) if value else None,
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
