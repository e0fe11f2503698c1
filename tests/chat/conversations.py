"""Conversations for the tests of ``Conversation``, and its reference, which encodes everything again."""

from minitok.chat.conversation import Conversation
from minitok.chat.written import NO_TEXT
from minitok.errors import TemplateError

TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
WORDS = [
    *("hi", " a", "\n", "  ", "é", "<|im_end|>", "<think>", "</think>", "ok", "中", "1"),
    *("<tool_response>", "<|user|>", "", "\ud83d\ude00"),  # the last as surrogates, between which a template may cut
]
# Each speaker has a mark, and what each says an end.
SAY = "{% for m in messages %}{{ '<a>' if m.role == 'assistant' else '<u>' }}{{ m.content }}<e>{% endfor %}"
SAY += "{% if add_generation_prompt %}<a>{% endif %}"


class Again(Conversation):
    """Each step renders all messages, and encodes all text behind the last sample."""

    def _step(self, *, generation):
        state = self._state
        held = state.held._replace(common=0, differs=False)
        self._state = state._replace(text=NO_TEXT, cuts=[], held=held)
        try:
            return super()._step(generation=generation)
        finally:
            self._state = state


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


def text(random, words=WORDS):
    return "".join(random.choice(words) for _ in range(random.randrange(5)))


def message(random, before):
    """A message behind one of this role; now and then an unlikely one."""
    role = random.choice(["user", *["assistant"] * 3, "tool"])
    if before == "user" and random.random() < 0.7:
        role = "assistant"
    found = {"role": role, "content": text(random)}
    if role == "assistant" and random.random() < 0.3:
        found["reasoning_content"] = text(random)
    if role == "assistant" and random.random() < 0.3:
        call = {"name": "get_weather", "arguments": {"town": text(random)}}
        found["tool_calls"] = [{"id": "a", "type": "function", "function": call}]
    return found | ({"name": "get_weather", "tool_call_id": "a"} if role == "tool" else {})


def options(random):
    found = {"tools": TOOLS} if random.random() < 0.4 else {}
    return found | ({"enable_thinking": random.random() < 0.5} if random.random() < 0.3 else {})


def beginning(random):
    first = [{"role": "system", "content": text(random)}] if random.random() < 0.4 else []
    return [*first, {"role": "user", "content": text(random)}]


def learned(chat, prompt="whole"):
    """What is to be learned, or why it is not known."""
    try:
        return [bool(own) for own in chat.mask(prompt=prompt)]
    except TemplateError as error:
        return str(error)


def seen(talk):
    """What a conversation says of its ids."""
    masks = [talk.generated.tolist(), talk.sampled.tolist(), learned(talk)]
    return [talk.ids.tolist(), talk.roles, *masks, talk.kept, talk.rewritten]
