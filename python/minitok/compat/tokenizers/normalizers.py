"""The normalizers: what is done to text before it is cut.

Each is run on a ``NormalizedString``, which follows where its characters come from. A tokenizer runs them in its codec instead,
where they are the steps of SPEC N2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError
from minitok.formats.byte_level import CHARS
from minitok.formats.huggingface.normalizers import CLEAN, NMT, STRIP_ACCENTS
from minitok.formats.huggingface.tables import ACCENTS
from minitok.reference.normalize import IDEOGRAPHS

from .components import Borrowed, Component
from .matching import compiled, cuts
from .normalized_string import NormalizedString
from .options import FLAG, MAYBE_FLAG, PATTERN, TEXT, Option, compiled_source

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "NFC", "NFD", "NFKC", "NFKD", "NORMALIZERS", "BertNormalizer", "ByteLevel", "Lowercase", "Nmt", "Normalizer",
    "Precompiled", "Prepend", "Replace", "Sequence", "Strip", "StripAccents", "unicode_normalizer_from_str",
]  # fmt: skip

# The characters that stand for bytes, by byte.
SHOWN = dict(enumerate(CHARS))


class Normalizer(Component):
    """What is done to text before it is cut."""

    def normalize(self, normalized: Any) -> None:
        """Changes a ``NormalizedString``.

        Raises:
            ComponentError: A custom normalizer fails.
        """
        if isinstance(normalized, Borrowed):
            normalized = normalized.lent()
        if self.custom_object is None:
            self._apply(normalized)
            return
        borrowed = Borrowed(normalized, "Cannot use a NormalizedStringRefMut outside `normalize`")
        try:
            self._call("normalize", borrowed)
        finally:
            borrowed.give_back()

    def normalize_str(self, sequence: str) -> str:
        """Returns the normalized text.

        >>> Sequence([NFD(), StripAccents(), Lowercase()]).normalize_str("Héllò")
        'hello'
        """
        normalized = NormalizedString(sequence)
        self.normalize(normalized)
        return normalized.normalized

    def _apply(self, normalized: NormalizedString) -> None:
        self._refuse(normalized)


class NFC(Normalizer):
    """Canonical composition."""

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.nfc()


class NFD(Normalizer):
    """Canonical decomposition."""

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.nfd()


class NFKC(Normalizer):
    """Compatible composition."""

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.nfkc()


class NFKD(Normalizer):
    """Compatible decomposition."""

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.nfkd()


class Lowercase(Normalizer):
    """Small letters."""

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.lowercase()


class StripAccents(Normalizer):
    """Drops combining marks: put ``NFD`` before it."""

    def _apply(self, normalized: NormalizedString) -> None:
        drop(normalized, STRIP_ACCENTS[1])


class Nmt(Normalizer):
    """Drops control characters, and makes odd white space a space."""

    def _apply(self, normalized: NormalizedString) -> None:
        drop_and_space(normalized, NMT)


class ByteLevel(Normalizer):
    """Shows each byte of UTF-8 as a character."""

    def _apply(self, normalized: NormalizedString) -> None:
        show_bytes(normalized)


class Strip(Normalizer):
    """Drops white space at the ends."""

    options = Option("left", FLAG, True, "strip_left"), Option("right", FLAG, True, "strip_right")

    def __init__(self, left: bool = True, right: bool = True) -> None:
        self._become(left=left, right=right)

    def _apply(self, normalized: NormalizedString) -> None:
        if self.left:
            normalized.lstrip()
        if self.right:
            normalized.rstrip()


class Prepend(Normalizer):
    """Puts a text before one that is not empty."""

    options = (Option("prepend", TEXT),)

    def __init__(self, prepend: str = "▁") -> None:
        self._become(prepend=prepend)

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.prepend(self.prepend)


class Replace(Normalizer):
    """Puts a text in the place of each match of a text or of a ``Regex``."""

    options = Option("pattern", PATTERN), Option("content", TEXT)

    def __init__(self, pattern: Any, content: str) -> None:
        self._become(pattern=pattern, content=content)

    def _apply(self, normalized: NormalizedString) -> None:
        normalized.replace_matches(compiled_source(self.state["pattern"]), self.content)


class BertNormalizer(Normalizer):
    """BERT's: control characters, Chinese characters, accents and capital letters."""

    options = (
        Option("clean_text", FLAG, True),
        Option("handle_chinese_chars", FLAG, True),
        Option("strip_accents", MAYBE_FLAG, None),
        Option("lowercase", FLAG, True),
    )

    def __init__(
        self,
        clean_text: bool = True,
        handle_chinese_chars: bool = True,
        strip_accents: bool | None = None,
        lowercase: bool = True,
    ) -> None:
        self._become(
            clean_text=clean_text,
            handle_chinese_chars=handle_chinese_chars,
            strip_accents=strip_accents,
            lowercase=lowercase,
        )

    def _apply(self, normalized: NormalizedString) -> None:
        if self.clean_text:
            drop_and_space(normalized, CLEAN)
        if self.handle_chinese_chars:
            space_ideographs(normalized)
        if self.lowercase if self.strip_accents is None else self.strip_accents:
            normalized.nfd()
            drop(normalized, ACCENTS)
        if self.lowercase:
            normalized.lowercase()


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
            self._refuse(normalized)


