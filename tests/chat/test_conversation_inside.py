"""How a conversation grows: only its last turns run again, buffers are shared, and what of Jinja that leans on."""

import sys
from collections import Counter
from random import Random

import jinja2
import numpy as np
import pytest
from chat_families import SPECIAL, TOKENS
from conversations import assistant, beginning, message, user
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from minitok.chat import ChatTemplates, turns
from minitok.chat.ranges import Ids
from minitok.chat.written import common_prefix, overlap
from minitok.errors import MinitokError

LATER = "later: a later answer, in calls only"
SEARCHING = ["compared: found by a search", "compared: a number that is compared"]


# What asks for a true list, or has no loop over the messages at its top, or one that is left out on purpose.
WHOLE = {
    *(
        "loop.changed",
        "loop as text",
        "a list as text",
        "a list as JSON",
        "methods of a list",
        "a list that is added to",
    ),
    *(
        "all but the last",
        "the last three",
        "backwards",
        "every second",
        "selected",
        "a filtered loop",
        "a loop with else",
    ),
    *("the loop of another", "batches", "a sorted list", "a recursive loop", "a block", "a turn that takes the next"),
    *("a turn that takes all", "a loop within with", "a loop within a filter"),
    *("kept: a macro of a turn", "kept: a macro of a turn, by a name"),
}


def test_only_these_templates_are_run_whole(breaking):
    """A template whose run failed is run again on plain lists, so that a fault of ours would only cost time."""
    found = set()
    for name, tok in breaking.items():
        talk = tok.conversation([user("user a")])
        try:
            talk.prompt()
            for turn in (assistant("assistant b"), {"role": "tool", "content": "tool c"}, user("user d")):
                talk.add(turn)
            talk.prompt()
        except MinitokError:
            continue  # the template refuses it
        if not talk._state.text.written.loops:
            found.add(name)
    assert found == WHOLE


@pytest.mark.parametrize("behind", [{"role": "tool", "content": "c", "name": "d"}, user("c")], ids=["tool", "user"])
@pytest.mark.parametrize("name", ["chatml", "thinking", "headers", "turns", "named", "macros", *SEARCHING, LATER])
def test_a_turn_costs_as_much_however_many_there_were(families, breaking, name, behind):
    """In calls of functions; a search from the back is as short, too. Looking for a later message costs some for each turn."""
    tok = families[name] if name in families else breaking[name]
    answer = assistant("b") | ({"tool_calls": [{}]} if name == LATER else {})
    costs = []
    for count in (10, 40):
        talk = tok.conversation([user("a")])
        for _ in range(count):
            talk.add(answer)
            talk.add(behind)
            talk.prompt()
        talk.add(answer)
        talk.add(behind)
        calls = Counter()
        sys.setprofile(lambda _frame, event, _of, calls=calls: calls.update([event]))
        talk.prompt()
        sys.setprofile(None)
        costs.append(calls["call"] + calls["c_call"])
    assert costs[1] < costs[0] + 40 * (1 + 9 * (name == LATER)), costs


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


def test_what_of_jinja_is_leant_on():
    """Its internals; a release that changes one of them fails here."""
    program = turns.program_of(
        "{% set ns = namespace(a=1) %}{% macro f() %}{% endmacro %}{% for m in messages %}{{ loop.index }}{% endfor %}"
    )
    plain = turns.compiled("{% for m in messages %}{{ loop.index }}{% endfor %}")
    assert program.marked.root_render_func.__globals__["LoopContext"] is turns.TurnLoop
    assert plain.root_render_func.__globals__["LoopContext"] is jinja2.runtime.LoopContext
    context = program.marked.new_context({"messages": [], turns.WATCH: None})
    assert list(program.marked.root_render_func(context)) == []
    assert context.parent[turns.WATCH] is None
    assert set(context.vars) == {"ns", "f"}
    assert turns.attrs_of(context.vars["ns"]) == {"a": 1}
    assert context.vars["f"]._func.__code__ in program.marked.root_render_func.__code__.co_consts
    loop = jinja2.runtime.LoopContext(iter("abc"), jinja2.Undefined)
    next(loop)
    assert (loop.index0, loop._current, loop._peek_next()) == (0, "a", "b")
    (output,) = turns.WatchingEnvironment().parse("{{ x }}{{ add_generation_prompt }}").body
    assert output.nodes[0] == nodes.Name("x", "load")
    assert isinstance(output.nodes[-1], nodes.Filter)


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
