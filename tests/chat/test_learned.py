"""What a model must learn of a conversation (SPEC K8): all that it would have to sample, and nothing else."""

import copy
import pickle
import re
from itertools import accumulate
from random import Random

import pytest
from conversations import SAY, assistant, beginning, learned, message, options, user
from minitok import Tokenizer
from minitok.chat import ChatTemplates, Trusted, render
from minitok.chat import learned as learned_turns
from minitok.errors import TemplateError

SAYING = {"content", "reasoning_content", "thinking", "tool_calls", "name", "tool_call_id"}
# What ends a turn.
STOPS = {
    "chatml": r"<\|im_end\|>",
    "thinking": r"<\|im_end\|>",
    "headers": r"<\|eot_id\|>",
    "instructions": "</s>",
    "turns": "<end_of_turn>",
    "gathered": "</s>",
    "named": r"<\|end\|>",
    "macros": r"<\|end\|>",
    "opened": r"<\|im_end\|>",
    "next": r"<\|\w+\|>",
    "called": r"<\|(?:im_end|eot_id)\|>",
}
BEGUN = "{% for m in messages %}<|im_start|>{{ m.role }}\n"
SAID = "{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}"
ASKED = "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
# What real templates do besides: a prompt that opens a thought, which an answer may have not; turns that the next message's marker
# ends; calls that another token ends.
MORE = {
    "opened": BEGUN
    + "{% if m.reasoning_content %}<think>\n{{ m.reasoning_content }}</think>{% endif %}"
    + SAID
    + "<|im_end|>\n"
    + ASKED
    + "<think>\n{{ '</think>' if enable_thinking is false }}{% endif %}",
    "next": "{% for m in messages %}<|{{ m.role }}|>"
    + SAID
    + "{% endfor %}{{ '<|assistant|>' if add_generation_prompt }}",
    "called": BEGUN + SAID + "{{ '<|eot_id|>' if m.tool_calls else '<|im_end|>' }}\n" + ASKED + "{% endif %}",
}


def text_of(spans):
    return "".join(span.text for span in spans)


def hidden(spans):
    """A text without what messages say."""
    return "".join("\0" * len(span.text) if span.field in SAYING else span.text for span in spans)


def places(tok, family, messages, given, part):
    """Where each turn stands in the text, by search; None if that is not one place."""
    templates = tok.definition.chat
    whole, found = text_of(render(templates, messages, **given)), []
    for number, said in enumerate(messages):
        if said["role"] == "assistant":
            asked = render(templates, messages[:number], add_generation_prompt=True, **given)
            spans = render(templates, messages[: number + 1 + (family == "next")], **given)
            start, text, prompt = len(text_of(asked)), hidden(spans), hidden(asked)
            if part and not text.startswith(prompt):
                alike = max(at for at in range(len(prompt)) if text.startswith(prompt[:at]))
                start = len(re.sub(r"<\w*$", "", prompt[:alike]))
            ends = [stop.end() for stop in re.compile(STOPS[family]).finditer(text, start)]
            calls = not said.get("tool_calls") or any(span[3:5] == (number, "tool_calls") for span in spans)
            turn = text_of(spans)[: ends[0] if ends else 0]
            if not (len(ends) == 1 and calls and turn.startswith(text_of(asked)[:start]) and whole.startswith(turn)):
                return None
            if family == "next" and messages[number + 1]["role"] == "assistant":
                return None
            found.append((len(turn[:start].encode()), len(turn.encode())))
    return found


