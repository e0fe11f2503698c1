"""``NormalizedString``: a text that is changed step by step, and where each of its characters comes from.

By hand: ``Ab c`` in small letters, without its space, is ``abc``; its characters come from 0 to 1, 1 to 2 and 3 to 4 of the
original. A character that is put in comes from where the one before it does.

Costs: O(n) for each step, in Python: it is for the components, where text is to be followed; ids are made without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitok.backend import load_backend
from minitok.text import utf8

from .finder import space_before, space_behind
from .matching import Cut, cuts, parts
from .normal_changes import changes
from .options import BEHAVIOR, Regex, compiled_source, pattern_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import regex

    Range = int | slice | tuple[int, int]
    Span = tuple[int, int]

__all__ = ["NormalizedString"]


class NormalizedString:
    """A text, and what has become of it.

    >>> text = NormalizedString("Hey  there")
    >>> text.lowercase()
    >>> text.replace("  ", " ")
    >>> text, text[4:].original
    (NormalizedString(original="Hey  there", normalized="hey there"), 'there')
    """

    __slots__ = ("_spans", "_start", "normalized", "original")

    def __init__(self, sequence: str) -> None:
        if not isinstance(sequence, str):
            raise TypeError(f"{type(sequence).__name__!r} object is not an instance of 'str'")
        # A lone surrogate is U+FFFD, as everywhere in minitok.
        self.original = self.normalized = sequence if sequence.isascii() else utf8(sequence).decode()
        # The character of the whole text at which the original begins, and the span there of each normalized character.
        self._start = 0
        self._spans: list[Span] = [(at, at + 1) for at in range(len(self.original))]

    @property
    def span(self) -> Span:
        """Where the original begins and ends in the whole text."""
        return self._start, self._start + len(self.original)

    def span_of(self, start: int, end: int) -> Span:
        """Where in the whole text a range of the normalized characters comes from."""
        return self._spans[start][0], self._spans[end - 1][1]

    def copy(self) -> NormalizedString:
        """A copy that changes by itself."""
        return self.part(0, len(self.normalized), self.original, self._start)

    def part(self, start: int, end: int, original: str, origin: int) -> NormalizedString:
        """A range of the normalized characters, with an original that begins at ``origin``."""
        made = NormalizedString.__new__(NormalizedString)
        made.original, made._start = original, origin  # noqa: SLF001 - it is being made
        made.normalized, made._spans = self.normalized[start:end], self._spans[start:end]  # noqa: SLF001
        return made

    def between(self, start: int, end: int) -> NormalizedString:
        """A range of the normalized characters, with what it comes from."""
        first, last = self.span_of(start, end) if start < end else (self._start, self._start)
        return self.part(start, end, self.original[first - self._start : last - self._start], first)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def transform(self, steps: Iterable[tuple[str, int]], dropped: int = 0) -> None:
        """Puts characters in the place of those there are.

        Args:
            steps: The new characters, each with what becomes of the old ones: 0 if it stands for the next of them, 1 if it is
                put in, -n if it stands for the next, and n more are dropped.
            dropped: How many of the old ones are dropped before.
        """
        chars: list[str] = []
        spans: list[Span] = []
        old, at = self._spans, dropped
        for char, change in steps:
            chars.append(char)
            if change > 0:
                spans.append(old[at - 1] if at else (self._start, self._start))
            else:
                spans.append(old[at])
                at += 1 - change
        self.normalized, self._spans = "".join(chars), spans

    def _normal(self, form: str) -> None:
        data = self.normalized.encode()
        if load_backend(None).normalizer([form]).apply(data) != data:
            self.transform(changes(self.normalized, form))

    def nfc(self) -> None:
        """Composes characters (NFC)."""
        self._normal("NFC")

    def nfd(self) -> None:
        """Decomposes characters (NFD)."""
        self._normal("NFD")

    def nfkc(self) -> None:
        """Replaces characters by those that they are compatible with, and composes them (NFKC)."""
        self._normal("NFKC")

    def nfkd(self) -> None:
        """Replaces characters by those that they are compatible with, and decomposes them (NFKD)."""
        self._normal("NFKD")

    def lowercase(self) -> None:
        """Makes letters small."""
        small = load_backend(None).normalizer(["lowercase"]).apply
        made = small(self.normalized.encode()).decode()
        if len(made) == len(self.normalized):  # A character for each.
            self.normalized = made
        else:
            self._each(lambda char: small(char.encode()).decode())

    def uppercase(self) -> None:
        """Makes letters capital."""
        self._each(str.upper)

    def _each(self, change: Callable[[str], str]) -> None:
        made = [(new, int(index > 0)) for char in self.normalized for index, new in enumerate(change(char))]
        self.transform(made)

    def prepend(self, s: str) -> None:
        """Puts a text before; it stands for the first character. An empty text stays empty."""
        if self.normalized:
            self.normalized = s + self.normalized
            self._spans = [self._spans[0]] * len(s) + self._spans

    def append(self, s: str) -> None:
        """Puts a text behind; it stands for the last character."""
        last = self._spans[-1] if self._spans else (self._start, self._start)
        self.normalized += s
        self._spans = self._spans + [last] * len(s)

    def lstrip(self) -> None:
        """Drops white space at the beginning."""
        self._keep([Cut(space_behind(self.normalized, 0), len(self.normalized), False)])

    def rstrip(self) -> None:
        """Drops white space at the end."""
        self._keep([Cut(0, space_before(self.normalized, 0, len(self.normalized)), False)])

    def strip(self) -> None:
        """Drops white space at both ends."""
        self.lstrip()
        self.rstrip()

    def clear(self) -> None:
        """Drops all characters."""
        self.normalized, self._spans = "", []

    def _keep(self, found: Iterable[Cut]) -> None:
        kept = [(start, end) for start, end, matches in found if not matches]
        self._spans = [span for start, end in kept for span in self._spans[start:end]]
        self.normalized = "".join(self.normalized[start:end] for start, end in kept)

    def filter(self, func: Callable[[str], bool]) -> None:
        """Keeps the characters for which a function is true."""
        self._keep(Cut(at, at + 1, not func(char)) for at, char in enumerate(self.normalized))

    def for_each(self, func: Callable[[str], Any]) -> None:
        """Calls a function with each character."""
        for char in self.normalized:
            func(char)

    def map(self, func: Callable[[str], str]) -> None:
        """Puts what a function gives for each character in its place: one character."""
        made = [func(char) for char in self.normalized]
        if not all(isinstance(char, str) and char for char in made):
            raise TypeError("`map` expect a callable with the signature: `fn(char) -> char`")
        self.normalized = "".join(char[0] for char in made)

    def replace(self, pattern: str | Regex, content: str) -> None:
        """Puts a text in the place of each match of a text or of a ``Regex``."""
        if pattern != "":
            self.replace_matches(compiled_source(pattern_state(pattern)), content)

    def replace_matches(self, pattern: regex.Pattern[str], content: str) -> None:
        """Puts a text in the place of each match; it stands for the last character of the match."""
        chars: list[str] = []
        spans: list[Span] = []
        for start, end, matches in cuts(self.normalized, pattern):
            chars.append(content if matches else self.normalized[start:end])
            origin = self._spans[end - 1] if end else (self._start, self._start)
            spans += [origin] * len(content) if matches else self._spans[start:end]
        self.normalized, self._spans = "".join(chars), spans

    # -- parts ---------------------------------------------------------------------------------------------------------

    def split(self, pattern: str | Regex, behavior: str) -> list[NormalizedString]:
        """Cuts at the matches of a text or of a ``Regex``.

        ``behavior``: ``removed``, ``isolated``, ``merged_with_previous``, ``merged_with_next`` or ``contiguous``.
        """
        behavior = BEHAVIOR.check(behavior)
        if pattern == "":
            return [self.copy()]
        return self.split_at(cuts(self.normalized, compiled_source(pattern_state(pattern))), behavior)

    def split_at(self, found: Iterable[Cut], behavior: str) -> list[NormalizedString]:
        """Cuts at matches, given as they cut the text. ``behavior``: as a file writes it."""
        return [self.between(start, end) for start, end in parts(found, behavior)]

    def slice(self, range: Range) -> NormalizedString | None:  # noqa: A002 - as there
        """A range of the characters; None if the text does not have it."""
        length = len(self.normalized)
        if isinstance(range, int):
            if range < -length:
                raise ValueError(f"{-range} is bigger than max len")
            start = range if range >= 0 else length + range
            end = start + 1
        else:
            start, end = range if isinstance(range, tuple) else range.indices(length)[:2]
        if not 0 <= start < length:
            return None
        return self.between(start, min(max(start, end), length))

    def __getitem__(self, range: Range) -> NormalizedString | None:  # noqa: A002 - as there
        return self.slice(range)

    def __str__(self) -> str:
        return self.normalized

    def __repr__(self) -> str:
        return f'NormalizedString(original="{self.original}", normalized="{self.normalized}")'
