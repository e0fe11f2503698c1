"""The texts that come with minitok: enough to learn from, for the demo, the examples and the tests."""

from __future__ import annotations

import json
from functools import cache
from gzip import decompress
from importlib.resources import files

__all__ = ["human_rights", "tiny_shakespeare"]


def human_rights() -> dict[str, str]:
    """Returns Article 1 of the Universal Declaration of Human Rights by the name of the language; free to use.

    >>> human_rights()["English"][:26]
    'All human beings are born '
    """
    texts: dict[str, str] = json.loads(files(__name__).joinpath("udhr_article_1.json").read_text(encoding="utf-8"))
    return texts


@cache
def tiny_shakespeare() -> str:
    """Returns plays of Shakespeare: about 40,000 lines, 1,115,394 characters of ASCII; public domain.

    >>> tiny_shakespeare()[:14]
    'First Citizen:'
    """
    packed = files(__name__).joinpath("tinyshakespeare.txt.gz").read_bytes()
    return decompress(packed).decode("ascii")
