"""Rendering a conversation that grows: a template is run whole, and what it writes is compared with what it wrote before.

Marks in the template note where the turn of each message begins and ends in what is written: where a message ends in the text
is looked for in its own turn. A turn is one of a loop at the top of the template, over messages.

By hand, with ``{% for m in messages %}{{ m.content }},{% endfor %}``: of ``a``, ``b`` the turns are the pieces 0 to 2
and 2 to 4. With ``c`` added, the first four pieces are as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import nodes, pass_context

from .environment import TracingEnvironment, compiled, compiled_in
from .provenance import runs_of

# The variable that the marks find the run by, and their filter; no template can name them.
WATCH, TURN = " watch", " turn"


class Rendered(NamedTuple):
    """What a run wrote: its pieces, the first and the last of each message's turn, and how many are those of the run before."""

    pieces: list[str]
    turns: dict[int, tuple[int, int]]
    same: int


class Watch:
    """What a run has written so far, and the turns of the loop that it is in: message and first piece."""

    def __init__(self, messages: list[Any]) -> None:
        self.numbers = {id(message): number for number, message in enumerate(messages)}
        self.pieces: list[str] = []
        self.turns: dict[int, tuple[int, int]] = {}
        self.open: list[tuple[int | None, int]] = []

    def begin(self, message: Any) -> None:
        self.open.append((self.numbers.get(id(message)), len(self.pieces)))

    def end(self) -> None:
        """Ends a loop. One that wrote nothing, as a count of messages, has no turns."""
        stop = len(self.pieces)
        if self.open and self.open[0][1] < stop:
            for number, start in reversed(self.open):
                if number is not None:
                    self.turns[number] = start, stop
                stop = start
        self.open = []


@pass_context
def turn(context: Any, message: Any) -> None:
    """Notes where the turn of a message begins; of None, that the loop has ended."""
    watch: Watch = context.parent[WATCH]
    watch.end() if message is None else watch.begin(message)


class WatchingEnvironment(TracingEnvironment):
    """The environment of the templates of conversations that grow."""

    def __init__(self) -> None:
        super().__init__()
        self.filters[TURN] = turn

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        mark(tree.body)
        return tree


def mark(body: list[nodes.Node]) -> None:
    """Puts the marks into the loops of statements that run once."""
    marked: list[nodes.Node] = []
    for node in body:
        marked.append(node)
        if isinstance(node, nodes.If):
            for part in (node.body, node.else_, *(other.body for other in node.elif_)):
                mark(part)
        elif isinstance(node, nodes.For) and isinstance(node.target, nodes.Name) and not node.recursive:
            node.body.insert(0, noting(nodes.Name(node.target.name, "load"), node.lineno))
            marked.append(noting(nodes.Const(None), node.lineno))
    body[:] = marked


def noting(value: nodes.Expr, line: int) -> nodes.ExprStmt:
    """The statement that notes a message."""
    return nodes.ExprStmt(nodes.Filter(value, TURN, [], [], None, None, lineno=line), lineno=line)


@lru_cache(maxsize=64)
def program_of(source: str) -> Any:
    """The template, compiled with its marks; raises as ``compiled`` does."""
    compiled(source)
    return compiled_in(WatchingEnvironment(), source)


def run(
    program: Any, values: Mapping[str, Any], messages: list[Any], before: Rendered, *, generation: bool
) -> Rendered:
    """Runs the template on the messages, after a run on fewer of them."""
    watch = Watch(messages)
    given = {**values, "messages": messages, "add_generation_prompt": generation, WATCH: watch}
    try:
        for piece in program.root_render_func(program.new_context(given)):
            watch.pieces.append(piece)
    except Exception:  # noqa: BLE001 - it is raised, with the lines of the template
        program.environment.handle_exception()
    same = 0
    for one, other in zip(before.pieces, watch.pieces):
        if one is not other and (str.__ne__(one, other) or runs_of(one) != runs_of(other)):
            break
        same += 1
    return Rendered(watch.pieces, watch.turns, same)
