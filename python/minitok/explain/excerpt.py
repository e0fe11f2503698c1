"""Explains one piece of a long text as if the whole text were explained.

Explaining megabytes would take too long, but a piece depends on little of the text around it. So the whole text is cut, which
is fast, and only the wanted piece is explained, together with the beginning of its neighbour, which says what the boundary
between the two has stopped.

Costs: O(n) to cut n bytes; then that of ``Tokenizer.explain`` for two pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple

from ..arguments import allowed_tokens
from ..reference.text import utf8
from .alternatives import label, time_for
from .build import Unit, explain_units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ..backend import Codec
    from ..definition import Definition
    from ..tokenizer import Tokenizer
    from .explanation import Explanation
    from .model import Alternative, Piece

__all__ = ["Excerpt", "as_read", "explain_at", "whole_characters"]

# How many bytes of the piece behind the wanted one are explained with it.
AFTER = 512


@dataclass(frozen=True)
class Excerpt:
    """An explained part of a text: ``told`` counts from byte ``start`` of the text; ``piece`` is the wanted one."""

    start: int
    told: Explanation
    piece: Piece


def explain_at(
    tokenizer: Tokenizer,
    text: str | bytes,
    at: int,
    allowed_special: Collection[str] | str = (),
    longest: int | None = None,
) -> Excerpt:
    """Explain the piece, or the token that is found, in which byte ``at`` of the text, as the tokenizer reads it, lies.

    Raises:
        ValueError: The text has no byte ``at``, or the piece has more than ``longest`` bytes.
        VocabularyError: The tokens do not spell the text.

    >>> import minitok
    >>> found = explain_at(minitok.Tokenizer([(97, 98)]), "so abc", 4)
    >>> found.start, found.piece.start, [token.token for token in found.piece.tokens]
    (2, 0, [b' ', b'ab', b'c'])
    """
    definition, codec = tokenizer.definition, tokenizer.definition.codec()
    definition.check("be explained")
    cut = list(places(definition, codec, text, allowed_tokens(allowed_special, definition.special_tokens)))
    size = cut[-1].end if cut else 0
    if not 0 <= at < size:
        raise ValueError(f"there is no byte {at} in a text of {size} bytes")
    number = next(index for index, place in enumerate(cut) if at < place.end)
    place = cut[number]
    length = place.end - place.start
    if longest is not None and length > longest:
        raise ValueError(f"a piece of {length:,} bytes is too long to draw (limit: {longest:,} bytes)")
    end_time = time_for(utf8(text), definition.pattern)
    wanted = Unit(place.data, place.token_id, alternative(definition, cut, number, end_time))
    after = next((one for one in islice(cut, number + 1, None) if one.end > place.end), None)
    shown = [wanted] if after is None else [wanted, Unit(beginning(after), after.token_id)]
    told = explain_units(definition, codec, shown)
    return Excerpt(place.start, told, told.pieces[0])


def beginning(place: PieceAt) -> bytes:
    """What is explained of the neighbour: a long piece is cut."""
    return place.data if place.token_id is not None else place.data[: whole_characters(place.data, AFTER)]


def alternative(definition: Definition, cut: Sequence[PieceAt], number: int, end_time: float) -> Alternative | None:
    """What made a piece of a text."""
    place = cut[number]
    if place.token_id is not None or definition.words is not None or definition.word_end is not None:
        return None
    first = number
    while first and cut[first - 1].segment == place.segment:
        first -= 1
    segment = b"".join(one.data for one in takewhile(lambda one: one.segment == place.segment, cut[first:]))
    start = sum(len(one.data) for one in cut[first:number])
    return label(definition.pattern, segment, start, start + len(place.data), end_time)


class PieceAt(NamedTuple):
    """A piece, or a token that is found (``token_id``): where it stands in the text that the tokens spell; and its segment."""

    start: int
    end: int
    data: bytes
    token_id: int | None
    segment: int


def places(definition: Definition, codec: Codec, text: str | bytes, allowed: Sequence[str] | None) -> Iterator[PieceAt]:
    """What a text is cut into, as ``build.units`` cuts it, without what made each piece."""
    vocab = definition.vocab
    drops = vocab.drops_bytes and vocab.fallback is None
    dropped = bytes(byte for byte in range(256) if drops and vocab.token_id(bytes([byte])) is None)
    at = 0
    for segment, (data, _, _, _, _, token_id) in enumerate(codec.segments(text, allowed, codec.before)):
        for piece in codec.pieces(data) if token_id is None else [codec.token_bytes(token_id) or b""]:
            spelled = len(piece)
            if token_id is None and drops and not (vocab.whole_pieces and vocab.token_id(piece) is not None):
                spelled = len(piece.translate(None, dropped))
            yield PieceAt(at, at + spelled, piece, token_id, segment)
            at += spelled


def as_read(tokenizer: Tokenizer, text: str | bytes, allowed_special: Collection[str] | str = ()) -> bytes:
    """Returns the bytes that the tokens of a text spell: the text, or its normal form if the tokenizer has one.

    >>> import minitok
    >>> as_read(minitok.Tokenizer([], normalizer="NFC"), "e\u0301").decode() == "\u00e9"
    True
    """
    if tokenizer.definition.loss is None:
        return utf8(text)
    return b"".join(tokenizer.tokenize(text, allowed_special=allowed_special))


def whole_characters(data: bytes, end: int) -> int:
    """Returns the offset, or the last one before it that does not cut a character."""
    while 0 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end
