"""Bytes as visible characters: the notation of GPT-2's files and of every byte-level ``tokenizer.json``.

A printable byte is its own character; the other 68 are the characters from U+0100 on: a space is ``Ġ``, a newline ``Ċ``.
"""

from __future__ import annotations

from ..definition import gpt2_byte_order

PRINTABLE = 188

CHARS = {
    byte: chr(byte if place < PRINTABLE else 256 + place - PRINTABLE) for place, byte in enumerate(gpt2_byte_order())
}
BYTES = {char: byte for byte, char in CHARS.items()}

# str.translate works on code points, and latin-1 makes code points of bytes.
SHOWN = {byte: ord(char) for byte, char in CHARS.items()}


def to_chars(token: bytes) -> str:
    """The bytes as characters.

    >>> to_chars(b" caf\\xc3\\xa9")
    'ĠcafÃ©'
    """
    return token.decode("latin-1").translate(SHOWN)


def to_bytes(shown: str) -> bytes:
    """Returns the bytes that the characters stand for. Raises KeyError with the first character that stands for none.

    >>> to_bytes("Ġcaf\\u00c3\\u00a9")
    b' caf\\xc3\\xa9'
    """
    return bytes([BYTES[char] for char in shown])
