"""A renderer for any chat template, for prime-rl and verifiers: token in, token out.

    renderer = Renderer(transformers_tokenizer, minitok.load("path/to/model"))

The package ``renderers`` has a renderer for each family of models. Its default one cannot go on from sampled ids, since it does
not know what a template writes behind an answer. Here ``Tokenizer.conversation`` knows.
"""

from typing import Any

import minitok
from renderers.base import RenderedTokens
from renderers.default import DefaultRenderer


class Renderer(DefaultRenderer):
    """Keeps a conversation for each prompt, found by its ids."""

    def __init__(self, tokenizer: Any, own: minitok.Tokenizer, config: Any = None) -> None:
        super().__init__(tokenizer, config)
        self.own = own
        self.talks: dict[bytes, Any] = {}

    def render_ids(self, messages: Any, *, tools: Any = None, add_generation_prompt: bool = False) -> list[int]:
        """The ids of all messages."""
        talk = self.own.conversation(messages, tools=tools, **(self.config.model_extra or {}))
        return self.keep(talk) if add_generation_prompt else talk.close().tolist()

    def bridge_to_next_turn(
        self,
        previous_prompt_ids: list[int],
        previous_completion_ids: list[int],
        new_messages: Any,
        *,
        tools: Any = None,
    ) -> RenderedTokens | None:
        """The next prompt, which begins with these ids; None behind a prompt that is not known."""
        talk = self.talks.get(key(previous_prompt_ids))
        if talk is None or any(message["role"] == "assistant" for message in new_messages):
            return None
        talk = talk.fork()
        parsed = self.parse_response(previous_completion_ids, tools=tools, prompt_ids=previous_prompt_ids)
        calls = [
            {"type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in parsed.tool_calls
        ]
        fields = {"content": parsed.content, "reasoning_content": parsed.reasoning_content, "tool_calls": calls or None}
        talk.add({"role": "assistant", **fields}, ids=previous_completion_ids)
        for message in new_messages:
            talk.add(message)
        ids = self.keep(talk)
        roles = [message["role"] for message in new_messages]
        return RenderedTokens(token_ids=ids, message_indices=[-1] * len(ids), message_roles=roles)

    def keep(self, talk: Any) -> list[int]:
        ids = talk.prompt()
        self.talks[ids.tobytes()] = talk
        return ids.tolist()


def key(ids: list[int]) -> bytes:
    return b"".join(token_id.to_bytes(4, "little") for token_id in ids)
