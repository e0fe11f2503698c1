"""A submission in this process: its answers are judged as ever, and no process is started for each stage of each program."""

import ast
import contextlib
import importlib.util
import io
import os
import signal
import sys

from minitok.course.mutants import solution
from minitok.course.session import Raised, Session, Stopped
from minitok.course.worker import adapters, loading, wire
from minitok.course.worker.main import Submission

SECONDS = 6  # of the processor, as `Limits.cpu_seconds` less the start


class TooLongError(BaseException):
    """What ends a program that does not come back."""


def too_long(*_):
    raise TooLongError


def part(source, functions):
    """A program without the functions, classes and variables that the given ones do not reach."""
    body = ast.parse(source).body
    defined = {}
    for node in body:
        for name in names_of(node):
            defined.setdefault(name, []).append(node)
    wanted = [node for node in body if not names_of(node)] + [node for name in functions for node in defined[name]]
    kept = set()
    while wanted:
        node = wanted.pop()
        kept.add(node)
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & defined.keys()
        wanted += [node for name in names for node in defined[name] if node not in kept]
    return ast.unparse(ast.Module([node for node in body if node in kept], []))


def names_of(node):
    """What a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    places = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [place.id for place in places if isinstance(place, ast.Name)]


class Inside(Submission):
    """The worker's side without its pipes: values go through ``wire`` all the same."""

    def __init__(self):
        super().__init__(-1, -1)

    def load(self, file):
        spec = importlib.util.spec_from_file_location("submission", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.root, self.modules = loading.root_of(file), [module]
        names, self.functions = adapters.adapt(self.modules)
        return names, sorted(self.functions)

    def iterate(self, merges, **named):
        emitted = []

        def chunks():
            given = None
            while given != []:
                given = self.more(wire.unpack(wire.pack(emitted)))
                emitted.clear()
                yield from given

        for token_id in self.functions["encode_iterable"](chunks(), merges, **named):
            emitted.append(token_id)
            if len(emitted) > 100_000:
                raise ValueError("more ids than bytes")
        return emitted


def but_once(check):
    """A check of streams that is asked of the solution's once: many programs have these, and save otherwise."""
    right, asked = part(solution(), ["encode_iterable"]), set()

    def checked(bench, pattern):
        source = bench.session.source
        is_right = "def encode_iterable" in source and part(source, ["encode_iterable"]) == right
        if not is_right or pattern not in asked:
            failure = check(bench, pattern)
            asked.update([pattern] if is_right and failure is None else [])
            return failure
        return None

    return checked


class Near(Session):
    """As ``Session``, but the program runs here."""

    def __init__(self, file, folder, _hash_seed=0, _user=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.source = file.read_text(encoding="utf-8")
        self.folder, self.printed, self.told = folder, folder / ".printed", io.StringIO()
        self.inside = Inside()
        self.names, self.functions = self.ask("load", str(file))

    def exchange(self, request, more=None):
        self.inside.more, limit, before = more, sys.getrecursionlimit(), signal.signal(signal.SIGPROF, too_long)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            sys.setrecursionlimit(3000)
            with contextlib.redirect_stdout(self.told), contextlib.chdir(self.folder):
                answer = self.inside.answer(wire.unpack(wire.pack(request)))
                answer = wire.unpack(wire.pack(answer))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            sys.setrecursionlimit(limit)
        if "ok" in answer:
            return answer["ok"]
        kind, message, line, source = answer["raised"]
        if kind == "TooLongError":
            raise Stopped(f"it did not come back within {SECONDS} seconds of processor time")
        raise Raised(kind, message, line, source)

    def cpu_seconds(self):
        return sum(os.times()[:2])

    def end(self):
        pass

    def mark(self):
        self.told.seek(0)
        self.told.truncate()

    def last_lines(self, most=5):
        return self.told.getvalue().splitlines()[-most:]
