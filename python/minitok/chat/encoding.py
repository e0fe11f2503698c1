"""The spans of a conversation -> ids, and who said what."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from ..definition.chat_templates import ChatTemplates
from ..errors import TemplateError
from ..spans.segments import ids_of_segments, shared_segments, spans_of_ids
from .render import render

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..definition import Definition
    from ..spans.segments import SharedSegment
    from .render import Span

# Fields that say who speaks, and not what is said.
LABELS = frozenset({"role", "name", "tool_call_id"})


class EncodedChat(NamedTuple):
    """The ids of a conversation, and for each of them who said it.

    Attributes:
        ids: The ids.
        roles: For each id, the role of the message whose text it holds, if only in part; None for the template's. A special
            token right behind what a message says ends it, and is that role's, too.
        generated: For each id, whether it holds text of a ``{% generation %}`` block of the template: what a model writes.
        kept: How many of the ids given as ``after`` begin ``ids``.
    """

    ids: list[int]
    roles: list[str | None]
    generated: list[bool]
    kept: int = 0

    def mask(self, role: str = "assistant") -> list[bool]:
        """For each id, whether this role said it.

        >>> EncodedChat([1, 2, 3], [None, "assistant", "user"], [False] * 3).mask()
        [False, True, False]
        """
        return [said_by == role for said_by in self.roles]


def encode_messages(
    definition: Definition, messages: Sequence[Any], after: Sequence[int] = (), **options: Any
) -> EncodedChat:
    """Encodes a conversation; see ``Tokenizer.encode_chat``."""
    definition.codec().decode_bytes(after)  # raises for what is no id
    spans = render(definition.chat, messages, **options)
    return encode_chat(definition, spans, options.get("template"), list(map(int, after)))


def encode_chat(
    definition: Definition, spans: Sequence[Span], template: str | None = None, after: Sequence[int] = ()
) -> EncodedChat:
    """Encodes the spans as one text; special tokens are found in the trusted ones only (SPEC E8).

    ``template``: the name or the source of the template that made them, if it is not the model's own. ``after``: ids that stay
    where they hold the text of the spans.
    """
    chat = definition.chat or ChatTemplates({})
    if template is not None and template not in chat.templates:
        definition = definition.replace(chat=replace(chat, templates={**chat.templates, "given": template}))
    codec = definition.codec()
    segments = shared_segments(definition, ((span.text, span.trusted) for span in spans))
    batch, rest = kept_ids(definition, segments, after)
    kept = sum(map(len, batch))
    if rest:
        batch[-1] += codec.encode_prepared([rest])[0].tolist()
    batch += ids_of_segments(codec, segments[len(batch) :])
    ids = [token_id for own in batch for token_id in own]
    starts = accumulate(map(len, batch), initial=0)
    ends = {at for segment, at in zip(segments, starts, strict=False) if segment.token_id is not None}
    roles: list[str | None] = [None] * len(ids)
    generated = [False] * len(ids)
    made = Made(definition, ids, {*range(kept), *ends})
    for span, (start, end) in zip(spans, spans_of_ids(codec, segments, batch, len(spans)), strict=True):
        if start == end:
            continue
        if not span.trusted:
            made.check(span, start, end)
        if span.generated:
            generated[start:end] = [True] * (end - start)
        if span.role is not None and span.field not in LABELS:
            # An id with text of two messages is the first one's.
            first, stop = start + (roles[start] is not None), end + (end in ends)
            roles[first:stop] = [span.role] * (stop - first)
    return EncodedChat(ids, roles, generated, kept)


class Made:
    """The special tokens that merges make of text, in a vocabulary where one is an ordinary token too."""

    def __init__(self, definition: Definition, ids: Sequence[int], found: Collection[int]) -> None:
        self.ids, self.found = ids, found
        # The unknown id is that of any text without a token.
        unknown = definition.symbols and definition.symbols.unknown
        self.names = {at: name for name, at in definition.special_tokens.items() if at != unknown}

    def check(self, span: Span, start: int, end: int) -> None:
        """Raises TemplateError if an id of text that is not trusted is a special token's; ``found``: those of the template."""
        if self.names.keys().isdisjoint(self.ids[start:end]):
            return
        for at in range(start, end):
            if at not in self.found and (name := self.names.get(self.ids[at])) is not None:
                where = f"the {span.field}" if span.message is None else f"the {span.field} of message {span.message}"
                raise TemplateError(
                    f"{where} becomes the special token {name!r}, which is an ordinary token of this vocabulary, too; "
                    "to vouch for the text, give it the type Trusted"
                )


def kept_ids(
    definition: Definition, segments: Sequence[SharedSegment], after: Sequence[int]
) -> tuple[list[list[int]], bytes]:
    """Of ids in order, those that hold the first segments, a list for each, and what the last list leaves of its segment.

    A segment of which they hold other text is not in the lists, and neither is what follows.
    """
    bytes_of = definition.vocab.token_bytes
    kept: list[list[int]] = []
    at, rest = 0, b""
    for segment in segments:
        if at == len(after):
            break
        start, place = at, 0
        if segment.token_id is not None:
            if after[at] != segment.token_id:
                break
            at, place = at + 1, len(segment.data)
        while place < len(segment.data) and at < len(after):
            token = bytes_of(after[at])
            if not token or not segment.data.startswith(token, place):
                break
            at, place = at + 1, place + len(token)
        if place < len(segment.data) and at < len(after):
            # Other text, unless it is of a vocabulary whose tokens do not spell it.
            own = definition.codec().encode_prepared([segment.data])[0].tolist()
            if after[start : start + len(own)] != own:
                return kept, b""
            at, place = start + len(own), len(segment.data)
        kept.append(list(after[start:at]))
        rest = segment.data[place:]
    return kept, rest
