r"""Bytes and characters made visible: white space, controls, halves of characters.

>>> visible(b" to the\n"), visible(b"\xf0\x9f"), visible("a\u200d".encode())
('·to·the⏎\n', '‹f0 9f›', 'a‹U+200D›')
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

__all__ = ["PALETTE", "palette_index", "visible", "visible_parts"]

# Dark letters on pale grounds read well on dark and on light terminals, and stay apart for most colour-blind eyes.
PALETTE = ("#a6cee3", "#fdd49e", "#b8e0b0", "#e3c5ea", "#f7b6b2", "#e8e29a", "#b5ead7", "#c9cfd6")

SHOWN = {" ": "·", "\n": "⏎\n", "\t": "⇥", "\r": "␍"}
DOTTED_CIRCLE = "\N{DOTTED CIRCLE}"


def visible_parts(token: bytes) -> Iterator[tuple[str, bool]]:
    """The token as pieces of text in which everything can be seen, each with whether it is a mark that stands for more.

    >>> visible("a\\u00a0\\u0300".encode())
    'a‹U+00A0›◌̀'
    """
    plain = ""
    broken: list[str] = []
    sits_on = ""  # the mark before, on which a combining character would be drawn
    # Each byte that is not part of a whole character becomes a lone surrogate, DC80 to DCFF.
    for char in token.decode("utf-8", "surrogateescape"):
        is_byte = "\udc80" <= char <= "\udcff"
        mark = "" if is_byte else mark_of(char)
        if plain and (is_byte or mark):
            yield plain, False
            plain = ""
        if broken and not is_byte:
            yield f"‹{' '.join(broken)}›", True
            broken, sits_on = [], "›"
        if is_byte:
            broken.append(f"{ord(char) - 0xDC00:02x}")
        elif mark:
            yield mark, True
            sits_on = mark
        else:
            plain += with_circle(char) if sits_on else char
            sits_on = ""
    if plain:
        yield plain, False
    if broken:
        yield f"‹{' '.join(broken)}›", True


def mark_of(char: str) -> str:
    """What is shown instead of a character that cannot be seen; nothing for one that can."""
    return SHOWN.get(char) or ("" if char.isprintable() else f"‹U+{ord(char):04X}›")


def visible(token: bytes) -> str:
    """The token as text in which everything can be seen.

    >>> visible("né\\t".encode())
    'né⇥'
    """
    return "".join(text for text, _ in visible_parts(token))


def with_circle(text: str) -> str:
    """The text, after a dotted circle if it begins with a mark that would sit on whatever stands before it."""
    return DOTTED_CIRCLE + text if text and unicodedata.category(text[0]).startswith("M") else text


def palette_index(token_id: int, before: int | None) -> int:
    """Which colour a token has: always the same one, unless the token before has it.

    >>> palette_index(8, None), palette_index(8, 0)
    (0, 1)
    """
    index = token_id % len(PALETTE)
    return (index + 1) % len(PALETTE) if index == before else index
