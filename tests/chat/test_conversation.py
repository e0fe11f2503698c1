"""Conversations that grow: SPEC K1 to K7 on the families of templates, and on templates that try to break them."""

from random import Random
from types import SimpleNamespace

import minitok
import numpy as np
import pytest
from breaking_templates import BREAKING
from chat_families import FAMILIES
from conversations import Again, assistant, beginning, message, options, seen, text, user
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.chat import environment, standins
from minitok.errors import TemplateError, UnknownTokenError

seeds = st.integers(0, 2**32)
SAY = "{% for m in messages %}{{ '<a>' if m.role == 'assistant' else '<u>' }}{{ m.content }}<e>{% endfor %}"
SAY += "{% if add_generation_prompt %}<a>{% endif %}"


@pytest.fixture(scope="module")
def tok():
    made = minitok.Tokenizer([(111, 107)], special_tokens={"<u>": 300, "<a>": 301, "<e>": 302})
    return made.replace(chat=SAY)


# -- K1, K5, K6: as all at once ----------------------------------------------------------------------------------------


def whole(tok, messages, **given):
    """What is seen of all messages at once, or how it fails."""
    try:
        chat = tok.encode_chat(messages, **given)
    except Exception as error:  # noqa: BLE001 - templates fail in every way
        return repr(error)
    return [chat.ids, chat.roles, chat.generated, [False] * len(chat.ids), chat.mask()]


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


def test_the_same_text_of_another_message(breaking):
    """Variables are compared with their origins."""
    for name in ("kept: the last text", "kept: the last text in a list", "kept: the last text in a dict"):
        messages = [user("hi")]
        talk = breaking[name].conversation(messages)
        for number in range(4):
            talk.close()
            messages.append(user("hi") if number % 2 else assistant("hi"))
            talk.add(messages[-1])
            talk.close()
            assert talk.roles == breaking[name].encode_chat(messages).roles


@pytest.mark.parametrize("before", ["", "{{ strftime_now('%H') }}"])
def test_the_time_is_asked_anew(tok, monkeypatch, before):
    hours = [10]
    clock = SimpleNamespace(now=lambda: SimpleNamespace(strftime=lambda form: form.replace("%H", str(hours[-1]))))
    for module in (standins, environment):
        monkeypatch.setattr(module, "datetime", clock)
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
    for seed in range(12):
        grow(breaking[name], Random(f"{name} {seed}"))
    for seed in range(4):
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


@pytest.mark.parametrize(("ids", "more"), [([302], []), ([], [302])])
def test_a_message_without_text(tok, ids, more):
    """Its end is before what the template writes, though a later message has text."""
    talk = tok.conversation([user("a")])
    prompt = talk.prompt().tolist()
    talk.add(assistant(""), ids=ids)
    assert talk.close().tolist() == [*prompt, *ids, *more]
    talk.add(user("b"))
    assert talk.prompt().tolist() == [*prompt, *ids, *more, 300, 98, 302, 301]
    assert talk.rewritten is None


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


def test_a_difference_within_a_character(tok):
    """It is found in bytes."""
    talk = tok.replace(chat="{{ messages[-1].content }}{{ messages[1].content if messages[1] }}<e>").conversation(
        [user("\xe9")]
    )
    talk.prompt()
    talk.add(assistant("ok"), ids=[256, 302])
    talk.add(user("\xe8"))
    talk.close()
    assert talk.rewritten == 1


def test_a_look_alike_does_not_end_a_sample(tok):
    talk = tok.conversation([user("a")])
    talk.prompt()
    talk.add(assistant("<e>"), ids=[*b"<e>"])
    talk.add(user("<e>"))
    assert talk.prompt().tolist() == [300, 97, 302, 301, *b"<e>", 302, 300, *b"<e>", 302, 301]
    assert talk.rewritten is None


