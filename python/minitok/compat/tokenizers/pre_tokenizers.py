"""The pre-tokenizers that BPE code names: how text is cut into pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.backend import load_backend
from minitok.errors import FileFormatError
from minitok.formats.byte_level import BYTES, to_chars
from minitok.formats.huggingface.patterns import read_pattern
from minitok.formats.huggingface.reasons import Unsupported

from .components import Component, pattern_state, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ByteLevel", "Digits", "Metaspace", "PreTokenizer", "Punctuation", "Sequence", "Split", "split_pattern"]

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


class PreTokenizer(Component):
    """What cuts text into pieces."""

    def pre_tokenize_str(self, sequence: str) -> list[tuple[str, tuple[int, int]]]:
        """Returns the pieces as they reach the model, and the characters of the text that each has.

        >>> ByteLevel(add_prefix_space=False).pre_tokenize_str("Hello you")
        [('Hello', (0, 5)), ('Ġyou', (5, 9))]
        """
        state = self.as_json()
        parts = state["pretokenizers"] if state["type"] == "Sequence" else [state]
        shows_bytes = any(part["type"] == "ByteLevel" for part in parts)
        if state["type"] == "Metaspace":
            return marked(sequence, state)
        pieces = load_backend(None).pattern(split_pattern(state)).split(sequence)
        found, at = [], 0
        for piece in pieces:
            end = at + len(piece.decode())
            found.append((to_chars(piece) if shows_bytes else piece.decode(), (at, end)))
            at = end
        return found


class ByteLevel(PreTokenizer):
    defaults = {"add_prefix_space": True, "trim_offsets": True, "use_regex": True}  # noqa: RUF012 - declared in the base

    def __init__(self, add_prefix_space: bool = True, use_regex: bool = True, *, trim_offsets: bool = True) -> None:
        self._become(add_prefix_space=add_prefix_space, trim_offsets=trim_offsets, use_regex=use_regex)

    @staticmethod
    def alphabet() -> list[str]:
        """The 256 characters that stand for the bytes, in no particular order."""
        return list(BYTES)


class Split(PreTokenizer):
    defaults = {"pattern": ..., "behavior": ..., "invert": False}  # noqa: RUF012 - declared in the base

    def __init__(self, pattern: Any, behavior: str, invert: bool = False) -> None:
        self._become(pattern=pattern_state(pattern), behavior=behavior_name(behavior), invert=invert)


class Digits(PreTokenizer):
    def __init__(self, individual_digits: bool = False) -> None:
        self._become(individual_digits=individual_digits)


class Punctuation(PreTokenizer):
    defaults = {"behavior": "Isolated"}  # noqa: RUF012 - declared in the base

    def __init__(self, behavior: str = "isolated") -> None:
        self._become(behavior=behavior_name(behavior))


class Metaspace(PreTokenizer):
    defaults = {"replacement": "▁", "prepend_scheme": "always", "split": True}  # noqa: RUF012 - declared in the base

    def __init__(self, replacement: str = "▁", prepend_scheme: str = "always", split: bool = True) -> None:
        self._become(replacement=replacement, prepend_scheme=prepend_scheme, split=split)


class Sequence(PreTokenizer):
    parts_field = "pretokenizers"

    def __init__(self, pre_tokenizers: Iterable[Any]) -> None:
        self._become(pretokenizers=[PreTokenizer.from_state(state_of(part)) for part in pre_tokenizers])


def behavior_name(behavior: str) -> str:
    """``merged_with_next`` as a file writes it: ``MergedWithNext``."""
    return "".join(word.capitalize() for word in behavior.split("_")) if "_" in behavior else behavior.capitalize()


def split_pattern(state: dict[str, Any] | None) -> str:
    """The split pattern of a pre-tokenizer, given as JSON; whether or not it makes characters of bytes.

    Raises:
        FileFormatError: minitok does not cut like that; the message says why.
    """
    if state is None:
        return "none"
    parts = list(state["pretokenizers"]) if state["type"] == "Sequence" else [state]
    if not parts or parts[-1]["type"] != "ByteLevel":
        parts.append(BYTE_LEVEL)
    try:
        cuts = read_pattern({"type": "Sequence", "pretokenizers": parts})
    except Unsupported as reason:
        raise FileFormatError("pre_tokenizer", str(reason)) from None
    if cuts.words is not None or cuts.prefix is not None:
        raise FileFormatError("pre_tokenizer", "it drops text, or puts a space before it, which is not shown here")
    return cuts.pattern


def marked(text: str, state: dict[str, Any]) -> list[tuple[str, tuple[int, int]]]:
    """The pieces of ``Metaspace``, with the markers."""
    mark = state["replacement"]
    shown = text.replace(" ", mark)
    added = bool(text) and state["prepend_scheme"] != "never" and not shown.startswith(mark)
    shown = mark * added + shown
    ends = [at for at in range(1, len(shown)) if shown[at] == mark] if state["split"] else []
    cuts = [0, *ends, len(shown)] if shown else [0]
    spans = zip(cuts, cuts[1:])
    return [(shown[start:end], (max(0, start - added), end - added)) for start, end in spans]
