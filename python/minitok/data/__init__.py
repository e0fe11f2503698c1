"""The texts that come with minitok: enough to learn from, for the demo, the examples and the tests."""

from __future__ import annotations

import bz2
import gzip
import json
from functools import cache
from importlib.resources import files

__all__ = ["human_rights", "tiny_shakespeare"]


@cache
def articles() -> dict[str, tuple[str, ...]]:
    packed = files(__name__).joinpath("udhr.json.gz").read_bytes()
    return {language: tuple(texts) for language, texts in json.loads(gzip.decompress(packed)).items()}


def human_rights() -> dict[str, list[str]]:
    """Returns the 30 articles of the Universal Declaration of Human Rights in 34 languages: one parallel text, free to use.

    >>> declaration = human_rights()
    >>> len(declaration), {len(articles) for articles in declaration.values()}
    (34, {30})
    >>> declaration["English"][0][:26]
    'All human beings are born '
    """
    return {language: list(texts) for language, texts in articles().items()}


@cache
def tiny_shakespeare() -> str:
    """Returns plays of Shakespeare: about 40,000 lines, 1,115,394 characters of ASCII; public domain.

    >>> tiny_shakespeare()[:14]
    'First Citizen:'
    """
    packed = files(__name__).joinpath("tinyshakespeare.txt.bz2").read_bytes()
    return bz2.decompress(packed).decode("ascii")
