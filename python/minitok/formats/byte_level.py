"""Bytes as visible characters: the notation of GPT-2's files and of every byte-level ``tokenizer.json``."""

from __future__ import annotations

from ..reference.published.byte_chars import CHARS, to_chars

__all__ = ["CHARS", "to_bytes", "to_chars"]

BYTES = {char: byte for byte, char in enumerate(CHARS)}


def to_bytes(shown: str) -> bytes:
    """Returns the bytes that the characters stand for. Raises KeyError with the first character that stands for none.

    >>> to_bytes("Ġcaf\\u00c3\\u00a9")
    b' caf\\xc3\\xa9'
    """
    return bytes([BYTES[char] for char in shown])
