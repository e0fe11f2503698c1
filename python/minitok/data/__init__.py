"""The one text that comes with minitok: enough to learn from, for the demo, the examples and the tests."""

from __future__ import annotations

from functools import cache
from gzip import decompress
from importlib.resources import files

__all__ = ["tiny_shakespeare"]


@cache
def tiny_shakespeare() -> str:
    """Plays of Shakespeare, about 40,000 lines, 1,115,394 characters of ASCII; public domain.

    >>> tiny_shakespeare()[:14]
    'First Citizen:'
    """
    packed = files(__name__).joinpath("tinyshakespeare.txt.gz").read_bytes()
    return decompress(packed).decode("ascii")
