"""Honest conversations have the text and the ids of ``transformers``, template by template."""

import pytest
from chat_families import FAMILIES, TOKENS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minitok.chat import render
from minitok.errors import MinitokError

WORDS = [
    "Hi",
    " I\n",
    "am  ",
    "\n\n",
    "    ",
    "é",
    "中文",
    "\u200b",
    "e\u0301",
    "",
    "\t",
    "1234",
    "<",
    "|>",
    "user",
    "'s",
    "\r\n",
]
texts = st.lists(st.sampled_from(WORDS), max_size=5).map("".join)
DAYS = {"type": "array", "items": {"type": "integer"}}
SCHEMA = {"type": "object", "properties": {"town": {"type": "string"}, "days": DAYS, "unit": {"enum": ["C", "F"]}}}
WEATHER = {"name": "get_weather", "description": 'The weather é in a "town"', "parameters": SCHEMA}
TOOLS = [{"type": "function", "function": WEATHER}]


@st.composite
def turns(draw):
    """A question, a call of a tool or none, and an answer or none."""
    found = [{"role": "user", "content": draw(texts)}]
    if draw(st.booleans()):
        arguments = {"town": draw(texts), "days": [1, 2.5, True, None]}
        call = {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "arguments": arguments}}
        found.append({"role": "assistant", "content": draw(texts), "tool_calls": [call]})
        found.append({"role": "tool", "content": draw(texts), "name": "get_weather", "tool_call_id": "abcdefghi"})
    if draw(st.booleans()):
        found.append(
            {"role": "assistant", "content": draw(texts), **draw(st.sampled_from([{}, {"reasoning": "Hm\n"}]))}
        )
    return found


@st.composite
def conversations(draw):
    """Messages, with parts of a content here and there."""
    found = [message for turn in draw(st.lists(turns(), min_size=1, max_size=3)) for message in turn]
    if draw(st.booleans()):
        found.insert(0, {"role": "system", "content": draw(texts)})
    if draw(st.integers(0, 5)) == 0:
        found[-1]["content"] = [{"type": "text", "text": draw(texts)}, {"type": "image"}, {"type": "text", "text": "x"}]
    return found


options = st.fixed_dictionaries(
    {},
    optional={
        "add_generation_prompt": st.booleans(),
        "tools": st.just(TOOLS),
        "enable_thinking": st.booleans(),
        "date_string": st.just("1 May"),
        "documents": st.just([{"title": "a", "text": "b"}]),
    },
)


@pytest.fixture(scope="module")
def theirs(plain, tmp_path_factory):
    from transformers import PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("theirs") / "tokenizer.json"
    plain.save(path, format="huggingface")
    return PreTrainedTokenizerFast(tokenizer_file=str(path), **TOKENS)


def their_ids(theirs, source, messages, options):
    """Their text and ids; None where their template refuses, or fails."""
    try:
        text = theirs.apply_chat_template(messages, chat_template=source, tokenize=False, **options)
    except Exception:  # noqa: BLE001 - templates fail in every way
        return None
    return text, theirs(text, add_special_tokens=False)["input_ids"]


def our_ids(tok, messages, options):
    try:
        spans = render(tok.definition.chat, messages, **options)
    except MinitokError:
        return None
    return "".join(span.text for span in spans), tok.encode_chat(messages, **options).ids


@pytest.mark.parametrize("family", FAMILIES)
def test_honest_conversations(families, theirs, family):
    tok, source = families[family], FAMILIES[family]

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(conversations(), options, st.booleans())
    def check(messages, options, goes_on):
        if goes_on:
            options = {**options, "continue_final_message": True, "add_generation_prompt": False}
            if not isinstance(messages[-1]["content"], str) or not messages[-1]["content"].strip():
                messages = [*messages, {"role": "user", "content": "So"}]
        assert our_ids(tok, messages, options) == their_ids(theirs, source, messages, options)

    check()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_accepts_conversations(families, theirs, family):
    """The comparison above is not one of refusals."""
    messages = [{"role": "user", "content": "Hi\n"}, {"role": "assistant", "content": "\n\nHello there"}]
    found = our_ids(families[family], messages, {})
    assert found is not None
    assert found == their_ids(theirs, FAMILIES[family], messages, {})


def test_what_a_model_writes(families, theirs):
    """The mask of ``{% generation %}`` is theirs."""

    @settings(max_examples=15)
    @given(conversations())
    def check(messages):
        messages = [message for message in messages if isinstance(message["content"], str)]
        if not messages:
            return
        encoding = theirs.apply_chat_template(
            messages, chat_template=FAMILIES["named"], return_dict=True, return_assistant_tokens_mask=True
        )
        chat = families["named"].encode_chat(messages)
        assert chat.ids == encoding["input_ids"]
        assert chat.generated == list(map(bool, encoding["assistant_masks"]))

    check()