@pytest.mark.parametrize("family", STOPS)
def test_what_stands_between_the_prompt_and_the_stop_is_learned(families, family, monkeypatch):
    tok, seen, refused, parts = families.get(family) or families["chatml"].replace(chat=MORE[family]), 0, 0, 0
    for seed in range(60):
        monkeypatch.setattr(learned_turns, "FEW", seed % 2 * 6)  # both ways to what the template writes for a beginning
        random = Random(f"{family} {seed}")
        given, messages = options(random), beginning(random)
        for _ in range(random.randrange(1, 5)):
            messages.append(message(random, messages[-1]["role"]))
            if (calls := messages[-1].get("tool_calls")) and random.random() < 0.4:
                calls.append(copy.deepcopy(calls[0]))
        for prompt in ("whole", "part"):
            try:
                chat = tok.encode_chat(messages, **given)
                expected = places(tok, family, messages, given, prompt == "part")
            except TemplateError:
                continue
            ends = list(accumulate(len(tok.decode_bytes([token_id])) for token_id in chat.ids))
            found = learned(chat, prompt)
            if expected is None:
                assert isinstance(found, str)
                refused += 1
                parts += prompt == "whole" and "prompt" in found
                continue
            own = [
                any(a <= start and end <= b for a, b in expected) for start, end in zip([0, *ends], ends, strict=False)
            ]
            assert found == own, tok.decode([token_id for token_id, one in zip(chat.ids, own, strict=True) if one])
            seen += any(own)
            talk = tok.conversation(messages, **given)
            talk.close()
            assert talk.mask(prompt=prompt).tolist() == own
    assert seen > 16
    assert bool(refused) == (family not in ("headers", "called"))
    assert bool(parts) == (family in ("thinking", "opened"))


TOKENS = ["<u>", "<a>", "<t>", "<e>", "<m>", "<eos>", "<think>", "</think>", "<call>", "</call>"]
CALLS = "{% for c in m.tool_calls or [] %}<call>{{ c.f }}</call>{% endfor %}"
PROMPT = "{% if add_generation_prompt %}<a>{% endif %}"


def turns(answer, *, other="<{{ m.role[0] }}>{{ m.content }}<e>", prompt=PROMPT):
    """A template that writes this for the assistant's messages, and that for the others."""
    return f"{{% for m in messages %}}{{% if m.role == 'assistant' %}}{answer}{{% else %}}{other}{{% endif %}}{{% endfor %}}{prompt}"


# A turn is ended by the next message's marker, as GLM has it.
OPEN = turns("<a>{{ m.content }}" + CALLS, other="<{{ m.role[0] }}>{{ m.content }}")
CALL = {"role": "assistant", "content": "", "tool_calls": [{"f": "f<e>"}]}
TOOL = {"role": "tool", "content": "t"}
ASK = user("q<e></call>")


def taught(source, messages, *, last=False, prompt="whole", **given):
    special = {name: 300 + at for at, name in enumerate(TOKENS)}
    tok = Tokenizer([], special_tokens=special).replace(chat=source)
    chat = tok.encode_chat(messages, **given)
    mask = chat.mask(last=last, prompt=prompt)
    return tok.decode([token_id for token_id, own in zip(chat.ids, mask, strict=True) if own])


ALWAYS = "<a>{% for m in messages %}{{ m.role }}<m>{{ m.content }}<e><a>{% endfor %}{{ 'assistant<m>' if add_generation_prompt }}"


@pytest.mark.parametrize(
    ("source", "messages", "expected"),
    [
        (turns("<a>{{ m.content }}" + CALLS + "<e>\n"), [ASK, CALL, TOOL, assistant("ok<e>")], "<call>f<e></call><e>ok<e><e>"),
        # The prompt opens the thought, which is not learned, and the model closes it.
        (turns("<a><think>{{ m.r }}</think>{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a><think>")),
         [ASK, {**assistant("ok"), "r": "hm"}], "hm</think>ok<e>"),
        (OPEN, [ASK, CALL, TOOL, assistant("ok"), ASK], "<call>f<e></call><t>ok<u>"),
        # A call ends with another token than an answer.
        (turns("<a>{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.f }}{% endfor %}{{ '<m>' if m.tool_calls else '<e>' }}"),
         [ASK, CALL, TOOL, assistant("ok")], "f<e><m>ok<e>"),
        # The end of the text is not the end of a turn.
        (turns("<a>{{ m.content }}<e>\n", prompt="{% if add_generation_prompt %}<a>{% else %}<eos>{% endif %}"),
         [ASK, assistant("a"), ASK, assistant("b")], "a<e>b<e>"),
        # The next turn's beginning is always there, as Command A has it.
        (ChatTemplates({"default": ALWAYS}, {"eos_token": "<e>"}), [ASK, assistant("a"), ASK, assistant("b")], "a<e>b<e>"),
        (turns("<a>{% for c in m.tool_calls %}{{ {'name': c.f, 'is': m.role, 'n': 1} | tojson }}{% else %}{{ m.content }}{% endfor %}<e>"),
         [ASK, CALL, TOOL], '{"name": "f<e>", "is": "assistant", "n": 1}<e>'),
        (turns("<a>{{ m.content }}<e>"), [ASK], ""),
    ],
)  # fmt: skip
def test_what_is_learned_by_hand(source, messages, expected):
    assert taught(source, messages) == expected


