r"""Split patterns as files and users write them: by name, in turn, over bytes, and within limits.

Several patterns with ``(?#then)`` between them cut one after the other: each piece of the first is cut by the second, and so
on (P8). A look-ahead then ends at the end of the piece being cut. DeepSeek's tokenizers need this. A pattern with ``(?#bytes)``
before it sees the bytes of its text as characters (P9). Falcon's needs that.

By hand: ``\p{N}(?#then)gpt2`` cuts ``a 12`` first into ``a·``, ``1`` and ``2``, then ``a·`` into ``a`` and ``·``.

Invariants: those of ``pretokenize``.

Costs: as ``pretokenize``, for each step. A custom pattern costs what its engine needs for it, up to a limit, beyond which it
is an error (P6).

Implements SPEC P3, P6, P7, P8 and P9.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ...errors import PatternError
from .. import pretokenize
from ..pretokenize import NAMED, cut, last_word_end, matches
from .byte_chars import to_chars
from .families import FAMILIES
from .regexes import translate

if TYPE_CHECKING:
    import regex

# How long the searches of one text may take before it is an error, in seconds of the processor (of the thread, where the system
# counts these): how busy a machine is decides nothing. (Rust counts steps instead.)
clock = getattr(time, "thread_time", time.process_time)
TIME_LIMIT = 10.0
# And for each character of the text.
TIME_PER_CHAR = 1e-4

# Separates patterns that cut one after the other. Since the portable expressions have no comments, it has no other meaning.
THEN = "(?#then)"
# How many patterns may cut one after the other: each may cost the memory of a whole engine.
MOST_STEPS = 100
# Before a pattern that cuts the bytes of its text, each seen as a character.
BYTES = "(?#bytes)"


class Pattern(pretokenize.Pattern):
    r"""A split pattern: its name, ``none`` (the whole text is one piece), a regular expression, or several patterns in turn.

    >>> Pattern(r"\p{N}(?#then)gpt2").split(b"a 12")
    [b'a', b' ', b'1', b'2']
    """

    def __init__(self, source: str) -> None:
        if not all(source.split(THEN)):
            raise PatternError("", "the pattern is empty (for one piece, use 'none')")
        self.source = source
        steps = expressions(source)
        if len(steps) > MOST_STEPS:
            raise PatternError(
                steps[0], f"the first of {len(steps)} patterns, one after the other; at most {MOST_STEPS}"
            )
        self.steps = [Pattern(step) for step in steps] if len(steps) > 1 else []
        one = steps[0] if len(steps) == 1 else ""
        self.of_bytes = Pattern(one.removeprefix(BYTES)) if one.startswith(BYTES) else None
        self.compiled = compile_pattern(one) if one and not self.of_bytes else None

    def split(self, text: bytes) -> list[bytes]:
        """Returns the pieces of the text, in order."""
        return self.split_within(text, end_time(len(text)))

    def split_within(self, text: bytes, end: float) -> list[bytes]:
        """Returns the pieces. All searches must be done at the time ``end`` of ``clock``."""
        if self.of_bytes is not None:
            return self.split_bytes(self.of_bytes, text, end)
        if self.compiled is not None:
            return cut(Limited(self.compiled, self.source, end), text)
        pieces = [text] if text else []
        for step in self.steps:
            pieces = [part for piece in pieces for part in step.split_within(piece, end)]
        return pieces

    def split_bytes(self, of_bytes: Pattern, text: bytes, until: float) -> list[bytes]:
        """Returns the pieces that a pattern makes of the bytes of the text, each seen as a character."""
        pieces: list[bytes] = []
        done = 0
        for shown in of_bytes.split_within(to_chars(text).encode(), until):
            end = done + len(shown.decode())
            pieces.append(text[done:end])
            done = end
        return pieces

    def safe_cut(self, text: bytes | bytearray) -> int:
        """Returns the last offset at which the text can be cut without changing its pieces; 0 if none is known.

        One is known with a named pattern of one step.
        """
        named = [[pattern] for pattern in (NAMED | FAMILIES).values()]
        return last_word_end(text) if expressions(self.source) in named else 0


def expressions(source: str) -> list[str]:
    """Returns the regular expressions that cut one after the other; names are looked up, and ``none`` is left out."""
    steps = [step for step in source.split(THEN) if step != "none"]
    found = []
    for step in steps:
        if step in FAMILIES:
            found += expressions(FAMILIES[step])
        else:
            found.append(NAMED.get(step, step))
    return found


def end_time(length: int) -> float:
    """Returns when the searches of a text that begin now must be done."""
    return clock() + TIME_LIMIT + TIME_PER_CHAR * length


class Limited:
    """A compiled expression whose searches must be done at the time ``end`` of ``clock``."""

    def __init__(self, compiled: regex.Pattern[str], source: str, end: float) -> None:
        self.compiled, self.source, self.end = compiled, source, end

    def search(self, text: str, at: int) -> regex.Match[str] | None:
        """Returns the first match at or after a character."""
        try:
            return self.compiled.search(text, at, timeout=max(0.0, self.end - clock()))
        except TimeoutError:
            raise PatternError(self.source, "matching the pattern takes too many steps") from None


def limited_matches(compiled: regex.Pattern[str], source: str, text: bytes) -> Iterator[tuple[int, int]]:
    """Yields where the matches of an expression stand in a text, which has a limit of time."""
    return matches(Limited(compiled, source, end_time(len(text))), text)


@lru_cache(maxsize=128)  # a class takes milliseconds
def compile_pattern(source: str) -> regex.Pattern[str]:
    from ...extras import regex  # with the first pattern: it takes as long to import as a tokenizer to load

    translated = translate(source)
    try:
        return regex.compile(translated, regex.V1)
    except regex.error as error:
        raise PatternError(source, str(error)) from None
