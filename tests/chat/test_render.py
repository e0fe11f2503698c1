"""Rendering and encoding conversations: options, errors, who said what."""

import dataclasses

import numpy as np
import pytest
from chat_families import CHATML, TOKENS
from minitok import Tokenizer
from minitok.chat import ChatTemplates, render
from minitok.errors import TemplateError

TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there"}]


def one(source, **tokens):
    return Tokenizer([], special_tokens={"<s>": 256, "<e>": 257}).replace(
        chat=ChatTemplates({"default": source}, tokens)
    )


def said(tok, chat):
    """The text of each role, and of nobody, in the order of the ids."""
    found = []
    for token_id, role in zip(chat.ids, chat.roles, strict=True):
        if found and found[-1][0] == role:
            found[-1][1].append(token_id)
        else:
            found.append((role, [token_id]))
    return [(role, tok.decode(ids)) for role, ids in found]


def test_an_id_with_text_of_a_message_is_that_messages():
    tok = Tokenizer([(10, 10)], pattern="none").replace(
        chat="{% for m in messages %}{{ '\\n' + m.content + '\\n' }}{% endfor %}"
    )
    chat = tok.encode_chat([{"role": "user", "content": "\nx"}, {"role": "assistant", "content": "y\n"}])
    assert said(tok, chat) == [("user", "\n\nx"), (None, "\n\n"), ("assistant", "y\n\n")]
    assert chat.mask("user") == [True, True, False, False, False]


def test_tool_calls_are_what_their_message_says(families):
    tok = families["thinking"]
    call = {"function": {"name": "f", "arguments": {"a": "b"}}}
    chat = tok.encode_chat([*TALK[:1], {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "c"}])
    assert [part for part in said(tok, chat) if part[0]] == [
        ("user", "Hi<|im_end|>"),
        ("assistant", "f"),
        # The id of `}}` and a line's end holds a brace of the message, and the token behind it ends the call.
        ("assistant", ' {"a": "b"}}\n</tool_call>'),
        ("tool", "c"),
    ]


