"""``ChatTemplates``: the chat templates of a model, as data.

A model's files have one template, or several with names: ``default``, and others for tools or documents. A template is a
program in Jinja that makes one text of a conversation; ``minitok.chat`` runs it.

>>> templates = ChatTemplates({"default": "{{ bos_token }}{{ messages[0].content }}"}, {"bos_token": "<s>"})
>>> templates.choose(None, with_tools=False)
'{{ bos_token }}{{ messages[0].content }}'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ChatTemplates"]


@dataclass(frozen=True)
class ChatTemplates:
    """Templates by name, and the special tokens that they know by names of their own.

    Attributes:
        templates: The source of each template.
        tokens: What ``bos_token``, ``eos_token`` and the like are called in this vocabulary.
    """

    templates: Mapping[str, str]
    tokens: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("templates", "tokens"):
            held = dict(getattr(self, name))
            for key, value in held.items():
                if not isinstance(key, str) or not isinstance(value, str):
                    raise TypeError(f"{name} must be names and strings, not {key!r} and {type(value).__name__}")
            object.__setattr__(self, name, held)

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
                "this tokenizer has no chat template: pass template=, or give it one by with_chat_template"
            )
        names = ", ".join(sorted(map(repr, self.templates)))
        raise TemplateError(f"this tokenizer has no default chat template: name one of {names}")
