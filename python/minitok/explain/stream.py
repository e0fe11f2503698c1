"""The stream laboratory of a tokenizer: the timeline of its tokens as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .timeline import Timeline, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..tokenizer import Tokenizer

__all__ = ["stream"]


def stream(tokenizer: Tokenizer, what: str | bytes | Iterable[int]) -> Timeline:
    """The timeline of a text's ids, or of ids.

    >>> from minitok import Tokenizer
    >>> lab = stream(Tokenizer([(240, 159)]), "é")
    >>> [(step.token, step.shown, step.held) for step in lab.steps]
    [(b'\\xc3', '', b'\\xc3'), (b'\\xa9', 'é', b''), (b'', '', b'')]
    """
    ids = tokenizer.encode(what) if isinstance(what, (str, bytes)) else list(what)
    return timeline(ids, [tokenizer.decode_bytes([token_id]) for token_id in ids])
