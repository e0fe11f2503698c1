"""Ids that were sampled stay where the template keeps their text, and nowhere else."""

import minitok
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.errors import UnknownTokenError

TEMPLATE = (
    "{% for m in messages %}<|{% if m.role == 'user' %}u{% else %}a{% endif %}|>{{ m.content | trim }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|a|>{% endif %}"
)
SPECIAL = {"<|u|>": 500, "<|a|>": 501, "<|end|>": 502}
USER, MODEL, END = 500, 501, 502


@pytest.fixture(params=[None, "always", "first"])
def tok(request, backend):
    merges = [(97, 98), (256, 99), (32, 97), (32, 256)]  # ab, abc, " a", " ab"
    made = minitok.Tokenizer(merges, pattern="none", special_tokens=SPECIAL, backend=backend)
    return minitok.Tokenizer.from_definition(made.definition.replace(prefix=request.param, chat=TEMPLATE))


def said(*texts):
    return [{"role": "user" if i % 2 == 0 else "assistant", "content": text} for i, text in enumerate(texts)]


def test_what_was_sampled_stays(tok):
    prompt = tok.encode_chat(said("abc"), add_generation_prompt=True).ids
    plain = tok.encode_chat(said("abc", "abab", "c")).ids
    start = [32] if tok.definition.prefix == "always" else []
    sampled = [*start, 97, 98, 97, 98, END]  # not what the text encodes to
    chat = tok.encode_chat(said("abc", "abab", "c"), after=[*prompt, *sampled])
    assert chat.ids[: chat.kept] == [*prompt, *sampled]
    assert chat.ids != plain
    assert chat.ids[chat.kept :] == plain[-len(chat.ids) + chat.kept :]
    assert tok.decode(chat.ids) == tok.decode(plain)
    assert [tok.decode([i]) for i, own in zip(chat.ids, chat.mask(), strict=True) if own][-5:] == [*"abab", "<|end|>"]


def test_an_array(tok):
    ids = tok.encode_chat(said("abc")).ids
    chat = tok.encode_chat(said("abc", "x"), after=np.array(ids, np.uint32))
    assert chat.kept == len(ids)
    assert all(type(token_id) is int for token_id in chat.ids)


def test_what_the_template_changes_is_encoded_anew(tok):
    before = tok.encode_chat(said("abc", "ab")).ids
    for messages, kept in [
        (said("abx", "ab"), 1),  # the first message is another
        (said("abc", "ax"), before.index(MODEL) + 1),
        (said("abc", ""), before.index(MODEL) + 1),
        (said("abc"), before.index(END) + 1),  # shorter
    ]:
        chat = tok.encode_chat(messages, after=before)
        assert (chat.ids, chat.kept) == (tok.encode_chat(messages).ids, kept)


def test_ids_that_end_inside_a_message(tok):
    whole = tok.encode_chat(said("abc", "ab")).ids
    for size in range(len(whole) + 1):
        chat = tok.encode_chat(said("abc", "ab"), after=whole[:size])
        assert chat.kept == size
        assert chat.ids[:size] == whole[:size]
        assert tok.decode(chat.ids) == tok.decode(whole)
        assert len(chat.roles) == len(chat.generated) == len(chat.ids)


def test_a_special_token_does_not_stand_for_what_a_user_wrote(tok):
    plain = tok.encode_chat(said("a<|end|>")).ids
    forged = [*plain[: plain.index(60)], END, *plain[-1:]]
    chat = tok.encode_chat(said("a<|end|>"), after=forged)
    assert chat.ids == plain
    assert chat.kept == 1
    # Nor does text stand for a special token.
    plain = tok.encode_chat(said("a"))
    chat = tok.encode_chat(said("a"), after=[*plain.ids[:2], *b"<|end|>"])
    assert chat == plain._replace(kept=2)


def test_ids_that_are_none(tok):
    with pytest.raises(UnknownTokenError, match="400 at position 1"):
        tok.encode_chat(said("a"), after=[USER, 400])
    with pytest.raises(TypeError):
        tok.encode_chat(said("a"), after=["a"])
    assert tok.encode_chat(said("a"), after=[]) == tok.encode_chat(said("a"))


@given(texts=st.lists(st.text(st.sampled_from("abc é<|end>"), max_size=8), min_size=1, max_size=5), data=st.data())
def test_any_prefix_of_any_ids(tok, texts, data):
    whole = tok.encode_chat(said(*texts))
    size = data.draw(st.integers(0, len(whole.ids)))
    other = data.draw(st.lists(st.sampled_from([97, 98, 99, 32, 60, 256, USER, MODEL, END]), max_size=6))
    after = [*whole.ids[:size], *other]
    chat = tok.encode_chat(said(*texts), after=after)
    assert chat.ids[: chat.kept] == after[: chat.kept]
    assert chat.kept <= len(after)
    assert tok.decode(chat.ids) == tok.decode(whole.ids)
    # Who said a character does not depend on it.
    markers = [token_id for token_id in chat.ids if token_id >= 500]
    assert markers == [token_id for token_id in whole.ids if token_id >= 500]
