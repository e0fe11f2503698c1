"""Marks in a template, for ``turns``: where it asks for the end of the conversation, and which loops can go on.

The marks are filters. ``asked`` stands after ``add_generation_prompt``, ``going`` after what a loop at the top runs over,
with the numbers that its turns only compare. ``backwards`` and ``missed`` make a search from the back cheap.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The variable that the marks find the run by; no template can name it.
WATCH = " watch"


def mark(tree: nodes.Template) -> nodes.Template:
    """Puts the marks into a template."""
    at_top = list(top_of(tree.body))
    macros = [node for node in at_top if isinstance(node, nodes.Macro)]
    # A macro within a loop knows variables of its turn.
    if len(macros) == len(list(tree.find_all(nodes.Macro))):
        tests: list[nodes.Macro] = []
        for place, loop in enumerate(node for node in at_top if isinstance(node, nodes.For)):
            if not (loop.test or loop.recursive or loop.else_):
                mark_search(loop, place)
                tests += mark_later(loop, len(tests))
                compared = only_compared([*loop.body, *(node for macro in macros for node in macro.body)])
                if loop.find(nodes.Break):
                    compared = []  # it may be left without an end, where the numbers become plain again
                loop.iter = marked(loop.iter, "going", place, *compared)
        tree.body[:0] = tests
    for parent in [tree, *tree.find_all(nodes.Node)]:
        for field, value in parent.iter_fields():
            if isinstance(value, list):
                value[:] = [asking(item) for item in value]
            else:
                setattr(parent, field, asking(value))
    return tree


def top_of(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """The statements that run once, in order."""
    for node in body:
        yield node
        if isinstance(node, nodes.If):
            yield from top_of([*node.body, *node.elif_, *node.else_])


def marked(value: Any, name: str, *arguments: Any) -> nodes.Filter:
    """A value with a filter after it."""
    given = [item if isinstance(item, nodes.Expr) else nodes.Const(item) for item in arguments]
    return nodes.Filter(value, name, given, [], None, None, lineno=value.lineno)


def asking(node: Any) -> Any:
    """A node, with the mark if it reads whether the answer is to begin."""
    reads = isinstance(node, nodes.Name) and node.ctx == "load" and node.name == "add_generation_prompt"
    return marked(node, "asked") if reads else node


def only_compared(body: Iterable[nodes.Node]) -> list[str]:
    """The attributes of namespaces that are only compared, by ``<`` and the like: ``name.attribute``.

    A comparison is noted if one of them is on its left, or an integer is: ``True`` or ``1.5`` would answer by itself.
    """
    compared: set[str] = set()
    other: set[str] = set()

    def visit(node: nodes.Node, *, operand: bool) -> None:
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            (compared if operand else other).add(f"{node.node.name}.{node.attr}")
            return
        if isinstance(node, nodes.NSRef):
            other.add(f"{node.name}.{node.attr}")
        elif isinstance(node, nodes.Name):
            other.add(node.name)
        if isinstance(node, nodes.Compare):
            compares = all(op.op not in ("in", "notin") for op in node.ops)
            sides = [node.expr, *(op.expr for op in node.ops)]
            for left, side in zip([None, *sides], sides, strict=False):
                visit(side, operand=compares and (left is None or is_number(left)))
            return
        for child in node.iter_child_nodes():
            visit(child, operand=False)

    for node in body:
        visit(node, operand=False)
    return sorted(name for name in compared - other if name.split(".")[0] not in other)


# -- searches ----------------------------------------------------------------------------------------------------------


def mark_search(loop: nodes.For, place: int) -> None:
    """Makes a loop cheap that only searches: its turns do something only where a flag is true, and a test of the message.

    Where the flag is false, no later turn does anything, and the loop ends. From the back, messages that failed the test once
    are passed over: they would fail again, as the test looks at nothing else.
    """
    *before, found = loop.body or [loop]
    if not isinstance(found, nodes.If) or found.elif_ or found.else_ or not isinstance(loop.target, nodes.Name):
        return
    flag, test = flag_and_test(found.test)
    if flag is None or test is None or not all(map(is_counting, before)):
        return
    of_turn = {node.name for part in (loop.target, *before) for node in names_in(part) if node.ctx == "store"}
    if flag.node.name in of_turn | {"loop"}:
        return  # it may be true in a later turn
    loop.body.insert(0, nodes.If(nodes.Not(flag), [nodes.Break()], [], [], lineno=loop.lineno))
    if {node.name for node in names_in(test)} == {loop.target.name} and is_reversed(loop.iter) and counts_only(loop):
        found.test = nodes.And(flag, marked(test, "missed", nodes.Name(loop.target.name, "load"), place))
        loop.iter = marked(
            loop.iter.node,  # type: ignore[attr-defined]
            "backwards",
            place,
        )


def mark_later(loop: nodes.For, count: int) -> Iterator[nodes.Macro]:
    """Marks the loops in a turn that only look whether a later message passes a test; each test is a macro (``later_test``)."""
    for node in list(loop.find_all(nodes.For)):
        found = node.body[0] if len(node.body) == 1 else None
        if not isinstance(found, nodes.If) or found.elif_ or found.else_ or node.test or node.recursive or node.else_:
            continue
        part = node.iter.arg if isinstance(node.iter, nodes.Getitem) else None
        if not isinstance(part, nodes.Slice) or part.stop is not None or part.step is not None:
            continue
        sets = [each for each in found.body if isinstance(each, nodes.Assign) and isinstance(each.target, nodes.NSRef)]
        if len(sets) < len(found.body) or not all(isinstance(each.node, nodes.Const) for each in sets):
            continue
        if isinstance(node.target, nodes.Name) and {name.name for name in names_in(found.test)} == {node.target.name}:
            node.iter = marked(node.iter, "later", count)
            passes = nodes.CondExpr(found.test, nodes.Const("1"), nodes.Const(""))
            yield nodes.Macro(
                later_test(count), [nodes.Name(node.target.name, "param")], [], [nodes.Output([passes])], lineno=1
            )
            count += 1


def later_test(place: int) -> str:
    """The name of the macro that has the test of a loop marked ``later``."""
    return f"_later_{place}"


def flag_and_test(test: Any) -> tuple[Any, Any]:
    """Of ``space.flag and a and b``, the flag and ``a and b``."""
    parts: list[Any] = []
    while isinstance(test, nodes.And):
        parts.insert(0, test.right)
        test = test.left
    if not parts or not isinstance(test, nodes.Getattr) or not isinstance(test.node, nodes.Name):
        return None, None
    return test, reduce(nodes.And, parts)


def names_in(node: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(node, nodes.Name):
        yield node
    yield from node.find_all(nodes.Name)


def is_counting(node: nodes.Node) -> bool:
    """Whether a statement only counts turns, and cannot fail: ``{% set i = messages | length - 1 - loop.index0 %}``."""
    return isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name) and is_number(node.node)


def is_number(node: nodes.Node) -> bool:
    """Whether it is an integer: a constant, a place in a loop, ``messages | length``, or a sum of them."""
    if isinstance(node, nodes.Const):
        return type(node.value) is int
    if isinstance(node, nodes.Getattr):
        return is_loop(node.node) and node.attr in ("index", "index0", "revindex", "revindex0", "length")
    if isinstance(node, nodes.Filter):
        of_messages = isinstance(node.node, nodes.Name) and node.node.name == "messages"
        return of_messages and node.name == "length" and not node.args
    return isinstance(node, (nodes.Add, nodes.Sub)) and is_number(node.left) and is_number(node.right)


def is_reversed(value: nodes.Node) -> bool:
    """Whether it is ``name[::-1]``."""
    part = value.arg if isinstance(value, nodes.Getitem) and isinstance(value.node, nodes.Name) else None
    if not isinstance(part, nodes.Slice) or part.start is not None or part.stop is not None:
        return False
    return isinstance(part.step, nodes.Neg) and isinstance(part.step.node, nodes.Const) and part.step.node.value == 1


def counts_only(loop: nodes.For) -> bool:
    """Whether the turns use ``loop`` for their number only."""
    attributes = [node for part in loop.body for node in part.find_all(nodes.Getattr) if is_loop(node.node)]
    names = [node for part in loop.body for node in names_in(part) if is_loop(node)]
    return len(names) == len(attributes) and {node.attr for node in attributes} <= {"index0", "index"}


def is_loop(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "loop"
