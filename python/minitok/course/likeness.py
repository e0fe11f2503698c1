"""How much of a submission is the course's own solution, whatever its names and comments are.

The solution is part of the package, and students find it. Short functions can hardly be written in two ways, so they are not
compared. A lecturer decides what a likeness means: points do not depend on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from contextlib import suppress
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from .gathering import NotGradable, parsed
from .mutants import solution

__all__ = ["alike"]

# Words and signs of a function; shorter ones are not compared.
SHORTEST = 60
# The share of them that are the same, in the same order.
NEAR = 0.9
# This many functions: one may be like the solution's by chance.
LEAST = 3


def alike(sources: Iterable[str | bytes]) -> tuple[str, ...]:
    """The functions of the solution that these sources hold nearly word for word; none if they are few.

    Costs a comparison for each two functions of similar length.
    """
    written = [words for source in sources for words in functions(source).values()]
    found = [
        name
        for name, words in of_the_solution().items()
        if len(words) >= SHORTEST and any(near(words, other) for other in written)
    ]
    return tuple(found) if len(found) >= LEAST else ()


@cache
def of_the_solution() -> dict[str, list[str]]:
    """The functions of the solution."""
    return functions(solution())


def near(words: list[str], other: list[str]) -> bool:
    """Whether two functions are nearly the same."""
    if not 0.7 < len(other) / len(words) < 1.4:
        return False
    matcher = SequenceMatcher(None, words, other, autojunk=False)
    return matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR


def functions(source: str | bytes) -> dict[str, list[str]]:
    """The functions and methods of a source, each as its words and signs, in which every name of a variable is the same.

    None of a source that is not Python, and none that is nested too deeply: the solution's are not.
    """
    found = {}
    try:
        nodes = [node for node in ast.walk(parsed(source, Path())) if isinstance(node, ast.FunctionDef)]
    except NotGradable:
        return {}
    for node in nodes:
        name = node.name
        with suppress(RecursionError):
            found[name] = re.findall(r"\w+|[^\w\s]", ast.unparse(Plain().visit(node)))
    return found


class Plain(ast.NodeTransformer):
    """Leaves out what does not change a function: its name, annotations, docstrings, names of variables."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name, node.returns = "f", None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, _: ast.arg) -> ast.AST:
        return ast.arg("v")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("v", node.ctx)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return node if node.value is None else ast.Assign([node.target], node.value, lineno=node.lineno)
