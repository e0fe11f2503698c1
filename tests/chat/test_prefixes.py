"""What a run for all messages shows of the beginnings of a conversation is what a run for each of them writes."""

from random import Random

import pytest
from breaking_templates import BREAKING
from chat_families import FAMILIES, TOKENS
from conversations import beginning, message, options, user
from minitok.chat import ChatTemplates
from minitok.chat.prefixes import Prefixes
from minitok.chat.provenance import concatenated, runs_of
from minitok.chat.render import Writer, traced_messages
from minitok.errors import TemplateError

LOOP = "{% for m in messages %}"
# By name, how many of the beginnings of four messages are known, and what a template does.
LOOKS = {
    "the last": (4, LOOP + "{{ m.content }}{{ ';' if loop.last else ',' }}{% endfor %}"),
    "the next": (4, LOOP + "{{ m.content }}{{ (loop.nextitem | default(m)).role }}{{ (messages[loop.index] | default(m)).content }}{% endfor %}"),
    "the one before": (4, LOOP + "{{ (loop.previtem | default(m)).content }}{{ m.content }}{{ loop.index }}{{ loop.first }}{% endfor %}"),
    "without the first": (3, "{{ messages[0].content }}{% for m in messages[1:] %}{{ loop.index }}{{ m.content }}{% endfor %}"),
    "a count": (4, "{% set n = namespace(x=0) %}" + LOOP + "{% set n.x = n.x + 1 %}{{ n.x }}{% endfor %}{{ n.x }}{{ messages | length }}"),
    "a first loop": (4, LOOP + "{% if m.role == 'system' %}{% set x = 1 %}{% endif %}{% endfor %}" + LOOP + "{{ m.content }}{% endfor %}"),
    "two loops": (4, LOOP + "{{ m.content }}{% endfor %}" + LOOP + "{{ m.role }}{% endfor %}"),
    "the one after": (0, LOOP + "{{ messages[loop.index0 + 2].content }}{{ m.content }}{% endfor %}"),
    "from the end": (0, LOOP + "{{ messages[-1].content }}{% endfor %}"),
    "the end turned": (0, LOOP + "{{ (messages | last).content }}{% endfor %}"),
    "how many": (0, LOOP + "{{ m.content }}{{ messages | length }}{% endfor %}"),
    "how many are left": (0, LOOP + "{{ m.content }}{{ loop.revindex }}{% endfor %}"),
    "all again": (0, LOOP + "{{ messages | map(attribute='content') | join }}{% endfor %}"),
    "a change": (0, LOOP + "{{ loop.changed(m.role) }}{% endfor %}"),
    "a state": (1, "{% set n = messages | length %}" + LOOP + "{{ m.content }}{{ n }}{% endfor %}"),
    "a state that a namespace holds": (1, "{% set n = namespace(x=messages | length) %}" + LOOP + "{{ m.content }}{{ n.x }}{% endfor %}"),
    "messages that a namespace holds": (0, "{% set n = namespace(x=messages) %}" + LOOP + "{{ m.content }}{{ n.x | length }}{% endfor %}"),
    "a cycle": (0, "{% set c = cycler('a', 'b') %}" + LOOP + "{{ c.next() }}{% endfor %}"),
    "equality": (0, LOOP + "{{ m.content }}{{ messages == [] }}{% endfor %}"),
    "as text": (0, "{{ messages | string }}" + LOOP + "{{ m.content }}{% endfor %}"),
    "a method": (0, "{{ messages.count(1) }}" + LOOP + "{{ m.content }}{% endfor %}"),
    "a capture": (0, "{% set x %}" + LOOP + "{{ m.content }}{% endfor %}{% endset %}{{ x }}"),
    "a filter": (0, "{% for m in messages if m.content %}{{ m.content }}{% endfor %}"),
    "a break": (2, LOOP + "{{ m.content }}{% if loop.index == 2 %}{% break %}{% endif %}{% endfor %}"),
}  # fmt: skip


def known(source, messages, **given):
    """How many beginnings are known, each of which is what a run for it writes."""
    writer = Writer.of(ChatTemplates({"default": source}, TOKENS), **given)
    chat, found = traced_messages(messages), []
    for prompted in (False, True):
        prefixes = Prefixes(writer, chat, prompted=prompted)
        afters = [(count, prefixes.after(count)) for count in range(1, len(chat) + 1)]
        for count, after in afters:
            if after is not None:
                text = concatenated([*prefixes.all.pieces[: prefixes.head(count - 1)], *after])
                expected = writer.write(chat[:count], prompted)
                assert (str(text), runs_of(text)) == (str(expected), runs_of(expected))
        found.append(sum(after is not None for _, after in afters))
    return found


@pytest.mark.parametrize("case", LOOKS)
def test_what_a_template_looks_at(case):
    expected, source = LOOKS[case]
    prompt = "{% if add_generation_prompt %}{{ '<s>' }}{% endif %}"
    messages = [user("a"), {"role": "assistant", "content": "b"}, user("c"), {"role": "assistant", "content": "d"}]
    assert known(source + prompt, messages) == [expected] * 2


@pytest.mark.parametrize("name", [*FAMILIES, *BREAKING])
def test_beginnings_of_random_conversations(name):
    source, seen = {**FAMILIES, **BREAKING}[name], 0
    for seed in range(12):
        random = Random(f"{name} {seed}")
        given, messages = options(random), beginning(random)
        for _ in range(random.randrange(1, 6)):
            messages.append(message(random, messages[-1]["role"]))
        try:
            seen += sum(known(source, messages, **given))
        except TemplateError as error:
            pytest.fail(f"a beginning is known that the template does not write: {error}")
    assert seen or name not in FAMILIES
