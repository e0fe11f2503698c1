"""Which alternative of a split pattern made a piece.

A pattern is a list of alternatives, of which the first that matches wins. So at the start of a piece each is tried in order,
by the reference's engine, and the first that matches made the piece. The alternatives of the named patterns have labels; one
of any other pattern is labelled by its source.

>>> [(piece, found and found.label) for piece, found in labelled("gpt2", b"I'll  go!")]
[(b'I', 'word'), (b"'ll", 'contraction'), (b' ', 'spaces but the last'), (b' go', 'word'), (b'!', 'symbols')]

Costs: as many matches for each piece as the pattern has alternatives, all within one limit of time (``time_for``). When not to
use it: on long texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ..backend import load_backend
from ..errors import MissingExtraError, PatternError
from ..extras import need
from ..formats.pattern_names import steps_of_pattern
from ..reference.pretokenize import NAMED, STAND_INS
from ..reference.published.byte_chars import to_chars
from ..reference.published.families import FAMILIES
from ..reference.published.patterns import BYTES, Pattern, clock, compile_pattern
from .model import Alternative

if TYPE_CHECKING:
    import regex

# How long a pattern may take to explain a text, in seconds of the processor: for any text, and for each byte of it.
TIME_LIMIT, TIME_PER_BYTE = 4.0, 1e-5

# What stands for the alternative where the reference's engine is missing.
UNKNOWN = Alternative(0, "unknown: needs minitok[reference]", "")

# The last alternatives of most patterns.
ENDS = ("symbols", "line ends", "spaces but the last", "spaces")
LABELS = {
    "gpt2": ("contraction", "word", "number", "symbols", "spaces at the end", "spaces but the last", "one space"),
    "cl100k": (
        "contraction", "word", "up to 3 digits", "symbols", "spaces at the end", "line end", "spaces but the last",
        "one space",
    ),
    "o200k": ("word", "word in capitals", "up to 3 digits", *ENDS),
    "llama3": ("contraction", "word", "up to 3 digits", *ENDS),
    "qwen2": ("contraction", "word", "one digit", *ENDS),
    "qwen3.5": ("contraction", "word", "one digit", *ENDS),
    "tekken": ("word", "word in capitals", "one digit", *ENDS),
    "kimi": ("Han characters", "word", "word in capitals", "up to 3 digits", *ENDS),
}  # fmt: skip


def top_level(pattern: str) -> list[tuple[str, bool]]:
    """The alternatives of a pattern, cut at each ``|`` that stands in no group and no set.

    For each, also whether an earlier one contains ``(?i)``, which holds for the alternatives after it, too (SPEC P4).

    >>> top_level(r"(a|b)|(?i)[|]|\\|")
    [('(a|b)', False), ('(?i)[|]', False), ('\\\\|', True)]
    """
    found: list[tuple[str, bool]] = []
    depth = sets = start = at = 0
    ignore_case = ignored_before = False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            sets += 1
        elif sets:
            # A "]" that would be the first of its set is refused by the pattern's reader, so this one closes it.
            sets -= char == "]"
        elif char in "()":
            depth += 1 if char == "(" else -1
            ignore_case |= depth == 1 and pattern.startswith("(?i)", at)
        elif char == "|" and depth == 0:
            found.append((pattern[start:at], ignored_before))
            start, ignored_before = at + 1, ignore_case
        at += 1
    return [*found, (pattern[start:], ignored_before)]


@lru_cache(maxsize=64)
def alternatives(pattern: str) -> tuple[tuple[Alternative, regex.Pattern[str]], ...]:
    """The alternatives of a pattern, each with its compiled form; none for ``none``.

    Those of a pattern of bytes are for its text with each byte seen as a character.
    """
    pattern = pattern.removeprefix(BYTES)
    if pattern == "none":
        return ()
    named = NAMED | FAMILIES
    name = next((name for name, source in named.items() if source == pattern), pattern)
    sources = top_level(named.get(pattern, pattern))
    labels = LABELS.get(name, [source for source, _ in sources])
    return tuple(
        (Alternative(index, label, source), compile_pattern("(?i)" + source if ignore_case else source))
        for index, (label, (source, ignore_case)) in enumerate(zip(labels, sources, strict=True))
    )


def has_engine() -> bool:
    """Whether there is the reference's engine."""
    try:
        need("regex")
    except MissingExtraError:
        return False
    return True


@lru_cache(maxsize=64)
def splitter(pattern: str) -> Pattern:
    """The reference's pattern, compiled once."""
    return Pattern(pattern)


def time_for(text: bytes, *patterns: str) -> float:
    """When patterns that explain a text, begun now, have had their time, on the reference's ``clock``."""
    if has_engine():
        for pattern in patterns:
            prepare(pattern)
    return float(clock()) + TIME_LIMIT + TIME_PER_BYTE * len(text)


def prepare(pattern: str) -> None:
    """Compiles a pattern, so that the time that this takes is not the text's."""
    for step in steps_of_pattern(pattern):
        if step.startswith(BYTES):
            prepare(step.removeprefix(BYTES))
        else:
            alternatives(step)
            splitter(step)


def labelled(pattern: str, text: bytes, end_time: float | None = None) -> Iterator[tuple[bytes, Alternative | None]]:
    """Yields the pieces of a text, each with the alternative that made it, or None.

    Of patterns that cut in turn, the last that matched a piece made it. One of bytes cuts their characters (SPEC P9). Without
    the module ``regex`` (``minitok[reference]``) it is ``UNKNOWN``.

    Raises:
        PatternError: The patterns are not done at ``end_time``, without which the text has as long as ``time_for`` says.
    """
    if not has_engine():
        yield from ((piece, UNKNOWN) for piece in load_backend().pattern(pattern).split(text))
        return
    end_time = time_for(text, pattern) if end_time is None else end_time
    steps = steps_of_pattern(pattern)
    if len(steps) > 1:
        pieces: list[tuple[bytes, Alternative | None]] = [(text, None)] if text else []
        for step in steps:
            pieces = [
                (part, made or before) for piece, before in pieces for part, made in labelled(step, piece, end_time)
            ]
        yield from pieces
        return
    if pattern.startswith(BYTES):
        yield from labelled_bytes(pattern.removeprefix(BYTES), text, end_time)
        return
    chars = text.decode("utf-8", "surrogateescape")
    view = chars.translate(STAND_INS)
    at = 0
    for piece in splitter(pattern).split_within(text, end_time):
        end = at + len(piece.decode("utf-8", "surrogateescape"))
        yield piece, alternative_of(pattern, view, at, end, end_time)
        at = end


def labelled_bytes(of_bytes: str, text: bytes, end_time: float) -> Iterator[tuple[bytes, Alternative | None]]:
    """As ``labelled``, for a pattern that cuts the bytes of the text, each seen as a character."""
    at = 0
    for shown, made in labelled(of_bytes, to_chars(text).encode(), end_time):
        end = at + len(shown.decode())
        yield text[at:end], made
        at = end


def alternative_of(pattern: str, view: str, start: int, end: int, end_time: float) -> Alternative | None:
    """Returns the first alternative that matches at an offset, if its match ends with the piece."""
    for alternative, compiled in alternatives(pattern):
        try:
            match = compiled.match(view, start, timeout=max(0.0, end_time - clock()))
        except TimeoutError:
            raise PatternError(pattern, "matching the pattern takes too many steps") from None
        if match:
            return alternative if match.end() == end else None
    return None
