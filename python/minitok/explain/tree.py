"""The merge trees of a piece as a drawing: bytes below, and above each merge the token that it made.

Drawn as inline SVG without style; the page's style sets the colours, light and dark. Each merge carries the number of its
step, so that a slider can show the trees grow. A description in words serves screen readers.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .visible import visible, with_circle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .model import Part, Piece

__all__ = ["tree_svg", "tree_words"]

BYTE_WIDTH, LEVEL, BOX, MARGIN = 46, 54, 34, 6
LONGEST = 40


def tree_svg(piece: Piece, vocabulary: Mapping[int, bytes]) -> str:
    """The merge trees of a piece as SVG."""
    parts = piece.parts
    levels, middles = heights(parts), centres(parts, piece.start)
    tallest = max(levels, default=0)
    n_bytes = piece.end - piece.start
    width, height = n_bytes * BYTE_WIDTH + 2 * MARGIN, (tallest + 1) * LEVEL + MARGIN
    tops = [(tallest - level) * LEVEL + MARGIN for level in levels]
    lines = "".join(
        f'<path data-step="{at - n_bytes}" d="M{middles[at]:g} {tops[at] + BOX}v8H{middles[side]:g}V{tops[side]}"/>'
        for at, part in enumerate(parts)
        for side in (part.left, part.right)
        if side is not None
    )
    boxes = "".join(
        node(part, vocabulary[part.id], middles[at], tops[at], at - n_bytes) for at, part in enumerate(parts)
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="merge tree">'
        f'<svg class="tree" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>{escape(tree_words(piece, vocabulary))}</title>{lines}{boxes}</svg></div>"
    )


def heights(parts: Sequence[Part]) -> list[int]:
    """How high above the bytes each part stands: one higher than the higher of its sides."""
    levels: list[int] = []
    for part in parts:
        sides = [levels[side] for side in (part.left, part.right) if side is not None]
        levels.append(1 + max(sides) if sides else 0)
    return levels


def centres(parts: Sequence[Part], start: int) -> list[float]:
    """The middle of each part, over the bytes that it covers."""
    return [MARGIN + BYTE_WIDTH * ((part.start + part.end) / 2 - start) for part in parts]


def node(part: Part, token: bytes, middle: float, top: int, step: int) -> str:
    """One part: its token, and under it the rank of its merge, or the id of its byte."""
    label = with_circle(visible(token).replace("\n", ""))
    if len(label) > LONGEST:
        label = label[: LONGEST - 1] + "…"
    made = part.rank is not None
    under = f"rank {part.rank}" if made else str(part.id)
    width = min(max(34, 8 * len(label) + 12, 6 * len(under) + 10), BYTE_WIDTH * (part.end - part.start) - 4)
    return (
        f'<g class="{"merge" if made else "byte"}" data-step="{step if made else -1}">'
        f'<rect x="{middle - width / 2:g}" y="{top}" width="{width}" height="{BOX}" rx="6"/>'
        f'<text x="{middle:g}" y="{top + 15}">{escape(label)}</text>'
        f'<text class="rank" x="{middle:g}" y="{top + 28}">{under}</text></g>'
    )


def tree_words(piece: Piece, vocabulary: Mapping[int, bytes]) -> str:
    """The merges in words, in the order in which they happened.

    >>> import minitok
    >>> told = minitok.Tokenizer([(97, 98), (256, 99)]).explain("abc")
    >>> tree_words(told.pieces[0], told.vocabulary)
    'a + b make ab, rank 0; ab + c make abc, rank 1'
    """
    parts = piece.parts
    return "; ".join(
        f"{visible(vocabulary[parts[part.left].id])} + {visible(vocabulary[parts[part.right].id])} "
        f"make {visible(vocabulary[part.id])}, rank {part.rank}"
        for part in parts
        if part.left is not None and part.right is not None
    )
