"""Vocabularies of characters, with byte fallback (Llama 2, Mistral, Gemma) or with an unknown token (GPT-1, NLLB).

Merging starts from the characters of a piece instead of its bytes. A character that is not a token becomes its bytes, each
with a *fallback* id (``<0xE4>``), which never merges. Everything else is ordinary BPE.

A vocabulary without byte fallback has an *unknown* token for a character that is not a token, or drops the character. Such a
vocabulary may also write a character differently by its place in the piece: with a prefix unless it comes first, and with a
suffix if it comes last. ``Symbols`` says how.

By hand: with the token ``中`` (E4 B8 AD) and the fallback ids 3 to 258, the piece ``中丮`` begins as the id of ``中`` and,
since ``丮`` (E4 B8 AE) is not a token, as 231, 187, 177. With the suffix ``</w>``, the symbols of ``cat`` are ``c``, ``a`` and
``t</w>``; with the prefix ``##``, they are ``c``, ``##a`` and ``##t``.

Invariants: the characters of a piece, joined, are the piece.

Costs: O(n) for n bytes.

Implements SPEC S1, S7, S8 and S9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...errors import VocabularyError

UNITS = ("characters", "bytes")
# How tokens are joined to text (S9).
JOININGS = ("spaces", "prefix", "cleaned_prefix", "suffix")


class Symbols(NamedTuple):
    """What pieces begin as, in a vocabulary that lacks tokens for some text, and how tokens are written."""

    unit: str = "characters"  # what a symbol is: one of the `characters` or one of the `bytes`
    unknown: int | None = None  # the id for a symbol that is not a token; None: it is dropped
    fuses: bool = False  # whether a run of such symbols has one unknown id together
    prefix: bytes = b""  # stands before each symbol of a piece but the first
    suffix: bytes = b""  # stands after the last symbol of a piece
    joining: tuple[str, bytes] | None = None  # a rule of JOININGS and its mark; None: tokens are concatenated

    def written(self, piece: bytes) -> list[bytes]:
        """The symbols of a piece as they are written.

        >>> Symbols(prefix=b"##", suffix=b"</w>").written(b"cat")
        [b'c', b'##a', b'##t</w>']
        """
        units = characters(piece) if self.unit == "characters" else [bytes([byte]) for byte in piece]
        parts = [self.prefix + unit if place else unit for place, unit in enumerate(units)]
        return [*parts[:-1], parts[-1] + self.suffix] if parts else []

    def without(self, token: bytes) -> bytes:
        """The token without the prefix and the suffix."""
        return token.removeprefix(self.prefix).removesuffix(self.suffix)


def characters(piece: bytes) -> list[bytes]:
    r"""The characters of a piece, each as its bytes; a byte that is not part of one counts as one.

    >>> characters("a中".encode() + b"\xff")
    [b'a', b'\xe4\xb8\xad', b'\xff']
    """
    return [char.encode("utf-8", "surrogateescape") for char in piece.decode("utf-8", "surrogateescape")]


def check_fallback(tokens: Mapping[int, bytes], fallback: Sequence[int]) -> None:
    """Checks that each byte has a separate id, which stands for that byte."""
    if len(fallback) != 256:
        raise VocabularyError(f"there are fallback ids for {len(fallback)} bytes, not for 256")
    for byte, token_id in enumerate(fallback):
        if tokens.get(token_id) != bytes([byte]):
            raise VocabularyError(f"the fallback id {token_id} does not stand for the byte 0x{byte:02x}")


def add_fallback(tokens: dict[int, bytes], fallback: Sequence[int] | None) -> None:
    """Gives the fallback ids their bytes."""
    for byte, token_id in enumerate(fallback or ()):
        token = bytes([byte])
        if tokens.setdefault(token_id, token) != token:
            raise VocabularyError(f"id {token_id} stands for {tokens[token_id]!r} and for {token!r}")


def check_symbols(tokens: Mapping[int, bytes], symbols: Symbols) -> None:
    """Checks that the unknown id is a token, and that the rules have a known name."""
    if symbols.unit not in UNITS:
        raise VocabularyError(f"unknown unit {symbols.unit!r} of symbols; expected one of {', '.join(UNITS)}")
    if symbols.unknown is not None and symbols.unknown not in tokens:
        raise VocabularyError(f"the unknown id {symbols.unknown} is not a token")
    if symbols.joining is not None:
        rule, mark = symbols.joining
        if rule not in JOININGS:
            raise VocabularyError(f"unknown joining {rule!r}; expected one of {', '.join(JOININGS)}")
        if rule == "suffix" and not mark:
            raise VocabularyError("the suffix by which tokens are joined is empty")
