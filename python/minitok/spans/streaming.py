"""Encoding and counting a text that comes in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ..arguments import check_iterable
from ..reference.text import join_surrogates, utf8

if TYPE_CHECKING:
    from ..backend import Codec

# How much text is gathered before it is worth encoding, in bytes.
BLOCK = 1 << 16


def encode_iterable(
    codec: Codec, chunks: Iterable[str | bytes], allowed: Sequence[str] | None, refused: Sequence[str] = ()
) -> Iterator[int]:
    """Yields the ids of the concatenated chunks: text up to the last safe cut is encoded, the rest waits.

    ``refused``: tokens that must not occur in the text, and that no part of it may become.
    """
    blocks = checked_blocks(codec, as_bytes(chunks), allowed, refused)
    return chain.from_iterable(coder.encode(text, allowed) for text, coder in blocks)


def count_iterable(
    codec: Codec, chunks: Iterable[str | bytes], allowed: Sequence[str] | None, refused: Sequence[str] = ()
) -> int:
    """Returns how many ids the concatenated chunks have; ``refused``: as for ``encode_iterable``."""
    return sum(coder.count(text, allowed) for text, coder in checked_blocks(codec, as_bytes(chunks), allowed, refused))


def checked_blocks(
    codec: Codec, chunks: Iterable[bytes], allowed: Sequence[str] | None, refused: Sequence[str]
) -> Iterator[tuple[bytes, Codec]]:
    """Yields blocks as ``safe_blocks`` does. Raises DisallowedSpecialTokenError where a refused token is."""
    if not refused:
        yield from safe_blocks(codec, chunks, allowed)
        return
    for text, coder in safe_blocks(codec, checked(codec, chunks, refused), allowed):
        coder.check(text, refused, allowed)
        yield text, coder


def checked(codec: Codec, chunks: Iterable[bytes], refused: Sequence[str]) -> Iterator[bytes]:
    """Yields the chunks; raises DisallowedSpecialTokenError where one of these special tokens is, across chunks, too."""
    longest = max(len(name.encode()) for name in refused)
    before = b""
    for chunk in chunks:
        text = before + chunk
        codec.check_names(text, refused)
        before = text[max(0, len(text) - longest + 1) :]
        yield chunk


def as_bytes(chunks: Iterable[str | bytes]) -> Iterator[bytes]:
    """Yields the chunks as UTF-8. A single text is a mistake, not chunks of one character each."""
    return (utf8(chunk) for chunk in join_surrogates(check_iterable(chunks, "chunks", "str or bytes")))


def safe_blocks(
    codec: Codec, chunks: Iterable[bytes], allowed: Sequence[str] | None, size: int = BLOCK
) -> Iterator[tuple[bytes, Codec]]:
    """Yields the concatenated chunks in blocks of about ``size`` bytes whose ids, joined, are those of the whole.

    Each block comes with the codec to encode it: that of a later block continues from the text before it.
    """
    text = bytearray()
    wanted = size
    later = None  # one for all later blocks: it keeps what it has made of the names that are allowed
    for chunk in chunks:
        text += chunk
        if len(text) < wanted:
            continue
        cut = codec.safe_cut(bytes(text), allowed)
        if cut:
            yield bytes(text[:cut]), codec
            codec = later = later or codec.going_on()
        del text[:cut]
        # If there is no safe cut, look again only when there is twice as much text: the search stays linear.
        wanted = max(size, 2 * len(text))
    yield bytes(text), codec
