"""CLIP's ids are those of open_clip, and its words are merged as Hugging Face merges them with the published merges.

``clip.json`` says what open_clip gave, which is too large to be installed for a test; ``tools/compare_ids.py --open-clip``
compares with it directly.
"""

import hashlib
import json
import pickle
import sys
from functools import cache

import minitok
import numpy as np
import pytest
import tokenizers
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok.encodings import ClipTokenizer
from minitok.encodings.clip import END_OF_WORD, N_MERGES, SPECIAL_TOKENS
from minitok.formats.byte_level import to_chars
from mirror import ROOT
from strategies import any_str, old, texts

CASES = json.loads((ROOT / "tests" / "encodings" / "clip.json").read_text())["cases"]
# Of the lines of bpe_simple_vocab_16e6.txt that CLIP uses, each with its end of line.
SHA256_OF_MERGES = "d308b7377a8ceaa9707a21614fe8c831b9196e197b7aeb69833359362907af02"


@cache
def made(backend):
    return ClipTokenizer(backend=backend)


@pytest.fixture
def clip(backend):
    """One for all tests, as the reference takes a second to read it."""
    return made(backend)


def shown(token):
    """A token as CLIP's file writes it; the byte FF stands for the space there, and the end of a word is a space."""
    return to_chars(token[:-1]) + "</w>" if len(token) > 1 and token.endswith(END_OF_WORD) else to_chars(token)


def published_merges():
    tokens, merges, _ = ClipTokenizer()._core.vocabulary()
    return [(shown(tokens[left]), shown(tokens[right])) for left, right, _, _ in merges[256:]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:20])
def test_ids_of_open_clip(case, clip):
    assert clip.encode(case["text"], allowed_special="all") == case["ids"]
    assert clip.decode(case["ids"]) == case["decoded"]


def test_the_published_merges_come_back_to_the_byte():
    merges = published_merges()
    assert len(merges) == N_MERGES
    lines = "".join(f"{left} {right}\n" for left, right in merges)
    assert hashlib.sha256(lines.encode()).hexdigest() == SHA256_OF_MERGES


def test_words_are_merged_as_hugging_face_merges_them():
    ours = ClipTokenizer()
    tokens = ours._core.vocabulary()[0]
    # There the two rows of single bytes are told apart by the suffix; here FF at the end of one byte is that suffix.
    vocab = {shown(token): token_id for token_id, token in tokens.items()}
    assert len(vocab) == 49_406
    model = tokenizers.models.BPE(vocab=vocab, merges=published_merges(), end_of_word_suffix="</w>")
    theirs = tokenizers.Tokenizer(model)
    pattern = tokenizers.Regex(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+")
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Split(pattern, "removed", invert=True),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])  # fmt: skip

    @given(texts.filter(old))
    def check(text):
        text = text.replace("\u017f", "s")  # in any case the same letter for one side only
        assert ours.encode(text) == theirs.encode(ours.clean(text)).ids

    check()


def test_both_backends():
    rust, python = (ClipTokenizer(fix_text=False, backend=backend) for backend in BACKENDS)

    @given(any_str)
    def check(text):
        ids = rust.encode(text)
        assert python.encode(text) == ids
        assert max(ids, default=0) < 49_406
        assert rust.count(text) == len(rust.tokenize(text)) == len(ids)
        assert python.decode(ids) == rust.decode(ids)

    check()


@given(st.lists(st.integers(0, 49_407), max_size=20))
def test_any_ids_are_decoded(ids):
    clip = ClipTokenizer()
    by_hand = [shown_end(clip, token_id) for token_id in ids]
    assert clip.decode(np.array(ids, np.int64)) == b"".join(by_hand).decode("utf-8", "replace")


def shown_end(clip, token_id):
    """The bytes of an id as open_clip's decoder has them: the second row, and merges that end in it, close a word."""
    token = clip._core.codec().token_bytes(token_id)
    return {b" ": b"\xff", b"\xff": b" "}.get(token, token) if token_id < 256 else token


def test_special_tokens_are_text_unless_allowed(clip):
    text = "<start_of_text> a cat <end_of_text>"
    ids = clip.encode(text)
    assert not set(ids) & set(SPECIAL_TOKENS.values())
    assert clip.encode(text, allowed_special="all") == [49406, 320, 2368, 49407]
    assert clip.encode(text, allowed_special=["<end_of_text>"])[-1] == 49407
    assert clip.encode(text, allowed_special=["<end_of_text>"])[0] == clip.encode("<")[0]
    with pytest.raises(ValueError, match="'<s>' is not a special token"):
        clip.encode(text, allowed_special=["<s>"])


def test_padded_rows(clip):
    rows = clip.encode_padded(["", "a cat", "a cat " * 77])
    assert (rows.shape, rows.dtype) == ((3, 77), np.int64)
    assert rows[0, :3].tolist() == [49406, 49407, 0]
    assert rows[1, :5].tolist() == [49406, 320, 2368, 49407, 0]
    assert (rows[2, 0], rows[2, -1], (rows[2] == 0).sum()) == (49406, 49407, 0)
    assert clip.encode_padded("a cat").tolist() == rows[1:2].tolist()
    assert clip.encode_padded([]).shape == (0, 77)
    with pytest.raises(ValueError, match="at least 2"):
        clip.encode_padded("a", 1)


def test_what_it_is(clip, backend):
    assert (clip.lossless, clip.n_vocab, clip.backend) == (False, 49_408, backend)
    assert clip.special_tokens == SPECIAL_TOKENS
    assert len(clip._core.vocabulary()[0]) + 2 == clip.n_vocab
    again = pickle.loads(pickle.dumps(clip))
    assert again.encode("a cat") == clip.encode("a cat")
    assert (again.backend, again.fix_text) == (backend, True)
    assert repr(clip) == f"ClipTokenizer(n_vocab=49408, fix_text=True, backend={backend!r})"


def test_wrong_input(clip):
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        clip.encode(b"a")
    with pytest.raises(TypeError, match="not one str"):
        clip.encode_batch("a")
    with pytest.raises(minitok.errors.UnknownTokenError, match="unknown token id 49408 at position 1"):
        clip.decode([320, 49408])


def test_without_ftfy(monkeypatch):
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(ImportError, match=r"install minitok\[clip\], or pass fix_text=False"):
        ClipTokenizer()
    plain = ClipTokenizer(fix_text=False)
    assert plain.encode("a cat") == [320, 2368]
    assert plain.tokenize("\ufb01ne")[-1] == "ne</w>"
