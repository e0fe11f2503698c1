"""Conversations of tokenizers whose tokens do not spell the text: each id has its role."""

import pytest
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.reference.published.characters import Symbols

TEMPLATE = "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}"
# The unknown token has two bytes.
TOKENS = {b"a": 300, b"b": 301, "é".encode(): 302}
SPACES = ("spaces", b"")


def tokenizer(tokens, backend, **options):
    definition = Definition.from_tokens(tokens, [], chat=TEMPLATE, pattern="none", backend=backend, **options)
    return Tokenizer(definition)


def said(user, assistant):
    return [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]


def without(*dropped):
    return {bytes([byte]): byte for byte in range(256) if byte not in dropped}


@pytest.mark.parametrize(
    ("tokens", "options", "texts", "roles"),
    [
        (TOKENS, {"symbols": Symbols("characters", 302, False)}, ("ax", "bb"), "uuaa"),
        (TOKENS, {"symbols": Symbols("characters", 302, False, joining=SPACES)}, ("ax", "bb"), "uuaa"),
        (TOKENS, {"symbols": Symbols("characters", None, False, joining=SPACES)}, ("axa", "xbb"), "uuaa"),
        # The unknown token of both is the first one's.
        (TOKENS, {"symbols": Symbols("characters", 302, True, joining=SPACES)}, ("ax", "xb"), "uua"),
        (TOKENS, {"symbols": Symbols("characters", 302, True, joining=SPACES)}, ("x", "xx"), "u"),
        (without(99), {"drops_bytes": True}, ("cab", "bca"), "uuaa"),
        # The space at the start of what the assistant says is its own.
        (without(99), {"drops_bytes": True, "prefix": "always"}, ("cab", " ca"), "uuuaa"),
    ],
)
def test_each_id_has_a_role(tokens, options, texts, roles, backend):
    tok = tokenizer(tokens, backend, **options)
    chat = tok.encode_chat(said(*texts))
    assert "".join(role[0] for role in chat.roles) == roles
    assert chat.generated == [True] * len(chat.ids) == [True] * len(roles)
    talk = tok.conversation(said(*texts)[:1])
    talk.prompt()
    talk.add(said(*texts)[1])
    assert talk.close().tolist() == chat.ids
    assert (talk.roles, talk.generated.tolist()) == (chat.roles, chat.generated)