LAST = (
    "{% for m in messages %}<{{ m.role[0] }}>{% if loop.last and m.role == 'assistant' %}<think>{% endif %}{{ m.content }}<e>{% endfor %}"
    + PROMPT
)


# The last answer ends otherwise, as gpt-oss has it.
ENDED = turns("<a>{{ m.content }}{{ '<eos>' if loop.last and not add_generation_prompt else '<e>' }}")


@pytest.mark.parametrize(
    ("source", "messages", "reason"),
    [
        (LAST, [ASK, assistant("a"), ASK], r"message 1, of the assistant: .* once another message follows.*last=True.*generated"),
        (SAY.replace("{% if add_generation_prompt %}<a>{% endif %}", "{% if add_generation_prompt %}<t>{% endif %}"),
         [ASK, assistant("a")], "message 1, .* otherwise than behind its prompt"),
        (OPEN, [ASK, assistant("a")], "message 1, .* no token that ends it.*add the message that follows"),
        (OPEN, [ASK, assistant("a"), assistant("b"), ASK], "message 1, .*another of the assistant follows.*make one message"),
        ("{% for m in messages %}{{ m.content }};{% endfor %}", [ASK, assistant("a"), ASK], "message 1, .* no special token"),
        # Each call ends, and nothing else does.
        (turns("<a>{{ m.content }}" + CALLS + "{{ '' if m.tool_calls else '<e>' }}"), [ASK, CALL, TOOL], "message 1, .*ends a call"),
        (turns("<a>{{ m.content }}<e>"), [ASK, assistant(Trusted("a<e>"))], "message 1, .* holds '<e>', .* more than once"),
        (turns("<a>{{ messages[0].content }}{{ m.content }}<e>"), [ASK, assistant("a")], r"message 1, .*'q<e></call>', which is not"),
        (turns(""), [ASK, assistant("a"), ASK], "message 1, .* leaves it out"),
        (turns("<a>{{ m.content }}<e>"), [ASK, CALL, TOOL], "message 1, .* leaves out its tool_calls"),
        (turns("<a>{{ m.content }}{{ m.tool_calls }}<e>"), [ASK, CALL, TOOL], "message 1, .* which is not known to be its own"),
        (ALWAYS, [ASK, assistant("a"), ASK], "message 1, .* whether '<a>' ends it or begins the next .* eos_token"),
        (ENDED, [ASK, assistant("a"), ASK], "message 1, .*the last answer with another token.*last=True"),
        (turns("<a>{{ m.content }}<e>", prompt="{{ messages[0].content }}"), [assistant("a")], "message 0: the template does not write"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(source, messages, reason):
    with pytest.raises(TemplateError, match=reason):
        taught(source, messages)


OPENED = turns("<a>{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a><think>"))
# What a template asks for may close the thought again, or not open it.
ASKING = turns(
    "<a>{{ m.content }}<e>", prompt="{% if add_generation_prompt %}<a>{% if CASE %}<think>{% endif %}{% endif %}"
)


@pytest.mark.parametrize(
    ("source", "messages", "expected", "advice"),
    [
        (OPENED, [ASK, assistant("ok")], "ok<e>", 'learn the turn from where it leaves the prompt (prompt="part"), or mark'),
        # Not from within a token, nor a character.
        (turns("<a></think>{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a><think>")), [ASK, assistant("ok")],
         "</think>ok<e>", 'prompt="part"'),
        (turns("<a>\u00e8{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a>\u00e9")), [ASK, assistant("ok")], "\u00e8ok<e>", "(prompt="),
        (ASKING.replace("CASE", "thinks is not false"), [ASK, assistant("ok")], "ok<e>", "or pass the template thinks=False, or mark"),
        (ASKING.replace("CASE", "mode not in ['chat', 'talk']"), [ASK, assistant("ok")], "ok<e>", "or pass the template mode='chat', or"),
        (OPENED, [ASK, assistant("a"), ASK, assistant("b")], "a<e>b<e>", 'prompt="part"'),
        (turns("<a>{{ '' if loop.last else '-' }}{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a><think>")),
         [ASK, assistant("ok"), ASK], None, 'each conversation ending with it (mask("assistant", last=True), learn="each"), and learn the turn'),
        # What the prompt has beyond the turn is a user's.
        (turns("<a>{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a>{{ messages[-1].content }}")), [ASK, assistant("ok")], None,
         "writes message 0 elsewhere than in the prompt for it, or not at all.* in another message"),
        (turns("<a>{{ m.content }}<e>", prompt=PROMPT.replace("<a>", "<a>{{ messages | length }}")), [ASK, assistant("ok")], None, "otherwise than behind"),
    ],
)  # fmt: skip
def test_a_turn_that_repeats_a_part_of_its_prompt(source, messages, expected, advice):
    with pytest.raises(TemplateError, match=re.escape(advice) if "*" not in advice else advice):
        taught(source, messages)
    if expected is None:
        with pytest.raises(TemplateError):
            taught(source, messages, prompt="part")
    else:
        assert taught(source, messages, prompt="part") == expected
    with pytest.raises(ValueError, match="prompt must be 'whole' or 'part', not 'half'"):
        taught(source, messages, prompt="half")


