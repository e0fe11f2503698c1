"""``NormalizedString``: a text that is changed step by step, and where each of its characters comes from.

By hand: ``Ab c`` in small letters, without its space, is ``abc``; its characters come from 0 to 1, 1 to 2 and 3 to 4 of the
original. A character that is put in comes from where the one before it does. With NFC, ``e·◌́·!`` becomes ``é``, which stands
for ``e``, and ``!``, which stands for the third character.

Costs: O(n) for each step, in Python: it is for the components, where text is to be followed; ids are made without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from minitok.backend import load_backend
from minitok.extras import np
from minitok.formats.byte_level import CHARS
from minitok.formats.huggingface.normalizers import STRIP_LEFT, STRIP_RIGHT
from minitok.reference.published.normal_forms import combining_class, composition, decomposition, in_order
from minitok.reference.published.normalize import IDEOGRAPHS
from minitok.reference.published.unicode import contains
from minitok.reference.text import utf8

from .matching import Cut, compiled, cuts, parts
from .options import BEHAVIOR, Regex, compiled_source, instance, pattern_state

if TYPE_CHECKING:
    import regex

    from minitok.reference.published.normalize import Step

    Range = int | slice | tuple[int, int]
    Span = tuple[int, int]

# Bytes that continue a character are below this, with a sign.
CONTINUES = -0x40
# The characters that stand for bytes, by byte.
SHOWN = dict(enumerate(CHARS))


def stepped(step: Step, doc: str) -> Callable[[NormalizedString], None]:
    """A method that takes a step."""

    def method(text: NormalizedString) -> None:
        text.step(step)

    method.__doc__ = doc
    return method


class NormalizedString:
    """A text, and what has become of it.

    >>> text = NormalizedString("Hey  there")
    >>> text.lowercase()
    >>> text.replace("  ", " ")
    >>> text, text[4:].original
    (NormalizedString(original="Hey  there", normalized="hey there"), 'there')
    """

    __slots__ = ("_start", "normalized", "original", "spans")

    def __init__(self, sequence: str) -> None:
        # A lone surrogate is U+FFFD, as everywhere in minitok.
        self.original = self.normalized = utf8(instance(sequence, str)).decode()
        # The character of the whole text at which the original begins, and the span there of each normalized character.
        self._start = 0
        self.spans: list[Span] = [(at, at + 1) for at in range(len(self.original))]

    @property
    def span(self) -> Span:
        """Where the original begins and ends in the whole text."""
        return self._start, self._start + len(self.original)

    def span_of(self, start: int, end: int) -> Span:
        """Where in the whole text a range of the normalized characters comes from."""
        return self.spans[start][0], self.spans[end - 1][1]

    def copy(self) -> NormalizedString:
        """A copy that changes by itself."""
        return self.part(0, len(self.normalized), self.original, self._start)

    def part(self, start: int, end: int, original: str, origin: int) -> NormalizedString:
        """A range of the normalized characters, with an original that begins at ``origin``."""
        made = NormalizedString.__new__(NormalizedString)
        made.original, made._start = original, origin  # noqa: SLF001 - it is being made
        made.normalized, made.spans = self.normalized[start:end], self.spans[start:end]
        return made

    def between(self, start: int, end: int) -> NormalizedString:
        """A range of the normalized characters, with what it comes from."""
        first, last = self.span_of(start, end) if start < end else (self._start, self._start)
        return self.part(start, end, self.original[first - self._start : last - self._start], first)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def step(self, step: Step) -> None:
        """Takes a step of SPEC N2."""
        if step == "lowercase":
            self.lowercase()
        elif step == "space_ideographs":
            self._each(lambda char: f" {char} " if contains(IDEOGRAPHS, ord(char)) else char)
        elif step in (STRIP_LEFT, STRIP_RIGHT):
            self._strip(left=step == STRIP_LEFT)
        elif step[0] == "prepend":
            self.prepend(step[1])
        elif step[0] == "replace":
            self.replace_matches(compiled(step[1]), step[2])
        else:
            self._normal(str(step))

    def _strip(self, *, left: bool) -> None:
        """Drops white space at one end. The end is looked for from there: a pattern would look at all runs of white space."""
        text = self.normalized[:: 1 if left else -1]
        space = compiled(r"\s")
        kept = len(text) - next((at for at, char in enumerate(text) if not space.fullmatch(char)), len(text))
        first = len(text) - kept if left else 0
        self.normalized, self.spans = self.normalized[first : first + kept], self.spans[first : first + kept]

    def _normal(self, form: str) -> None:
        data = self.normalized.encode()
        normalizer = load_backend(None).normalizer([form])
        if normalizer.apply(data) == data:
            return
        made, starts, ends = normalizer.aligned(data)
        begins = np.frombuffer(made, np.int8) >= CONTINUES
        starts, ends = starts[begins], ends[begins]
        goes_on = (starts[1:] == starts[:-1]) & (ends[1:] == ends[:-1])
        if (goes_on | (starts[1:] == ends[:-1])).all():
            # Marks are in their order: each stands for the first of its parts.
            numbers = (np.cumsum(np.frombuffer(data, np.int8) >= CONTINUES) - 1)[starts].tolist()
            self.normalized, self.spans = made.decode(), [self.spans[number] for number in numbers]
        else:
            found = normal_characters(self.normalized, form)
            self.normalized, self.spans = "".join(char for char, _ in found), [self.spans[at] for _, at in found]

    nfc = stepped("NFC", "Composes characters (NFC).")
    nfd = stepped("NFD", "Decomposes characters (NFD).")
    nfkc = stepped("NFKC", "Replaces characters by those that they are compatible with, and composes them (NFKC).")
    nfkd = stepped("NFKD", "Replaces characters by those that they are compatible with, and decomposes them (NFKD).")
    lstrip = stepped(STRIP_LEFT, "Drops white space at the beginning.")
    rstrip = stepped(STRIP_RIGHT, "Drops white space at the end.")

    def lowercase(self) -> None:
        """Makes letters small."""
        small = load_backend(None).normalizer(["lowercase"]).apply
        made = small(self.normalized).decode()
        if len(made) == len(self.normalized):  # A character for each.
            self.normalized = made
        else:
            self._each(lambda char: small(char).decode())

    def uppercase(self) -> None:
        """Makes letters capital."""
        self._each(str.upper)

    def show_bytes(self) -> None:
        """Puts the characters that stand for its bytes in the place of each character."""
        if self.normalized.isascii():  # A character for each.
            self.normalized = self.normalized.translate(SHOWN)
        else:
            self._each(lambda char: "".join(CHARS[byte] for byte in char.encode()))

    def _each(self, change: Callable[[str], str]) -> None:
        """Puts a text in the place of each character, for which it stands."""
        made = list(map(change, self.normalized))
        self.normalized, self.spans = "".join(made), [span for span, new in zip(self.spans, made) for _ in new]

    def prepend(self, s: str) -> None:
        """Puts a text before; it stands for the first character. An empty text stays empty."""
        if self.normalized:
            self.normalized = s + self.normalized
            self.spans = [self.spans[0]] * len(s) + self.spans

    def append(self, s: str) -> None:
        """Appends a text, which stands for the last character."""
        last = self.spans[-1] if self.spans else (self._start, self._start)
        self.normalized += s
        self.spans = self.spans + [last] * len(s)

    def strip(self) -> None:
        """Drops white space at both ends."""
        self.lstrip()
        self.rstrip()

    def clear(self) -> None:
        """Drops all characters."""
        self.normalized, self.spans = "", []

    def filter(self, func: Callable[[str], bool]) -> None:
        """Keeps the characters for which a function is true."""
        self._each(lambda char: char if func(char) else "")

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
            origin = self.spans[end - 1] if end else (self._start, self._start)
            spans += [origin] * len(content) if matches else self.spans[start:end]
        self.normalized, self.spans = "".join(chars), spans

    # -- parts ---------------------------------------------------------------------------------------------------------

    def split(self, pattern: str | Regex, behavior: str) -> list[NormalizedString]:
        """Cuts at the matches of a text or of a ``Regex``.

        ``behavior``: ``removed``, ``isolated``, ``merged_with_previous``, ``merged_with_next`` or ``contiguous``.
        """
        behavior = BEHAVIOR.check(behavior)
        if pattern == "":
            return [self.copy()]
        return self.split_at(compiled_source(pattern_state(pattern)), behavior)

    def split_at(self, pattern: regex.Pattern[str], behavior: str, inverted: bool = False) -> list[NormalizedString]:
        """Cuts at the matches of a pattern; inverted, at the text between them. ``behavior``: as a file writes it."""
        found: Iterable[Cut] = cuts(self.normalized, pattern)
        if inverted:
            found = [cut._replace(matches=not cut.matches) for cut in found]
        return [self.between(start, end) for start, end in parts(found, behavior)]

    def slice(self, range: Range) -> NormalizedString | None:
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

    def __getitem__(self, range: Range) -> NormalizedString | None:
        return self.slice(range)

    def __str__(self) -> str:
        return self.normalized

    def __repr__(self) -> str:
        return f'NormalizedString(original="{self.original}", normalized="{self.normalized}")'


def normal_characters(text: str, form: str) -> list[tuple[str, int]]:
    r"""The characters of the text in a normal form, each with the number of the character that it stands for.

    Characters stand for those of the text in their order, whatever they are: one that was put in for the last one, and one
    that was composed for the first of its parts.

    >>> normal_characters("e\u0301\u00e9!", "NFC"), normal_characters("\u00e9", "NFD")
    ([('é', 0), ('é', 2), ('!', 3)], [('e', 0), ('́', 0)])
    """
    # Each with how many characters of the text it takes the place of.
    parts = [(part, int(at == 0)) for char in text for at, part in enumerate(decomposition(char, "K" in form))]
    made = [(char, takes) for char, takes, _ in in_order([(char, takes, 0) for char, takes in parts])]
    if form.endswith("C"):
        made = composed(made)
    ends = accumulate(takes for _, takes in made)
    return [(char, max(end - max(takes, 1), 0)) for (char, takes), end in zip(made, ends)]


def composed(ordered: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Characters composed with the marks that follow them, where nothing blocks them (UAX 15)."""
    made: list[tuple[str, int]] = []
    starter, last = None, -1  # where the last starter stands, and the class of the character after it, if there is one
    for char, takes in ordered:
        kind = combining_class(char)
        whole = composition(made[starter][0], char) if starter is not None and last < kind else None
        if starter is not None and whole is not None:
            made[starter] = whole, made[starter][1] + takes
            continue
        starter, last = (len(made), -1) if kind == 0 else (starter, kind)
        made.append((char, takes))
    return made
