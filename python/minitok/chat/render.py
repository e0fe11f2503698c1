"""Messages -> spans of text, by a chat template.

Every string of a message, a tool or a variable becomes a ``Traced`` of its origin; the template runs; the runs of its result
are the spans. By hand, with the template ``<|{{ m.role }}|>{{ m.content }}`` and a user who says ``<|x|>``: the spans ``<|``,
``user`` and ``|>`` are trusted, ``<|x|>`` is not.

A role is a value, too, but one of a few names. Some templates make special tokens of it (``'<|' + role + '|>'``), so those
names are trusted; any other role is not.

Costs: those of the template; O(n) for the spans.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from traceback import walk_tb
from typing import Any, NamedTuple, TypeVar

from ..definition.chat_templates import ChatTemplates
from ..errors import TemplateError
from ..reference.published.names import either, nearest
from ..reference.text import Text, utf8
from .environment import compiled, trusted
from .provenance import Origin, Trusted, of_origin, runs_of

T = TypeVar("T")

# What is an option of `render`, and no variable.
OPTIONS = ("add_generation_prompt", "continue_final_message", "documents", "template", "tools")

# The roles that are trusted as text.
ROLES = frozenset({"system", "user", "assistant", "tool", "developer", "function"})
# The names that a model's reasoning goes by; templates read the first, or the second.
REASONING = ("reasoning_content", "thinking", "reasoning")
# Marks the end of a message that is to be continued, as transformers does: templates see its last character, a space.
END = "CONTINUE_FINAL_MESSAGE_TAG "
END_FIELD = "end of the message"


class Span(NamedTuple):
    """A part of the text of a conversation, and where it comes from.

    Attributes:
        text: The text.
        trusted: Whether special tokens are found in it: it is the template's, or the caller has marked it as ``Trusted``.
        role: The role of the message that it is from; None for the template's text, and where that is not known.
        message: The index of that message.
        field: The field of the message that it is from, or ``"tools"``, ``"documents"``, ``"variables"``.
        generated: Whether it is in a ``{% generation %}`` block of the template.
    """

    text: str
    trusted: bool
    role: str | None = None
    message: int | None = None
    field: str | None = None
    generated: bool = False


# The fields of a ``Span``, whose text may be bytes.
Fields = tuple[Text, bool, str | None, int | None, str | None, bool]


def render(
    templates: ChatTemplates | None,
    messages: Sequence[Any],
    *,
    add_generation_prompt: bool = False,
    continue_final_message: bool = False,
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    template: str | None = None,
    **variables: Any,
) -> list[Span]:
    """Returns the text of a conversation in spans that say where they come from, by the model's chat template.

    The template's own text is trusted; what comes from messages, tools, documents and variables is not, wherever the
    template puts it. Joined, the texts of the spans are what ``transformers`` renders. Needs ``minitok[chat]``.

    Args:
        templates: Those of the model, ``tokenizer.definition.chat``; None if it has none.
        messages: Dicts with ``role``, ``content`` and any other field that the template uses. A string of the type
            ``minitok.chat.Trusted`` is trusted. Fields that are None are left out.
        add_generation_prompt: Whether to begin the answer of the assistant.
        continue_final_message: Whether to leave the last message open, to be continued.
        tools: JSON schemas of functions that the model may call.
        documents: Texts to answer from, for templates that take them.
        template: The name of a template, or its source; by default ``tool_use`` if there are tools and it exists, or
            ``default``.
        variables: Other variables of the template, such as ``enable_thinking=False``.

    Raises:
        TemplateError: There is no template, or it is malformed, or it refuses the messages, or fails.
        TypeError: ``messages``, ``tools`` or ``documents`` is not a list of dicts; or a variable that the template does not
            name is nearly an option.
        ValueError: There is no message, or none to continue.

    A template is a program of the model's author. It runs in Jinja's sandbox, which keeps it from files and processes,
    but not from taking forever.

    >>> templates = ChatTemplates({"default": "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"})
    >>> [(span.text, span.trusted) for span in render(templates, [{"role": "user", "content": "Hi <|x|>"}])]
    [('<|', True), ('user', True), ('|>', True), ('Hi <|x|>', False)]
    """
    options = {"add_generation_prompt": add_generation_prompt, "continue_final_message": continue_final_message}
    writer = Writer.of(templates, tools=tools, documents=documents, template=template, **options, **variables)
    return spans_of(guarded(lambda: writer.whole(traced_messages(messages))))


class Writer(NamedTuple):
    """A template with its values, which writes conversations. ``is_open``: whether the last message is left open."""

    source: str
    values: dict[str, Any]
    prompted: bool
    is_open: bool

    @classmethod
    def of(
        cls,
        templates: ChatTemplates | None,
        *,
        add_generation_prompt: bool = False,
        continue_final_message: bool = False,
        tools: Any = None,
        documents: Any = None,
        template: str | None = None,
        **variables: Any,
    ) -> Writer:
        """The writer that the options of ``render`` ask for."""
        if add_generation_prompt and continue_final_message:
            raise ValueError(
                "continue_final_message continues the last message, add_generation_prompt begins another: choose one"
            )
        if templates is None:
            templates = ChatTemplates({})
        source = templates.choose(template, with_tools=tools is not None)
        check_variables(variables, source, OPTIONS)
        compiled(source)  # which says what is malformed, before the values do
        values = guarded(lambda: template_values(templates, tools, documents, variables))
        return cls(source, values, add_generation_prompt, continue_final_message)

    def write(self, chat: list[dict[str, Any]], prompted: bool) -> str:
        """What the template writes for messages that are traced."""
        return guarded(
            lambda: compiled(self.source).render(**self.values, messages=chat, add_generation_prompt=prompted)
        )

    def whole(self, chat: list[dict[str, Any]]) -> str:
        """The text of a conversation, by the options; the last message is changed if it is left open."""
        if not self.is_open:
            return self.write(chat, self.prompted)
        last = mark_end(chat)
        return before_end(self.write(chat, self.prompted), last)


def guarded(call: Callable[[], T]) -> T:
    """What a call gives that runs a template. How the template fails is a ``TemplateError``."""
    try:
        return call()
    except RecursionError:
        raise TemplateError("the template or a value in the messages is nested too deeply") from None
    except MemoryError:
        raise
    except Exception as error:
        from jinja2 import TemplateError as JinjaError

        lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == "<template>"]
        if not lines and not isinstance(error, JinjaError):
            raise  # it is not the template's
        # A template is a program: it may fail in any way that a program can.
        kind = "" if isinstance(error, JinjaError) else f"{type(error).__name__}: "
        place = f"chat template, line {lines[-1]}: " if lines else ""
        raise TemplateError(f"{place}{kind}{error}") from error


# -- values ------------------------------------------------------------------------------------------------------------


def check_variables(variables: Mapping[str, Any], source: str, options: Sequence[str]) -> None:
    """Raises TypeError for what is nearly an option, and no variable that the template names.

    Any other variable is the template's affair: callers pass ``enable_thinking`` to models that do not know it.
    """
    for name in variables:
        if name not in source and (near := nearest(name, options)):
            raise TypeError(f"there is no option {name!r}, and the template does not name it; write {either(near)}")


def template_values(
    templates: ChatTemplates, tools: Any, documents: Any, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """What the template gets besides the messages."""
    return {
        **{name: trusted(token) for name, token in templates.tokens.items()},
        **{name: traced_value(value, Origin(False, field="variables")) for name, value in variables.items()},
        "tools": traced_dicts(tools, "tools"),
        "documents": traced_dicts(documents, "documents"),
    }


def traced_messages(messages: Sequence[Any], first: int = 0) -> list[dict[str, Any]]:
    """The messages, from number ``first`` on, as the template gets them.

    Fields that are None are left out, and reasoning has all its names.
    """
    if isinstance(messages, (str, bytes, Mapping)):
        raise TypeError(f"messages must be a list of messages, not one {type(messages).__name__}")
    found = []
    for number, message in enumerate(messages, first):
        plain = as_mapping(message)
        if plain is None:
            raise TypeError(f"message {number} must be a dict, not {type(message).__name__}")
        fields = {key: value for key, value in plain.items() if value is not None}
        if names := [name for name in REASONING if name in fields]:
            fields = {"thinking": fields[names[0]], **fields, "reasoning_content": fields[names[0]]}
        found.append(traced_message(number, fields))
    if not found:
        raise ValueError("the conversation is empty: a template needs a message")
    return found


def traced_message(number: int, fields: Mapping[Any, Any]) -> dict[str, Any]:
    """A message whose strings know that they are from it."""
    role = fields.get("role")
    role = str.__str__(role) if isinstance(role, str) else None
    found: dict[str, Any] = {}
    for key, value in fields.items():
        origin = Origin(False, role, number, str(key))
        if key == "role" and role is not None and role in ROLES:
            found[of_origin(key, origin)] = of_origin(role, Origin(True, *origin[1:]))
        else:
            found[traced_value(key, origin)] = traced_value(value, origin)
    return found


def traced_dicts(values: Sequence[Any] | None, field: str) -> list[Any] | None:
    """The tools, or the documents, with strings that know that they are from there."""
    if values is None:
        return None
    if isinstance(values, (str, bytes, Mapping)):
        raise TypeError(f"{field} must be a list of dicts, not one {type(values).__name__}")
    found = []
    for number, value in enumerate(values):
        plain = as_mapping(value)
        if plain is None:
            kind = " (a JSON schema)" if field == "tools" else ""
            raise TypeError(f"number {number} of {field} must be a dict{kind}, not {type(value).__name__}")
        found.append(traced_value(plain, Origin(False, field=field)))
    return found


def traced_value(value: Any, origin: Origin) -> Any:
    """A value of plain types, its strings traced. What is of another type becomes ``<its type>``: it is not for templates."""
    if type(value) is str:
        return of_origin(whole(value), origin)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return of_origin(whole(value), origin._replace(trusted=True) if isinstance(value, Trusted) else origin)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if (plain := as_mapping(value)) is not None:
        return {traced_value(key, origin): traced_value(item, origin) for key, item in plain.items()}
    if isinstance(value, list):
        return [traced_value(item, origin) for item in value]
    if isinstance(value, tuple):
        return tuple(traced_value(item, origin) for item in value)
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        return traced_value(value.item(), origin)
    return traced_value(f"<{type(value).__name__}>", origin)


def whole(text: str) -> str:
    """A text without surrogates (SPEC E4): templates may cut it anywhere."""
    return str.__str__(text) if text.isascii() else utf8(text).decode()


def as_mapping(value: Any) -> Mapping[Any, Any] | None:
    """A dict, or what stands for one: a dataclass, or a model of Pydantic. None for anything else."""
    if isinstance(value, (dict, Mapping)):  # in this order, since most are dicts
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if callable(getattr(value, "model_dump", None)):
        dumped = value.model_dump()
        return dumped if isinstance(dumped, Mapping) else None
    return None


# -- a message to continue ---------------------------------------------------------------------------------------------


def mark_end(chat: list[dict[str, Any]]) -> str:
    """Puts a mark after what the last message says, and returns that."""
    last = chat[-1]
    content: Any = last.get("content")
    mark = of_origin(END, Origin(False, field=END_FIELD))
    if isinstance(content, str):
        last["content"] = content + mark
        return content
    texts = [block for block in content or () if isinstance(block, dict) and isinstance(block.get("text"), str)]
    if not texts:
        raise ValueError("continue_final_message: the last message has no text to continue")
    text: str = texts[-1]["text"]
    texts[-1]["text"] = text + mark
    return text


def before_end(text: str, last: str) -> str:
    """The text before the mark, which stands after ``last``. If the template took its space, that before it goes, too."""
    end = None
    at = 0
    for length, origin in runs_of(text):
        if origin.field == END_FIELD:
            end = at
        at += length
    if end is None:
        end = text.rfind(END.strip())
    if end < 0 or last.strip() not in text:
        raise TemplateError("continue_final_message: the template leaves out the end of the last message")
    before = text[:end]
    return before if text.startswith(END, end) else before.rstrip()


# -- spans -------------------------------------------------------------------------------------------------------------


def spans_of(text: str) -> list[Span]:
    plain, found, at = str.__str__(text), [], 0
    for length, origin in runs_of(text):
        if length:
            found.append(tuple.__new__(Span, (plain[at : at + length], *origin)))  # at half the cost of ``Span()``
        at += length
    return found
