"""Chunks of a text for a caller: what it asks is checked, and what the backend found becomes ``Chunk``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from .cutting import check_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..backend import Codec

# Where a caller may ask for an end, and where else a chunk may end.
Asked = Literal["heading", "paragraph", "block", "line", "sentence", "wrap", "clause", "space", "word"]
Border = Asked | Literal["character", "end"]
At: TypeAlias = "Literal['text', 'code'] | Iterable[Asked]"

MOST = 1 << 62  # no text has as many tokens


class Chunk(NamedTuple):
    """A part of a text.

    ``start`` and ``end`` are its place in characters, ``byte_start`` and ``byte_end`` in bytes of UTF-8; ``tokens`` is its
    count, encoded on its own; ``border`` is the kind of border at its end.
    """

    text: str
    start: int
    end: int
    byte_start: int
    byte_end: int
    tokens: int
    border: Border


def chunk(
    codec: Codec,
    text: str,
    max_tokens: int,
    at: At,
    overlaps: tuple[int, int],
    fill: float,
    allowed: Sequence[str] | None,
) -> list[Chunk]:
    """See ``Tokenizer.chunk``. ``overlaps``: in tokens, and in sentences."""
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    check_number("max_tokens", max_tokens, least=1)
    overlap, sentences = overlaps
    check_number("overlap", overlap, least=0)
    check_number("overlap_sentences", sentences, least=0)
    if isinstance(fill, bool) or not isinstance(fill, (int, float)):
        raise TypeError(f"fill must be float, not {type(fill).__name__}")
    names = [at] if isinstance(at, str) else list(at)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"at must be the name of a kind of text or names of borders, not {at!r}")
    overlap = min(overlap, MOST - (overlap < max_tokens))
    fields = min(max_tokens, MOST), names, overlap, min(sentences, MOST), float(fill)
    found = codec.chunks(text.encode(), allowed, fields)  # no lone surrogate: a text that is cut is the text as given
    return [Chunk(text[placed[0] : placed[1]], *placed) for placed in found]  # type: ignore[arg-type]  # names of borders
