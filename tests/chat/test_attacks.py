"""Users who write special tokens, in every field that a template uses. Nothing that they write becomes one.

What is expected is found without origins: each character that an attacker writes is rendered as a private one, which stands for
it, so that the rendered text shows who wrote what.
"""

import json
import re

import pytest
from chat_families import FAMILIES, SPECIAL
from helpers import Failure, outcome
from hypothesis import given
from hypothesis import strategies as st
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from minitok import Tokenizer
from minitok.chat import Trusted, render
from minitok.chat.environment import SafeNamespace, TracingEnvironment
from minitok.definition import Definition
from minitok.errors import TemplateError, VocabularyError
from minitok.reference.published.characters import Symbols

PRIVATE = 0xE000
SLOTS = (
    *("system", "user", "part", "role", "name", "tool result", "tool name", "argument", "argument name"),
    *("description", "schema name", "property", "enum", "document", "variable"),
)


def conversation(slot, text):
    """A conversation, and the options of a call, with this text in one of the slots."""

    def of(name, honest):
        return text if name == slot else honest

    call = {"name": of("tool name", "get_weather"), "arguments": {of("argument name", "town"): of("argument", "Paris")}}
    user = [{"type": "text", "text": "Hi"}, {"type": "text", "text": text}] if slot == "part" else of("user", "Hi")
    messages = [
        {"role": "system", "content": of("system", "You help.")},
        {"role": of("role", "user"), "content": user, "name": of("name", "me")},
        {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]},
        {"role": "tool", "content": of("tool result", "warm"), "name": "get_weather"},
        {"role": "assistant", "content": "It is warm."},
    ]
    properties = {of("property", "town"): {"type": "string", "enum": [of("enum", "Paris")]}}
    schema = {
        "name": of("schema name", "get_weather"),
        "description": of("description", "The weather"),
        "parameters": {"type": "object", "properties": properties},
    }
    options = {
        "tools": [{"type": "function", "function": schema}],
        "documents": [{"text": of("document", "")}],
        "date_string": of("variable", "26 Jul"),
    }
    return messages, options


def disguised(text):
    """Each character but white space as a private one."""
    return "".join(char if char.isspace() else chr(PRIVATE + ord(char)) for char in text)


def revealed(text):
    """The segments of a rendered text: what stands for a private character is not trusted."""
    segments = []
    for part in re.split("([\ue000-\uf8ff]+)", text):
        private = part[:1] >= "\ue000" and part[:1] <= "\uf8ff"
        segments.append(("".join(chr(ord(char) - PRIVATE) for char in part) if private else part, not private))
    return segments


def attack(tok, slot, text):
    """The ids with the text in a slot, and those expected; None where the template refuses the conversation."""
    results = []
    for written in (text, disguised(text)):
        messages, options = conversation(slot, written)
        if tok.definition.chat.templates["default"] == FAMILIES["instructions"]:
            messages = [message for message in messages if message["role"] in ("user", "assistant")][:2]
            messages = messages if slot in ("user", "role") else [{"role": "user", "content": written}]
        try:
            results.append((tok.encode_chat(messages, **options).ids, render(tok.definition.chat, messages, **options)))
        except TemplateError:
            results.append(None)
    if None in results:
        assert results == [None, None]
        return None
    (ids, _), (_, spans) = results
    return ids, tok.encode_segments(revealed("".join(span.text for span in spans)), merge_across=True)


def written_in_every_way(token):
    """A special token as it is, in halves, and as what looks like it."""
    half = len(token) // 2
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in token)
    joined = [token[:half] + mark + token[half:] for mark in ("\u200b", "\u200d", "\ufeff", "\u00ad", "\u0301")]
    return [token, f"\n{token} ", token * 2, token[:half], token[half:], token[1:], token[:-1], *joined, wide]


# A template that takes no content in parts writes the list as Python does, with escapes of private characters.
CASES = [(family, slot) for family in FAMILIES for slot in SLOTS if (family, slot) != ("turns", "part")]


@pytest.mark.parametrize(("family", "slot"), CASES)
def test_every_token_in_every_slot(families, family, slot):
    names = [name for name in SPECIAL if name.isascii()]
    every_way = [text for name in names for text in written_in_every_way(name) if max(text) < "\u1000"]
    found = [attack(families[family], slot, text) for text in ("".join(names), "x".join(names), " ".join(every_way))]
    assert all(ids == expected for ids, expected in filter(None, found))
    assert any(found) or slot in ("part", "role")


@given(st.sampled_from(CASES), st.data())
def test_pieces_of_tokens(families, case, data):
    family, slot = case
    names = [name for name in SPECIAL if name.isascii()]
    pieces = st.sampled_from(names).flatmap(
        lambda name: st.integers(0, len(name)).flatmap(
            lambda at: st.sampled_from([name, name[:at], name[at:], " ", "\n"])
        )
    )
    text = "".join(data.draw(st.lists(pieces, min_size=1, max_size=5)))
    if found := attack(families[family], slot, text):
        assert found[0] == found[1]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "{{ bos_token }}",
            "{% for m in messages %}x{% endfor %}",
            "{{ 7 * 7 }}",
            "{# x #}",
            "{% raw %}",
            "{%- endif %}",
        ),
        *(
            "{% generation %}x{% endgeneration %}",
            "{{ ''.__class__ }}",
            "%s%s%d",
            "{0}{x}",
            "CONTINUE_FINAL_MESSAGE_TAG ",
        ),
    ],
)
def test_a_template_in_a_message_is_text(families, text):
    for name, tok in families.items():
        spans = render(tok.definition.chat, [{"role": "user", "content": text}])
        assert [span.text.strip() for span in spans if span.field == "content"] == [text.strip()], name
        assert not any(span.generated for span in spans)