def test_spans_say_where_text_comes_from(families):
    spans = render(
        families["named"].definition.chat, [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    )
    assert [tuple(span) for span in spans] == [
        ("<|", True, None, None, None, False),
        ("user", True, "user", 0, "role", False),
        ("|>", True, None, None, None, False),
        ("a", False, "user", 0, "content", False),
        ("<|end|><|", True, None, None, None, False),
        ("assistant", True, "assistant", 1, "role", False),
        ("|>", True, None, None, None, False),
        ("b", False, "assistant", 1, "content", True),
        ("<|end|>", True, None, None, None, True),
    ]
    assert all(type(span.text) is str for span in spans)


@pytest.mark.parametrize(
    ("source", "continued"),
    [
        ("{{ messages[0].content }}<e>", "Hi  "),
        ("{{ messages[0].content | trim }}<e>", "Hi"),
        ("{{ '<s>' + messages[0].content + '<e>' }}", "<s>Hi  "),
    ],
)
def test_a_message_to_continue(source, continued):
    tok = one(source)
    spans = render(tok.definition.chat, [{"role": "assistant", "content": "Hi  "}], continue_final_message=True)
    assert "".join(span.text for span in spans) == continued


def test_a_message_to_continue_in_parts():
    tok = one("{% for part in messages[0].content %}{{ part.text }};{% endfor %}")
    content = [{"text": "a"}, {"text": "b"}, {"image": "c"}]
    spans = render(tok.definition.chat, [{"role": "assistant", "content": content}], continue_final_message=True)
    assert "".join(span.text for span in spans) == "a;b"
    assert content == [{"text": "a"}, {"text": "b"}, {"image": "c"}]


@pytest.mark.parametrize(
    ("messages", "options", "error", "message"),
    [
        ([], {}, ValueError, "the conversation is empty"),
        ("Hi", {}, TypeError, "not one str"),
        (TALK[0], {}, TypeError, "not one dict"),
        (["Hi"], {}, TypeError, "message 0 must be a dict, not str"),
        (TALK, {"tools": {"name": "f"}}, TypeError, "tools must be a list of dicts, not one dict"),
        (TALK, {"tools": [print]}, TypeError, r"number 0 of tools must be a dict \(a JSON schema\)"),
        (TALK, {"documents": ["a"]}, TypeError, "number 0 of documents must be a dict, not str"),
        (TALK, {"add_generation_prompt": True, "continue_final_message": True}, ValueError, "begins another"),
        ([{"role": "user"}], {"continue_final_message": True}, ValueError, "no text to continue"),
        ([{"role": "user", "content": [{"a": 1}]}], {"continue_final_message": True}, ValueError, "no text to"),
    ],
)
def test_wrong_conversations(messages, options, error, message):
    with pytest.raises(error, match=message):
        render(one(CHATML).definition.chat, messages, **options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% if %}", "line 1: Expected an expression"),
        ("\n{{ 'a }}", "line 2: unexpected char"),
        ("{% endfor %}", "line 1: Encountered unknown tag 'endfor'"),
        ("{{ raise_exception('Not like that.') }}", "line 1: Not like that."),
        ("\n\n{{ messages[5].content }}", "line 3: .*list object.* has no element 5"),
        ("{{ messages + 1 }}", "line 1: TypeError: can only concatenate list"),
        ("{{ ''.__class__.__mro__ }}", "line 1: access to attribute '__class__' of 'Traced' object is unsafe"),
        ("{{ messages.append(1) }}", "line 1: access to attribute 'append' of 'list' object is unsafe"),
        ("{% set n = namespace(_x=1) %}", "line 1: a template cannot store '_x' in a namespace"),
        ("{% set n = namespace() %}{% set n._x = 1 %}", "cannot store '_x'"),
        ("{{ dict.__class__.x }}", "access to attribute '__class__'"),
        ("{{ messages[0].content._runs.x }}", "access to attribute '_runs' of 'Traced' object is unsafe"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested too deeply"),
        ("{% include 'x' %}", "no loader for this environment"),
        ("{{ range(1000000) }}", "line 1: OverflowError: Range too big"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("(" * 3 + "{{ " + "(" * 5000 + ")" * 5000 + " }}", "compiled|nested"),
    ],
)
def test_wrong_templates(source, message):
    with pytest.raises(TemplateError, match=message):
        render(one(source).definition.chat, TALK)


def test_no_template():
    with pytest.raises(TemplateError, match="this tokenizer has no chat template"):
        render(Tokenizer([]).definition.chat, TALK)
    with pytest.raises(TemplateError, match="no default chat template: name one of 'rag'"):
        render(Tokenizer([]).replace(chat={"rag": "x"}).definition.chat, TALK)
    with pytest.raises(TypeError, match="templates must be names and strings"):
        Tokenizer([]).replace(chat={"rag": 1})
    assert Tokenizer([]).definition.chat is None
    assert Tokenizer([]).encode_chat(TALK, template="{{ messages | length }}").ids == [*b"2"]


@dataclasses.dataclass
class Message:
    role: str
    content: str
    name: str | None = None


class Model:
    def model_dump(self):
        return {"role": "user", "content": "Hi", "name": None}


def test_messages_of_other_types():
    tok = one("{{ messages[0].role }}{{ messages[0].content }}{{ 'name' in messages[0] }}{{ x }}")
    for message in (Message("user", "Hi"), Model(), {"role": np.str_("user"), "content": "Hi", "name": None}):
        assert "".join(span.text for span in render(tok.definition.chat, [message], x=np.int64(3))) == "userHiFalse3"
    assert "".join(span.text for span in render(tok.definition.chat, [Model()], x=(1.5, b"", None, True))) == (
        "userHiFalse(1.5, '<bytes>', None, True)"
    )


def test_strings_of_the_template_are_kept_apart_from_values_that_equal_them(plain):
    """A template that compares, looks up and counts does as with any strings."""
    source = "{% set names = {'user': '<|user|>', 'assistant': '<|assistant|>'} %}{% for m in messages %}"
    source += "{{ names[m.role] }}{{ m.content in ['Hi'] }}{{ m['content'] == 'Hi' }}{{ 'H' in m.content }}"
    source += "{{ m.content.startswith('He') }}{{ m.content | length }}{{ m.keys() | list | join(',') }}{% endfor %}"
    tok = plain.replace(chat=ChatTemplates({"default": source}, TOKENS))
    text = "<|user|>TrueTrueTrueFalse2role,content<|assistant|>FalseFalseTrueTrue11role,content"
    assert "".join(span.text for span in render(tok.definition.chat, TALK)) == text
    assert tok.encode_chat(TALK).ids == tok.encode(text, allowed_special="all")


@pytest.mark.parametrize("source", ["{{ messages[0].role }}", "{{ messages[0].content | replace('Hi', 'Yo') }}"])
def test_a_message_to_continue_is_in_the_text(source):
    with pytest.raises(TemplateError, match="leaves out the end of the last message"):
        render(ChatTemplates({"default": source}), TALK[:1], continue_final_message=True)
