"""Conversations that grow: SPEC K1 to K7 on the families of templates, and on templates that try to break them."""

from random import Random
from types import SimpleNamespace

import minitok
import numpy as np
import pytest
from breaking_templates import BREAKING
from chat_families import FAMILIES
from conversations import SAY, Again, assistant, beginning, learned, message, options, seen, text, user
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.chat import environment

seeds = st.integers(0, 2**32)


# -- K1, K5, K6: as all at once ----------------------------------------------------------------------------------------


def whole(tok, messages, **given):
    """What is seen of all messages at once, or how it fails."""
    try:
        chat = tok.encode_chat(messages, **given)
    except Exception as error:  # noqa: BLE001 - templates fail in every way
        return repr(error)
    return [chat.ids, chat.roles, chat.generated, [False] * len(chat.ids), learned(chat)]


def step(talk, *, generation):
    """What is seen after a step, or how it fails, which changes nothing."""
    before = seen(talk)
    try:
        talk.prompt() if generation else talk.close()
    except Exception as error:  # noqa: BLE001
        assert seen(talk) == before
        return repr(error)
    return seen(talk)


def grow(tok, random, steps=12):
    """Lets a conversation and copies of it grow, and compares each step."""
    given, messages = options(random), beginning(random)
    talks = [(tok.conversation(messages, **given), messages)]
    for _ in range(steps):
        talk, messages = random.choice(talks)
        chance = random.random()
        if chance < 0.15 and len(talks) < 3:
            talks.append((talk.fork(), list(messages)))
        elif chance < 0.5:
            messages.append(message(random, messages[-1]["role"]))
            talk.add(messages[-1])
        else:
            generation = chance < 0.75
            expected = whole(tok, messages, add_generation_prompt=generation, **given)
            found = step(talk, generation=generation)
            assert (found if isinstance(found, str) else found[:5]) == expected
            assert talk.rewritten is None


@pytest.mark.parametrize("before", ["", "{{ strftime_now('%H') }}"])
def test_the_time_is_asked_anew(tok, monkeypatch, before):
    hours = [10]
    clock = SimpleNamespace(now=lambda: SimpleNamespace(strftime=lambda form: form.replace("%H", str(hours[-1]))))
    monkeypatch.setattr(environment, "datetime", clock)
    source = before + "{% for m in messages %}{{ strftime_now('%H') }}{{ m.content }}<e>{% endfor %}"
    messages = [user("a")]
    talk = tok.replace(chat=source).conversation(messages)
    while hours[-1] < 14:
        assert talk.close().tolist() == tok.replace(chat=source).encode_chat(messages).ids
        messages.append(assistant("b"))
        talk.add(messages[-1])
        hours.append(hours[-1] + 1)


# -- K2 to K4: samples -------------------------------------------------------------------------------------------------


def sampled(random, tok, messages, answer, given):
    """Ids for an answer: what the template writes, in other tokens, cut off or not; or other text, with a token behind it."""
    specials = sorted(tok.special_tokens.values())
    prompt = whole(tok, messages, add_generation_prompt=True, **given)
    full = whole(tok, [*messages, answer], **given)
    ids = [*tok.encode(answer["content"]), random.choice(specials)]
    if random.random() < 0.7 and not isinstance(full, str) and full[0][: len(prompt[0])] == prompt[0]:
        ids = full[0][len(prompt[0]) :]
    elif random.random() < 0.3:
        ids = tok.encode(text(random))
    apart = random.random() < 0.4
    ids = [part for i in ids for part in ([*tok.decode_bytes([i])] if apart and i not in specials else [i])]
    return ids[: random.randrange(len(ids) + 1)] if random.random() < 0.3 else ids


def units(tok, ids):
    """The bytes of ids; a special token is its id."""
    specials = set(tok.special_tokens.values())
    return [unit for i in ids for unit in ([i] if i in specials else tok.decode_bytes([i]))]


