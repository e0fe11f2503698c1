"""Which ids may come next: the extension's sets beside the definition, and ids that are kept as they were sampled."""

import random

import minitok
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.definition import Definition
from minitok.reference.more import viable

BYTES = [bytes([byte]) for byte in range(256)]
LETTERS = ["aBs 1'", "a A中\n", " e'rl", "1 2\ta", "中丸a"]


def mask_of(session, n_vocab):
    """The set as an array of bools."""
    words = session.next_ids()
    bits = np.unpackbits(words.view(np.uint8), bitorder="little").astype(bool)
    assert len(words) == -(-n_vocab // 64)
    assert not bits[n_vocab:].any()
    return bits[:n_vocab]


@st.composite
def tokenizers(draw):
    """A tokenizer of a few merges of the bytes of some letters, these letters, and the ids of its tokens."""
    letters = draw(st.sampled_from(LETTERS))
    tokens, pairs = list(BYTES), []
    pool = sorted({byte for char in letters for byte in char.encode()})
    for _ in range(draw(st.integers(0, 9))):
        left, right = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
        token = tokens[left] + tokens[right]
        if token not in tokens and len(token) <= 6:
            tokens.append(token)
            pairs.append((left, right))
            pool.append(len(tokens) - 1)
    pattern = draw(st.sampled_from(["gpt2", "cl100k", "o200k", "none", "qwen2", r"[a-c]+|\s+(?!\S)|\s|[^a-c\s]"]))
    return minitok.Tokenizer(pairs, pattern=pattern), letters, pool


@st.composite
def tokenizers_of_other_kinds(draw):
    """Tokens that only a whole piece becomes; characters, and bytes for those that are no tokens; tokens of several merges."""
    letters, kind = draw(st.sampled_from(LETTERS)), draw(st.sampled_from(["whole", "fallback", "several"]))
    chars = sorted({char.encode() for char in letters})
    tokens = draw(st.lists(st.sampled_from(chars), unique=True)) if kind == "fallback" else list(BYTES)
    pool = sorted({byte for char in chars for byte in char})
    if kind == "fallback":
        pool = [*range(len(tokens))]
    pairs = []
    for _ in range(draw(st.integers(0, 9)) if pool else 0):
        left, right = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
        token = tokens[left] + tokens[right]
        if len(token) <= 6 and (left, right) not in pairs and (kind != "whole" or token not in tokens):
            pairs.append((left, right))
            if token not in tokens:
                tokens.append(token)
                pool.append(len(tokens) - 1)
    if kind == "whole":
        for parts in draw(st.lists(st.lists(st.sampled_from(pool), min_size=2, max_size=3), max_size=4)):
            if (token := b"".join(tokens[part] for part in parts)) not in tokens:
                tokens.append(token)
                pool.append(len(tokens) - 1)
    else:
        pairs = draw(st.permutations(pairs))
    first = 256 if kind == "fallback" else 0
    definition = Definition.from_tokens(
        {token: first + number for number, token in enumerate(tokens)},
        [(first + left, first + right) for left, right in pairs],
        whole_pieces=kind == "whole",
        fallback=range(256) if kind == "fallback" else None,
        pattern=draw(st.sampled_from(["gpt2", "o200k", "none"])),
    )
    asked = {first + number for number in pool} | {byte for char in chars for byte in char}
    return minitok.Tokenizer(definition), letters, sorted(asked)


@given(tokenizers() | tokenizers_of_other_kinds(), st.data())
def test_the_sets_are_what_their_definition_says(made, data):
    tok, letters, pool = made
    session = tok.session(data.draw(st.text(letters, max_size=6)))
    for _ in range(data.draw(st.integers(0, 2))):
        possible = [token_id for token_id in pool if mask_of(session, tok.vocab_size)[token_id]]
        session.append_ids([data.draw(st.sampled_from(possible))] if possible else [])
    codec = tok.replace(backend="python").session()._core.core.codec
    ids, mask = session.ids().tolist(), mask_of(session, tok.vocab_size)
    for token_id in [*pool, 65, 0xC3]:
        assert bool(mask[token_id]) == viable.is_viable(codec, codec.finder(), [*ids, token_id]), (ids, token_id)


def test_the_set_has_a_bit_for_each_id(backend):
    tok = minitok.Tokenizer([(32, 32)], special_tokens={"<e>": 700}, backend=backend)
    assert not mask_of(tok.session("a"), 701)[700]
    assert mask_of(tok.session("a", allowed_special="all"), 701)[700]


def test_what_follows_a_whole_piece_may_be_any_character():
    """``Aa`` is a token as a whole piece only, and a space behind it would take the ``a`` away."""
    tokens = {token: token_id for token_id, token in enumerate([*BYTES, b"a ", b"Aa"])}
    definition = Definition.from_tokens(tokens, [(97, 32)], whole_pieces=True, pattern=r"\d{1,3}|\D+")
    session = minitok.Tokenizer(definition).session("A")
    assert mask_of(session, 258)[[97, 98, 257]].tolist() == [True, True, False]


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
def test_sets_of_published_encodings(name):
    tok, drawn = minitok.get_encoding(name), random.Random(4)
    codec = tok._codec
    kinds = [char.encode() for char in viable.KINDS]
    pool = ["a", " the", " ", "  ", "\n\n", "'", "'l", "123", "Ab", "中", "é", "😀", "!!", "//"]

    def is_viable(ids):
        data = tok.decode_bytes(ids)
        tried = [data + more for _, more in zip(range(3000), viable.continuations(kinds, data), strict=False)]
        return any(found[: len(ids)] == ids for found in codec.encode_batch(tried))

    for _ in range(12):
        session = tok.session("".join(drawn.choice(pool) for _ in range(drawn.randrange(6))))
        if drawn.random() < 0.5:
            session.append_ids([int(drawn.choice(np.flatnonzero(mask_of(session, tok.vocab_size))))])
        ids, mask = session.ids().tolist(), mask_of(session, tok.vocab_size)
        asked = [int(drawn.choice(np.flatnonzero(mask == kind))) for kind in (True, False) for _ in range(20)]
        asked = [i for i in asked if i not in tok.special_tokens.values() and codec.token_bytes(i) is not None]
        # Of what ends inside a character, some ways to go on are tried only.
        asked = [
            i for i in asked if mask[i] or tok.token_bytes(i).decode(errors="ignore").encode() == tok.token_bytes(i)
        ]
        assert [is_viable([*ids, i]) for i in asked] == [bool(mask[i]) for i in asked]


def test_sampled_ids_stay_until_the_text_is_edited(backend):
    tok = minitok.Tokenizer([(32, 32), (97, 98)], pattern="cl100k", backend=backend)
    session = tok.session("a")
    with pytest.raises(ValueError, match="id 98 at index 2 cannot come next"):
        session.append_ids([32, 97, 98])
    assert session.ids().tolist() == [97]
    session.append_ids(session.count() * 32 for _ in range(2))  # read before any is appended
    assert (session.ids().tolist(), session.count(), session.text(), len(session)) == ([97, 32, 32], 3, "a  ", 3)
    copied = session.fork()
    splice = session.append("1")
    assert (splice.start, splice.removed, splice.ids.tolist()) == (3, 0, [49])
    splice = copied.append("\n")
    assert (splice.start, splice.removed, splice.ids.tolist()) == (1, 2, [256, 10])
    assert copied.ids().tolist() == tok.encode("a  \n")


def test_within_a_character_only_ids_can_be_asked_for(backend):
    session = minitok.Tokenizer([], backend=backend).session("a")
    session.append_ids([0xE4, 0xB8])
    assert session.ids().tolist() == [97, 0xE4, 0xB8]
    assert session.count() == 3
    calls = lambda: session.append("x"), lambda: session.stable, lambda: session.token_at(0)
    for call in (session.text, session.covers, *calls):
        with pytest.raises(ValueError, match="ends inside a character"):
            call()
    assert np.flatnonzero(mask_of(session, 256)).tolist() == list(range(0x80, 0xC0))
    session.append_ids([0xAD])
    assert session.text() == "a中"
    assert session.append("b").start == 4


@pytest.mark.parametrize("pattern", [r"a(?=bcd)|[\s\S]", r"a*b|a"])
def test_patterns_that_look_far_are_named(pattern):
    session = minitok.Tokenizer([], pattern=pattern, backend="rust").session("a")
    for call in (session.next_ids, lambda: session.append_ids([97])):
        with pytest.raises(ValueError, match="the pattern cuts bytes or looks further ahead than a character"):
            call()


def test_long_texts_are_sampled_too():
    tok = minitok.get_encoding("o200k_base")
    session, text = tok.session("x" * 3000), "The quick brown fox, jumps.\n" * 200
    for token_id in tok.encode(text):
        session.append_ids([token_id])
    assert session.text() == "x" * 3000 + text
    assert session.ids().tolist() == [*tok.encode("x" * 3000), *tok.encode(text)]
    assert session.edit(0, 2999, "").start == 0
    assert session.ids().tolist() == tok.encode("x" + text)
