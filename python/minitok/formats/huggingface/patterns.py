"""Pre-tokenizers as split patterns, and back.

Each pre-tokenizer but ``ByteLevel`` cuts by a regular expression, and its *behavior* says what becomes of a match: a piece of
its own (``Isolated``), one with its neighbours of the same kind (``Contiguous``), or part of the text before or behind it
(``MergedWithPrevious``, ``MergedWithNext``). All of these are patterns too. ``Removed`` loses text: it is refused, but where
nothing is left to be removed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.families import FAMILIES
from ...reference.pretokenize import NAMED, THEN, compile_pattern
from ..files import shown
from ..pattern_names import PORTABLE, name_of, steps_of_pattern
from .reasons import Unsupported, step_type, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable

# What stands for characters: a property, an escaped mark, a set.
NOT_AN_OPERATOR = re.compile(r"\\[pP]\{\^?\w+\}|\\[^hHGKXRZpP]|\[(?:\\.|[^\]\\])*\]")
OPERATOR_OR_NOT = re.compile(NOT_AN_OPERATOR.pattern + r"|\\.|.", re.DOTALL)
# What counts as punctuation: the general category, and the ASCII marks that are symbols.
PUNCTUATION = r"[\p{P}$+<=>\^`|~]"
# A pattern that matches nothing somewhere, matches nothing in one of these, as far as anyone would write one.
PROBES = ("", *"aA1 \n\t.'<é漢")


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern matches the empty text somewhere."""
    compiled = compile_pattern(pattern)
    return any(match.start() == match.end() for probe in PROBES for match in compiled.finditer(probe))


def read_pattern(step: Any, may_match_nothing: Callable[[str], bool] = matches_nothing) -> str:
    """The split pattern of the pre-tokenizers. ``may_match_nothing``: whether a pattern may match the empty text."""
    if step is None:
        raise Unsupported("no pre_tokenizer: the tokens are characters, not bytes")
    steps = steps_of(step, "pre_tokenizer", "pretokenizers")
    patterns: list[str] = []
    for index, part in enumerate(steps):
        kind = step_type(part, "pre_tokenizer")
        if kind in ("Split", "Digits", "Punctuation"):
            patterns.append(read_cutter(kind, part, may_match_nothing))
        elif kind != "ByteLevel":
            raise Unsupported(f"the pre_tokenizer has a step {kind}")
        else:
            patterns += read_byte_level(part)
            if index + 1 < len(steps):
                raise Unsupported("the pre_tokenizer has steps after ByteLevel")
    if not steps or steps[-1]["type"] != "ByteLevel":
        raise Unsupported("the pre_tokenizer has no step ByteLevel: the tokens are characters, not bytes")
    return name_of(THEN.join(patterns) or "none")


def read_byte_level(step: dict[str, Any]) -> list[str]:
    """The pattern of the step that makes characters of bytes, if it has one."""
    if step.get("add_prefix_space", True):
        raise Unsupported("the pre_tokenizer ByteLevel has add_prefix_space: a space that is not in the text")
    return ["gpt2"] if step.get("use_regex", True) else []


def read_cutter(kind: str, step: dict[str, Any], may_match_nothing: Callable[[str], bool]) -> str:
    """The pattern of a pre-tokenizer that cuts by one."""
    if kind == "Split":
        return read_split(step, may_match_nothing)
    if kind == "Digits":
        return behaved(r"\p{N}", "Isolated" if step.get("individual_digits") else "Contiguous", invert=False)
    return behaved(PUNCTUATION, step.get("behavior", "Isolated"), invert=False)


def read_split(step: dict[str, Any], may_match_nothing: Callable[[str], bool]) -> str:
    """The pattern of a ``Split``, by its name if it has one."""
    source = step.get("pattern")
    behavior, invert = step.get("behavior"), bool(step.get("invert"))
    if isinstance(source, dict) and source.get("String"):
        return behaved(re.sub(r"([^\w\s])", r"\\\1", str(source["String"])), behavior, invert=invert)
    if not isinstance(source, dict) or not isinstance(source.get("Regex"), str):
        raise Unsupported("the pre_tokenizer Split has no Regex")
    pattern = str(source["Regex"])
    named = name_of(pattern)
    # Removing what does not match removes nothing where everything matches, as it does for the named patterns.
    if named in NAMED | FAMILIES and (behavior == "Isolated" or (behavior == "Removed" and invert)):
        return named
    pattern = with_line_ends(pattern)
    if difference := engine_difference(pattern):
        raise Unsupported(f"the pre_tokenizer Split has {difference}, which other engines read otherwise")
    if may_match_nothing(pattern):
        raise Unsupported("the pre_tokenizer Split has a match of nothing, at which tokenizers cuts")
    return behaved(pattern, behavior, invert=invert)


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
    raise Unsupported(f"the pre_tokenizer Split has the behavior {shown(behavior)}{' inverted' if invert else ''}")


def with_line_ends(pattern: str) -> str:
    r"""The pattern with each ``$`` as Oniguruma means it: before any line feed, and at the end.

    >>> with_line_ends(r"\s+$|[$]|\$")
    '\\s+(?=\\n|\\z)|[$]|\\$'
    """
    return OPERATOR_OR_NOT.sub(lambda found: r"(?=\n|\z)" if found.group() == "$" else found.group(), pattern)


def engine_difference(pattern: str) -> str | None:
    """Returns what in a pattern Oniguruma, the engine of ``tokenizers``, reads differently from minitok."""
    bare = NOT_AN_OPERATOR.sub("x", pattern)
    for mark, what in (("$", "a '$'"), ("^", "a '^'"), ("}+", "a possessive '{...}+'"), ("\\", "an escape")):
        if mark in bare:
            return what
    return None


def dump_pattern(pattern: str, byte_level: dict[str, Any]) -> dict[str, Any]:
    """The pre-tokenizers of a pattern."""
    if pattern == "none":
        return byte_level
    if pattern == "gpt2":
        return byte_level | {"use_regex": True}
    splits = []
    for step in steps_of_pattern(pattern):
        if step not in PORTABLE and (difference := engine_difference(step)):
            raise VocabularyError(f"the pattern has {difference}, which Hugging Face's engine reads otherwise")
        source = {"Regex": PORTABLE.get(step, step)}
        splits.append({"type": "Split", "pattern": source, "behavior": "Isolated", "invert": False})
    return {"type": "Sequence", "pretokenizers": [*splits, byte_level]}
