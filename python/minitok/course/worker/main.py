"""What the process does: read a frame that asks for something, do it, write a frame that answers.

An answer is ``{"ok": value}`` or ``{"raised": (type, message, line, source)}``. Whether the value is right is not known here.
"""

from __future__ import annotations

import os
import sys
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy

from . import adapters, confine, loading, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ArgumentChangedError(Exception):
    """A function has changed what it was given."""


class Submission:
    """The loaded submission, and what it was given to hold."""

    def __init__(self, requests: int, answers: int) -> None:
        self.requests = requests
        self.answers = answers
        self.functions: dict[str, Callable[..., Any]] = {}
        self.modules: list[Any] = []
        self.held: dict[str, Any] = {}
        self.root = ""

    def load(self, file: str) -> Any:
        """Load the file; answers with its vocabulary of names, and the functions that are there."""
        self.root = loading.root_of(file)
        self.modules = loading.family(loading.load(file), self.root)
        names, self.functions = adapters.adapt(self.modules)
        return names, sorted(self.functions)

    def hold(self, name: str, sides: list[int]) -> None:
        """Keep merges that are too many to send with every call, given as left, right, left, right ..."""
        self.held[name] = {pair: 256 + rank for rank, pair in enumerate(zip(sides[::2], sides[1::2]))}

    def call(self, name: str, *arguments: Any, held: Any = (), **named: Any) -> Any:
        """Call a function; ``held``: places of arguments, each with the name of a held value."""
        filled = list(arguments)
        for place, kept in held:
            filled.insert(place, dict(self.held[kept]))
        # The counts are there to be added to.
        given = [*filled, *(value for key, value in named.items() if key != "counts")]
        with unchanged(given):
            return self.functions[name](*filled, **named)

    def stream(self, merges: Any, ids: list[int]) -> tuple[list[str], str, str]:
        """What a StreamDecoder gives for each id, at the end, and at the end once more. Another one works at the same time."""
        decoder, other = (self.functions["StreamDecoder"](merges) for _ in range(2))
        with unchanged([merges]):
            given = []
            for token_id in ids:
                given.append(decoder.push(token_id))
                other.push(token_id)
            return given, decoder.finish(), decoder.finish()

    def iterate(self, merges: Any, **named: Any) -> list[int]:
        """Encode chunks that the grader gives some at a time, when they are asked for: it sees what was known when."""
        emitted: list[int] = []

        def chunks() -> Iterator[str]:
            given = None
            while given != []:
                wire.send(self.answers, {"more": emitted[:]})
                emitted.clear()
                given = wire.receive(self.requests)
                yield from given

        for token_id in self.functions["encode_iterable"](chunks(), merges, **named):
            emitted.append(token_id)
            if len(emitted) > 100_000:
                raise ValueError("more ids than bytes")
        return emitted

    def count(self, text: str, vocab_size: int, budget: int) -> tuple[Any, int | None]:
        """Train once more in a copy of the program that counts its steps; None for the steps where there were too many."""
        from . import counting

        counter = counting.Counter(budget)
        # What was imported while a function ran belongs to it, too.
        self.modules = loading.family(self.modules[0], self.root)
        # Twice, so that what one module has taken from another is the copy that counts, too.
        for module in [*reversed(self.modules)] * 2:
            with open(str(module.__file__), "rb") as file:
                program = compile(counting.instrument(file.read()), str(module.__file__), "exec")
            vars(module)["__steps__"] = counter
            exec(program, vars(module))  # noqa: S102 - this process exists to run the submission
        self.functions = adapters.adapt(self.modules)[1]
        counter.steps = 0
        try:
            merges = self.functions["train"](text, vocab_size)
        except counting.TooManySteps:
            return None, None
        return merges, counter.steps

    def value(self, name: str) -> Any:
        """A variable of the submission."""
        return vars(self.modules[0])[name]

    def where(self, error: BaseException) -> tuple[int | None, str]:
        """The last line of the submission that an error went through, and its text."""
        line, source = None, ""
        trace = error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name.startswith(self.root + os.sep):
                line, source = trace.tb_lineno, line_of(name, trace.tb_lineno)
            trace = trace.tb_next
        if isinstance(error, SyntaxError):
            line, source = error.lineno, (error.text or "").strip()
        return line, source

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked for; whatever it raises is part of the answer."""
        try:
            return {"ok": getattr(self, request["do"])(*request["arguments"], **request["named"])}
        except BaseException as error:  # noqa: BLE001 - a submission may raise anything
            line, source = self.where(error)
            return {"raised": (type(error).__name__, str(error)[:300], line, source[:120])}


@contextmanager
def unchanged(values: list[Any]) -> Iterator[None]:
    """Raises ArgumentChangedError if a list or a dictionary is another one afterwards."""
    before = [copy(value) for value in values]
    yield
    for value, was in zip(values, before):
        if value != was or (isinstance(value, dict) and list(value) != list(was)):
            raise ArgumentChangedError(f"{shown(was)} becomes {shown(value)}")


def shown(value: Any) -> str:
    """The value in a few words."""
    text = repr(value)
    return text if len(text) < 60 else f"{text[:40]} … ({len(value)})"


def line_of(file: str, number: int) -> str:
    """A line of a file; empty where it cannot be read, with all memory taken, say."""
    try:
        with tokenize.open(file) as lines:
            for at, line in enumerate(lines, 1):
                if at == number:
                    return line.strip()
    except (OSError, ValueError, SyntaxError, MemoryError):
        pass
    return ""


def run() -> None:
    """Take over standard input and output for the grader, set the limits, and answer until the input ends."""
    requests, answers = os.dup(0), os.dup(1)
    setup = wire.receive(requests)
    empty = os.open(os.devnull, os.O_RDONLY)
    output = os.open(setup["printed"], os.O_WRONLY | os.O_APPEND)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    os.chdir(setup["folder"])
    os.cpu_count = lambda: 2
    if sys.version_info >= (3, 14):
        # Its other ways to start a process run a program, which is refused.
        import multiprocessing

        multiprocessing.set_start_method("fork")
    sys.setrecursionlimit(3000)
    wire.send(answers, {"ok": confine.confine(setup)})
    submission = Submission(requests, answers)
    while True:
        try:
            request = wire.receive(requests)
        except EOFError:
            os._exit(0)
        answer = submission.answer(request)
        try:
            wire.send(answers, answer)
        except (ValueError, TypeError, RecursionError) as error:
            wire.send(answers, {"raised": (type(error).__name__, "the answer cannot be sent", None, "")})
