"""Conversations in the crate: the ids of Python, or a refusal, for the templates of all families, whatever users write."""

import json
import random
import subprocess

import minitok
import pytest
from chat_families import FAMILIES, SPECIAL, TOKENS
from conversations import TOOLS, WORDS, beginning, message, options
from helpers import Failure, cargo_example, outcome
from minitok import errors

REQUESTS = 200


@pytest.fixture(scope="module")
def program():
    return cargo_example("chat")


def requests(family):
    """Conversations, some of which no template takes, with names of special tokens in every place that a user writes."""
    draw = random.Random(family)
    for _ in range(REQUESTS):
        messages = beginning(draw)
        for _ in range(draw.randrange(5)):
            messages.append(message(draw, messages[-1]["role"]))
        if draw.random() < 0.3:
            messages[-1]["content"] = draw.choice(
                [*SPECIAL, "text", "image", "user", "end", "Ünï <", "|im_start|>", "\ufffd\U00100000"]
            )
        if draw.random() < 0.15:
            parts = [
                {"type": draw.choice(["text", "image", "<|im_end|>"]), "text": draw.choice(WORDS)} for _ in range(2)
            ]
            messages[-1]["content"] = parts
        if draw.random() < 0.1:
            messages[0]["role"] = draw.choice(["end", "im_start", "User", "<|user|>", "model"])
        given = options(draw)
        if "tools" in given and draw.random() < 0.5:
            name = draw.choice(["town", "type", "<|im_end|>", "end", "é"])
            schema = {
                "type": draw.choice(["string", "array", "</s>"]),
                "items": {"type": "string"},
                "enum": ["a", "<think>"],
            }
            function = {**TOOLS[0]["function"], "description": draw.choice(WORDS)}
            given["tools"] = [
                {
                    "type": "function",
                    "function": {**function, "parameters": {"type": "object", "properties": {name: schema}}},
                }
            ]
        if draw.random() < 0.1:
            given["date_string"] = draw.choice(["1 May 2026", "<|eot_id|>"])
        yield {"messages": messages, "add_generation_prompt": draw.random() < 0.5, **given}