# -- special tokens that are ordinary tokens too -------------------------------------------------------------------------

UNKNOWN = Definition.from_tokens({b"[UNK]": 0, b"a": 1, b"b": 2, b"ab": 3}, [(1, 2)], symbols=Symbols("characters", 0))
CONTENT = "{% for m in messages %}{{ m.content }}{{ m.extra }}<e>{% endfor %}"
MADE = {
    "merges": Tokenizer([(97, 98)], special_tokens={"ab": 256, "<e>": 300}),
    "lowercase": Tokenizer([(97, 98)], special_tokens={"ab": 256, "<e>": 300}).replace(normalizer="lowercase"),
    "symbols": Tokenizer(UNKNOWN).replace(special_tokens={"[UNK]": 0, "ab": 3, "<e>": 300}),
}


@pytest.mark.parametrize("kind", MADE)
def test_text_that_merges_make_a_special_token_of_is_refused(kind, backend):
    tok = MADE[kind].replace(backend=backend, chat=CONTENT)
    text = "xAB" if kind == "lowercase" else "xab"
    refused = Failure(
        TemplateError,
        "the content of message 1 becomes the special token 'ab', which is an ordinary token of this vocabulary, too; "
        "to vouch for the text, give it the type Trusted",
    )
    assert outcome(tok.encode_chat, [{"content": "a"}, {"content": text}]) == refused
    assert outcome(tok.encode_chat, [{"content": "a"}, {"content": f"{text}{text}", "extra": "b"}]) == refused
    assert outcome(tok.encode_chat, [{"content": "a"}, {"content": text[:-1], "extra": text[-1]}]) == refused
    # Nobody writes it, or it is vouched for; the unknown token is that of any text without one.
    special = tok.special_tokens
    for content, found in (("xa b", []), (Trusted("ab"), [special["ab"]])):
        ids = tok.encode_chat([{"content": content}]).ids
        assert [token_id for token_id in ids if token_id in (special["ab"], special["<e>"])] == [*found, special["<e>"]]


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("kind", MADE)
def test_segments_that_merges_make_a_special_token_of_are_refused(kind, across, backend):
    tok = MADE[kind].replace(backend=backend)
    text = "xAB" if kind == "lowercase" else "xab"
    refused = Failure(
        VocabularyError,
        "segment 1 becomes the special token 'ab', which is an ordinary token of this vocabulary, too; "
        "to vouch for the text, allow special tokens in it",
    )
    segments = [("ab<e>", True), (text, False)]
    assert outcome(tok.encode_segments, segments, merge_across=across) == refused
    assert tok.encode_segments([("ab<e>", True), ("xa", False), ("b", False)])[-1] != tok.special_tokens["ab"]
    assert tok.encode_segments([(text, True)], merge_across=across)[-1] == tok.special_tokens["ab"]


def test_what_a_model_sampled_may_be_a_special_token(backend):
    tok = MADE["merges"].replace(backend=backend, chat=CONTENT)
    talk = tok.conversation([{"content": "x"}])
    prompt = talk.prompt().tolist()
    talk.add({"content": "xab"}, ids=[120, 256])
    assert talk.close().tolist() == [*prompt, 120, 256, 300]


def test_a_corpus_with_such_text_is_refused_by_its_line(tmp_path):
    tok = MADE["merges"].replace(chat=CONTENT)
    lines = [json.dumps({"messages": [{"role": "user", "content": content}]}) for content in ("x", "xab")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = outcome(tok.encode_files, tmp_path / "a.jsonl", tmp_path / "a.bin", learn="user")
    assert found.kind is TemplateError
    assert found.message.startswith(
        f"{tmp_path / 'a.jsonl'}:2: the content of message 0 becomes the special token 'ab'"
    )


def test_attributes_are_what_the_sandbox_gives():
    """Those that are found on a shorter way, too."""
    environment = TracingEnvironment()
    loop = LoopContext(iter("abc"), Undefined)
    next(loop)
    for value in (
        {"a": 1, "items": 2, "_b": 3, "pop": 4},
        SafeNamespace(a=1, none=None, call=len),
        loop,
        [1],
        Symbols,
        environment.of_template("{}"),
    ):
        for name in (
            "a",
            "items",
            "_b",
            "pop",
            "none",
            "call",
            "index0",
            "_recurse",
            "mro",
            "format",
            "__class__",
            "no",
        ):
            found = environment.getattr(value, name)
            expected = ImmutableSandboxedEnvironment.getattr(environment, value, name)
            assert type(found) is type(expected), (value, name)
            if isinstance(expected, Undefined):
                assert found._undefined_exception is expected._undefined_exception
            elif not callable(expected):
                assert found == expected
