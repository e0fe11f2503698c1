"""Changes the reference in small ways, one at a time, and sees whether a test notices: mutation testing of `minitok.reference`.

    python tools/mutants.py                             every mutant of every file; hours
    python tools/mutants.py --sample 200                as many of them, chosen by a fixed seed
    python tools/mutants.py --changed                   of the files that differ from the branch main
    python tools/mutants.py train.py encode.py          of these files

A mutant is an operator, a number or a condition that is another one. It is *killed* if a test fails or hangs, or the module
cannot be imported. Each runs in its own process, forked from one that has imported what is slow to import, so that it takes
about the time of its tests. First come the quickest tests of the reference; what survives these meets the others, and those of
the package. Survivors are printed with their line: each is a missing test, or changes nothing that can be seen.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.util
import os
import random
import resource
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "python" / "minitok" / "reference"
# `naive` is what the tests compare with.
LEFT_OUT = {"__init__.py", "naive.py"}
STAGES = (
    [
        *(f"tests/reference/test_{name}.py" for name in ("small_scope", "basic", "vectors")),
        "-k",
        "not rust and not endless and not 65",  # the mirror, and what takes seconds
    ],
    [
        *(f"tests/reference/test_{name}.py" for name in ("split", "unicode")),
        *(f"tests/api/test_{name}.py" for name in ("encoding", "decoding", "training", "life")),
        "tests/corpus/test_counts.py",
    ],
)
# Processor time of a stage, after which a mutant counts as hanging.
SECONDS = (60, 240)

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


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


def mutable(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that mean something when the program runs: no annotations, no defaults of types."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        skipped = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
        waiting += [child for child in ast.iter_child_nodes(node) if id(child) not in skipped]


def mutants_of(path: Path) -> list[tuple[Path, int, str, str]]:
    """Each mutant of a file: path, line, what is changed, and the whole source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for number, node in enumerate(mutable(tree)):
        for which, (what, _) in enumerate(changes(node)):
            changed = copy.deepcopy(tree)
            for at, other in enumerate(mutable(changed)):
                if at == number:
                    list(changes(other))[which][1](other)
                    break
            found.append((path, getattr(node, "lineno", 0), what, ast.unparse(ast.fix_missing_locations(changed))))
    return sorted(found, key=lambda mutant: mutant[1])


class Mutated:
    """An import hook that gives one module another source."""

    def __init__(self, path: Path, source: str) -> None:
        self.name, self.path, self.source = f"minitok.reference.{path.stem}", path, source

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Any:
        return importlib.util.spec_from_loader(name, self, origin=str(self.path)) if name == self.name else None

    def create_module(self, _spec: object) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.source, self.path, "exec"), module.__dict__)  # noqa: S102


def survives(mutant: tuple[Path, int, str, str] | None, stage: int) -> bool:
    """Whether no test of a stage notices the mutant."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(20 * SECONDS[stage])
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS[stage], SECONDS[stage]))
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            os.chdir(ROOT)
            if mutant:
                sys.meta_path.insert(0, Mutated(mutant[0], mutant[3]))  # type: ignore[arg-type]
            import pytest

            plain = "-x -q -p no:cacheprovider -p no:xdist --override-ini=addopts= --hypothesis-seed=0"
            early = "ignore::pytest.PytestAssertRewriteWarning"  # about what was imported before the fork
            options = [*plain.split(), "-W", early]
            code = int(pytest.main([*options, *STAGES[stage]]))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def chosen_files(arguments: argparse.Namespace) -> list[Path]:
    if arguments.files:
        return [REFERENCE / name for name in arguments.files]
    files = [path for path in sorted(REFERENCE.glob("*.py")) if path.name not in LEFT_OUT]
    if arguments.changed:
        listed = subprocess.check_output(["git", "diff", "--name-only", "main"], cwd=ROOT, text=True)  # noqa: S607
        files = [path for path in files if str(path.relative_to(ROOT)) in listed.splitlines()]
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of files of the reference; all without")
    parser.add_argument("--changed", action="store_true", help="only files that differ from the branch main")
    parser.add_argument("--sample", type=int, help="at most this many mutants")
    arguments = parser.parse_args()
    # What takes longest to import, and is not what is mutated.
    for slow in ("hypothesis", "numpy", "pytest", "regex"):
        importlib.import_module(slow)
    for stage in range(len(STAGES)):
        if not survives(None, stage):
            sys.exit(f"the tests fail without any change: {' '.join(STAGES[stage])}")
    mutants = [mutant for path in chosen_files(arguments) for mutant in mutants_of(path)]
    total = len(mutants)
    if arguments.sample and arguments.sample < total:
        mutants = sorted(random.Random(0).sample(mutants, arguments.sample))  # noqa: S311
    killed: Counter[int | None] = Counter()
    for mutant in mutants:
        stage = next((stage for stage in range(len(STAGES)) if not survives(mutant, stage)), None)
        killed[stage] += 1
        where = f"{mutant[0].name}:{mutant[1]}: {mutant[2]}"
        if stage is None:
            print(f"survives: {where}", flush=True)
        else:
            print(f"killed: {where}", file=sys.stderr)
    dead = len(mutants) - killed[None]
    print(f"{dead} of {len(mutants)} killed ({dead / max(len(mutants), 1):.0%}), of {total} in these files")


if __name__ == "__main__":
    main()
