"""Split patterns as pre-tokenizers.

Each pre-tokenizer but ``ByteLevel`` cuts by a regular expression, and its *behavior* says what becomes of a match: a piece of
its own (``Isolated``), one with its neighbours of the same kind (``Contiguous``), or part of the text before or after it
(``MergedWithPrevious``, ``MergedWithNext``). All of these are patterns too. An empty match only cuts (SPEC P2), whatever the
behavior. What ``Removed`` leaves are words (SPEC N3); it must come first. After ``ByteLevel``, a step cuts bytes as characters
(SPEC P9).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.published.patterns import BYTES
from ..pattern_names import PORTABLE, steps_of_pattern
from .fields import BYTE_LEVEL
from .oniguruma import for_oniguruma
from .tables import SETS

if TYPE_CHECKING:
    from ...definition import Definition

DIGITS, PUNCTUATION = SETS["digits"], SETS["punctuation"]
# What becomes of a match: it is a piece, one with its neighbours of the same kind, or goes with the text before or after it.
BEHAVIORS = {
    "Isolated": "{0}",
    "Contiguous": "(?>{0})+",
    "MergedWithPrevious": r"(?:(?!{0})[\s\S])+(?>{0})?|(?>{0})",
    "MergedWithNext": r"(?>{0})(?:(?!{0})[\s\S])*",
}
# The pre-tokenizers that have a type of their own, by their patterns.
OWN_STEPS: dict[str, dict[str, Any]] = {
    **{cut.format(PUNCTUATION): {"type": "Punctuation", "behavior": name} for name, cut in BEHAVIORS.items()},
    DIGITS: {"type": "Digits", "individual_digits": True},
    BEHAVIORS["Contiguous"].format(DIGITS): {"type": "Digits", "individual_digits": False},
}
# The pre-tokenizers that leave words, by what words are.
WORDS = {r"\w+|[^\w\s]+": "Whitespace", r"\S+": "WhitespaceSplit"}


def literal(text: str) -> str:
    r"""The pattern of a text.

    >>> literal("a.b ")
    'a\\.b '
    """
    return re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", text)


def dump_pattern(definition: Definition) -> dict[str, Any]:
    """The pre-tokenizers of a pattern of bytes, and of what comes before it."""
    steps = [] if definition.pattern == "none" else steps_of_pattern(definition.pattern)
    before = [step for step in steps if not step.startswith(BYTES)]
    after = [step.removeprefix(BYTES) for step in steps if step.startswith(BYTES)]
    if before != steps[: len(before)]:
        raise VocabularyError("a tokenizer.json cannot express that characters are cut after bytes")
    words = [] if definition.words is None else [dump_words(definition.words)]
    byte_level = BYTE_LEVEL
    if before[-1:] == ["gpt2"]:
        before, byte_level = before[:-1], BYTE_LEVEL | {"use_regex": True}
    if definition.prefix == "bytes":
        if words or before:
            raise VocabularyError("a tokenizer.json cannot express that text is cut after a space is put before it")
        byte_level = byte_level | {"add_prefix_space": True}
    splits = [[dump_split(step, "Isolated") for step in part] for part in (before, after)]
    cutters = [*words, *splits[0], byte_level, *splits[1]]
    return cutters[0] if len(cutters) == 1 else {"type": "Sequence", "pretokenizers": cutters}


def dump_words(words: str) -> dict[str, Any]:
    """The pre-tokenizer that leaves words: one that has a type of its own, or what is not dropped."""
    return {"type": WORDS[words]} if words in WORDS else dump_split(words, "Removed", invert=True)


def dump_split(step: str, behavior: str, *, invert: bool = False) -> dict[str, Any]:
    """The pre-tokenizer of one regular expression."""
    if step in OWN_STEPS and behavior == "Isolated":
        return dict(OWN_STEPS[step])
    source = {"Regex": PORTABLE.get(step) or for_oniguruma(step)}
    return {"type": "Split", "pattern": source, "behavior": behavior, "invert": invert}
