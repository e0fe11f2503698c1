"""A builder of verl's agent loop for any chat template: token in, token out.

    builder = Builder(minitok.load("path/to/model"))

verl has a builder for each family of models. Here ``Tokenizer.conversation`` knows what a template writes behind an answer.
"""

from typing import Any

import minitok
from verl.utils.tokenizer.continuous_token import ContinuousTokenBuilder, MergeResult


class Builder(ContinuousTokenBuilder):
    """Keeps a conversation for each rollout, found by the ids that it has come to."""

    def __init__(self, tokenizer: minitok.Tokenizer, **options: Any) -> None:
        super().__init__(tokenizer, **options)
        self.talks: dict[bytes, tuple[Any, list[int]]] = {}

    def build_initial_tokens(self, messages: list[dict[str, Any]], *, tools: Any = None, **_: Any) -> list[int]:
        """The first prompt."""
        talk = self.tokenizer.conversation(messages, tools=tools, **self.chat_template_kwargs)
        return self.keep(talk, talk.prompt().tolist(), [])

    def merge_assistant_tokens(self, runtime_token_ids: list[int], assistant_token_ids: list[int]) -> MergeResult:
        """What the model sampled, behind its prompt."""
        talk, sampled = self.talks[key(runtime_token_ids)]
        ids = [*runtime_token_ids, *assistant_token_ids]
        return MergeResult(
            self.keep(talk, ids, [*sampled, *assistant_token_ids]), len(assistant_token_ids), "assistant"
        )

    def merge_context_tokens(
        self,
        previous_messages: list[dict[str, Any]],
        updated_messages: list[dict[str, Any]],
        runtime_token_ids: list[int],
        *,
        tools: Any = None,  # noqa: ARG002 - those of the first prompt
    ) -> MergeResult:
        """The next prompt: what the template writes behind the answer, and the new messages."""
        self._assert_append_only(previous_messages, updated_messages)
        talk, sampled = self.talks[key(runtime_token_ids)]
        talk = talk.fork()
        talk.add(previous_messages[-1], ids=sampled)
        for message in updated_messages[len(previous_messages) :]:
            talk.add(message)
        ids = self.keep(talk, talk.prompt().tolist(), [])
        return MergeResult(ids, len(ids) - len(runtime_token_ids), "context")

    def keep(self, talk: Any, ids: list[int], sampled: list[int]) -> list[int]:
        self.talks[key(ids)] = talk, sampled
        return ids


def key(ids: list[int]) -> bytes:
    return b"".join(token_id.to_bytes(4, "little") for token_id in ids)
