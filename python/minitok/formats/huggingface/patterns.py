"""Pre-tokenizers as split patterns, and back.

Each pre-tokenizer but ``ByteLevel`` cuts by a regular expression, and its *behavior* says what becomes of a match: a piece of
its own (``Isolated``), one with its neighbours of the same kind (``Contiguous``), or part of the text before or behind it
(``MergedWithPrevious``, ``MergedWithNext``). All of these are patterns too. An empty match only cuts (SPEC P2), whatever the
behavior. What ``Removed`` leaves are words (SPEC N3); it must come first. After ``ByteLevel``, a step cuts bytes as characters
(SPEC P9).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import VocabularyError
from ...reference.pretokenize import BYTES, NAMED, THEN
from ...reference.published.families import FAMILIES
from ...reference.published.regex_tree import LOOKS, width
from ...reference.published.regexes import parse
from ..files import Reason, shown
from ..pattern_names import PORTABLE, name_of, one_expression, steps_of_pattern
from .fields import step_type, steps_of
from .oniguruma import engine_difference, with_line_ends, with_repeats, with_words
from .tables import SETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...definition import Definition
    from ...reference.published.regex_tree import Node

DIGITS, PUNCTUATION = SETS["digits"], SETS["punctuation"]
# What becomes of a match: it is a piece, one with its neighbours of the same kind, or goes with the text before or behind it.
BEHAVIORS = ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern may match the empty text: the least that it takes is no character."""
    return width(parse(pattern))[0] == 0


def only_cuts(pattern: str) -> bool:
    """Whether a pattern matches the empty text and no other: the most that it takes is no character."""
    return width(parse(pattern))[1] == 0


class Cuts(NamedTuple):
    """What pre-tokenizers stand for: a pattern, the words that are left (None: all text), and where a space is put."""

    pattern: str
    words: str | None
    prefix: str | None


# The pre-tokenizers that cut by one rule: a pattern, what becomes of a match, and whether the text between takes their part.
RULES: dict[str, Callable[[dict[str, Any]], tuple[str, Any, bool]]] = {
    "Digits": lambda step: (DIGITS, "Isolated" if step.get("individual_digits") else "Contiguous", False),
    "Punctuation": lambda step: (PUNCTUATION, step.get("behavior", "Isolated"), False),
    "FixedLength": lambda step: (f"[\\s\\S]{{1,{length_of(step)}}}", "Isolated", False),
    "Whitespace": lambda _: (r"\w+|[^\w\s]+", "Removed", True),
    "WhitespaceSplit": lambda _: (r"\S+", "Removed", True),
    "CharDelimiterSplit": lambda step: (literal(str(step.get("delimiter") or " ")), "Removed", False),
}


def read_pattern(step: Any, *, by_bytes: bool = True) -> Cuts:
    """What the pre-tokenizers of bytes stand for, or else those of characters."""
    if by_bytes and step is None:
        raise Reason("no pre_tokenizer: the tokens are characters, not bytes")
    steps = flat_steps(step)
    patterns: list[str] = []
    words = prefix = None
    of_bytes = False
    for index, part in enumerate(steps):
        kind = step_type(part, "pre_tokenizer")
        if kind == "ByteLevel":
            if of_bytes:
                raise Reason("the pre_tokenizer has ByteLevel twice")
            of_bytes = True
            if part.get("add_prefix_space", True):
                if index:
                    raise Reason("the pre_tokenizer ByteLevel has add_prefix_space after other steps")
                prefix = "bytes"
            patterns += ["gpt2"] if part.get("use_regex", True) else []
        elif (found := read_words(kind, part)) is not None:
            if index:
                raise Reason(f"the pre_tokenizer drops text ({kind}) after other steps")
            words, further = found
            patterns += further
        else:
            cutter = read_cutter(kind, part)
            patterns.append(BYTES + cutter if of_bytes else cutter)
    if by_bytes and not of_bytes:
        raise Reason("the pre_tokenizer has no step ByteLevel: the tokens are characters, not bytes")
    return Cuts(name_of(THEN.join(patterns) or "none"), words, prefix)


def flat_steps(step: Any) -> list[dict[str, Any]]:
    """The pre-tokenizers, without sequences within sequences."""
    if step is not None and step_type(step, "pre_tokenizer") == "Sequence":
        return [found for part in steps_of(step, "pre_tokenizer", "pretokenizers") for found in flat_steps(part)]
    return steps_of(step, "pre_tokenizer", "pretokenizers")


