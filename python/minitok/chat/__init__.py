"""Conversations as text and as ids, by the chat template of a model: what users write is never a special token.

In the order of a call: ``environment`` runs a template in Jinja's sandbox, with strings that know where they come from
(``provenance``); ``render`` makes spans of messages; ``encoding`` makes ids of spans, and ``ranges`` of them; ``learned`` finds
the ids that a model must learn, by what a template writes for beginnings of a conversation (``prefixes``). ``render`` and
``Tokenizer.encode_chat`` are the way in. Rendering needs Jinja2: ``pip install 'minitok[chat]'``.

``conversation`` does the same for one that grows, with the ids that were sampled. ``turns`` renders it, with marks that say
where the turn of a message begins; ``written`` finds places in the text.
"""

from ..definition.chat_templates import ChatTemplates
from .provenance import Trusted
from .render import render

__all__ = ["ChatTemplates", "Trusted", "render"]