@pytest.mark.parametrize("prompt", ["whole", "part"])
def test_what_an_answer_says_does_not_stand_for_the_prompt(prompt):
    answer = assistant(Trusted("<think>ok"))
    if prompt == "part":
        assert taught(OPENED, [ASK, answer], prompt="part") == "<think>ok<e>"
    else:
        with pytest.raises(TemplateError, match="otherwise than behind its prompt"):
            taught(OPENED, [ASK, answer])


def test_the_last_answer_alone():
    assert taught(LAST, [ASK, assistant("a"), ASK, assistant("b")], last=True) == "<think>b<e>"
    assert taught(ENDED, [ASK, assistant("a"), ASK, assistant("b")], last=True) == "b<eos>"
    assert taught(SAY, [ASK, assistant("a"), ASK, assistant("b"), ASK], last=True) == "b<e>"
    assert taught(SAY, [ASK, assistant("a"), ASK], last=True, add_generation_prompt=True) == "a<e>"
    with pytest.raises(ValueError, match="last and prompt are for the assistant, not for 'user'"):
        Tokenizer([]).replace(chat=SAY).encode_chat([ASK]).mask("user", last=True)


def test_a_message_to_continue_has_no_stop():
    assert taught(SAY, [ASK, assistant("a"), ASK, assistant("b")], continue_final_message=True) == "a<e>b"


def test_an_id_across_the_end_of_the_prompt_is_not_learned():
    tok = Tokenizer([(58, 32)], pattern="none", special_tokens={"<e>": 257}).replace(
        chat="{% for m in messages %}{{ m.role + ':' + m.content }}<e>{% endfor %}"
        "{% if add_generation_prompt %}assistant:{% endif %}"
    )
    chat = tok.encode_chat([user("q"), assistant(" a")])
    assert tok.decode([token_id for token_id, own in zip(chat.ids, chat.mask(), strict=True) if own]) == "a<e>"


def test_a_mask_is_of_the_messages_as_they_were_and_is_pickled():
    messages = [ASK, {**assistant("a")}]
    tok = Tokenizer([], special_tokens={"<a>": 300, "<e>": 301, "<u>": 302}).replace(chat=SAY)
    chat = tok.encode_chat(messages)
    messages[1]["content"] = "other"
    messages.append(ASK)
    expected = [False] * (len(chat.ids) - 2) + [True, True]
    assert chat.mask() == pickle.loads(pickle.dumps(chat)).mask() == copy.deepcopy(chat).mask() == expected
    with pytest.raises(ValueError, match="what encode_chat returns; roles says who said what"):
        type(chat)(*chat).mask()


def test_of_samples_these_are_learned_and_the_token_that_ends_a_turn(tok):
    talk = tok.conversation([user("a"), assistant("b"), user("c")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[111, 107])
    talk.add(user("d"))
    talk.prompt()
    talk.add(assistant("ok"), ids=[256, 302])
    ids = talk.close()
    assert ids[talk.mask()].tolist() == [111, 107, 302, 256, 302]
    assert ids[talk.mask(last=True)].tolist() == [256, 302]
