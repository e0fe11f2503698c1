"""Conversations that fail: SPEC K5. A step that failed changes nothing, and can be made again."""

import copy
import pickle

import minitok
import numpy as np
import pytest
from conversations import assistant, user
from minitok.errors import TemplateError, UnknownTokenError


def test_wrong_calls(tok):
    talk = tok.conversation([user("a")])
    assert (talk.ids.tolist(), talk.roles, talk.kept, talk.rewritten) == ([], [], 0, None)
    for wrong, error, match in [
        (lambda: tok.conversation(rewrite="no"), ValueError, "'keep', 'raise' or 'follow', not 'no'"),
        (lambda: tok.conversation(add_generation_prompt=True), TypeError, "prompt\\(\\) begins an answer"),
        (lambda: tok.conversation(continue_final_message=True), TypeError, "no continue_final_message"),
        (lambda: tok.conversation(["a"]), TypeError, "message 0 must be a dict, not str"),
        (lambda: tok.conversation(tools="a"), TypeError, "tools must be a list"),
        (lambda: tok.conversation().prompt(), ValueError, "the conversation is empty"),
        (lambda: talk.add("b"), TypeError, "message 1 must be a dict, not str"),
        (lambda: talk.add(assistant("b"), ids=[98]), ValueError, "call prompt\\(\\) first"),
        (lambda: talk.add(assistant("b"), ids={98}), TypeError, "token ids must be in an order, not a set"),
        (lambda: talk.add(assistant("b"), ids=98), TypeError, "token ids must be an iterable or an array"),
        (lambda: pickle.dumps(talk), TypeError, "a conversation is not pickled: keep its messages"),
        (lambda: tok.replace(chat="{% if %}").conversation(), TemplateError, "line 1"),
        (lambda: minitok.Tokenizer([]).conversation(), TemplateError, "has no chat template"),
        (lambda: tok.replace(chat="\n{{ 1 / 0 }}").conversation([user("a")]).close(), TemplateError, "line 2: Zero"),
    ]:
        with pytest.raises(error, match=match):
            wrong()
    assert talk.prompt().tolist() == [300, 97, 302, 301]
    with pytest.raises(UnknownTokenError, match="400"):
        talk.add(assistant("b"), ids=[400])
    with pytest.raises(TypeError):
        talk.add(assistant("b"), ids=["a"])
    for kind in (bytes, iter, tuple, np.array):
        other = copy.deepcopy(talk)
        other.add(assistant("abcd"), ids=kind([97, 98, 99, 100]))
        assert (other.ids.tolist(), talk.ids.tolist()) == ([300, 97, 302, 301, 97, 98, 99, 100], [300, 97, 302, 301])
    talk.add(assistant("ok"), ids=np.array([256, 302], np.uint32))
    with pytest.raises(ValueError, match="call prompt"):
        talk.add(assistant("b"), ids=[98])
    assert talk.close().tolist() == [300, 97, 302, 301, 256, 302]
    assert repr(talk) == "Conversation(messages=2, ids=6)"
    with pytest.raises(ValueError, match="read-only"):
        talk.ids[0] = 1


def test_a_turn_that_made_a_step_fail_is_added_again(tok):
    """Its ids take the place of those that the template does not write there, and of what was added behind them."""
    talk = tok.conversation([user("a")])
    prompt = talk.prompt().tolist()
    talk.add(assistant("ok"), ids=[256, 301])
    talk.add(user("b"))
    other = talk.fork()
    for _ in range(2):
        with pytest.raises(TemplateError, match="add it again without its last id, and then the messages after it"):
            talk.prompt()
        assert (talk.ids.tolist(), repr(talk)) == ([*prompt, 256, 301], "Conversation(messages=3, ids=6)")
    with pytest.raises(UnknownTokenError):
        talk.add(assistant("ok"), ids=[400])
    talk.add(assistant("ok"), ids=[256])
    assert (talk.ids.tolist(), repr(talk)) == ([*prompt, 256], "Conversation(messages=2, ids=5)")
    with pytest.raises(ValueError, match="call prompt"):
        talk.add(assistant("b"), ids=[98])
    talk.add(user("c"))
    assert talk.prompt().tolist() == [*prompt, 256, 302, 300, 99, 302, 301]
    with pytest.raises(ValueError, match="call prompt"):  # no step of the copy has failed
        other.add(assistant("ok"), ids=[256])


def test_a_turn_that_failed_behind_its_end_is_added_again(tok):
    """The last answer is written otherwise than earlier ones, as gpt-oss does."""
    source = "{% for m in messages %}{{ m.content }}{{ '<u>' if loop.last and not add_generation_prompt else '<e>' }}{% endfor %}"
    talk = tok.replace(chat=source).conversation([user("a")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[256, 300])
    assert talk.close().tolist() == [97, 302, 256, 300]
    talk.add(user("b"))
    with pytest.raises(TemplateError, match="ends with the token '<u>', and the template writes '<e>'"):
        talk.prompt()
    talk.add(assistant("ok"), ids=[256])
    talk.add(user("b"))
    assert talk.prompt().tolist() == [97, 302, 256, 302, 98, 302]
