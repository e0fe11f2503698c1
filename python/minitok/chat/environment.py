"""Jinja as ``transformers`` sets it up for chat templates, with strings that know where they come from.

The sandbox, ``trim_blocks`` and ``lstrip_blocks``, loop controls, ``tojson`` without HTML's escapes, ``raise_exception``,
``strftime_now``, ``{% generation %}``. What is different: the compiler marks the strings that the template itself has, so that
they are ``Traced`` and trusted, and the places where Jinja joins strings keep their origins. Nothing else is trusted: a filter
or a method that gives a plain ``str`` (``indent``, ``.center``) gives text that comes from nowhere.

Needs Jinja2: ``pip install 'minitok[chat]'``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, reduce
from operator import add
from string import Formatter
from typing import TYPE_CHECKING, Any

from ..errors import TemplateError
from .provenance import TEMPLATE, Source, Traced, concatenated, of_origin, origin_of, runs_of, source_of, traced

try:
    import jinja2
    import jinja2.ext
    import markupsafe
    from jinja2 import nodes
    from jinja2.compiler import CodeGenerator
    from jinja2.filters import sync_do_join
    from jinja2.runtime import LoopContext, Macro
    from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter
    from jinja2.utils import Namespace
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("chat templates need Jinja2: pip install 'minitok[chat]'", name=error.name) from error

if TYPE_CHECKING:
    from jinja2.compiler import Frame
    from jinja2.parser import Parser
    from typing_extensions import Self


def trusted(text: str) -> Traced:
    return of_origin(text, TEMPLATE)


EMPTY = trusted("")
# The attributes of a dict, which come before its fields; and those of a string that are safe to call as they are.
OF_DICT = frozenset(dir(dict))
OF_TEXT = frozenset(name for name in dir(str) if not name.startswith(("_", "format")))


class MarkingGenerator(CodeGenerator):
    """Compiles templates so that their own strings are marked."""

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return marked("".join(group))

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        value = node.as_const(frame.eval_ctx)
        if isinstance(value, str):
            self.write(marked(value))
        else:
            super().visit_Const(node, frame)

    def visit_TemplateData(self, node: nodes.TemplateData, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            super().visit_TemplateData(node, frame)
        else:
            self.write(marked(node.data))

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            super().visit_Concat(node, frame)
        else:
            self.visit_all("environment.concat(map(str, ", node.nodes, frame)

    def visit_Add(self, node: nodes.BinExpr, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        left: nodes.Expr = node
        terms: list[nodes.Expr] = []
        while isinstance(left, nodes.Add):
            terms, left = [left.right, *terms], left.left
        if len(terms) == 1:
            super().visit_Add(node, frame)
        else:
            self.visit_all("environment.total((", [left, *terms], frame)

    def visit_all(self, call: str, values: Iterable[nodes.Expr], frame: Frame) -> None:
        """Writes a call with a tuple of these values, within another call."""
        self.write(call + "(")
        for value in values:
            self.visit(value, frame)
            self.write(", ")
        self.write(")))")


def total(terms: Sequence[Any]) -> Any:
    """The sum of terms, from the left; strings that know where they come from are joined at once."""
    return concatenated(terms) if {*map(type, terms)} == {Traced} else reduce(add, terms)


def marked(text: str) -> str:
    """The code for a string of the template."""
    return f"environment.of_template({str.__str__(text)!r})"


class Generation(jinja2.ext.Extension):
    """``{% generation %}`` ... ``{% endgeneration %}``: the text between is what a model writes."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's attribute

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_generated"), [], [], body).set_lineno(line)

    def _generated(self, caller: Callable[[], str]) -> str:
        text = caller()
        return traced(text, tuple((length, origin._replace(generated=True)) for length, origin in runs_of(text)))


