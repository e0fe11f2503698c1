"""A tokenizer that merges across the borders of messages, with the special tokens of all families of templates."""

import sys
from pathlib import Path

import minitok
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from templates import FAMILIES, SPECIAL, TOKENS

CORPUS = """You help. user assistant system tool developer\n\nHello there, how are you?\n\n I am fine.\n\n
Today Date: 26 Jul 2024\n\nYou help. The weather in Paris is warm.\n {"name": "get_weather", "arguments": {"town": "Paris"}}
user\nHi assistant\n\nHi system\nYou the end|> <|the assistant|> <|user model\n // type = (town: string)\n```json\n```"""


@pytest.fixture(scope="session")
def plain():
    return minitok.train([CORPUS] * 4, vocab_size=480 + len(SPECIAL), pattern="cl100k", special_tokens=SPECIAL)


@pytest.fixture(scope="session")
def families(plain):
    """By name, the tokenizer with the template of each family."""
    return {name: plain.with_chat_template(source, **TOKENS) for name, source in FAMILIES.items()}
