"""How many steps a program takes, counted and not timed: the same on every machine.

A step is one round of a loop, or one item of a list, text or dictionary that is handed to something built in: ``max(counts)``
costs as many steps as there are counts, ``ids[1:]`` as many as it copies, ``ids.append`` one. The submission's source is
rewritten so that each of these counts; functions that the submission defines cost what happens inside them.

>>> counter = Counter(budget=100)
>>> program = {"__steps__": counter}
>>> exec(compile(instrument("total = sum([1, 2, 3])\\nfor i in range(5): pass"), "example", "exec"), program)
>>> counter.steps
10
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

# Methods and functions that take one step, whatever they are given.
SINGLE = {
    *("append", "add", "get", "setdefault", "discard", "appendleft", "popleft", "__getitem__", "__setitem__", "keys"),
    *("values", "items", "len", "isinstance", "issubclass", "iter", "next", "id", "type", "bool", "hash", "ord", "chr"),
    *("heappush", "heappop", "heapreplace", "heappushpop", "getattr", "setattr", "hasattr", "callable", "repr"),
    *("range", "partial", "itemgetter", "attrgetter", "defaultdict", "super", "popitem", "print", "divmod", "abs"),
    *("pop", "__init__", "namedtuple", "dataclass", "compile", "int", "float"),
}
# These look at the frame that calls them.
FRAMES = {"super", "locals", "globals", "vars", "dir", "eval", "exec"}


class TooManySteps(BaseException):
    """The budget is used up. Not an Exception, so that a submission's ``except Exception`` does not swallow it."""


class Counter:
    """Counts steps up to a budget."""

    def __init__(self, budget: int) -> None:
        self.steps = 0
        self.budget = budget

    def add(self, steps: int) -> None:
        self.steps += steps
        if self.steps > self.budget:
            raise TooManySteps

    def each(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items of a loop, one step each."""
        for item in items:
            self.add(1)
            yield item

    def tick(self) -> bool:
        """One round of a ``while``."""
        self.add(1)
        return True

    def size(self, value: Any) -> Any:
        """A value that has just been made, such as a slice: as many steps as it has items."""
        if isinstance(value, Sized) and not isinstance(value, (dict, set)):
            self.add(len(value))
        return value

    def contains(self, item: Any, container: Any) -> bool:
        """``in``: one step in a dictionary or set, all of them in a list."""
        self.add(len(container) if isinstance(container, (list, tuple, str, bytes)) else 1)
        return item in container

    def call(self, function: Callable[..., Any], /, *positional: Any, **named: Any) -> Any:
        """A call: of the submission's own functions and classes, nothing; of anything built in, the items it is handed."""
        target = getattr(function, "__func__", function)
        if not self.written(target):
            name = getattr(function, "__name__", type(function).__name__)
            owner = getattr(function, "__self__", None)
            if name == "pop" and isinstance(owner, list) and positional:
                self.add(len(owner))
            elif name in SINGLE:
                self.add(1)
            else:
                handed = [*positional, *named.values()]
                if isinstance(owner, Sized) and not isinstance(owner, types.ModuleType):
                    handed.append(owner)
                self.add(1 + sum(len(value) for value in handed if isinstance(value, Sized)))
        return function(*positional, **named)

    def written(self, target: Any) -> bool:
        """Whether the submission has written this function or class itself, so that its body counts."""
        if isinstance(target, types.FunctionType):
            return target.__globals__.get("__steps__") is self
        if isinstance(target, type):
            return isinstance(vars(target).get("__init__"), types.FunctionType) and self.written(
                vars(target)["__init__"]
            )
        return False


class Instrument(ast.NodeTransformer):
    """Rewrites a program so that its steps are counted by ``__steps__``."""

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = steps("each", node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if not node.is_async:
            node.iter = steps("each", node.iter)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.test = ast.BoolOp(ast.And(), [steps("tick"), node.test])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in FRAMES:
            return node
        return ast.Call(method("call"), [node.func, *node.args], node.keywords)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        sliced = isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Slice)
        return steps("size", node) if sliced else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return steps("size", node) if isinstance(node.op, (ast.Add, ast.Mult)) else node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            found = steps("contains", node.left, node.comparators[0])
            return found if isinstance(node.ops[0], ast.In) else ast.UnaryOp(ast.Not(), found)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.defaults = [self.visit(default) for default in node.defaults]
        return node


def method(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("__steps__", ast.Load()), name, ast.Load())


def steps(name: str, *values: ast.expr) -> ast.Call:
    return ast.Call(method(name), list(values), [])


def instrument(source: str | bytes) -> ast.Module:
    """The program, rewritten."""
    rewritten: ast.Module = Instrument().visit(ast.parse(source))
    return ast.fix_missing_locations(rewritten)
