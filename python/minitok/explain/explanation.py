"""``Explanation``: what ``Tokenizer.explain`` returns, as data, as JSON and as a web page."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .model import Explained
from .page import Section, drawn, framed, page, to_data

TITLE = "Why these tokens?"
FORMAT, VERSION = "minitok-explanation", 4


@dataclass(frozen=True)
class Explanation(Explained):
    """Why a text has the ids that it has. Made by ``Tokenizer.explain``.

    ``vocabulary`` gives the bytes of every id that is mentioned, ``lanes`` the pieces that other patterns would make.

    >>> import minitok
    >>> why = minitok.Tokenizer([(97, 98), (98, 99), (32, 256)]).explain("abc ab")
    >>> [(piece.alternative.label, [token.token for token in piece.tokens]) for piece in why.pieces]
    [('word', [b'ab', b'c']), ('word', [b' ab'])]
    >>> [(why.vocabulary[b.id], b.reason, why.vocabulary.get(b.by)) for piece in why.pieces for b in piece.blocked]
    [(b'bc', 'merge', b'ab')]
    """

    def to_json(self) -> str:
        """Returns JSON. Bytes are a string if they are UTF-8, otherwise ``{"hex": ...}``."""
        return json.dumps({"format": FORMAT, "version": VERSION, **to_data(self)}, ensure_ascii=False)

    def to_html(self, title: str | None = None) -> str:
        """Returns a self-contained web page: it needs no network and no other file."""
        return page(title or TITLE, [self.section()])

    def section(self) -> Section:
        """As a part of a web page."""
        return drawn("explanation", to_data(self))

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame that cannot reach the notebook."""
        return framed(self.to_html())
