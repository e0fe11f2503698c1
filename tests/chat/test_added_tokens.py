"""Added tokens in conversations: users may write those of the model's text, and none that could mark something (SPEC E8)."""

from collections import Counter
from itertools import groupby

import minitok
import pytest
from chat_families import FAMILIES, SPECIAL
from minitok.chat import render
from minitok.definition.chat_templates import ChatTemplates
from test_attacks import CASES, attack, conversation, written_in_every_way

NAMES = [name for name in SPECIAL if name.isascii()]


def written_by_templates(tok):
    """The names that stand in text of the template alone, whatever the conversation."""
    found = set()
    for slot, honest in [("user", "Hi"), ("role", "user"), ("role", "tool"), ("tool name", "x"), ("document", "x")]:
        messages, options = conversation(slot, honest)
        turns = [
            {"role": message["role"], "content": "x"}
            for message in messages
            if message["role"] in ("user", "assistant")
        ]
        for chat, prompt in [(messages, False), (messages, True), (turns[:2], False)]:
            try:
                spans = render(tok.definition.chat, chat, add_generation_prompt=prompt, **options)
            except minitok.errors.TemplateError:
                continue
            runs = groupby(spans, key=lambda span: span.trusted)
            texts = ["".join(span.text for span in run) for trusted, run in runs if trusted]
            found |= {name for name in SPECIAL if any(name in text for text in texts)}
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_template_writes_is_not_found_in_what_users_write(added, family):
    tok = added[family]
    written, everywhere = written_by_templates(tok), set(tok.definition.everywhere)
    assert written
    assert not written & everywhere
    assert {"  ", "\n\n", "\t", "<h1>", "</td>"} <= everywhere
    # Names that a template may put together of its own parts and a role.
    assert not {name for name in SPECIAL if "|" in name or "\uff5c" in name} & everywhere


@pytest.mark.parametrize(("family", "slot"), [case for case in CASES if case[1] != "role"])
def test_markers_in_every_slot(added, family, slot):
    tok = added[family]
    everywhere = set(tok.definition.everywhere)
    markers = [name for name in NAMES if name not in everywhere]
    every_way = [text for name in markers for text in written_in_every_way(name) if max(text) < "\u1000"]
    for text in ("".join(markers), "x".join(markers), " ".join(every_way)):
        if found := attack(tok, slot, text):
            assert found[0] == found[1]
            # As many markers as where the user has written something else.
            honest = attack(tok, slot, "x")
            ids = {tok.definition.added_tokens[name] for name in markers}
            assert Counter(i for i in found[0] if i in ids) == Counter(i for i in honest[0] if i in ids)


def test_what_only_the_configuration_names(added):
    tok = added["chatml"]
    chat = tok.definition.chat
    named = tok.replace(chat=ChatTemplates(chat.templates, {**chat.tokens, "x_token": "<h1>"}, ["</td>"]))
    assert {"<h1>", "</td>"} & set(named.definition.everywhere) == set()
    assert {"<h1>", "</td>"} <= set(tok.definition.everywhere)


def test_without_a_template_what_looks_like_a_marker_is_none():
    tok = minitok.Tokenizer([], added_tokens={"<think>": 256, "[GO]": 257, "  ": 258, "the": 259, "<|x|>": 260})
    assert sorted(tok.definition.everywhere) == ["  ", "the"]
    assert tok.encode_segments([("<think>", True), ("<think>  the", False)])[:1] == [256]
    assert set(tok.encode_segments([("<think>[GO]<|x|>  the", False)])) & {256, 257, 258, 259, 260} == {258, 259}
