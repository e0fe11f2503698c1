"""The spans of a conversation -> ids, and who said what."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ..definition.chat_templates import ChatTemplates
from ..spans.segments import ids_of_segments, shared_segments, spans_of_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..definition import Definition
    from .render import Span

__all__ = ["EncodedChat", "encode_chat"]

# Fields that say who speaks, and not what is said.
LABELS = frozenset({"role", "name", "tool_call_id"})


class EncodedChat(NamedTuple):
    """The ids of a conversation, and for each of them who said it.

    Attributes:
        ids: The ids.
        roles: For each id, the role of the message whose text it holds, if only in part; None for the template's. A special
            token right behind what a message says ends it, and is that role's, too.
        generated: For each id, whether it holds text of a ``{% generation %}`` block of the template: what a model writes.
    """

    ids: list[int]
    roles: list[str | None]
    generated: list[bool]

    def mask(self, role: str = "assistant") -> list[bool]:
        """For each id, whether this role said it.

        >>> EncodedChat([1, 2, 3], [None, "assistant", "user"], [False] * 3).mask()
        [False, True, False]
        """
        return [said_by == role for said_by in self.roles]


def encode_chat(definition: Definition, spans: Sequence[Span], template: str | None = None) -> EncodedChat:
    """Encodes the spans as one text; special tokens are found in the trusted ones only (SPEC E8).

    ``template``: the name or the source of the template that made them, if it is not the model's own.
    """
    chat = definition.chat or ChatTemplates({})
    if template is not None and template not in chat.templates:
        definition = definition.replace(chat=replace(chat, templates={**chat.templates, "given": template}))
    codec = definition.codec()
    segments = shared_segments(definition, ((span.text, span.trusted) for span in spans))
    batch = ids_of_segments(codec, segments)
    ids = [token_id for own in batch for token_id in own]
    starts = accumulate(map(len, batch), initial=0)
    ends = {at for segment, at in zip(segments, starts, strict=False) if segment.token_id is not None}
    roles: list[str | None] = [None] * len(ids)
    generated = [False] * len(ids)
    for span, (start, end) in zip(spans, spans_of_ids(codec, segments, batch, len(spans)), strict=True):
        if start == end:
            continue
        if span.generated:
            generated[start:end] = [True] * (end - start)
        if span.role is not None and span.field not in LABELS:
            # An id with text of two messages is the first one's.
            first, stop = start + (roles[start] is not None), end + (end in ends)
            roles[first:stop] = [span.role] * (stop - first)
    return EncodedChat(ids, roles, generated)
