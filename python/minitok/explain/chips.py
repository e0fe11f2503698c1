"""HTML fragments that all pages share: tokens on coloured grounds, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .visible import visible_parts, with_circle

# The hues of page.css, and a multiplier that keeps near ids apart.
HUES, SPREAD = 36, 2525557527


def mark_up(token: bytes) -> str:
    """A token as HTML, with what cannot be seen made visible, and apart from the direction of the text around it.

    >>> mark_up(b"a<b>\\n")
    '<bdi>a&lt;b&gt;<i>⏎</i></bdi>'
    """
    shown = ""
    for text, is_mark in visible_parts(token):
        safe = escape(with_circle(text.rstrip("\n")))
        shown += f"<i>{safe}</i>" if is_mark else safe
    return f"<bdi>{shown}</bdi>"


def hue_of(token_id: int) -> int:
    """The number of the hue of an id, from 0 to 35: always the same one, as ``colour`` in ``assets/visible.js`` gives it.

    >>> hue_of(0), hue_of(256)
    (21, 4)
    """
    return ((token_id + 1) * SPREAD % 2**32) * HUES >> 32


def chip(token: bytes, token_id: int, note: str = "", extra: str = "") -> str:
    """A token on the ground of its id's hue, with a note under it."""
    under = f"<small>{escape(note)}</small>" if note else ""
    return f'<span class="token t{hue_of(token_id)}{extra}">{mark_up(token)}{under}</span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "", numeric: Sequence[int] = ()) -> str:
    """A table whose cells are HTML already; ``numeric`` columns stand to the right."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(cell_html(cell, tag, "num" if column in numeric else "") for column, cell in enumerate(row))

    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="group"{f" aria-label={chr(34)}{escape(caption)}{chr(34)}" if caption else ""}>'
        f"<table>{title}<thead><tr>{cells([escape(name) for name in head], 'th')}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def cell_html(cell: str, tag: str, kind: str) -> str:
    """One cell; a column without a name has no head for a screen reader to stumble over."""
    tag = tag if cell else "td"
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{f' class={kind}' if kind else ''}>{cell}</{tag}>"


def plural(number: int, noun: str) -> str:
    """A number and its noun.

    >>> plural(1, "token"), plural(1200, "token")
    ('1 token', '1,200 tokens')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