class TracedFormatter(SandboxedFormatter):
    """``str.format`` for a format of one origin; the fields keep theirs."""

    def vformat(self, format_string: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        plain = Formatter.vformat(self, format_string, args, kwargs)
        origins = {origin for _, origin in runs_of(format_string)}
        if len(origins) != 1:
            return plain
        (origin,) = origins
        parts: list[str] = []
        number = 0
        for text, name, spec, conversion in self.parse(format_string):
            parts.append(of_origin(text, origin))
            if name is None:
                continue
            if spec or conversion not in (None, "s") or name[:1] in (".", "["):
                return plain
            if not name:
                name, number = str(number), number + 1  # noqa: PLW2901 - as Formatter does
            parts.append(str(self.get_field(name, args, kwargs)[0]))
        made = concatenated(parts)
        return made if made == plain else plain


class SafeNamespace(Namespace):
    """``namespace()``, which refuses names that begin with an underscore."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        self, args = args[0], args[1:]
        values = dict(*args, **kwargs)
        for name in values:
            check_name(name)
        Namespace.__init__(self, values)

    def __setitem__(self, name: str, value: Any) -> None:
        check_name(name)
        attrs_of(self)[name] = value


def attrs_of(space: Namespace) -> dict[str, Any]:
    """What a namespace holds; past its own ``__getattribute__``, which is slow."""
    found: dict[str, Any] = object.__getattribute__(space, "_Namespace__attrs")
    return found


def check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(f"a template cannot store {name!r} in a namespace: it begins with '_'")


class SafeDict:
    """``dict()`` without the attributes of the class."""

    __call__: Any = staticmethod(dict)
    fromkeys = staticmethod(dict.fromkeys)


class TracingEnvironment(ImmutableSandboxedEnvironment):
    """The environment of chat templates."""

    code_generator_class = MarkingGenerator
    concat = staticmethod(concatenated)
    total = staticmethod(total)

    def __init__(self) -> None:
        # Without the optimizer, which would put strings into constants where the compiler does not see them.
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, optimized=False, extensions=[Generation, jinja2.ext.loopcontrols]
        )
        self.of_template = lru_cache(maxsize=4096)(trusted)
        self.filters.update(tojson=tojson, join=join, safe=Markup)
        self.globals.update(
            raise_exception=raise_exception, strftime_now=strftime_now, dict=SafeDict(), namespace=SafeNamespace
        )

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the sandbox has it; quicker for what templates ask for: fields of dicts, methods of strings, loops, namespaces."""
        if type(obj) is dict and attribute not in OF_DICT:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if type(obj) is Traced and attribute in OF_TEXT:
            return getattr(obj, attribute)
        value = None
        if type(obj) is SafeNamespace:
            value = attrs_of(obj).get(attribute)
        elif isinstance(obj, LoopContext) and not attribute.startswith("_"):
            value = getattr(obj, attribute, None)
        if value is not None and not callable(value):
            return value
        return super().getattr(obj, attribute)

    def call(self, context: Any, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As the sandbox has it; quicker for macros, and for what is safe and asks for no context."""
        if type(called) is Macro:
            args = (context.eval_ctx, *args)
        elif called is not SafeNamespace and type(getattr(called, "__self__", None)) is not Traced:
            return super().call(context, called, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(*args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        found = super().wrap_str_format(value)
        text = getattr(value, "__self__", None)
        if found is None or not isinstance(text, Traced):
            return found
        formatter = TracedFormatter(self)
        if value.__name__ == "format":
            return lambda *args, **kwargs: formatter.vformat(text, args, kwargs)
        return lambda mapping: formatter.vformat(text, (), mapping)


def raise_exception(message: object) -> None:
    """Ends the rendering with a message of the template."""
    raise jinja2.exceptions.TemplateError(str(message))


@jinja2.pass_eval_context
def join(context: nodes.EvalContext, value: Any, d: str = EMPTY, attribute: Any = None) -> str:
    """Jinja's filter; its default separator would be a string of unknown origin."""
    return sync_do_join(context, value, d, attribute)


class Markup(markupsafe.Markup):
    """What Jinja's filter ``safe`` makes: markup, which knows where it comes from until something is done with it."""

    __slots__ = ("_source",)
    _source: Source

    def __new__(cls, value: Any = "", *rest: Any) -> Self:
        made = super().__new__(cls, value, *rest)
        made._source = source_of(value) if isinstance(value, str) else source_of(str.__str__(made))
        return made

    def __str__(self) -> str:
        return self


def tojson(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT002 - the arguments of transformers' filter
    indent: Any = None,
    separators: Any = None,
    sort_keys: bool = False,  # noqa: FBT002
) -> str:
    """A value as JSON. It is not trusted, quotes and braces included (``origin_of``)."""
    text = json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
    return of_origin(text, origin_of(value))


def strftime_now(form: str) -> str:
    """The time now, as the template writes it."""
    return datetime.now().strftime(form)  # noqa: DTZ005 - local time, as transformers has it


def compiled_in(environment: TracingEnvironment, source: str) -> jinja2.Template:
    template = environment.from_string(source)
    template.globals = dict(template.globals)  # Jinja's chain of dicts is copied slowly, in each run
    return template


@lru_cache(maxsize=64)
def compiled(source: str) -> jinja2.Template:
    """The template, compiled.

    Raises:
        TemplateError: It is malformed; the message says in which line.
    """
    try:
        return compiled_in(TracingEnvironment(), source)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno}: {error.message}") from error
    except (jinja2.TemplateError, RecursionError, SyntaxError, MemoryError) as error:
        raise TemplateError(f"the template cannot be compiled: {error or type(error).__name__}") from error
