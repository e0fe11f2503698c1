"""Split patterns in files: by their names here, spelled out there."""

from __future__ import annotations

from ..errors import VocabularyError
from ..reference.pretokenize import NAMED
from ..reference.published.families import FAMILIES
from ..reference.published.patterns import THEN, expressions

# OpenAI's patterns as other engines read them: no possessive quantifier and no "$", which mean something else there.
PORTABLE = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s+\z|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": NAMED["o200k"],
}


def steps_of_pattern(pattern: str) -> list[str]:
    """The patterns that cut in turn, with the names of families spelled out; those of OpenAI's patterns stay.

    >>> steps_of_pattern("starcoder")
    ['\\\\p{N}', 'gpt2']
    """
    return [step for part in pattern.split(THEN) for step in FAMILIES.get(part, part).split(THEN)]


def one_expression(pattern: str, where: str) -> str:
    """The pattern as one regular expression without names, "" for ``none``.

    Raises:
        VocabularyError: It cuts in turn, which the format cannot express.
    """
    steps = expressions(pattern)
    if len(steps) > 1:
        raise VocabularyError(f"{where} cannot express a pattern that cuts in turn")
    return steps[0] if steps else ""
