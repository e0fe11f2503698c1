"""The spans of a conversation -> ids, and who said what."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..backend import load_backend
from ..definition.chat_templates import ChatTemplates
from ..errors import TemplateError
from ..spans.segments import ids_of_spans, made_tokens
from .learned import Learner
from .ranges import add_range, spread
from .render import Writer, guarded, spans_of, traced_messages

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..definition import Definition
    from .ranges import Range
    from .render import Fields, Span

# Fields that say who speaks, and not what is said.
LABELS = frozenset({"role", "name", "tool_call_id"})


class _Encoded(NamedTuple):
    ids: list[int]
    roles: list[str | None]
    generated: list[bool]


class EncodedChat(_Encoded):
    """The ids of a conversation, and for each of them who said it.

    Attributes:
        ids: The ids.
        roles: For each id, the role of the message whose text it holds, even in part; None for the template's text. A special
            token directly after a message's text belongs to that role, too.
        generated: For each id, whether it holds text of a ``{% generation %}`` block of the template: what a model writes.
    """

    _learner: Callable[[], Learner] | None = None

    def mask(self, role: str = "assistant", *, last: bool = False, prompt: str = "whole") -> list[bool]:
        """For each id, whether it is to be learned (SPEC K8).

        For the assistant, that is all that a model would have to sample: its turns from the end of the prompt to the token that
        ends them, with what the template writes in them. For any other role, the ids whose text is of its messages
        (``roles``).

        Args:
            role: The role.
            last: Whether only the last message of the assistant is to be learned.
            prompt: ``"whole"`` if each turn must stand behind the whole prompt. ``"part"`` if it may repeat a part only: then
                it begins where it leaves the prompt, if the rest of that is the template's own, such as ``<think>``.

        Raises:
            TemplateError: It is not known what a model writes, since the template writes a turn otherwise when others follow,
                or than behind its prompt, or nothing ends it. The message names the turn, and says what to do: what was tried.
            ValueError: This was not made by ``encode_chat``, or ``last`` or ``prompt`` is for another role.

        Costs about as much as ``encode_chat`` twice for most templates, and for the others a run of the template for each turn:
        some 70 ms for 400 turns of 28,000 ids, or seconds.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([], special_tokens={"<a>": 256, "<e>": 257, "<think>": 258}).replace(
        ...     chat="{% for m in messages %}<a><think>{{ m.content }}<e>{% endfor %}"
        ...     "{% if add_generation_prompt %}<a>{% endif %}")
        >>> chat = tok.encode_chat([{"role": "user", "content": "?"}, {"role": "assistant", "content": "ok"}])
        >>> tok.decode([token_id for token_id, learned in zip(chat.ids, chat.mask()) if learned])
        '<think>ok<e>'
        """
        if role != "assistant":
            if last or prompt != "whole":
                raise ValueError(f"last and prompt are for the assistant, not for {role!r}")
            return [said_by == role for said_by in self.roles]
        if self._learner is None:
            raise ValueError("what is to be learned is known of what encode_chat returns; roles says who said what")
        return spread(self._learner().ranges(last=last, prompt=prompt), len(self.ids), False)


def encode_messages(definition: Definition, messages: Sequence[Any], **options: Any) -> EncodedChat:
    """Encodes a conversation as one text, with special tokens in its trusted spans only (SPEC E8).

    See ``Tokenizer.encode_chat``.
    """
    labels, _, learner = encoded(definition, messages, **options)
    size, ids = len(labels.ids), load_backend(definition.backend).id_list(labels.ids)
    made = EncodedChat(ids, spread(labels.roles, size, None), spread(labels.generated, size, False))
    made._learner = learner  # noqa: SLF001
    return made


def encoded(
    definition: Definition, messages: Sequence[Any], **options: Any
) -> tuple[Labelled, list[Span], Callable[[], Learner]]:
    """The ids of a conversation and who said what, its spans, and what finds the ids to learn."""
    writer = Writer.of(definition.chat, **options)
    chat = guarded(lambda: traced_messages(messages))
    held = (
        guarded(lambda: traced_messages(messages)) if writer.is_open else chat
    )  # it marks the end of the last message
    text = guarded(lambda: writer.whole(chat))
    spans = spans_of(text)
    definition = with_template(definition, options.get("template"))
    return labelled(definition, spans), spans, partial(Learner, definition, writer, held, text)


def with_template(definition: Definition, template: str | None) -> Definition:
    """The definition that knows a template as one of its own, since what it writes may be a marker (SPEC E8)."""
    chat = definition.chat or ChatTemplates({})
    if template is None or template in chat.templates:
        return definition
    return definition.replace(chat=replace(chat, templates={**chat.templates, "given": template}))


class Labelled(NamedTuple):
    """Ids, and ranges of them with a value: who said them, and whether a model writes them.

    ``tokens``: the tokens that were found: their index, and where they end in the text, in bytes.
    """

    ids: npt.NDArray[np.uint32]
    roles: list[Range[str]]
    generated: list[Range[bool]]
    tokens: list[tuple[int, int]]


def labelled(
    definition: Definition, spans: Sequence[Fields], before: str = "nothing", role: str | None = None
) -> Labelled:
    """The ids of spans, and what is known of them.

    ``before``: what stands before them (SPEC E10). ``role``: who said the text that they continue.
    """
    ids, ranges, tokens = ids_of_spans(definition, [span[:2] for span in spans], before)
    ends = {at for at, _ in tokens}
    check_made(definition, spans, ranges, ids, ends)
    roles: list[Range[str]] = [(0, 1, role)] if role is not None and 0 in ends else []
    generated: list[Range[bool]] = []
    for (_, _, said_by, _, field, by_model), (start, end) in zip(spans, ranges, strict=True):
        if start == end:
            continue
        if by_model:
            add_range(generated, start, end, value=True)
        if said_by is not None and field not in LABELS:
            add_range(roles, start, end + (end in ends), value=said_by)
    return Labelled(ids, roles, generated, tokens)


def check_made(
    definition: Definition,
    spans: Sequence[Fields],
    ranges: Sequence[tuple[int, int]],
    ids: npt.NDArray[np.uint32],
    tokens: Collection[int],
) -> None:
    """Raises TemplateError if merges make a special token of text that is not trusted.

    ``tokens``: where tokens were found.
    """
    made = made_tokens(definition, ids, tokens)
    for (_, trusted, _, message, field, _), (start, end) in zip(spans, ranges, strict=True) if made else ():
        for at in made[bisect_left(made, start) : bisect_left(made, end)]:
            if not trusted:
                where = f"the {field}" if message is None else f"the {field} of message {message}"
                name = definition.ambiguous_names[int(ids[at])]
                raise TemplateError(
                    f"{where} becomes the special token {name!r}, which is an ordinary token of this vocabulary, too; "
                    "to vouch for the text, give it the type Trusted"
                )