class Sequence(Normalizer):
    """Normalizers, one after the other."""

    parts_field = "normalizers"

    def __init__(self, normalizers: Iterable[Any]) -> None:
        self._hold(normalizers)

    def _apply(self, normalized: NormalizedString) -> None:
        for part in self._parts():
            part.normalize(normalized)


def drop(normalized: NormalizedString, pattern: str) -> None:
    """Drops the characters that a pattern matches."""
    normalized.replace_matches(compiled(pattern), "")


def drop_and_space(normalized: NormalizedString, steps: Any) -> None:
    """Drops the characters of one set, and makes those of another a space. Each stands for itself."""
    (_, dropped, _), (_, spaces, _) = steps
    drop(normalized, dropped)
    found = cuts(normalized.normalized, compiled(spaces))
    normalized.normalized = "".join(
        " " * (end - start) if matches else normalized.normalized[start:end] for start, end, matches in found
    )


def space_ideographs(normalized: NormalizedString) -> None:
    """Puts a space before and behind each Chinese character."""
    steps: list[tuple[str, int]] = []
    for start, end, matches in cuts(normalized.normalized, compiled(CHINESE)):
        for char in normalized.normalized[start:end]:
            steps += [(" ", 0), (char, 1), (" ", 1)] if matches else [(char, 0)]
    normalized.transform(steps)


def show_bytes(normalized: NormalizedString) -> None:
    """Puts the characters that stand for its bytes in the place of each character."""
    if normalized.normalized.isascii():  # A character for each.
        normalized.normalized = normalized.normalized.translate(SHOWN)
        return
    steps = [
        (CHARS[byte], int(index > 0)) for char in normalized.normalized for index, byte in enumerate(char.encode())
    ]
    normalized.transform(steps)


CHINESE = "[" + "".join(f"\\U{first:08X}-\\U{last:08X}" for first, last in IDEOGRAPHS) + "]"
NORMALIZERS: dict[str, type[Normalizer]] = {"nfc": NFC, "nfd": NFD, "nfkc": NFKC, "nfkd": NFKD}


def unicode_normalizer_from_str(normalizer: str) -> Normalizer:
    """The normalizer of a normal form, by its name in small letters. Raises ValueError if there is none."""
    if normalizer not in NORMALIZERS:
        raise ValueError(f"{normalizer} is not a known unicode normalizer. Available are {NORMALIZERS.keys()}")
    return NORMALIZERS[normalizer]()
