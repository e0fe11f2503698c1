"""``ChatTemplates``: the chat templates of a model, as data.

A model's files have one template, or several with names: ``default``, and others for tools or documents. A template is a
program in Jinja that makes one text of a conversation; ``minitok.chat`` runs it.

>>> templates = ChatTemplates({"default": "{{ bos_token }}{{ messages[0].content }}"}, {"bos_token": "<s>"})
>>> templates.choose(None, with_tools=False)
'{{ bos_token }}{{ messages[0].content }}'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..arguments import check_string
from ..errors import TemplateError
from ..lazy import cached_property
from ..reference.published.markers import Markers

if TYPE_CHECKING:
    from collections.abc import Collection


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

    @cached_property
    def markers(self) -> Markers:
        """What they show about added tokens: which of them may mark something (SPEC E12)."""
        return Markers(list(self.templates.values()), {*self.named, *self.tokens.values()})

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


def markers_of(chat: ChatTemplates | None) -> Markers:
    """Returns what is known of added tokens that may mark something, with templates or without."""
    return Markers() if chat is None else chat.markers