def ask(program, folder, tokenizer, template, requests):
    """What the program answers to each request."""
    tokenizer.save(folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps({"chat_template": template, **TOKENS}), encoding="utf-8")
    ran = subprocess.run(
        [program, folder / "tokenizer.json", folder / "config.json"],
        input="".join(f"{request if isinstance(request, str) else json.dumps(request)}\n" for request in requests),
        capture_output=True, check=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    lines = ran.stdout.splitlines()
    assert len(lines) == len(requests)
    return lines


@pytest.mark.parametrize("family", FAMILIES)
def test_ids_are_those_of_python_or_the_conversation_is_refused(added, family, program, tmp_path):
    tok = added[family]
    given = list(requests(family))
    lines = ask(program, tmp_path, tok, FAMILIES[family], given)
    refused = []
    for request, line in zip(given, lines, strict=True):
        expected = outcome(lambda request=request: tok.encode_chat(**request).ids)
        if isinstance(expected, Failure):
            assert expected.kind is errors.TemplateError, (request, expected)
            assert line.startswith("refused: "), request
        elif line.startswith("refused: "):
            refused.append(line)
        else:
            assert json.loads(line) == expected, request
    # A list is not written as Python writes it; and a name of a role may be a part of a token.
    others = [line for line in refused if "is not written as Python does" not in line and "or a user the" not in line]
    assert not others
    assert len(refused) < REQUESTS / 4


TURN = "{% for m in messages %}<|im_start|>{{ m.content }}{% endfor %}"
USER = {"messages": [{"role": "user", "content": "<|im_end|>"}]}


@pytest.mark.parametrize(
    ("template", "request_", "reason"),
    [
        (TURN, "[]", "a request is an object with messages, not another value"),
        (TURN, "{", "not JSON"),
        (TURN, {"messages": []}, "a request is an object with messages, at least one"),
        (TURN, {"messages": ["hi"]}, "a request is an object with messages, each an object"),
        (TURN, {**USER, "continue_final_message": True}, "continue_final_message is not done here"),
        ("{{ raise_exception('Not ' + messages[0].content) }}", USER, "chat template, line 1: Not <|im_end|>"),
        (
            "{% for m in range(20000) %}{% for m in range(20000) %}{% endfor %}{% endfor %}",
            USER,
            "engine ran out of fuel",
        ),
        ("{{ messages[0].content | sort }}", USER, "line 1"),
        ("{{ 'a' ~ true }}", USER, "line 1"),
        ("{{ strftime_now('%Y') }}", USER, "the template asks for the date: give it as strftime_now"),
        (
            "{{ 'same' if messages[0].content == '<|im_end|>' else 'other' }}",
            USER,
            "whose the text is would not be known",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(added, program, template, request_, reason, tmp_path):
    (line,) = ask(program, tmp_path, added["chatml"], template, [request_])
    assert line.startswith("refused: ")
    assert reason in line


def test_text_that_merges_make_a_special_token_of_is_refused(program, tmp_path):
    tok = minitok.Tokenizer([(97, 98)], special_tokens={"ab": 256, "<e>": 300})
    contents = ["xab", "xa b"]
    requests = [{"messages": [{"role": "user", "content": content}]} for content in contents]
    lines = ask(program, tmp_path, tok, "{{ messages[0].content }}<e>", requests)
    assert lines == ['refused: the text contains the token "ab" at byte 0', "[120, 97, 32, 98, 300]"]


def test_templates_see_through_marks(added, program, tmp_path):
    """Whatever a template does with strings that Python's provenance follows, the ids are the same."""
    sources = [
        "{{ c.strip() }}|{{ c.lstrip(' <') }}|{{ c.rstrip('>') }}|{{ c | trim }}",
        "{{ c.split() | join('-') }}|{{ c.split('|')[1] }}|{{ c.split('|', 1)[1] }}|{{ c.rsplit('|', 1)[0] }}",
        "{{ c.replace('|', '_') }}|{{ c | replace('<', '[') }}|{{ c.partition('|')[2] }}|{{ c.rpartition('|')[0] }}",
        "{{ c.upper() }}|{{ c | lower }}|{{ c | title }}|{{ c.capitalize() }}|{{ c[::-1] }}|{{ c[2:5] }}|{{ c | length }}",
        "{{ c.find('|') }}|{{ c.rfind('|') }}|{{ c.count('|') }}|{{ c.startswith(' <') }}|{{ c.endswith(('x', '> ')) }}",
        "{{ c.removeprefix(' <') }}|{{ c.removesuffix('> ') }}|{{ c.splitlines() | join('/') }}|{{ '<|' in c }}",
        "{{ {'a': c, 'b': [1, 1.5, 1e20, none, true]} | tojson }}|{{ [c] | tojson(indent=2) }}",
        "{{ '<|' ~ m.n ~ '|>' ~ c }}|{{ '%s|' | format(c) }}|{{ '{}|'.format(c) }}|{{ m.n + 1 }}|{{ m.f }}|{{ m.b }}",
    ]
    found = []
    for number, source in enumerate(sources):
        template = f"{{% set m = messages[0] %}}{{% set c = m.content %}}<|im_start|>{source}<|im_end|>"
        request = {
            "messages": [{"role": "user", "content": " <|im_end|>Straße\n </think>x> ", "n": 7, "f": 1e-7, "b": True}]
        }
        folder = tmp_path / str(number)
        folder.mkdir()
        (line,) = ask(program, folder, added["chatml"], template, [request])
        found.append((source, line, str(added["chatml"].encode_chat(**request, template=template).ids)))
    assert [one for one in found if one[1] != one[2]] == []


def test_the_date_is_given(added, program, tmp_path):
    tok = added["chatml"]
    template = "{% if strftime_now is defined %}<|im_start|>{{ strftime_now('%d') }}<|im_end|>{% endif %}"
    (line,) = ask(program, tmp_path, tok, template, [{**USER, "strftime_now": "<|im_end|>"}])
    assert (
        json.loads(line) == tok.encode_chat(**USER, date="<|im_end|>", template="<|im_start|>{{ date }}<|im_end|>").ids
    )
