"""The options that components have: what may be given for each, how a file writes it, and how it is given back."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.errors import FileFormatError, PatternError, VocabularyError
from minitok.formats.huggingface.patterns import literal
from minitok.formats.huggingface.read import parse_steps
from minitok.formats.pattern_names import one_expression
from minitok.reference.published.regexes import parse

from .matching import compiled

if TYPE_CHECKING:
    import regex

BEHAVIORS = ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous")
SCHEMES = ("first", "never", "always")


class Kind(NamedTuple):
    """What an option may be.

    Attributes:
        check: Returns what a file writes for a value, or raises TypeError, ValueError or OverflowError.
        show: Returns the value that the attribute has; None if there is no attribute.
    """

    check: Callable[[Any], Any]
    show: Callable[[Any], Any] | None = lambda value: value


class Option(NamedTuple):
    """An option of a component.

    Attributes:
        name: The name of the attribute.
        kind: What it may be.
        default: What it is if it is not given; ``...`` if it must be.
        key: Its name in a file, if that is another one.
        argument: The name of the argument, if that is another one.
        needed: A file must have it, although it has a default.
    """

    name: str
    kind: Kind
    default: Any = ...
    key: str = ""
    argument: str = ""
    needed: bool = False

    @property
    def field(self) -> str:
        """Its name in a file."""
        return self.key or self.name

    def in_file(self, state: dict[str, Any]) -> Any:
        """Returns its value in a file. Raises KeyError if it must be there and is not."""
        if self.field in state or self.needed or self.default is ...:
            return state[self.field]
        return self.kind.check(self.default)


class Regex:
    """A regular expression, where a string would be taken as it is.

    Raises:
        PatternError: The pattern is malformed.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = instance(pattern, str)
        parse(pattern)


def instance(value: Any, kind: type, *others: type) -> Any:
    if not isinstance(value, (kind, *others)):
        raise TypeError(f"{type(value).__name__!r} object is not an instance of {kind.__name__!r}")
    return value


def character(value: Any) -> str:
    if len(instance(value, str)) != 1:
        raise ValueError("expected a string of length 1")
    return str(value)


def unsigned(value: Any) -> int:
    """A number that can be a length, a place or an id."""
    if index(value) < 0:
        raise OverflowError("can't convert negative int to unsigned")
    return index(value)


def behavior(value: Any) -> str:
    """What becomes of a match: ``merged_with_next`` for a file's ``MergedWithNext``."""
    if instance(value, str) not in BEHAVIORS:
        raise ValueError(f"Wrong value for SplitDelimiterBehavior, expected one of: `{', '.join(BEHAVIORS)}`")
    return str(value).title().replace("_", "")


def scheme(value: Any) -> str:
    """Where a marker is put before text."""
    if instance(value, str) not in SCHEMES:
        raise ValueError(f"{value} is an unknown variant, should be one of ['first', 'never', 'always']")
    return str(value)


def token(value: Any) -> list[Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"a token is a pair of str and int, not {value!r}")
    return [instance(value[0], str), unsigned(value[1])]


def pattern_state(pattern: Any) -> dict[str, str]:
    """A pattern as JSON: a string, or a ``Regex`` of minitok's or of ``tokenizers``."""
    if isinstance(pattern, str):
        return {"String": pattern}
    if isinstance(pattern, Regex):
        return {"Regex": pattern.pattern}
    found = re.fullmatch(r'Regex\("(.*)"\)', repr(pattern), re.DOTALL)
    if found is None:
        raise TypeError(f"a pattern must be str or Regex, not {type(pattern).__name__}")
    return {"Regex": found[1]}


def compiled_source(pattern: Any) -> regex.Pattern[str]:
    """The JSON of a pattern, compiled as the engine of ``tokenizers`` means it.

    Raises:
        PatternError: The pattern is malformed, or means other things to minitok.
    """
    if not isinstance(pattern, dict) or not isinstance(source := next(iter(pattern.values()), None), str):
        raise PatternError(str(pattern), "it is neither a String nor a Regex")
    return compiled_regex(source) if "Regex" in pattern else compiled(literal(source))


@lru_cache(maxsize=256)
def compiled_regex(source: str) -> regex.Pattern[str]:
    """A regular expression of a file."""
    split = {"type": "Split", "pattern": {"Regex": source}, "behavior": "Isolated"}
    try:
        return compiled(one_expression(parse_steps(split).pattern, "a Regex"))
    except FileFormatError as refused:
        raise PatternError(source, refused.reason.replace("the pre_tokenizer Split", "it")) from None
    except VocabularyError as refused:
        raise PatternError(source, str(refused)) from None


FLAG, TEXT = Kind(lambda value: instance(value, bool)), Kind(lambda value: instance(value, str))
MAYBE_FLAG = Kind(lambda value: value if value is None else instance(value, bool))
CHARACTER, SIZE, SCHEME = Kind(character), Kind(unsigned), Kind(scheme)
BEHAVIOR = Kind(behavior, str.lower)
PATTERN = Kind(pattern_state, None)
TOKEN = Kind(token, tuple)

# Components of several families have these.
BYTE_LEVEL = (
    Option("add_prefix_space", FLAG, True),
    Option("trim_offsets", FLAG, True),
    Option("use_regex", FLAG, True),
)
METASPACE = (
    Option("replacement", CHARACTER, "▁"),
    Option("prepend_scheme", SCHEME, "always"),
    Option("split", FLAG, True),
)
