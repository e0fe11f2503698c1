"""Special tokens that are found late, or take more than their own text: what is cut where.

A *late* special token is looked for after the others, in normalized text. And a special token may take the white space before
it (``lstrip``) or behind it (``rstrip``), or count only where no character of a word is beside it (``single_word``).

By hand, ``a <s> b`` with ``rstrip`` for ``<s>``: the segment ``a·``, the token, the segment ``b``.

Costs: O(n).

Implements SPEC N1, for both backends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import VocabularyError
from ..reference.pretokenize import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    import regex

    # A segment (start, end, None), or a special token (start, end, id).
    Part = tuple[int, int, int | None]

__all__ = ["FLAGS", "Special", "as_flagged", "cut"]

# What a special token may take of the text around it, or ask of it.
FLAGS = ("single_word", "lstrip", "rstrip")


@cache
def of_kind(kind: str) -> regex.Pattern[str]:
    """The pattern of a white-space character, with the space or without, or of a character of words: made when it is needed."""
    return compile_pattern({"space": r"\s", "other space": r"[\s--\x20]", "word": r"\w"}[kind])


@dataclass(frozen=True)
class Special:
    """Special tokens, those of them that are late, and what they take of the text around them (``Definition``)."""

    ids: Mapping[str, int]
    late: frozenset[str] = frozenset()
    flags: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what contradicts itself."""
        for name in self.flags:
            if name not in self.ids:
                raise VocabularyError(f"flags are given for {name!r}, which is not one of the special tokens")
        for name in self.late:
            if name not in self.ids:
                raise VocabularyError(f"the late special token {name!r} is not one of the special tokens")
        for name, flags in self.flags.items():
            if unknown := sorted(flags - set(FLAGS)):
                raise VocabularyError(
                    f"the special token {name!r} has the flag {unknown[0]!r}; there are {', '.join(FLAGS)}"
                )


def cut(
    data: bytes, finder: Any, flags: Mapping[int, frozenset[str]] = MappingProxyType({}), *, marked: bool = False
) -> list[bytes | int]:
    """The text between special tokens, and their ids. ``flags``: of those that take white space, or stand alone."""
    parts = as_flagged(data, list(finder.split(data)), flags, marked=marked)
    return [data[start:end] if token_id is None else token_id for start, end, token_id in parts]


def as_flagged(
    data: bytes, parts: list[Part], flags: Mapping[int, frozenset[str]], *, marked: bool = False
) -> list[Part]:
    """The parts of a text without the white space that special tokens take, and without those that must stand alone.

    ``marked``: the spaces of the text are markers, which no special token takes.
    """
    if not flags or not any(token_id in flags for _, _, token_id in parts):
        return parts
    space = of_kind("other space" if marked else "space")
    found: list[Part] = []
    done = 0
    for start, end, token_id in parts:
        if token_id is None:
            continue
        own = flags.get(token_id, frozenset())
        if "single_word" in own and (
            last_char(data[max(0, start - 4) : start], of_kind("word"))
            or first_char(data[end : end + 4], of_kind("word"))
        ):
            continue
        first = max(done, before_space(data, start, space)) if "lstrip" in own else start
        if done < first:
            found.append((done, first, None))
        found.append((start, end, token_id))
        done = behind_space(data, end, space) if "rstrip" in own else end
    if done < len(data):
        found.append((done, len(data), None))
    return found


def last_char(data: bytes, kind: regex.Pattern[str]) -> bool:
    """Whether the last character of a few bytes is of a kind."""
    return kind.match(data.decode("utf-8", "ignore")[-1:]) is not None


def first_char(data: bytes, kind: regex.Pattern[str]) -> bool:
    """Whether the first character of a few bytes is of a kind."""
    return kind.match(data.decode("utf-8", "ignore")[:1]) is not None


def before_space(data: bytes, end: int, space: regex.Pattern[str]) -> int:
    """Where the white space begins that ends at a place."""
    while end and (char := next((n for n in (1, 2, 3) if space.fullmatch(text_of(data[max(0, end - n) : end]))), 0)):
        end -= char
    return end


def behind_space(data: bytes, start: int, space: regex.Pattern[str]) -> int:
    """Where the white space ends that begins at a place."""
    while start < len(data) and (
        char := next((n for n in (1, 2, 3) if space.fullmatch(text_of(data[start : start + n]))), 0)
    ):
        start += char
    return start


def text_of(data: bytes) -> str:
    """The bytes as text; as the empty text if they are not."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""