def test_words_of_a_message_in_a_later_turn_are_not_its_end(tok):
    source = "{% for m in messages %}{% if m.role == 'tool' %}<u>{{ messages[loop.index0 - 1].name }} says {% endif %}"
    source += "{{ m.name }}:{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"
    talk = tok.replace(chat=source).conversation([user("a") | {"name": "me"}])
    talk.prompt()
    talk.add(assistant("ok") | {"name": "it"}, ids=[*b"it:ok", 302])
    talk.add({"role": "tool", "content": "b", "name": "t"})
    assert tok.decode(talk.prompt()) == "me:a<e><a>it:ok<e><u>it says t:b<e><a>"


def test_follow_keeps_samples_before_the_change(tok):
    source = "{% for m in messages %}<u>{{ m.content }}{% if m.thought and loop.last %}{{ m.thought }}{% endif %}<e>{% endfor %}"
    talk = tok.replace(chat=source).conversation([user("a")], rewrite="follow")
    for content, ids in [("ok", [300, 111, 107, 302]), ("ok", [300, 256, 120, 302])]:
        talk.prompt()
        talk.add(assistant(content) | {"thought": "x" if 120 in ids else None}, ids=ids)
        talk.close()
    assert talk.sampled.sum() == 8
    talk.add(user("b"))
    assert talk.prompt().tolist() == [300, 97, 302, 300, 111, 107, 302, 300, 256, 302, 300, 98, 302]
    assert np.flatnonzero(talk.sampled).tolist() == [3, 4, 5, 6]
    assert (talk.kept, talk.rewritten) == (9, None)


