"""Vocabularies of characters with byte fallback, as SentencePiece trains them (Llama 2, Mistral, Gemma).

Merging starts from the characters of a piece instead of its bytes. A character that is not a token becomes its bytes, each
with a *fallback* id (``<0xE4>``), which never merges. Everything else is ordinary BPE.

By hand: with the token ``中`` (E4 B8 AD) and the fallback ids 3 to 258, the piece ``中丮`` begins as the id of ``中`` and,
since ``丮`` (E4 B8 AE) is not a token, as 231, 187, 177.

Invariants: the characters of a piece, joined, are the piece.

Costs: O(n) for n bytes.

Implements SPEC S1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import VocabularyError


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
