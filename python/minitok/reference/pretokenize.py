r"""Text -> pieces.

A split pattern cuts text into pieces before anything is merged, and no merge ever crosses the boundary of a piece. This keeps
"dog" and "dog." from becoming two unrelated tokens, and makes training cheap: the corpus becomes a bag of pieces with counts.

By hand, with ``gpt2``: ``I'll be  back`` -> ``I`` ``'ll`` `` be`` `` `` `` back`` (a word takes one space before it;
of two spaces the first stays alone).

On a first reading, take ``Pattern.split_within`` and ``matches``. The rest is for custom patterns (limits, patterns in
turn, patterns of bytes) and for cutting a text safely.

Invariants: the pieces, joined, are the text (P2): text that the pattern does not match becomes separate pieces. No piece is
empty: an empty match only cuts where it stands. Bytes that are not UTF-8 are cut as if each were U+FFFD, which is neither
letter, number nor white space (E5).

Costs: one search a piece; time linear in the text for the named patterns. A custom pattern costs what its engine needs for
it, up to a limit, beyond which it is an error (P6).

Several patterns with ``(?#then)`` between them cut one after the other: each piece of the first is cut by the second, and so
on (P8). A look-ahead then ends at the end of the piece being cut. DeepSeek's tokenizers need this. A pattern with ``(?#bytes)``
before it sees the bytes of its text as characters (P9). Falcon's needs that.

When not to use it: to find the words of a language written without spaces. A piece is then a whole sentence, which is still
exact.

Implements SPEC P1, P2, P3, P6, P7, P8, P9 and E5.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import PatternError
from .published.byte_chars import to_chars
from .published.families import FAMILIES
from .published.regexes import translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import regex

# The patterns of GPT-2, of GPT-3.5 and GPT-4, and of GPT-4o, as tiktoken publishes them. `++`, `*+` and `?+` give nothing
# back of what they have matched: a search takes less time, and finds the same as without the second plus (as in `small`).
NAMED = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
# The pattern where none is given. `gpt2` would cut Hindi, Tamil or Thai at every vowel sign.
DEFAULT_PATTERN = "o200k"

# How long the searches of one text may take before it is an error, in seconds of the processor (of the thread, where the system
# counts these): how busy a machine is decides nothing. (Rust counts steps instead.)
clock = getattr(time, "thread_time", time.process_time)
TIME_LIMIT = 10.0
# And for each character of the text.
TIME_PER_CHAR = 1e-4

# An invalid byte b is held as the lone surrogate DC00 + b while its text is cut, and looks like U+FFFD to the pattern.
STAND_INS = dict.fromkeys(range(0xDC80, 0xDD00), "\N{REPLACEMENT CHARACTER}")


# Separates patterns that cut one after the other. Since the portable expressions have no comments, it has no other meaning.
THEN = "(?#then)"
# How many patterns may cut one after the other: each may cost the memory of a whole engine.
MOST_STEPS = 100
# Before a pattern that cuts the bytes of its text, each seen as a character.
BYTES = "(?#bytes)"


class Pattern:
    """A split pattern: its name, ``none`` (the whole text is one piece) or a regular expression.

    >>> Pattern("gpt2").split(b"I'll be  back")
    [b'I', b"'ll", b' be', b' ', b' back']
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
        self.regex = compile_pattern(one) if one and not self.of_bytes else None

    def split(self, text: bytes) -> list[bytes]:
        """Returns the pieces of the text, in order."""
        return self.split_within(text, clock() + TIME_LIMIT + TIME_PER_CHAR * len(text))

    def split_within(self, text: bytes, end_time: float) -> list[bytes]:
        """Returns the pieces. All searches must be done at ``end_time`` of ``clock``."""
        if self.of_bytes is not None:
            return self.split_bytes(self.of_bytes, text, end_time)
        if self.regex is None:
            pieces = [text] if text else []
            for step in self.steps:
                pieces = [part for piece in pieces for part in step.split_within(piece, end_time)]
            return pieces
        pieces = []
        done = 0
        for start, end in matches(self.regex, self.source, text, end_time):
            if done < start:
                pieces.append(text[done:start])
            if start < end:
                pieces.append(text[start:end])
            done = end
        if done < len(text):
            pieces.append(text[done:])
        return pieces

    def split_bytes(self, of_bytes: Pattern, text: bytes, end_time: float) -> list[bytes]:
        """Returns the pieces that a pattern makes of the bytes of the text, each seen as a character."""
        pieces: list[bytes] = []
        done = 0
        for shown in of_bytes.split_within(to_chars(text).encode(), end_time):
            end = done + len(shown.decode())
            pieces.append(text[done:end])
            done = end
        return pieces

    def safe_cut(self, text: bytes | bytearray) -> int:
        """Returns the last offset at which the text can be cut without changing its pieces; 0 if none is known.

        With a named pattern of one step: between an ASCII letter or digit and an ASCII white-space character. No alternative
        continues from a letter or digit to white space, so a piece ends there; none looks behind, so the right part is cut as
        before; and none looks past a letter or digit that it has not matched, so the left part does not change either. This
        holds whatever text follows.
        """
        if expressions(self.source) not in [[pattern] for pattern in (NAMED | FAMILIES).values()]:
            return 0
        for at in range(len(text) - 1, 0, -1):
            if text[at] in b" \t\n\r" and text[at - 1 : at].isalnum():
                return at
        return 0


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


def matches(
    compiled: regex.Pattern[str], source: str, text: bytes, end_time: float | None = None
) -> Iterator[tuple[int, int]]:
    """Yields where the matches of a regular expression stand, in bytes, from the left; empty ones too."""
    chars = text.decode("utf-8", "surrogateescape")
    view = chars if chars.isascii() else chars.translate(STAND_INS)
    done = at = byte = 0  # the last match ends at the character `done`, which stands at `byte`
    if end_time is None:
        end_time = clock() + TIME_LIMIT + TIME_PER_CHAR * len(view)
    while at < len(view) and (span := search(compiled, source, view, at, end_time)) is not None:
        start, end = span
        first = byte + len(chars[done:start].encode("utf-8", "surrogateescape"))
        byte = first + len(chars[start:end].encode("utf-8", "surrogateescape"))
        yield first, byte
        # After an empty match, continue after the next character.
        done, at = end, end + (start == end)


def search(compiled: regex.Pattern[str], source: str, view: str, at: int, end_time: float) -> tuple[int, int] | None:
    """Returns start and end of the first match at or after a character. At ``end_time`` the text has had its time."""
    try:
        match = compiled.search(view, at, timeout=max(0.0, end_time - clock()))
    except TimeoutError:
        raise PatternError(source, "matching the pattern takes too many steps") from None
    return match and match.span()


@lru_cache(maxsize=128)  # a class takes milliseconds
def compile_pattern(source: str) -> regex.Pattern[str]:
    from ..extras import regex  # with the first pattern: it takes as long to import as a tokenizer to load

    translated = translate(source)
    try:
        return regex.compile(translated, regex.V1)
    except regex.error as error:
        raise PatternError(source, str(error)) from None
