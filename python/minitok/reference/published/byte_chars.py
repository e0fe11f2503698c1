"""Bytes as characters: the notation of GPT-2's files and of every byte-level ``tokenizer.json``.

A printable byte is its own character; the other 68 are the characters from U+0100 on: a space is ``Ġ``, a newline ``Ċ``.
Some published tokenizers cut these characters by a pattern, too (P9).

By hand: ``é 1`` is the bytes C3 A9 20 31, and so the characters ``Ã`` ``©`` ``Ġ`` ``1``: the space has become a letter.

Invariants: every byte has a character, and no two have the same.

Costs: O(n) for n bytes.

Implements SPEC P9.
"""

from __future__ import annotations

PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))


def byte_chars() -> tuple[str, ...]:
    """The character of each byte."""
    others = [byte for byte in range(256) if byte not in PRINTABLE]
    return tuple(chr(byte if byte in PRINTABLE else 256 + others.index(byte)) for byte in range(256))


CHARS = byte_chars()
# str.translate works on code points, and latin-1 makes code points of bytes.
SHOWN = {byte: ord(char) for byte, char in enumerate(CHARS)}


def to_chars(data: bytes) -> str:
    """The bytes as characters.

    >>> to_chars(b" caf\\xc3\\xa9")
    'ĠcafÃ©'
    """
    return data.decode("latin-1").translate(SHOWN)