def test_a_message_that_the_template_leaves_out(tok):
    talk = tok.replace(chat="{{ messages[0].content }}<e>").conversation([user("a")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[256])
    with pytest.raises(TemplateError, match="leaves out message 1, which was sampled"):
        talk.close()


# -- K5: errors --------------------------------------------------------------------------------------------------------


def test_wrong_calls(tok):
    talk = tok.conversation([user("a")])
    assert (talk.ids.tolist(), talk.roles, talk.kept, talk.rewritten) == ([], [], 0, None)
    for wrong, error, match in [
        (lambda: tok.conversation(rewrite="no"), ValueError, "'keep', 'raise' or 'follow', not 'no'"),
        (lambda: tok.conversation(add_generation_prompt=True), TypeError, "prompt\\(\\) begins an answer"),
        (lambda: tok.conversation(continue_final_message=True), TypeError, "no continue_final_message"),
        (lambda: tok.conversation(["a"]), TypeError, "message 0 must be a dict, not str"),
        (lambda: tok.conversation(tools="a"), TypeError, "tools must be a list"),
        (lambda: tok.conversation().prompt(), ValueError, "the conversation is empty"),
        (lambda: talk.add("b"), TypeError, "message 1 must be a dict, not str"),
        (lambda: talk.add(assistant("b"), ids=[98]), ValueError, "call prompt\\(\\) first"),
        (lambda: tok.replace(chat="{% if %}").conversation(), TemplateError, "line 1"),
        (lambda: minitok.Tokenizer([]).conversation(), TemplateError, "has no chat template"),
        (
            lambda: tok.replace(chat="\n{{ 1 / 0 }}").conversation([user("a")]).close(),
            TemplateError,
            "line 2: ZeroDivision",
        ),
    ]:
        with pytest.raises(error, match=match):
            wrong()
    assert talk.prompt().tolist() == [300, 97, 302, 301]
    with pytest.raises(UnknownTokenError, match="400"):
        talk.add(assistant("b"), ids=[400])
    with pytest.raises(TypeError):
        talk.add(assistant("b"), ids=["a"])
    talk.add(assistant("ok"), ids=np.array([256, 302], np.uint32))
    with pytest.raises(ValueError, match="call prompt"):
        talk.add(assistant("b"), ids=[98])
    assert talk.close().tolist() == [300, 97, 302, 301, 256, 302]
    assert repr(talk) == "Conversation(messages=2, ids=6)"
    with pytest.raises(ValueError, match="read-only"):
        talk.ids[0] = 1


def test_a_turn_that_made_a_step_fail_is_added_again(tok):
    """Its ids take the place of those that the template does not write there, and of what was added behind them."""
    talk = tok.conversation([user("a")])
    prompt = talk.prompt().tolist()
    talk.add(assistant("ok"), ids=[256, 301])
    talk.add(user("b"))
    other = talk.fork()
    for _ in range(2):
        with pytest.raises(TemplateError, match="add it again without its last id, and what follows it"):
            talk.prompt()
        assert (talk.ids.tolist(), repr(talk)) == ([*prompt, 256, 301], "Conversation(messages=3, ids=6)")
    with pytest.raises(UnknownTokenError):
        talk.add(assistant("ok"), ids=[400])
    talk.add(assistant("ok"), ids=[256])
    assert (talk.ids.tolist(), repr(talk)) == ([*prompt, 256], "Conversation(messages=2, ids=5)")
    with pytest.raises(ValueError, match="call prompt"):
        talk.add(assistant("b"), ids=[98])
    talk.add(user("c"))
    assert talk.prompt().tolist() == [*prompt, 256, 302, 300, 99, 302, 301]
    with pytest.raises(ValueError, match="call prompt"):  # no step of the copy has failed
        other.add(assistant("ok"), ids=[256])


def test_a_turn_that_failed_behind_its_end_is_added_again(tok):
    """The last answer is written otherwise than earlier ones, as gpt-oss does."""
    source = "{% for m in messages %}{{ m.content }}{{ '<u>' if loop.last and not add_generation_prompt else '<e>' }}{% endfor %}"
    talk = tok.replace(chat=source).conversation([user("a")])
    talk.prompt()
    talk.add(assistant("ok"), ids=[256, 300])
    assert talk.close().tolist() == [97, 302, 256, 300]
    talk.add(user("b"))
    with pytest.raises(TemplateError, match="ends with the token '<u>', and the template goes on with '<e>'"):
        talk.prompt()
    talk.add(assistant("ok"), ids=[256])
    talk.add(user("b"))
    assert talk.prompt().tolist() == [97, 302, 256, 302, 98, 302]


@pytest.mark.parametrize("rewrite", ["keep", "raise", "follow"])
def test_a_token_of_the_next_speaker_who_has_not_spoken(tok, rewrite):
    """As of GLM: nothing is written behind a turn, which a model ends with a token all the same."""
    source = "{% for m in messages %}{{ '<a>' if m.role == 'assistant' else '<u>' }}{{ m.content }}{% endfor %}"
    talk = tok.replace(chat=source + "{% if add_generation_prompt %}<a>{% endif %}").conversation(
        [user("a")], rewrite=rewrite
    )
    for _ in range(2):
        prompt = talk.prompt().tolist()
        talk.add(assistant("ok"), ids=[256, 300])
        assert talk.close().tolist() == [*prompt, 256, 300]
        assert (talk.rewritten, talk.sampled[-2:].tolist(), talk.roles[-2:]) == (None, [True] * 2, ["assistant"] * 2)
        other = talk.fork()
        other.add(assistant("x"))
        if rewrite == "follow":
            assert other.close().tolist() == [*prompt, 256, 301, 120]
        else:
            with pytest.raises(TemplateError, match="ends with the token '<u>', and the template goes on with '<a>'"):
                other.close()
        talk.add(user("b"))
        assert talk.prompt().tolist() == [*prompt, 256, 300, 98, 301]
    assert talk.rewritten is None


def test_a_value_nested_too_deeply(tok):
    deep = "x"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(TemplateError, match="nested too deeply"):
        tok.conversation([user(deep)])


def test_what_is_nearly_an_option_is_no_variable():
    source = "{% for m in messages %}{{ m.content }}{{ tool }}{% endfor %}"
    tok = minitok.Tokenizer([], special_tokens={"<e>": 256}).replace(chat=source)
    messages = [{"role": "user", "content": "a"}]
    for call, name in (
        (tok.conversation, "rewrte"),
        (tok.encode_chat, "add_generation_prompts"),
        (tok.encode_chat, "tols"),
    ):
        with pytest.raises(TypeError, match=f"there is no option '{name}'"):
            call(messages, **{name: True})
    for name in ("enable_thinking", "tool", "date"):
        assert tok.encode_chat(messages, **{name: ""}).ids == tok.encode_chat(messages).ids
        tok.conversation(messages, **{name: ""})
