"""``ChatTemplates``: the chat templates of a model, as data.

A model's files have one template, or several with names: ``default``, and others for tools or documents. A template is a
program in Jinja that makes one text of a conversation; ``minitok.chat`` runs it.

>>> templates = ChatTemplates({"default": "{{ bos_token }}{{ messages[0].content }}"}, {"bos_token": "<s>"})
>>> templates.choose(None, with_tools=False)
'{{ bos_token }}{{ messages[0].content }}'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..arguments import check_string
from ..errors import TemplateError
from ..lazy import cached_property

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["ChatTemplates", "as_templates", "is_marker"]

# The longest part of a token that is looked for where one of a template's strings begins or ends, in characters.
LONGEST = 256
# Names that look like markers of a conversation; and those that do where the chat template is not known.
MARKER_SHAPE = re.compile(r"\s*(?:<[|\uff5c].*|.*[|\uff5c]>|\[[A-Z_/]+\])\s*", re.DOTALL)
BRACKETED_SHAPE = re.compile(r"\s*(?:[<\[{(].*[>\]})]|[|\uff5c].*[|\uff5c])\s*", re.DOTALL)
STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


@dataclass(frozen=True)
class ChatTemplates:
    """Templates by name, and the special tokens that they know by names of their own.

    Attributes:
        templates: The source of each template.
        tokens: What ``bos_token``, ``eos_token`` and the like are called in this vocabulary.
        named: Other tokens that the model's configuration names, such as ``additional_special_tokens``.
    """

    templates: Mapping[str, str]
    tokens: Mapping[str, str] = field(default_factory=dict)
    named: Collection[str] = ()

    def __post_init__(self) -> None:
        for name in ("templates", "tokens"):
            held = dict(getattr(self, name))
            for key, value in held.items():
                if not isinstance(key, str) or not isinstance(value, str):
                    raise TypeError(f"{name} must be names and strings, not {key!r} and {type(value).__name__}")
                check_string(key, f"a name in {name}")
                check_string(value, f"{key!r} in {name}")
            object.__setattr__(self, name, held)
        if isinstance(self.named, (str, bytes)):
            raise TypeError(f"named must be a collection of names, not one {type(self.named).__name__}")
        object.__setattr__(self, "named", frozenset(self.named))
        for token in self.named:
            if not isinstance(token, str):
                raise TypeError(f"named must be strings, not {type(token).__name__}")
            check_string(token, "a name in named")

    def values(self) -> dict[str, Any]:
        """The values of the fields, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def may_write(self, token: str) -> bool:
        """Whether a template may write a token, whole or in parts, or the configuration names it.

        A template writes its texts and strings, and other values between them. So it may write a token that stands in one of
        its strings. It may also write one that begins as one string ends and ends as another begins; words are an exception.

        >>> templates = ChatTemplates({"default": "{{ '<|' + message.role + '|>' }}</s>"})
        >>> [templates.may_write(token) for token in ("</s>", "<|user|>", "<user>")]
        [True, True, False]
        """
        if token in self.named or token in self.tokens.values():
            return True
        whole, begins, ends = self.strings
        return token in whole or (
            re.fullmatch(r"[\w\s]*", token) is None
            and any(token[:end] in ends for end in range(1, min(len(token), LONGEST + 1)))
            and any(token[start:] in begins for start in range(max(1, len(token) - LONGEST), len(token)))
        )

    @cached_property
    def strings(self) -> tuple[str, frozenset[str], frozenset[str]]:
        """What the templates write: their texts and strings, joined by zeros; and with what each begins, and ends."""
        found = [string for source in self.templates.values() for string in strings_of(source)]
        begins = {string[:size] for string in found for size in range(1, min(len(string), LONGEST) + 1)}
        ends = {string[-size:] for string in found for size in range(1, min(len(string), LONGEST) + 1)}
        return "\0".join(found), frozenset(begins), frozenset(ends)

    def choose(self, wanted: str | None, *, with_tools: bool) -> str:
        """The source of a template: that of this name, or ``wanted`` itself if no template is called so.

        By default that for tools (``tool_use``) if there are any, or else ``default``.

        Raises:
            TemplateError: There is no default.
        """
        if wanted is not None:
            return self.templates.get(wanted, wanted)
        if with_tools and "tool_use" in self.templates:
            return self.templates["tool_use"]
        if "default" in self.templates:
            return self.templates["default"]
        if not self.templates:
            raise TemplateError(
                "this tokenizer has no chat template: pass template=, or add one with replace(chat=...)"
            )
        names = ", ".join(sorted(map(repr, self.templates)))
        raise TemplateError(f"this tokenizer has no default chat template: name one of {names}")


def as_templates(chat: object) -> ChatTemplates | None:
    """Returns chat templates as they are, or those of a template as a string, or of several by name."""
    if isinstance(chat, (str, Mapping)):
        return ChatTemplates(chat if isinstance(chat, Mapping) else {"default": chat})
    if chat is not None and not isinstance(chat, ChatTemplates):
        raise TypeError(f"chat must be ChatTemplates, or a template as str, not {type(chat).__name__}")
    return chat


def is_marker(name: str, chat: ChatTemplates | None) -> bool:
    """Whether an added token may mark something in a conversation: by its look, or as what these templates may write."""
    shape = MARKER_SHAPE if chat is not None and chat.templates else BRACKETED_SHAPE
    return bool(shape.fullmatch(name)) or (chat is not None and chat.may_write(name))


def strings_of(source: str) -> list[str]:
    """The texts of a template outside of ``{{ }}`` and ``{% %}``, and the strings inside.

    >>> strings_of("<s>{{ 'a' ~ 'b' }}")
    ['<s>', 'a', 'b']
    """
    found: list[str] = []
    for text, code in re.findall(r"(.*?)({[{%#].*?[}%#]}|\Z)", source, re.DOTALL):
        found.append(text)
        if code[:2] in ("{{", "{%"):
            found += [unescaped(string[1:-1]) for string in STRING.findall(code)]
    return [string for string in found if string]


def unescaped(string: str) -> str:
    """A string of a template without its escapes, as Jinja reads it."""
    try:
        return string.encode("ascii", "backslashreplace").decode("unicode-escape")
    except UnicodeDecodeError:
        return string
