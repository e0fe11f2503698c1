"""Changes the reference in small ways, one at a time, and sees whether a test notices: mutation testing of `minitok.reference`.

    python tools/mutants.py                             every mutant of every file, in some twenty minutes
    python tools/mutants.py --sample 200                as many of them, chosen by a fixed seed
    python tools/mutants.py --changed                   of the files that differ from the branch main
    python tools/mutants.py train.py encode.py          of these files

A mutant is an operator, a number or a condition that is another one. It is *killed* if a test fails or hangs, or the module
cannot be imported. Only tests that reach it are run (`mutants_pytest.py` says how). Survivors are printed with their line: each
is a missing test, or changes nothing that can be seen. `mutants_rust.py` does the same to the Rust code.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import gc
import importlib
import random
import subprocess
import sys
from collections import Counter
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import mutants_pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "python" / "minitok" / "reference"
TEST_FILES = {
    "reference": "basic byte_chars count_chunks defaults long_tokens normal_forms normalize patterns small_scope split unicode "
    "vectors vectors_of_pieces",
    "corpus": "counts pruning train_characters train_symbols",
    "encodings": "packed",
    "formats": "added_ids added_kinds characters gguf malformed pipelines pre_tokenizers readers round_trips sentencepiece "
    "splits symbols tables tekken",
    "api": "arguments cutting decoding encoding life names offsets training",
    "backend": "fast kinds normalizing spans",
    "chat": "added_tokens attacks provenance",
    "explain": "explanation",
}
TESTS = [
    *(f"tests/{folder}/test_{name}.py" for folder, names in TEST_FILES.items() for name in names.split()),
    "-k",
    "not [rust] and not rust- and not -rust and not endless and not 65 and not portable",  # the mirror, and what takes seconds
]

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


class Mutant(NamedTuple):
    path: Path
    line: int
    statement: int  # the line of the statement of a function that it is in; 0 if it runs when the module is imported
    what: str
    node: int  # which of the nodes that `mutable` finds
    change: int  # which of its changes

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}: {self.what}"


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """The ways to change a node: what each is called, and what does it to a copy of the node."""
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            other = COMPARED[type(operator)]
            yield (
                f"{type(operator).__name__} -> {other.__name__}",
                lambda it, at=at, other=other: it.ops.__setitem__(at, other()),
            )
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in COMPUTED:
        other = COMPUTED[type(node.op)]
        yield f"{type(node.op).__name__} -> {other.__name__}", lambda it, other=other: setattr(it, "op", other())
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"{type(node.op).__name__} -> {other.__name__}", lambda it, other=other: setattr(it, "op", other())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}", lambda it: setattr(it, "value", not it.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} -> {node.value + 1}", lambda it: setattr(it, "value", it.value + 1)
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "condition negated", lambda it: setattr(it, "test", ast.UnaryOp(ast.Not(), it.test))


def mutable(tree: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """The nodes that run (no annotations), each with the line of its statement in a function, 0 outside of functions."""
    waiting = [(tree, 0, False)]
    while waiting:
        node, statement, inside = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if inside and isinstance(node, ast.stmt):
            statement = node.lineno
        yield node, statement
        skipped = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
        body = {id(child) for child in node.body} if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else set()
        for child in ast.iter_child_nodes(node):
            if id(child) in body:
                waiting.append((child, 0, isinstance(node, ast.FunctionDef)))
            elif id(child) not in skipped:
                waiting.append((child, statement, inside))


def mutants_of(path: Path) -> list[Mutant]:
    found = []
    for number, (node, statement) in enumerate(mutable(ast.parse(path.read_text(encoding="utf-8")))):
        for which, (what, _) in enumerate(changes(node)):
            place = node.test if isinstance(node, (ast.If, ast.While)) else node
            found.append(Mutant(path, getattr(place, "lineno", 0), statement, what, number, which))
    return sorted(found, key=lambda mutant: mutant.line)


def functions_in(module: dict[str, Any]) -> Iterator[FunctionType]:
    """The functions and methods that a module defines."""
    for it in module.values():
        if isinstance(it, type) and it.__module__ == module["__name__"]:
            yield from functions_in({**vars(it), "__name__": module["__name__"]})
        function = getattr(it, "__func__", getattr(it, "fget", getattr(it, "func", getattr(it, "__wrapped__", it))))
        if isinstance(function, FunctionType) and function.__module__ == module["__name__"]:
            yield function


class Noting(ast.NodeTransformer):
    """Puts before each statement of a function that its line is noted."""

    def __init__(self, path: Path) -> None:
        self.path, self.inside = str(path), False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outside, self.inside = self.inside, True
        self.generic_visit(node)
        self.inside = outside
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if self.inside and not isinstance(node, ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    setattr(node, name, [it for old in block for it in (*self.note(old), old)])
        return node

    def note(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, (ast.Global, ast.Nonlocal)):
            return []
        noted = ast.parse(f"__reached__.add(({self.path!r}, {statement.lineno}))").body
        return [ast.copy_location(it, statement) for it in noted]


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all those inside."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


class Statements:
    """Notes which statements of the reference are reached, and puts mutants into the modules that are loaded."""

    def __init__(self, paths: list[Path]) -> None:
        builtins.__reached__ = set()  # type: ignore[attr-defined]
        self.paths = paths
        self.find_living()
        for path in paths:
            self.replace(path, Noting(path).visit(ast.parse(path.read_text(encoding="utf-8"))))
        self.at_import = set(builtins.__reached__)  # type: ignore[attr-defined]
        self.started = False

    def start(self) -> None:
        if not self.started:  # What the collection of the tests has filled hides what a test reaches.
            self.find_living()
            self.clear_caches()
            self.started = True
        builtins.__reached__.clear()  # type: ignore[attr-defined]

    def reached(self) -> set[tuple[str, int]]:
        return set(builtins.__reached__)  # type: ignore[attr-defined]

    def find_living(self) -> None:
        """Looks for the functions of each file, and for the caches of results. It takes a while."""
        self.living: dict[str, list[FunctionType]] = {str(path): [] for path in self.paths}
        self.caches = []
        for it in gc.get_objects():
            if isinstance(it, FunctionType):
                self.living.get(it.__code__.co_filename, []).append(it)
            elif isinstance(it, _lru_cache_wrapper) and (it.__module__ or "").startswith("minitok."):
                self.caches.append(it)

    def all_reached(self) -> None:
        self.find_living()
        for path in self.paths:
            self.replace(path, ast.parse(path.read_text(encoding="utf-8")))

    def tests_of(self, mutant: Mutant | None, reached: dict[int, set[tuple[str, int]]]) -> list[int]:
        if not mutant:
            return [number for number, these in reached.items() if these]
        path = str(mutant.path)
        if mutant.statement and (path, mutant.statement) not in self.at_import:
            found = [number for number, these in reached.items() if (path, mutant.statement) in these]
            if len(found) != 1:
                return found
        # What runs when the module is imported is not noted, and what fills a cache for one test only: then, those that reach
        # the file.
        return [number for number, these in reached.items() if any(name == path for name, _ in these)]

    def install(self, mutant: Mutant | None) -> None:
        if not mutant:
            return self.all_reached()
        tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
        for number, (node, _) in enumerate(mutable(tree)):
            if number == mutant.node:
                list(changes(node))[mutant.change][1](node)
                break
        return self.replace(mutant.path, tree)

    def replace(self, path: Path, tree: ast.AST) -> None:
        """Puts another program in the place of a module that is loaded."""
        compiled = compile(ast.fix_missing_locations(tree), path, "exec")  # type: ignore[call-overload]
        module = sys.modules[module_of(path)]
        fresh: dict[str, Any] = {
            key: module.__dict__[key] for key in ("__name__", "__package__", "__file__", "__spec__")
        }
        exec(compiled, fresh)  # noqa: S102
        self.replace_functions(str(path), compiled, fresh)
        self.replace_constants(module.__dict__, fresh)

    def replace_functions(self, path: str, compiled: CodeType, fresh: dict[str, Any]) -> None:
        """Gives every living function of the file its mutated code and defaults; empties the caches of results."""
        changed = {(code.co_qualname, code.co_firstlineno): code for code in codes(compiled)}
        defaults = {}
        for it in functions_in(fresh):
            defaults[it.__qualname__, it.__code__.co_firstlineno] = it.__defaults__, it.__kwdefaults__
        for it in self.living[path]:
            key = (it.__qualname__, it.__code__.co_firstlineno)
            it.__code__ = changed.get(key, it.__code__)
            it.__defaults__, it.__kwdefaults__ = defaults.get(key, (it.__defaults__, it.__kwdefaults__))
        self.clear_caches()

    def clear_caches(self) -> None:
        for cache in self.caches:
            cache.cache_clear()

    @staticmethod
    def replace_constants(module: dict[str, Any], fresh: dict[str, Any]) -> None:
        """Replaces the module's constants, also where they were imported to."""
        for name, value in fresh.items():
            old = module.get(name)
            if name.startswith("__") or isinstance(value, (FunctionType, type, _lru_cache_wrapper)) or value is old:
                continue
            for other in [it.__dict__ for it in list(sys.modules.values()) if hasattr(it, "__dict__")]:
                if other.get(name) is old:
                    other[name] = value


