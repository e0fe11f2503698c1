"""The normalizers that BPE code names: the normal forms of Unicode, and how spaces become markers.

A tokenizer with one that is not here, or that minitok does not run, is refused when it is read, by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minitok.backend import load_backend
from minitok.reference.normal_forms import FORMS

from .components import Component, pattern_state, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Normalizer", "Prepend", "Replace", "Sequence"]


class Normalizer(Component):
    """What is done to text before it is cut."""

    def normalize_str(self, sequence: str) -> str:
        """Returns the normalized text."""
        return normalized(self.as_json(), sequence)


class NFC(Normalizer):
    def __init__(self) -> None:
        self._become()


class NFD(Normalizer):
    def __init__(self) -> None:
        self._become()


class NFKC(Normalizer):
    def __init__(self) -> None:
        self._become()


class NFKD(Normalizer):
    def __init__(self) -> None:
        self._become()


class Lowercase(Normalizer):
    def __init__(self) -> None:
        self._become()


class Prepend(Normalizer):
    def __init__(self, prepend: str = "▁") -> None:
        self._become(prepend=prepend)


class Replace(Normalizer):
    def __init__(self, pattern: Any, content: str) -> None:
        self._become(pattern=pattern_state(pattern), content=content)


class Sequence(Normalizer):
    parts_field = "normalizers"

    def __init__(self, normalizers: Iterable[Any]) -> None:
        self._become(normalizers=[Normalizer.from_state(state_of(part)) for part in normalizers])


def normalized(state: dict[str, Any], text: str) -> str:
    """The text after a normalizer, given as JSON."""
    kind = state["type"]
    if kind in FORMS:
        return load_backend().normalizer((kind,)).apply(text).decode()
    if kind == "Sequence":
        for part in state["normalizers"]:
            text = normalized(part, text)
        return text
    if kind == "Prepend":
        return state["prepend"] + text if text else text
    if kind == "Lowercase":
        return load_backend().normalizer(("lowercase",)).apply(text).decode()
    if kind == "Replace" and "String" in state["pattern"]:
        return text.replace(state["pattern"]["String"], state["content"])
    if kind == "Replace":
        return re.sub(state["pattern"]["Regex"], lambda _: state["content"], text)
    raise NotImplementedError(f"minitok does not run the normalizer {kind}")
