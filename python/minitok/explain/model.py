"""What an explanation is: plain data, the same from both backends, ready for JSON.

Everything refers to bytes of the text, as it is when it is cut. A piece is ``text[start:end]``; the *parts* of a piece are its
single bytes and then what each merge made, in the order of merging. So part ``n + k`` of a piece of n bytes is made by step k,
from the parts ``left`` and ``right``; and the tokens are the parts that no merge used. That is the whole merge tree, without
nesting, so that trees of any depth can be saved and loaded.
"""

from __future__ import annotations

from dataclasses import dataclass

from .steps import Blocked, Part, Steps

__all__ = ["Alternative", "Blocked", "Explained", "Lane", "LanePiece", "Part", "Piece", "Token"]


@dataclass(frozen=True)
class Alternative:
    """One of the top-level alternatives of a split pattern: its number, its source, and a short name for people."""

    index: int
    label: str
    source: str


@dataclass(frozen=True)
class Token:
    """A token of the text: its offsets in bytes and in characters, and which part of its piece it is.

    A token that holds part of a character spans that character. ``part`` is None if no merges make the token: for a
    special or an added token, and for a piece that is taken whole although merging would not make it.
    """

    id: int
    token: bytes
    start: int
    end: int
    first_char: int
    last_char: int
    part: int | None


@dataclass(frozen=True)
class Piece:
    """A piece of the text, or a token that is found in it: a ``special`` or an ``added`` one.

    ``alternative`` made the piece: None for such a token, for words (SPEC N3), for text that the pattern leaves unmatched,
    for the pattern ``none``, and where ``minitok[reference]`` is not installed. ``number`` counts the pieces, None for such a
    token. ``whole``: it became a token without merging (SPEC E2); its parts are then those that merging would make. Of the
    merges blocked by a boundary, those at the end of the piece are here.
    """

    start: int
    end: int
    special: bool
    added: bool
    whole: bool
    alternative: Alternative | None
    number: int | None
    tokens: tuple[Token, ...]
    parts: tuple[Part, ...]
    blocked: tuple[Blocked, ...]

    @property
    def steps(self) -> Steps:
        """The ``encode_merge`` events of the trace (SPEC X2), made when they are read: each costs O(n) for n bytes."""
        return Steps(self.parts, self.blocked, self.number)


@dataclass(frozen=True)
class LanePiece:
    """A piece that a pattern makes, and the alternative that made it; or a special or an added token."""

    start: int
    end: int
    special: bool
    added: bool
    alternative: Alternative | None


@dataclass(frozen=True)
class Lane:
    """The pieces that one pattern makes of the text.

    ``scanned`` says how the compiled extension runs the pattern, ``differs`` is the shortest text that the pattern cuts
    differently from the one of the first lane (None: there is none, or it is not known).
    """

    pattern: str
    pieces: tuple[LanePiece, ...]
    scanned: str | None = None
    differs: str | None = None


@dataclass(frozen=True)
class Explained:
    """The data of an ``Explanation``.

    ``vocabulary`` gives the bytes of every id that is mentioned, ``lanes`` the pieces that other patterns would make.
    """

    encoding: str | None
    pattern: str
    text: bytes
    pieces: tuple[Piece, ...]
    lanes: tuple[Lane, ...]
    vocabulary: dict[int, bytes]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens of all pieces, in order."""
        return tuple(token for piece in self.pieces for token in piece.tokens)

    @property
    def ids(self) -> list[int]:
        """The ids of the text: what ``encode`` gives."""
        return [token.id for token in self.tokens]
