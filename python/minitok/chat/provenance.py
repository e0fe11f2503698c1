"""``Traced``: a string that knows where each of its characters comes from.

A chat template makes one text of its own words and of what the messages say. Both are strings to Jinja; a ``Traced`` is a
``str`` that remembers the origin of every run of characters through what templates do with strings: ``+`` and ``~``, slices,
``strip``, ``split``, ``replace``, ``join``, ``upper``, ``format``, ``%``.

By hand: ``<s>`` of the template and ``Hi </s> `` of a message, joined and cut at ``</s>``, are ``<s>Hi `` and a space. Its
first three characters are those of the template.

Invariants: a character is the template's only if the template's text has it there; no method makes it so otherwise. What a
method does not know how to follow is a plain ``str``, and a plain ``str`` comes from nowhere and is not trusted.

Costs: as of ``str``, and some microseconds a call; runs are as many as the strings put together. They are put together when
they are asked for: a text that a loop makes longer step by step costs no more than one that is joined at once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Self


class Trusted(str):
    """Text in a message that may hold special tokens, since the caller vouches for it: what a model wrote, for training.

    >>> Trusted("<think>Hm.</think>")
    '<think>Hm.</think>'
    """

    __slots__ = ()


class Origin(NamedTuple):
    """Where text comes from: the template, or a field of a message (its number, and its role), or another value.

    ``generated``: whether the template says that a model writes it (``{% generation %}``). In the order of ``render.Span``.
    """

    trusted: bool
    role: str | None = None
    message: int | None = None
    field: str | None = None
    generated: bool = False


TEMPLATE = Origin(trusted=True)
UNKNOWN = Origin(trusted=False)

Run = tuple[int, Origin]  # how many characters, and where they come from
Runs = tuple[Run, ...]

# What `%` is followed by where it is known what becomes of it.
CONVERSION = re.compile(r"%(?:\((\w+)\))?([sdi%])")


# The runs of a string; or, of one that was joined, the sources of its parts, in a list until the runs are asked for.
Source = Runs | list[Any]


def joined(source: list[Any]) -> Runs:
    """The runs of what was joined, which stay in the list; neighbours of one origin are one run.

    Without calling itself: parts may have parts as often as a loop has steps.
    """
    runs: list[Run] = []
    left: list[Source] = [source]
    size, last = 0, TEMPLATE
    while left:
        part = left.pop()
        if type(part) is list:
            left += reversed(part)
            continue
        for length, origin in part:
            if origin == last:
                size += length
            elif length:
                if size:
                    runs.append((size, last))
                size, last = length, origin
    found = *runs, (size, last)
    source[:] = [found]
    return found


def run_by_run(change: Callable[[str], str]) -> Callable[[Traced], str]:
    """A method that changes each run by itself. Where that is not the whole changed, the result comes from nowhere."""

    def method(self: Traced) -> str:
        plain = change(self)
        parts = []
        at = 0
        for length, origin in self._runs:
            parts.append(of_origin(change(str.__getitem__(self, slice(at, at + length))), origin))
            at += length
        return concatenated(parts) if "".join(parts) == plain else plain

    return method


class Traced(str):
    """A string with the origins of its characters. One that is made of a ``str`` alone comes from nowhere."""

    __slots__ = ("_ends", "_source")
    _ends: list[int]
    _source: Source

    def __new__(cls, text: object = "", runs: Runs | None = None) -> Self:
        made = super().__new__(cls, text)
        made._source = runs or source_of(text if isinstance(text, Traced) else str.__str__(made))
        return made

    @property
    def _runs(self) -> Runs:
        if isinstance(self._source, list):
            self._source = joined(self._source)
        return self._source

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Traced, (str.__str__(self), self._runs)

    # -- joining -------------------------------------------------------------------------------------------------------

    def __add__(self, other: str) -> str:
        if type(other) is Traced:
            return of_source(str.__add__(self, other), [self._source, other._source])
        return concatenated((self, other)) if is_text(other) else NotImplemented

    def __radd__(self, other: str) -> str:
        return concatenated((other, self)) if is_text(other) else NotImplemented

    def __mul__(self, times: SupportsIndex) -> str:
        text = str.__mul__(self, times)
        return traced(text, self._runs * (len(text) // len(self) if self else 0))

    __rmul__ = __mul__

    def join(self, parts: Iterable[str], /) -> str:
        found: list[str] = []
        for part in parts:
            if not isinstance(part, str):
                raise TypeError(f"sequence item {len(found) // 2}: expected str instance, {type(part).__name__} found")
            found += (part, self)
        return concatenated(found[:-1])

    def __mod__(self, values: Any) -> str:
        """With ``%s``, ``%d``, ``%(name)s`` and ``%%`` in a text of one origin; else the result comes from nowhere."""
        plain = str.__mod__(self, values)
        origins = {origin for _, origin in self._runs}
        rest = iter(values if isinstance(values, tuple) else (values,))
        if len(origins) != 1 or "%" in CONVERSION.sub("", self):
            return plain
        parts: list[str] = []
        done = 0
        for found in CONVERSION.finditer(self):
            parts.append(self[done : found.start()])
            name, kind = found.groups()
            if kind == "%":
                parts.append(self[found.start() : found.start() + 1])
            else:
                value = next(rest) if name is None else values[name]
                parts.append(str(value) if kind == "s" else str.__mod__("%d", value))
            done = found.end()
        made = concatenated([*parts, self[done:]])
        return made if made == plain else plain

    # -- parts ---------------------------------------------------------------------------------------------------------

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        if not isinstance(key, slice):
            text = str.__getitem__(self, key)
            at = key.__index__()
            return traced(text, ((1, self._origin_at(at if at >= 0 else at + len(self))),))
        start, stop, step = key.indices(len(self))
        text = str.__getitem__(self, key)
        if step == 1:
            if len(text) == len(self):
                return self
            return traced(text, self._runs_between(start, max(start, stop)))
        return traced(text, tuple((1, self._origin_at(at)) for at in range(start, stop, step)))

    def _places(self) -> list[int]:
        """Where each run ends."""
        try:
            return self._ends
        except AttributeError:
            self._ends = list(accumulate(length for length, _ in self._runs))
            return self._ends

    def _origin_at(self, at: int) -> Origin:
        return self._runs[bisect_right(self._places(), at)][1]

    def _runs_between(self, start: int, stop: int) -> Runs:
        runs = self._runs
        if len(runs) == 1:
            return ((stop - start, runs[0][1]),)
        ends = self._places()
        found = []
        for number in range(bisect_right(ends, start), min(bisect_left(ends, stop) + 1, len(runs))):
            length, origin = runs[number]
            found.append((min(ends[number], stop) - max(ends[number] - length, start), origin))
        return tuple(found)

    def __iter__(self) -> Iterator[str]:
        return (self[at] for at in range(len(self)))

    def strip(self, chars: str | None = None, /) -> str:
        start = len(self) - len(str.lstrip(self, chars))
        return self[start : start + len(str.strip(self, chars))]

    def lstrip(self, chars: str | None = None, /) -> str:
        return self[len(self) - len(str.lstrip(self, chars)) :]

    def rstrip(self, chars: str | None = None, /) -> str:
        return self[: len(str.rstrip(self, chars))]

    def removeprefix(self, prefix: str, /) -> str:
        return self[len(self) - len(str.removeprefix(self, prefix)) :]

    def removesuffix(self, suffix: str, /) -> str:
        return self[: len(str.removesuffix(self, suffix))]

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        return self._pieces(str.split(self, sep, maxsplit), sep)

    def rsplit(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        return self._pieces(str.rsplit(self, sep, maxsplit), sep)

    def _pieces(self, pieces: list[str], sep: str | None) -> list[str]:
        """These pieces of the string, which are separated by ``sep`` or by white space, with their origins."""
        found: list[str] = []
        at = 0
        for piece in pieces:
            if sep is None:
                at = str.index(self, piece, at)
            found.append(self[at : at + len(piece)])
            at += len(piece) + (0 if sep is None else len(sep))
        return found

    def splitlines(self, keepends: bool = False) -> list[str]:  # noqa: FBT002 - as of str
        found: list[str] = []
        at = 0
        for whole, line in zip(str.splitlines(self, keepends=True), str.splitlines(self, keepends), strict=True):
            found.append(self[at : at + len(line)])
            at += len(whole)
        return found

    def partition(self, sep: str, /) -> tuple[str, str, str]:
        before, middle, after = self._pieces(list(str.partition(self, sep)), "")
        return before, middle, after

    def rpartition(self, sep: str, /) -> tuple[str, str, str]:
        before, middle, after = self._pieces(list(str.rpartition(self, sep)), "")
        return before, middle, after

    # -- changes -------------------------------------------------------------------------------------------------------

    def replace(self, old: str, new: str, /, count: SupportsIndex = -1) -> str:
        plain = str.replace(self, old, new, count)
        if not old:
            return plain
        most = count.__index__()
        parts: list[str] = []
        done = 0
        while most and (at := str.find(self, old, done)) >= 0:
            parts += (self[done:at], new)
            done, most = at + len(old), most - 1
        return concatenated([*parts, self[done:]])

    upper = run_by_run(str.upper)
    lower = run_by_run(str.lower)
    casefold = run_by_run(str.casefold)
    swapcase = run_by_run(str.swapcase)
    capitalize = run_by_run(str.capitalize)
    title = run_by_run(str.title)


def is_text(value: object) -> bool:
    """Whether a value is joined to a string as it is: markup is not, which escapes the string."""
    return type(value) in (str, Traced) or (isinstance(value, str) and not hasattr(value, "__html__"))


def of_source(text: str, source: Source) -> Traced:
    made = str.__new__(Traced, text)
    made._source = source  # noqa: SLF001
    return made


def of_origin(text: str, origin: Origin) -> Traced:
    made = str.__new__(Traced, text)
    made._source = ((len(text), origin),)  # noqa: SLF001
    return made


def traced(text: str, runs: Runs) -> Traced:
    """A string with its runs. If their lengths do not add up to its own, it comes from nowhere."""
    size = runs[0][0] if len(runs) == 1 else sum([length for length, _ in runs])
    return of_source(text, runs) if size == len(text) else of_origin(text, UNKNOWN)


def source_of(text: str) -> Source:
    """Where a string comes from; a plain ``str`` comes from nowhere."""
    return getattr(text, "_source", None) or ((len(text), UNKNOWN),)


def runs_of(text: str) -> Runs:
    """The runs of a string; a plain ``str`` is one of unknown origin."""
    return text._runs if isinstance(text, Traced) else ((len(text), UNKNOWN),)  # noqa: SLF001


def concatenated(parts: Iterable[str]) -> Traced:
    """The strings one after the other; neighbours of one origin become one run."""
    parts = list(parts)
    sources = [part._source if type(part) is Traced else source_of(part) for part in parts]  # noqa: SLF001
    return of_source("".join(parts), sources)


def origin_of(value: Any) -> Origin:
    """Where a value's text is from, not trusted: the field of all of its strings but the template's, or else their message."""
    found = {origin for origin in origins_in(value) if origin != TEMPLATE}
    if len(found) == 1:
        return found.pop()._replace(trusted=False)
    said = {origin[1:3] for origin in found}
    return Origin(False, *said.pop()) if len(said) == 1 else UNKNOWN


def origins_in(value: Any) -> Iterator[Origin]:
    """The origins of the strings in a value as JSON has it."""
    if isinstance(value, str):
        yield from (origin for length, origin in runs_of(value) if length)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from origins_in(key)
            yield from origins_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from origins_in(item)
