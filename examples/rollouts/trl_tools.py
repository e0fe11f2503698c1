"""Tools in TRL's trainers, with any chat template: token in, token out.

    class Trainer(AnyTemplate, GRPOTrainer):
        minitok = minitok.load("path/to/model")

TRL puts a tool's answer behind the sampled ids, and cuts it out of a conversation that it writes twice. That works with
templates that only append; for others it has its own. Here ``Tokenizer.conversation`` knows what stands behind a call.
"""

from typing import Any

import minitok


class AnyTemplate:
    """What to inherit from before the trainer."""

    minitok: minitok.Tokenizer

    def _get_tool_suffix_ids(self, tool_messages: list[dict[str, Any]]) -> list[int]:
        """What stands between a call, which ended with the token that ends a turn, and the next answer."""
        trainer: Any = self
        end = [trainer._tokenizer.eos_token_id]  # noqa: SLF001 - as the trainer's own method has it
        talk = self.minitok.conversation(
            [{"role": "user", "content": "?"}], template=trainer.chat_template, **trainer.chat_template_kwargs
        )
        prompt = talk.prompt()
        # Some templates take the name of a tool from the call.
        call = {"type": "function", "function": {"name": tool_messages[0]["name"], "arguments": {}}}
        talk.add({"role": "assistant", "content": "", "tool_calls": [call]}, ids=end)
        for message in tool_messages:
            talk.add(message)
        return talk.prompt()[len(prompt) + len(end) :].tolist()
