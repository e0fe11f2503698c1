"""How a conversation grows: where turns begin, and buffers that are shared."""

from random import Random

from chat_families import SPECIAL, TOKENS
from conversations import beginning, message, user
from hypothesis import given
from hypothesis import strategies as st
from minitok.chat import ChatTemplates
from minitok.chat.written import common_prefix, overlap
from minitok.errors import MinitokError


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_the_end_of_one_is_the_beginning_of_another(wanted, own):
    wanted, own = bytes(b % 2 for b in wanted), bytes(b % 2 for b in own)
    expected = next(size for size in range(len(wanted), -1, -1) if own.endswith(wanted[:size]))
    assert overlap(list(wanted), list(own)) == expected
    assert common_prefix(wanted, own) == next(
        n for n in range(7, -1, -1) if wanted[:n] == own[:n] and n <= min(len(wanted), len(own))
    )


def test_the_turns_of_messages(tok):
    """Of a loop that writes, also after one that counts; a loop that is left early ends where it is left."""
    count = "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}"
    turns = "{% for m in messages[1:] %}{{ m.content }}{% if loop.last %}{% break %}{% endif %};{% endfor %}"
    talk = tok.replace(chat=f"{count}{{% if true %}}{turns}{{% endif %}}.").conversation(
        [user("a"), user("b"), user("c")]
    )
    assert tok.decode(talk.close()) == "3b;c."
    written = talk._state.text.written
    assert {n: "".join(written.pieces[start:stop]) for n, (start, stop) in written.turns.items()} == {1: "b;", 2: "c"}


def test_of_two_loops_alike_the_last_has_the_turns(tok):
    loop = "{% for m in messages %}{{ m.content }};{% endfor %}"
    talk = tok.replace(chat=f"{loop}-{loop}.").conversation([user("a"), user("b")])
    assert tok.decode(talk.close()) == "a;b;-a;b;."
    pieces, turns, _ = talk._state.text.written
    assert {n: "".join(pieces[:start])[-2:] for n, (start, _) in turns.items()} == {0: ";-", 1: "a;"}
    assert "".join(pieces[turns[1][1] :]) == "."


def test_marks_change_nothing_of_a_whole_conversation(breaking):
    """The marked templates write what the plain ones do."""
    random = Random(1)
    for tok in breaking.values():
        messages = beginning(random)
        for _ in range(4):
            messages.append(message(random, messages[-1]["role"]))
        try:
            expected = tok.encode_chat(messages)
        except MinitokError:
            continue
        assert tok.conversation(messages).close().tolist() == expected.ids


def test_templates_of_the_families_know_these_tokens(families):
    assert set(TOKENS.values()) <= set(families["chatml"].special_tokens) >= set(SPECIAL)
    assert isinstance(families["chatml"].definition.chat, ChatTemplates)
