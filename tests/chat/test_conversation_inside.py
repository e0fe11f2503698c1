"""How a conversation grows: where turns begin, and buffers that are shared."""

from random import Random

import numpy as np
from chat_families import SPECIAL, TOKENS
from conversations import beginning, message, user
from hypothesis import given
from hypothesis import strategies as st
from minitok.chat import ChatTemplates
from minitok.chat.ranges import Ids
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


def test_ids_that_share_a_buffer():
    """One goes on in place; whoever comes later, or while another writes, has a copy."""
    start = Ids(np.empty(0, np.uint32), [0], 0).going_on(0, np.arange(3, dtype=np.uint32))
    more = start.going_on(3, np.array([7], np.uint32))
    others = [start.going_on(3, np.array([8], np.uint32)), start.going_on(2, np.array([9], np.uint32))]
    assert (more.buffer is start.buffer, [other.buffer is start.buffer for other in others]) == (True, [False, False])
    assert [each.view.tolist() for each in (start, more, *others)] == [[0, 1, 2], [0, 1, 2, 7], [0, 1, 2, 8], [0, 1, 9]]
    begun = more.free.pop()
    assert more.going_on(4, np.array([5], np.uint32)).view.tolist() == [0, 1, 2, 7, 5]
    assert (begun, more.free) == (4, [])


def test_a_buffer_is_used_to_its_end():
    empty = Ids(np.empty(4, np.uint32), [0], 0)
    full = empty.going_on(0, np.arange(4, dtype=np.uint32))
    more = full.going_on(4, np.array([7], np.uint32))
    assert (full.buffer is empty.buffer, more.buffer is full.buffer) == (True, False)
    assert more.view.tolist() == [0, 1, 2, 3, 7]


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
