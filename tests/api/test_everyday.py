"""Parts of texts by their tokens, and special tokens added."""

from functools import cache

import minitok
from helpers import both
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.spans import cutting, streaming

TEXT = "We'll meet at the café, 東京 🦀🦀, won't we?\n\n  Yes  12345 " * 5

texts = st.text(st.sampled_from("ab 'l\n1é東🦀\u0301!") | st.characters(exclude_categories=["Cs"]), max_size=40)


@cache
def tokenizers():
    """On both backends, vocabularies in which parts are not always what they are in the whole: ``'l`` of ``'ll``, tokens taken whole."""
    ll = Tokenizer([(39, 108), (97, 98)], pattern="gpt2", special_tokens={"<|end|>": 258})
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"aab": 257, b" a": 258, "é".encode(): 259}
    whole = Tokenizer(Definition.from_tokens(ranks, [(97, 98)], pattern="cl100k", whole_pieces=True))
    made = [ll, whole, Tokenizer([], pattern="none"), minitok.get_encoding("o200k_base")]
    return [tok for each in made for tok in both(each)]


@given(texts, st.integers(0, 30))
def test_a_truncated_text_is_the_longest_that_has_the_first_ids(text, max_tokens):
    for tok in tokenizers():
        ids = tok.encode(text)
        kept = tok.truncate_text(text, max_tokens)
        assert text.startswith(kept)
        assert len(tok.encode(kept)) <= max_tokens
        assert tok.encode(kept) == ids[: len(tok.encode(kept))]
        longer = [text[:end] for end in range(len(kept) + 1, len(text) + 1)]
        assert not any(tok.count(more) <= max_tokens and tok.encode(more) == ids[: tok.count(more)] for more in longer)


def test_no_character_is_cut(backend):
    tok = Tokenizer([], backend=backend)
    assert [tok.truncate_text("a🦀b", most) for most in range(8)] == ["", "a", "a", "a", "a", "a🦀", "a🦀b", "a🦀b"]
    assert tok.truncate_text("a\ud83d\ude00\ud83d!", 8) == "a😀\ufffd"


def test_only_the_beginning_of_a_long_text_is_encoded(monkeypatch):
    tok = minitok.get_encoding("cl100k_base")
    text = "tokens and more tokens " * 1_000_000
    read = []

    def reading(codec, chunks, allowed):
        return streaming.safe_blocks(codec, (read.append(len(chunk)) or chunk for chunk in chunks), allowed)

    monkeypatch.setattr(cutting, "safe_blocks", reading)
    kept = tok.truncate_text(text, 40_000)
    assert tok.encode(kept) == tok.encode(text)[:40_000]
    assert len(kept) < sum(read) < 2 * len(kept)


def test_special_tokens_are_added_after_the_vocabulary(backend):
    tok = Tokenizer([(97, 98)], special_tokens={"<s>": 260}, name="mine", backend=backend)
    more = tok.add_tokens(["<a>", "<s>", "<b>"], special=True)
    assert more.special_tokens == {"<s>": 260, "<a>": 261, "<b>": 262}
    assert more.encode("<b>ab<s>", allowed_special="all") == [262, 256, 260]
    assert more.definition.backend == backend
    assert (more.definition.name, tok.definition.name, tok.special_tokens) == (None, "mine", {"<s>": 260})
    for added, ids in [({"<a>": 300, "<b>": None}, {"<a>": 300, "<b>": 301}), ({"<a>": 258, "<s>": 260}, {"<a>": 258})]:
        assert tok.add_tokens(added, special=True).special_tokens == {"<s>": 260, **ids}
    assert tok.add_tokens([], special=True) == tok
    published = minitok.get_encoding("cl100k_base", backend=backend).add_tokens(["<|im_start|>"], special=True)
    assert published.encode("<|im_start|>", allowed_special="all") == [100277]
