"""Tokenizers with the templates of families, and with templates that try to break conversations."""

import minitok
import pytest
from breaking_templates import BREAKING
from chat_families import CORPUS, FAMILIES, SPECIAL, TEXT, TOKENS
from conversations import SAY
from minitok.chat import ChatTemplates


@pytest.fixture(scope="module")
def added():
    """By name, a tokenizer with the chat template of each family, whose markers are added tokens."""
    plain = minitok.train([CORPUS] * 4, vocab_size=480, pattern="cl100k").definition
    tokens = {name: 1000 + index for index, name in enumerate([*SPECIAL, *TEXT])}
    chats = {name: ChatTemplates({"default": source}, TOKENS) for name, source in FAMILIES.items()}
    return {name: minitok.Tokenizer(plain.replace(added_tokens=tokens, chat=chat)) for name, chat in chats.items()}


@pytest.fixture(scope="module")
def breaking():
    special_tokens = {"<|im_start|>": 300, "<|im_end|>": 301, "<|user|>": 302}
    plain = minitok.Tokenizer([(104, 105), (32, 97)], special_tokens=special_tokens)
    return {name: plain.replace(chat=source) for name, source in BREAKING.items()}


@pytest.fixture(scope="module")
def tok():
    made = minitok.Tokenizer([(111, 107)], special_tokens={"<u>": 300, "<a>": 301, "<e>": 302})
    return made.replace(chat=SAY)
