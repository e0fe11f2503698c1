r"""Split patterns under the glass: how one is run, and whether two cut every text alike.

A split pattern is compiled into a machine that reads each character once (SPEC P6). Two machines can be compared over all
texts at once, so that "these two are the same" is proved here, and "they are not" comes with the shortest text that shows it.

>>> from minitok import patterns
>>> patterns.equivalent(r"\s*[\r\n]+|\s+", r"\s*[\r\n]|\s+").equal
True
>>> patterns.equivalent(r"\d{1,3}", r"\d{1,2}").equal
False
>>> patterns.describe(r"\p{L}+|\d{1,3}").tier
'table'

Both need the compiled extension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .backend import load_backend


@dataclass(frozen=True)
class Description:
    """How a pattern is run.

    Attributes:
        pattern: The pattern.
        tier: ``masks`` (a hand-written scanner, several gigabytes a second), ``table`` (compiled; one to two), ``rewind``
            (compiled, but it must go back; some hundred megabytes), ``passes`` (patterns that cut in turn: each new
            piece of the first pass is cut by the others, and the result is cached), ``engine`` (a regular-expression
            engine; some tens), or ``none`` (the whole text is one piece).
        classes: One character of each class that the pattern distinguishes.
        n_states: The number of states of its machine; 0 where there is no machine.
        reason: Why it is not a faster tier, where it could have been.
        summary: All of that in a few words.
    """

    pattern: str
    tier: str
    classes: tuple[str, ...]
    n_states: int
    reason: str | None
    summary: str


class Comparison(NamedTuple):
    """Whether two patterns cut every text alike.

    Attributes:
        equal: True if that is proved, False if there is a text that they cut differently, None if it is not known.
        text: The shortest such text.
        one: The pieces of the text under the first pattern.
        other: The same under the second.
        reason: Why it is not known.
    """

    equal: bool | None
    text: str | None
    one: tuple[bytes, ...]
    other: tuple[bytes, ...]
    reason: str | None


def describe(pattern: str) -> Description:
    r"""Says how a pattern is run.

    >>> describe("a*b|a").reason
    'its ends cannot be found without going back'
    >>> describe("gpt2").summary
    'by masks, 64 bytes at a time: 10 classes of characters, 12 states'

    Raises:
        PatternError: The pattern is malformed.
    """
    load_backend("rust").pattern(pattern)
    from ._rust import describe_pattern

    tier, classes, n_states, reason, summary = describe_pattern(pattern)
    return Description(pattern, tier, tuple(classes), n_states, reason, summary)


def equivalent(one: str, other: str) -> Comparison:
    r"""Compares two patterns: do they cut every text the same way? If not, gives the shortest text that they cut differently.

    Costs some milliseconds for patterns in use. Patterns that cannot be compiled into one machine are not compared.

    >>> equivalent(r"\s+(?!\S)|\s+", r"\s++$|\s+(?!\S)|\s")
    Comparison(equal=True, text=None, one=(), other=(), reason=None)
    >>> different = equivalent(r"a+", r"a")
    >>> different.text, different.one, different.other
    ('aa', (b'aa',), (b'a', b'a'))

    Raises:
        PatternError: One of them is malformed.
    """
    first, second = (load_backend("rust").pattern(pattern) for pattern in (one, other))
    from ._rust import pattern_difference

    text, reason = pattern_difference(one, other)
    if reason is not None:
        return Comparison(None, None, (), (), reason)
    if text is None:
        return Comparison(True, None, (), (), None)
    return Comparison(False, text, tuple(first.split(text.encode())), tuple(second.split(text.encode())), None)
