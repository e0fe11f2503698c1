"""What the public functions accept: checks that end in an error which names what was wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["as_list", "check_special_tokens", "named_special_tokens", "thread_count"]

MAX_ID = (1 << 31) - 1


def check_special_tokens(special_tokens: Mapping[str, int]) -> dict[str, int]:
    """The special tokens as a dict, if they are names and ids."""
    for name, token_id in special_tokens.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a special token must be str, not {type(name).__name__}")
        if isinstance(token_id, bool) or not isinstance(token_id, int):
            raise TypeError(f"the id of the special token {name!r} must be int, not {type(token_id).__name__}")
        if not 0 <= token_id <= MAX_ID:
            raise VocabularyError(f"the id {token_id} of the special token {name!r} is not between 0 and {MAX_ID}")
        try:
            name.encode()
        except UnicodeEncodeError:
            raise VocabularyError(f"the special token {name!r} holds a lone surrogate") from None
    return dict(special_tokens)


def as_list(texts: Iterable[str | bytes]) -> list[str | bytes]:
    """The texts of a batch; one text alone is a mistake, not a batch of its characters."""
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"texts must be an iterable of str or bytes, not one {type(texts).__name__}")
    return list(texts)


def thread_count(threads: int | None) -> int:
    """How many threads to use: as many as there are processors, if the caller does not say."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    return threads


def shorten(special: Mapping[str, int]) -> str:
    """The names of some special tokens, for a message."""
    names = ", ".join(repr(name) for name in list(special)[:8])
    return f"it has {names}{', ...' if len(special) > 8 else ''}" if special else "it has none"


def named_special_tokens(named: Collection[str] | str, special: Mapping[str, int]) -> list[str]:
    """The special tokens that a caller names: a collection of them, or ``"all"``."""
    if named == "all":
        return list(special)
    if isinstance(named, str):
        raise TypeError(f"special tokens are named by a collection of str or 'all', not by the str {named!r}")
    for name in named:
        if name not in special:
            raise ValueError(f"{name!r} is not a special token of this tokenizer: {shorten(special)}")
    return list(named)
