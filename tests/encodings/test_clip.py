"""CLIP's ids are those of open_clip, and its words are merged as Hugging Face merges them with the published merges.

``clip.json`` says what open_clip gave, which is too large to be installed for a test; ``tools/compare_ids.py --open-clip``
compares with it directly.
"""

import hashlib
import json
import sys

import minitok
import pytest
import tokenizers
from helpers import BACKENDS
from hypothesis import given
from minitok.encodings import clean_for_clip
from minitok.encodings.clip import SPECIAL_TOKENS
from minitok.formats.byte_level import to_chars
from mirror import ROOT
from strategies import any_str, old, texts

CASES = json.loads((ROOT / "tests" / "encodings" / "clip.json").read_text())["cases"]
# How many of the published merges CLIP uses: with bytes and special tokens, the size is 49,408.
N_MERGES = 49_408 - 2 - 2 * 256
END_OF_WORD = b" "
# Of the lines of bpe_simple_vocab_16e6.txt that CLIP uses, each with its end of line.
SHA256_OF_MERGES = "d308b7377a8ceaa9707a21614fe8c831b9196e197b7aeb69833359362907af02"


@pytest.fixture
def clip(backend):
    return minitok.get_encoding("clip", backend=backend)


def shown(token):
    """A token as CLIP's file writes it; the byte FF stands for the space there, and the end of a word is a space."""
    return to_chars(token[:-1]) + "</w>" if len(token) > 1 and token.endswith(END_OF_WORD) else to_chars(token)


def published_merges():
    tokens, merges, _ = minitok.get_encoding("clip").definition.vocabulary()
    return [(shown(tokens[left]), shown(tokens[right])) for left, right, _, _ in merges[256:]]


# open_clip finds no special token directly after punctuation.
AFTER_PUNCTUATION = "!!<end_of_text>"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:20])
def test_ids_of_open_clip(case, clip):
    allowed = () if case["text"] == AFTER_PUNCTUATION else "all"
    assert clip.encode(clean_for_clip(case["text"]), allowed_special=allowed) == case["ids"]
    assert clip.decode(case["ids"]) == case["decoded"]


def test_the_published_merges_come_back_to_the_byte():
    merges = published_merges()
    assert len(merges) == N_MERGES
    lines = "".join(f"{left} {right}\n" for left, right in merges)
    assert hashlib.sha256(lines.encode()).hexdigest() == SHA256_OF_MERGES


def test_words_are_merged_as_hugging_face_merges_them():
    ours = minitok.get_encoding("clip")
    tokens = ours.definition.vocabulary()[0]
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
        cleaned = clean_for_clip(text.replace("\u017f", "s"))  # in any case the same letter for one side only
        assert ours.encode(cleaned) == theirs.encode(cleaned).ids

    check()


@given(any_str)
def test_both_backends(text):
    rust, python = (minitok.get_encoding("clip", backend=backend) for backend in BACKENDS)
    ids = rust.encode(text)
    assert python.encode(text) == ids
    assert max(ids, default=0) < 49_406
    assert rust.count(text) == len(rust.tokenize(text)) == len(ids)
    assert python.decode(ids) == rust.decode(ids)


def test_special_tokens_are_text_unless_allowed(clip):
    text = "<start_of_text> a cat <end_of_text>"
    ids = clip.encode(text)
    assert not set(ids) & set(SPECIAL_TOKENS.values())
    assert clip.encode(text, allowed_special="all") == [49406, 320, 2368, 49407]
    assert clip.encode(text, allowed_special=["<end_of_text>"])[-1] == 49407
    assert clip.encode(text, allowed_special=["<end_of_text>"])[0] == clip.encode("<")[0]


def test_what_it_is(clip, backend, tmp_path):
    definition = clip.definition
    assert (definition.name, definition.lossless, definition.backend) == ("clip", False, backend)
    assert (clip.vocab_size, clip.special_tokens) == (49_408, SPECIAL_TOKENS)
    assert len(definition.vocabulary()[0]) + 2 == clip.vocab_size
    assert clip.encode("A  CAT\n") == [320, 2368]
    clip.save(tmp_path / "clip.json")
    assert minitok.load(tmp_path / "clip.json", backend=backend).encode("A photo, 12") == clip.encode("a photo, 12")


def test_cleaning_says_what_it_needs(monkeypatch):
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        clean_for_clip(b"a")
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(ImportError, match=r"install 'minitok\[clip\]'"):
        clean_for_clip("a cat")