def module_of(path: Path) -> str:
    """The name that a file of the reference is imported by."""
    return ".".join(path.relative_to(ROOT / "python").with_suffix("").parts)


def chosen_files(arguments: argparse.Namespace) -> list[Path]:
    if arguments.files:
        return [path for name in arguments.files for path in REFERENCE.rglob(name)]
    files = sorted(REFERENCE.rglob("[a-z]*.py"))
    if arguments.changed:
        listed = subprocess.check_output(["git", "diff", "--name-only", "main"], cwd=ROOT, text=True)  # noqa: S607
        files = [path for path in files if str(path.relative_to(ROOT)) in listed.splitlines()]
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of files of the reference; all without")
    parser.add_argument("--changed", action="store_true", help="only files that differ from the branch main")
    parser.add_argument("--sample", type=int, help="at most this many mutants")
    parser.add_argument("--tests", nargs=argparse.REMAINDER, default=TESTS, help="arguments of pytest, which come last")
    arguments = parser.parse_args()
    for path in chosen_files(arguments):
        importlib.import_module(module_of(path))
    mutants = [mutant for path in chosen_files(arguments) for mutant in mutants_of(path)]
    total = len(mutants)
    if arguments.sample and arguments.sample < total:
        mutants = sorted(random.Random(0).sample(mutants, arguments.sample))  # noqa: S311
    results: Counter[str] = Counter()

    def report(mutant: Mutant, result: str) -> None:
        killed = result not in (mutants_pytest.SURVIVES, mutants_pytest.NOT_REACHED)
        results["killed" if killed else result] += 1
        if killed:
            print(f"killed: {mutant}: {result}", file=sys.stderr)
        else:
            print(f"{result}: {mutant}", flush=True)

    if mutants:
        mutants_pytest.run(Statements(sorted({mutant.path for mutant in mutants})), mutants, arguments.tests, report)
    dead = results["killed"]
    print(f"{dead} of {len(mutants)} killed ({dead / max(len(mutants), 1):.1%}), of {total} in these files")


if __name__ == "__main__":
    main()
