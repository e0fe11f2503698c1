"""Pre-tokenizers as split patterns, and back.

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
from ...reference.published.regex_tree import width
from ...reference.published.regexes import parse
from ..files import Reason, shown
from ..pattern_names import PORTABLE, steps_of_pattern
from .fields import step_type, steps_of
from .oniguruma import engine_difference, with_words
from .tables import SETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...definition import Definition

DIGITS, PUNCTUATION = SETS["digits"], SETS["punctuation"]
# What becomes of a match: it is a piece, one with its neighbours of the same kind, or goes with the text before or after it.
BEHAVIORS = ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern may match the empty text: the least that it takes is no character."""
    return width(parse(pattern))[0] == 0


# The pre-tokenizers that cut by one rule: a pattern, what becomes of a match, and whether the text between takes their part.
RULES: dict[str, Callable[[dict[str, Any]], tuple[str, Any, bool]]] = {
    "Digits": lambda step: (DIGITS, "Isolated" if step.get("individual_digits") else "Contiguous", False),
    "Punctuation": lambda step: (PUNCTUATION, step.get("behavior", "Isolated"), False),
    "FixedLength": lambda step: (f"[\\s\\S]{{1,{length_of(step)}}}", "Isolated", False),
    "Whitespace": lambda _: (r"\w+|[^\w\s]+", "Removed", True),
    "WhitespaceSplit": lambda _: (r"\S+", "Removed", True),
    "CharDelimiterSplit": lambda step: (literal(str(step.get("delimiter") or " ")), "Removed", False),
}


def flat_steps(step: Any) -> list[dict[str, Any]]:
    """The pre-tokenizers, without sequences within sequences."""
    if step is not None and step_type(step, "pre_tokenizer") == "Sequence":
        return [found for part in steps_of(step, "pre_tokenizer", "pretokenizers") for found in flat_steps(part)]
    return steps_of(step, "pre_tokenizer", "pretokenizers")


def length_of(step: dict[str, Any]) -> int:
    """How many characters a ``FixedLength`` leaves together."""
    length = step.get("length", 5)
    if type(length) is not int or length < 1:
        raise Reason(f"the pre_tokenizer FixedLength has the length {shown(length)}")
    return length


def literal(text: str) -> str:
    r"""The pattern of a text.

    >>> literal("a.b ")
    'a\\.b '
    """
    return re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", text)


def behaved(pattern: str, behavior: object, *, invert: bool) -> str:
    r"""The pattern whose pieces are those of another with a behavior. Inverted, the text between matches takes their part.

    >>> behaved("-", "Contiguous", invert=False), behaved("-", "MergedWithNext", invert=False)
    ('(?>-)+', '(?>-)(?:(?!-)[\\s\\S])*')
    """
    if behavior == "Isolated":
        return pattern
    if behavior == "Contiguous":
        return f"(?>{pattern})+"
    if behavior == ("MergedWithNext" if invert else "MergedWithPrevious"):
        return f"(?:(?!{pattern})[\\s\\S])+(?>{pattern})?|(?>{pattern})"
    if behavior == ("MergedWithPrevious" if invert else "MergedWithNext"):
        return f"(?>{pattern})(?:(?!{pattern})[\\s\\S])*"
    raise Reason(f"the pre_tokenizer Split has the behavior {shown(behavior)}{' inverted' if invert else ''}")


# The pre-tokenizers that have a type of their own, by their patterns.
OWN_STEPS: dict[str, dict[str, Any]] = {
    **{
        behaved(PUNCTUATION, behavior, invert=False): {"type": "Punctuation", "behavior": behavior}
        for behavior in BEHAVIORS
    },
    DIGITS: {"type": "Digits", "individual_digits": True},
    behaved(DIGITS, "Contiguous", invert=False): {"type": "Digits", "individual_digits": False},
}


def dump_pattern(definition: Definition, byte_level: dict[str, Any]) -> dict[str, Any]:
    """The pre-tokenizers of a pattern of bytes, and of what comes before it."""
    steps = [] if definition.pattern == "none" else steps_of_pattern(definition.pattern)
    before = [step for step in steps if not step.startswith(BYTES)]
    behind = [step.removeprefix(BYTES) for step in steps if step.startswith(BYTES)]
    if before != steps[: len(before)]:
        raise VocabularyError("a tokenizer.json cannot express that characters are cut after bytes")
    words = [] if definition.words is None else [dump_words(definition.words)]
    if before[-1:] == ["gpt2"]:
        before, byte_level = before[:-1], byte_level | {"use_regex": True}
    if definition.prefix == "bytes":
        if words or before:
            raise VocabularyError("a tokenizer.json cannot express that text is cut after a space is put before it")
        byte_level = byte_level | {"add_prefix_space": True}
    splits = [[dump_split(step, "Isolated") for step in part] for part in (before, behind)]
    cutters = [*words, *splits[0], byte_level, *splits[1]]
    return cutters[0] if len(cutters) == 1 else {"type": "Sequence", "pretokenizers": cutters}


def dump_words(words: str) -> dict[str, Any]:
    """The pre-tokenizer that leaves words: one that has a type of its own, or what is not dropped."""
    kind = next((kind for kind in ("Whitespace", "WhitespaceSplit") if RULES[kind]({})[0] == words), None)
    return {"type": kind} if kind else dump_split(words, "Removed", invert=True)


def dump_split(step: str, behavior: str, *, invert: bool = False) -> dict[str, Any]:
    """The pre-tokenizer of one regular expression."""
    if step not in PORTABLE and (difference := engine_difference(step)):
        raise VocabularyError(f"the pattern has {difference}, which Hugging Face's engine interprets differently")
    if step in OWN_STEPS and behavior == "Isolated":
        return dict(OWN_STEPS[step])
    source = {"Regex": PORTABLE.get(step) or with_words(step, written=True)}
    return {"type": "Split", "pattern": source, "behavior": behavior, "invert": invert}
