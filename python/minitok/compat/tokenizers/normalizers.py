"""The normalizers: what is done to text before it is cut.

Each stands for steps of SPEC N2, which a tokenizer runs in its codec. By itself, a normalizer runs them on a
``NormalizedString``, which follows where characters come from.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError
from minitok.formats.huggingface.read import parse_steps
from minitok.reference.published.normalize import steps_of

from .components import Component
from .normalized_string import NormalizedString
from .options import FLAG, MAYBE_FLAG, PATTERN, TEXT, Option, compiled_source

if TYPE_CHECKING:
    from minitok.reference.published.normalize import Step

__all__ = [
    "NFC", "NFD", "NFKC", "NFKD", "NORMALIZERS", "BertNormalizer", "ByteLevel", "Lowercase", "Nmt", "Normalizer",
    "Precompiled", "Prepend", "Replace", "Sequence", "Strip", "StripAccents", "unicode_normalizer_from_str",
]  # fmt: skip


class Normalizer(Component):
    """What is done to text before it is cut."""

    def normalize(self, normalized: Any) -> None:
        """Changes a ``NormalizedString``.

        Raises:
            ComponentError: A custom normalizer fails.
        """
        self._run("normalize", "NormalizedString", normalized)

    def normalize_str(self, sequence: str) -> str:
        """Returns the normalized text.

        >>> Sequence([NFD(), StripAccents(), Lowercase()]).normalize_str("Héllò")
        'hello'
        """
        normalized = NormalizedString(sequence)
        self.normalize(normalized)
        return normalized.normalized

    def _apply(self, normalized: NormalizedString) -> None:
        if type(self) is Normalizer:
            self._refuse()
        for step in codec_steps(json.dumps(self.state)):
            normalized.step(step)


@lru_cache(maxsize=256)
def codec_steps(state: str) -> tuple[Step, ...]:
    """The steps of a codec that the JSON of a normalizer stands for."""
    return steps_of(parse_steps(normalizer=json.loads(state)).normalizer)


NFC = Normalizer.named("NFC", "Canonical composition.")
NFD = Normalizer.named("NFD", "Canonical decomposition.")
NFKC = Normalizer.named("NFKC", "Compatible composition.")
NFKD = Normalizer.named("NFKD", "Compatible decomposition.")
Lowercase = Normalizer.named("Lowercase", "Small letters.")
StripAccents = Normalizer.named("StripAccents", "Drops combining marks: put ``NFD`` before it.")
Nmt = Normalizer.named("Nmt", "Drops control characters, and makes odd white space a space.")
Strip = Normalizer.named(
    "Strip",
    "Drops white space at the ends.",
    Option("left", FLAG, True, "strip_left"),
    Option("right", FLAG, True, "strip_right"),
)
Prepend = Normalizer.named(
    "Prepend", "Puts a text before one that is not empty.", Option("prepend", TEXT, "▁", needed=True)
)
BertNormalizer = Normalizer.named(
    "BertNormalizer",
    "BERT's: control characters, Chinese characters, accents and capital letters.",
    Option("clean_text", FLAG, True),
    Option("handle_chinese_chars", FLAG, True),
    Option("strip_accents", MAYBE_FLAG, None),
    Option("lowercase", FLAG, True),
)
Sequence = Normalizer.named("Sequence", "Normalizers, one after the other.", parts_field="normalizers")


class ByteLevel(Normalizer):
    """Shows each byte of UTF-8 as a character."""

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.show_bytes()


class Replace(Normalizer):
    """Puts a text in the place of each match of a text or of a ``Regex``."""

    options = Option("pattern", PATTERN), Option("content", TEXT)

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.replace_matches(compiled_source(self.state["pattern"]), self.content)


class Precompiled(Normalizer):
    """SentencePiece's table of characters to replace. It can be held and written; minitok does not run it."""

    options = (Option("precompiled_charsmap", TEXT),)

    def __init__(self, precompiled_charsmap: bytes) -> None:
        del precompiled_charsmap
        raise ComponentError(
            "minitok does not run SentencePiece's table of characters; it can be read from a file only"
        )

    def _apply(self, normalized: NormalizedString) -> None:
        if self.state["precompiled_charsmap"]:
            self._refuse()
        super()._apply(normalized)


NORMALIZERS: dict[str, type[Normalizer]] = {"nfc": NFC, "nfd": NFD, "nfkc": NFKC, "nfkd": NFKD}


def unicode_normalizer_from_str(normalizer: str) -> Normalizer:
    """The normalizer of a normal form, by its name in small letters. Raises ValueError if there is none."""
    if normalizer not in NORMALIZERS:
        raise ValueError(f"{normalizer} is not a known unicode normalizer. Available are {NORMALIZERS.keys()}")
    return NORMALIZERS[normalizer]()