def sample_and_grow(tok, random, steps=14, *, mixed=False):
    """``mixed``: a turn of the template is not that of its message alone."""
    given, messages, rewrite = options(random), beginning(random), random.choice(["keep", "keep", "raise", "follow"])
    fast = tok.conversation(messages, rewrite=rewrite, **given)
    slow = Again(tok.definition, messages, rewrite=rewrite, **given)
    own = []
    asked = False
    for _ in range(steps):
        before = fast.ids.tolist()
        if random.random() < 0.6:
            answer = message(random, messages[-1]["role"])
            ids = sampled(random, tok, messages, answer, given) if asked and random.random() < 0.8 else None
            for talk in (fast, slow):
                talk.add(answer, ids=ids)
            messages.append(answer)
            if ids is not None:
                own.append(([*before, *ids], len(before)))
                turn = len(messages) - 1, answer, ids
            asked = False
            continue
        asked = random.random() < 0.7
        found = step(fast, generation=asked)
        assert found == step(slow, generation=asked)
        if isinstance(found, str) and "without its last id" in found:
            place, answer, ids = turn
            held = units(tok, own[-1][0])
            closed = units(tok, whole(tok, messages[: place + 1], **given)[0])
            plain = units(tok, whole(tok, messages, add_generation_prompt=asked, **given)[0])
            assert mixed or closed != held or plain[: len(held)] != held, "the template does write it"
            for talk in (fast, slow):
                talk.add(answer, ids=ids[:-1])
            messages[place:] = [answer]
            held, start = own.pop()
            own.append((held[:-1], start))
            turn, asked = (place, answer, ids[:-1]), False
            continue
        if isinstance(found, str):
            return
        if rewrite != "follow":  # The ids up to each sample begin the later ones, and the samples are the mask.
            assert all(found[0][: len(ids)] == ids for ids, _ in own)
            marked = [place for ids, start in own for place in range(start, len(ids))]
            assert np.flatnonzero(fast.sampled).tolist() == marked
        if fast.rewritten is None and own:
            plain = tok.decode_bytes(tok.encode_chat(messages, add_generation_prompt=asked, **given).ids)
            # The text may end before the token that a sample ended with.
            ahead = found[0] == own[-1][0] and {*found[0][-1:]} <= {*tok.special_tokens.values()}
            assert plain in (tok.decode_bytes(found[0]), tok.decode_bytes(found[0][: -ahead or None]))
        assert rewrite == "keep" or fast.rewritten is None
        assert found[0][: fast.kept] == before[: fast.kept]
        assert fast.kept == min(len(before), len(found[0])) or found[0][fast.kept] != before[fast.kept]


@pytest.mark.parametrize(("talk", "times"), [(grow, 15), (sample_and_grow, 30)])
@pytest.mark.parametrize("family", FAMILIES)
def test_families(families, family, talk, times):
    @settings(max_examples=times)
    @given(seeds)
    def check(seed):
        talk(families[family], Random(seed))

    check()


@pytest.mark.parametrize("name", BREAKING)
def test_templates_that_try_to_break_it(breaking, name):
    for seed in range(3):
        grow(breaking[name], Random(f"{name} {seed}"))
    for seed in range(2):
        mixed = name in ("a break at the end", "kept: a text that grows")
        sample_and_grow(breaking[name], Random(f"{name} {seed}"), mixed=mixed)


@pytest.mark.parametrize("prefix", [None, "always", "first"])
def test_what_follows_a_sample(prefix, backend):
    tok = minitok.Tokenizer(
        [(111, 107)], pattern="none", special_tokens={"<u>": 300, "<a>": 301, "<e>": 302}, backend=backend
    )
    tok = minitok.Tokenizer(tok.definition.replace(prefix=prefix, chat=SAY))
    talk = tok.conversation([user("a")])
    prompt = talk.prompt().tolist()
    for ids, more in [([256, 302], []), ([256], [302]), ([111], [302]), ([302], []), ([], [302])]:
        other = talk.fork()
        other.add(assistant("ok"), ids=ids)
        assert other.close().tolist() == [*prompt, *ids, *more]
        assert other.mask()[len(prompt) :].all()  # the token that ends the turn is the model's, too
        assert other.sampled.sum() == len(ids)


def test_a_sample_that_ends_within_a_character(tok):
    talk = tok.conversation([user("a")])
    talk.prompt()
    talk.add(assistant("\N{REPLACEMENT CHARACTER}"), ids=[0xC3])
    assert talk.close()[-2:].tolist() == [0xC3, 302]
    assert talk.rewritten == 1


def test_a_sample_that_ends_within_a_character_of_the_template(tok):
    source = "{% for m in messages %}{{ m.content }}\N{HORIZONTAL ELLIPSIS}<e>{% endfor %}"
    talk = tok.replace(chat=source).conversation([user("a")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[256, 0xE2, 0x80])
    assert talk.close()[-6:].tolist() == [256, 0xE2, 0x80, *"\N{HORIZONTAL ELLIPSIS}".encode(), 302][-6:]
    assert talk.rewritten == 1
    talk = tok.replace(chat=source).conversation([user("a")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[256, *"\N{HORIZONTAL ELLIPSIS}".encode()])
    assert talk.close()[-5:].tolist() == [256, *"\N{HORIZONTAL ELLIPSIS}".encode(), 302]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        # What the user said is written otherwise, before the sample.
        (
            "{% for m in messages %}<u>{% if messages|length > 2 and m.role == 'user' %}!{% endif %}{{ m.content }}<e>{% endfor %}",
            0,
        ),
        ("{{ 'B' if messages|length > 2 else 'A' }}{% for m in messages %}<u>{{ m.content }}<e>{% endfor %}", 0),
        # Text of a later message comes before the sample, which is told then: the ids hold nothing of the later one.
        ("{{ messages[2].content if messages[2] }}{% for m in messages[:2] %}<u>{{ m.content }}<e>{% endfor %}", 1),
    ],
)
def test_the_message_that_is_written_otherwise(tok, source, told):
    talk = tok.replace(chat=source).conversation([user("hi")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[300, 256, 302])
    talk.close()
    assert talk.rewritten is None
    talk.add(user("x"))
    talk.prompt()
    assert talk.rewritten == told
