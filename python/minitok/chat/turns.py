"""Rendering a conversation that grows: only what a template may write otherwise is run again.

A template is a deterministic program. What it has written before it asks where the conversation ends, it writes again for each
that goes on. So the messages are given as ``Turns``, which notes such questions: their number, ``loop.last`` where it is true,
an item from the back, the end of a loop over them. To read ``add_generation_prompt`` is one, too.

For each loop over messages at the top of a template (``marking`` finds them), a ``Loop`` keeps where the output of each turn
begins, what the namespaces held then, and the first turn that asked. The next run runs everything before the loop; if all
variables are as they were, the loop goes on at that turn.

By hand, with ``{% for m in messages %}{{ m.content }}{{ '' if loop.last else ',' }}{% endfor %}``: of ``a``, ``b`` the turn of
``a`` did not ask (``loop.last`` was false, and stays so); that of ``b`` did. With ``c`` added, those of ``b`` and ``c`` run.

What cannot be followed is run as it is written, on plain lists: a run that fails, and loops that are not marked.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Undefined, nodes, pass_context
from jinja2.runtime import LoopContext, Macro
from jinja2.utils import Namespace, missing

from .environment import SafeNamespace, TracingEnvironment, attrs_of, compiled, compiled_in, tojson
from .marking import WATCH, later_test, mark
from .provenance import Traced, runs_of
from .standins import Backwards, Kept, Loop, NeedsListError, Noted, Rendered, Turns, Watch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence


class Going:
    """The turns that a marked loop runs: from the first that may be written otherwise."""

    def __init__(
        self, watch: Watch, turns: Turns, place: int, compared: Sequence[str], variables: dict[str, Any]
    ) -> None:
        self.watch, self.first = watch, turns._first  # noqa: SLF001
        self.spaces = {name: attrs_of(held) for name, held in variables.items() if isinstance(held, Namespace)}
        self.numbers: dict[str, Noted] = {}
        for name in compared:
            space, key = str.split(name, ".")
            held = self.spaces.get(space, {}).get(key)
            if type(held) is int:
                self.numbers[name] = self.spaces[space][key] = Noted(held)
        noted = {id(number) for number in self.numbers.values()}
        # Which names are those of one namespace is not compared.
        two_names = len({id(attrs) for attrs in self.spaces.values()}) < len(self.spaces)
        frozen_variables = {
            name: frozen(value, noted, None if two_names else name) for name, value in variables.items()
        }
        self.loop = Loop(place, self.first, frozen_variables, [], [], {name: [] for name in self.numbers}, [])
        self.tests = variables
        self.skipped = 0
        self.go_on()
        watch.loops.append(self.loop)

    def go_on(self) -> None:
        """Takes the turns that would be written again from the run before."""
        watch, loop = self.watch, self.loop
        before = watch.before
        if len(before.loops) <= len(watch.loops):
            return
        old = before.loops[len(watch.loops)]
        if old[:3] != loop[:3]:
            return
        skipped = old.open[0] if old.open else len(old.starts) - 1
        for name, number in self.numbers.items():
            value, limits = int(number), old.limits[name]
            skipped = bisect_left(limits, True, 0, skipped, key=lambda limit: not limit[0] <= value <= limit[1])
        passed = set()
        for place in {place for _, place, _ in old.later}:
            test, new = self.tests[later_test(place)], watch.messages[before.length :]
            found = [watch.kept.passes(place, message, test) for message in new]  # of all, as a test may fail
            if any(found):
                passed.add(place)
        skipped = min([skipped, *(turn for turn, place, found in old.later if not found and place in passed)])
        loop.later.extend(each for each in old.later if each[0] < skipped)
        for name, number in self.numbers.items():
            loop.limits[name] = old.limits[name][:skipped]
            if skipped:
                number.between(*loop.limits[name][-1])
        start, (end, held) = old.starts[0][0], old.starts[skipped]
        moved = len(watch.pieces) - start
        loop.starts.extend([(at + moved, own) for at, own in old.starts] if moved else old.starts)
        del loop.starts[skipped:]
        if watch.same_until(start) and not moved:
            watch.same = end
        pieces = before.pieces[start:end]  # long lists are copied once
        pieces[:0] = watch.pieces
        watch.pieces = pieces
        for name, attrs in held.items() if skipped else ():
            of_now = {key: own._again(watch) for key, own in attrs.items() if isinstance(own, Turns)}  # noqa: SLF001
            self.spaces[name].update({**attrs, **of_now})
        self.skipped = skipped

    def begin(self) -> None:
        """Notes where a turn begins, and what the one before did."""
        watch, loop = self.watch, self.loop
        attrs = {
            name: {key: value for key, value in own.items() if type(value) is not Noted}
            for name, own in self.spaces.items()
        }
        if len(loop.starts) > self.skipped:
            # What changes in place is not brought back.
            if not loop.open and (
                watch.asked or any(changes(value) for own in attrs.values() for value in own.values())
            ):
                loop.open.append(len(loop.starts) - 1)
            for name, number in self.numbers.items():
                loop.limits[name].append((number.low, number.high))
            loop.later.extend((len(loop.starts) - 1, place, found) for place, found in watch.later.items())
        watch.asked = False
        watch.later = {}
        loop.starts.append((len(watch.pieces), attrs))

    def __iter__(self) -> Iterator[Any]:
        for message in islice(self.watch.messages, self.first + self.skipped, None):
            self.begin()
            yield message
        self.begin()  # the next turn, of a message that there is not yet
        if not self.loop.open:
            self.loop.open.append(len(self.loop.starts) - 1)
        else:
            self.loop.starts.pop()
        for name, number in self.numbers.items():
            space, key = str.split(name, ".")
            self.spaces[space][key] = int(number)


class TurnLoop(LoopContext):
    """``loop``, which looks ahead by number, and not by taking the next turn early."""

    def __init__(self, iterable: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(iterable, *args, **kwargs)
        self._going = iterable if isinstance(iterable, Going) else None
        if self._going and self._going.skipped:
            self.index0 = self._going.skipped - 1
            self._current = self._ahead(0)

    def __iter__(self) -> TurnLoop:
        if self._going is not None and self.index0 >= self._going.skipped:
            raise NeedsListError  # a turn that takes others
        return self

    def __next__(self) -> Any:
        found = super().__next__()
        if isinstance(self._iterable, Backwards):
            self.index0 = self._iterable.passed
        return found

    def _ahead(self, count: int) -> Any:
        going: Any = self._going
        at = going.first + self.index0 + count
        return going.watch.messages[at] if at < len(going.watch.messages) else missing

    def _peek_next(self) -> Any:
        if self._going is None:
            return super()._peek_next()
        found = self._ahead(1)
        if found is missing:
            self._going.watch.asked = True
        return found

    @property
    def length(self) -> int:
        if self._going is None:
            return super().length
        self._going.watch.asked = True
        return len(self._going.watch.messages) - self._going.first

    def changed(self, *value: Any) -> bool:
        if self._going is not None:
            raise NeedsListError  # it remembers earlier turns
        return super().changed(*value)

    def __repr__(self) -> str:
        raise NeedsListError


def changes(value: Any) -> bool:
    """Whether a value may change in place."""
    return type(value) not in (Traced, int, bool, str, NoneType) and frozen(value) != frozen(value)


def frozen(value: Any, noted: Collection[int] = (), name: str | None = None) -> Any:
    """A value as it is compared, with its type and its origins; what may change in place is equal to nothing.

    ``noted``: the ids of the numbers that are not compared. ``name``: that of the variable, if it is one.
    """
    if id(value) in noted:
        return Noted
    kind = type(value)
    if kind is Turns:
        return Turns, value._first  # noqa: SLF001
    if value is None or kind in (int, bool, str):
        return kind, value
    if kind is Traced:
        return kind, str.__str__(value), runs_of(value)
    if kind is float:
        return kind, repr(value)
    if kind in (list, tuple):
        return kind, tuple(object() if type(item) is Turns else frozen(item) for item in value)
    if kind is dict:
        return kind, frozen(list(value)), frozen(list(value.values()))
    if kind is SafeNamespace and name is not None:
        return kind, {key: frozen(item, noted) for key, item in attrs_of(value).items()}
    if kind is Macro and name is not None and name == value.name:
        return kind, value._func.__code__  # noqa: SLF001
    return kind if isinstance(value, Undefined) else object()


# -- what the marks are ------------------------------------------------------------------------------------------------


def watch_of(context: Any) -> Watch:
    found: Watch = context.parent[WATCH]
    return found


@pass_context
def asked(context: Any, value: Any) -> Any:
    """A value that says where the conversation ends."""
    watch_of(context).asked = True
    return value


@pass_context
def going(context: Any, value: Any, place: int, *compared: str) -> Any:
    """What a loop at the top of a template runs over."""
    return Going(watch_of(context), value, place, compared, context.vars) if isinstance(value, Turns) else value


@pass_context
def backwards(context: Any, value: Any, place: int) -> Any:
    """What a search from the back runs over."""
    return Backwards(watch_of(context), value._first, place) if isinstance(value, Turns) else value[::-1]  # noqa: SLF001


@pass_context
def missed(context: Any, value: Any, message: Any, place: int) -> Any:
    """The value of the test of a search; of messages that fail it, a note is made."""
    if not value:
        watch_of(context).kept.misses[place, id(message)] = message, 1
    return value


@pass_context
def later(context: Any, value: Any, place: int) -> Any:
    """Of later messages, the first that passes a test."""
    if not isinstance(value, Turns):
        return value
    watch, test = watch_of(context), context.vars[later_test(place)]
    found = [each for each in watch.messages[value._first :] if watch.kept.passes(place, each, test)]  # noqa: SLF001
    watch.later[place] = bool(found) and watch.later.get(place, True)
    return found[:1]


@pass_context
def json_once(context: Any, value: Any, *args: Any, **options: Any) -> str:
    """``tojson``, which writes a tool once."""
    known = watch_of(context).kept.tools.get(id(value))
    if known is None:
        return tojson(value, *args, **options)
    key = (args, tuple(options.items()))
    if key not in known:
        known[key] = tojson(value, *args, **options)
    return known[key]


class WatchingEnvironment(TracingEnvironment):
    """The environment of the templates of conversations that grow."""

    safe = frozenset({Traced, Watch})

    def __init__(self) -> None:
        super().__init__()
        self.filters.update(
            {
                "asked": asked,
                "going": going,
                "backwards": backwards,
                "missed": missed,
                "later": later,
                "tojson": json_once,
            }
        )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return mark(super()._parse(source, name, filename))


class Program(NamedTuple):
    """A template as it is, and marked."""

    plain: Any
    marked: Any


@lru_cache(maxsize=64)
def program_of(source: str) -> Program:
    """The template, compiled; raises as ``compiled`` does."""
    plain = compiled(source)
    marked = compiled_in(WatchingEnvironment(), source)
    marked.root_render_func.__globals__["LoopContext"] = TurnLoop
    return Program(plain, marked)


def run(
    program: Program,
    values: Mapping[str, Any],
    messages: list[Any],
    before: Rendered,
    kept: Kept,
    *,
    generation: bool,
) -> Rendered:
    """Runs the template on the messages, after a run on fewer of them."""
    watch = Watch(messages, before, kept)
    given = {**values, "messages": Turns(watch), "add_generation_prompt": generation, WATCH: watch}
    try:
        for piece in written(program.marked, {"strftime_now": watch.now, **given}):
            watch.pieces.append(piece)
    except Exception:  # noqa: BLE001 - it may need a true list; if not, it fails again
        watch = Watch(messages, before, kept)
        try:
            watch.pieces += written(
                program.plain, {**values, "messages": messages, "add_generation_prompt": generation}
            )
        except Exception:  # noqa: BLE001 - it is raised, with the lines of the template
            program.plain.environment.handle_exception()
    watch.same_until(len(watch.pieces))
    return Rendered(watch.pieces, watch.loops, watch.same, len(messages))


def written(program: Any, values: dict[str, Any]) -> Iterator[str]:
    """What a template writes, piece by piece."""
    found: Iterator[str] = program.root_render_func(program.new_context(values))
    return found