def read_words(kind: str, step: dict[str, Any]) -> tuple[str, list[str]] | None:
    """What words are, and how they are cut further, where a pre-tokenizer drops text; None for another."""
    if kind == "BertPreTokenizer":
        return RULES["WhitespaceSplit"](step)[0], [PUNCTUATION]
    if kind in RULES and (rule := RULES[kind](step))[1] == "Removed":
        return rule[0] if rule[2] else rest_of(rule[0]), []
    if kind != "Split" or step.get("behavior") != "Removed":
        return None
    pattern = read_source(step)
    if pattern not in NAMED | FAMILIES and matches_nothing(pattern) and not only_cuts(pattern):
        raise Reason("the pre_tokenizer Split may match nothing, or more, with the behavior 'Removed'")
    if step.get("invert"):
        # Removing what does not match removes nothing where everything matches, as it does for the named patterns.
        return None if pattern in NAMED | FAMILIES else (pattern, [])
    expression = expression_of(pattern)
    if only_cuts(expression):
        return None
    if not takes_characters(parse(expression)):
        raise Reason("the pre_tokenizer Split removes something other than characters, alone or in a row")
    return rest_of(expression), []


def takes_characters(node: Node) -> bool:
    r"""Whether what a pattern matches is characters each of which it matches wherever it stands, as ``\s+`` does.

    Only then is the text between the matches also that at whose characters no match begins.
    """
    if node.kind == "repeat":
        return node.bounds[0] == 1 and takes_characters(node.parts[0])
    if node.kind == "choice":
        return all(takes_characters(part) for part in node.parts)
    return node.kind == "set" or (len(node.parts) == 1 and node.mark not in LOOKS and takes_characters(node.parts[0]))


def rest_of(pattern: str) -> str:
    r"""The pattern of the text between the matches of another, which takes characters.

    >>> rest_of("-")
    '(?:(?!-)[\\s\\S])+'
    """
    return f"(?:(?!{pattern})[\\s\\S])+"


def read_cutter(kind: str, step: dict[str, Any]) -> str:
    """The pattern of a pre-tokenizer that cuts by one."""
    if kind == "Split":
        return read_split(step)
    if kind in ("Digits", "Punctuation", "FixedLength"):
        pattern, behavior, invert = RULES[kind](step)
        return behaved(pattern, behavior, invert=invert)
    raise Reason(f"the pre_tokenizer has a step {kind}")


def read_split(step: dict[str, Any]) -> str:
    """The pattern of a ``Split``, by its name if it has one."""
    pattern, behavior, invert = read_source(step), step.get("behavior"), bool(step.get("invert"))
    if pattern in NAMED | FAMILIES and (behavior == "Isolated" or (behavior == "Removed" and invert)):
        return pattern
    expression = expression_of(pattern)
    if behavior in (*BEHAVIORS[1:], "Removed") and matches_nothing(expression):
        if not only_cuts(expression):
            raise Reason(f"the pre_tokenizer Split may match nothing, or more, with the behavior {shown(behavior)}")
        behavior = "Isolated"
    return behaved(expression, behavior, invert=invert)


def read_source(step: dict[str, Any]) -> str:
    """What a ``Split`` looks for: the name of a pattern, or a regular expression."""
    source = step.get("pattern")
    if isinstance(source, dict) and source.get("String"):
        return unnamed(literal(str(source["String"])))
    if not isinstance(source, dict) or not isinstance(source.get("Regex"), str):
        raise Reason("the pre_tokenizer Split has no Regex")
    pattern = with_repeats(str(source["Regex"]))
    named = name_of(pattern)
    if named != pattern:
        return named
    pattern = with_line_ends(pattern)
    if difference := engine_difference(pattern):
        raise Reason(f"the pre_tokenizer Split has {difference}, which other engines interpret differently")
    return unnamed(with_words(pattern))


def unnamed(expression: str) -> str:
    """A regular expression that is not taken for the name of a pattern.

    >>> unnamed("gpt2")
    '(?:gpt2)'
    """
    return f"(?:{expression})" if expression in {"none"} | NAMED.keys() | FAMILIES.keys() else expression


def length_of(step: dict[str, Any]) -> int:
    """How many characters a ``FixedLength`` leaves together."""
    length = step.get("length", 5)
    if type(length) is not int or length < 1:
        raise Reason(f"the pre_tokenizer FixedLength has the length {shown(length)}")
    return length


def expression_of(pattern: str) -> str:
    """A pattern as one regular expression."""
    if pattern in NAMED | FAMILIES:
        return one_expression(pattern, "a behavior of the pre_tokenizer Split")
    return pattern


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
