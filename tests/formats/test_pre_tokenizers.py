"""What a ``tokenizer.json`` of bytes may say about cutting, ends of words and added tokens: the ids of ``tokenizers``, whatever the options."""

import copy
import json

import minitok
import pytest
from helpers import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.formats import huggingface
from minitok.formats.byte_level import CHARS
from tokenizers import Tokenizer

MERGES = [(97, 98), (45, 45), (32, 97), (49, 50), (256, 256), (32, 32), (45, 97)]
BASE = huggingface.dump(minitok.Tokenizer(MERGES, pattern="none", special_tokens={"<s>": 263, "b1": 264}).definition)
LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
TEXTS = st.lists(
    st.sampled_from(
        ["a", "b", "ab", "-", "--", " ", "  ", "1", "12", "²", "½", ".", "$", "é", "中", "\n", "<s>", "_", "、"]
    )
).map("".join)


def both(content, texts):
    """The ids of ``tokenizers`` and those of minitok, on each backend."""
    theirs = Tokenizer.from_str(json.dumps(content))
    wanted = [theirs.encode(text, add_special_tokens=False).ids for text in texts]
    for backend in BACKENDS:
        tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
        assert [tok.encode(text, allowed_special="all") for text in texts] == wanted
    return tok


@given(
    st.lists(st.tuples(*[st.booleans()] * 4), min_size=2, max_size=2),
    st.lists(TEXTS, min_size=1, max_size=8),
)
def test_added_tokens_that_take_more_or_ask_for_more(flags, texts):
    content = copy.deepcopy(BASE)
    for token, (single_word, lstrip, rstrip, normalized) in zip(content["added_tokens"], flags, strict=True):
        token |= {"single_word": single_word, "lstrip": lstrip, "rstrip": rstrip, "normalized": normalized}
    tok = both(content, texts)
    # What stands alone takes nothing.
    assert tok.definition.lossless == (not any(any(own[1:3]) for own in flags))
    assert huggingface.dump(tok.definition)["added_tokens"] == content["added_tokens"]


@pytest.mark.parametrize("char", ["\u2002", "\u0085", "\x1c", "\u200b", "\u3000"])
def test_white_space_is_that_of_unicode(char):
    content = copy.deepcopy(BASE)
    content["added_tokens"][0] |= {"lstrip": True, "rstrip": True}
    both(content, [f"a{char}<s>{char}b", f"{char}{char}<s>", f"<s>{char}"])


def test_flags_go_with_their_special_tokens(backend):
    tok = minitok.Tokenizer([(97, 98)], special_tokens={"<m>": 257, "<n>": 258}, backend=backend)
    tok = tok.replace(token_flags={"<m>": {"lstrip"}, "<n>": {"rstrip"}})
    fewer = tok.replace(special_tokens={"<m>": 300, "<o>": 301})
    assert fewer.definition.token_flags == {"<m>": {"lstrip"}}
    assert fewer.encode("ab  <m> <n>", allowed_special="all") == [256, 300, 32, 60, 110, 62]
    assert tok.add_tokens(["<o>"], special=True).definition.token_flags == tok.definition.token_flags


def test_a_byte_that_utf8_never_contains_may_have_no_token(backend):
    content = copy.deepcopy(BASE)
    content["added_tokens"] = []
    vocab = content["model"]["vocab"]
    for token in ("<s>", "b1", "\u00c0", "\u00f5"):
        vocab.pop(token, None)
    content["model"]["merges"] = content["model"]["merges"][1:4]
    tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
    assert tok.decode(tok.encode("é中 --😀")) == "é中 --😀"
    with pytest.raises(minitok.errors.MissingByteError, match="the byte 0xc0 at position 1 has no token"):
        tok.encode(b"a\xc0")


def test_ends_of_words(backend):
    """A file like CLIP's: text in small letters, cut into words, whose last tokens say that they are the last."""
    content = copy.deepcopy(BASE)
    vocab = {char + end: i for i, (char, end) in enumerate((char, end) for end in ("", "</w>") for char in CHARS)}
    vocab |= {"ca": 600, "cat</w>": 601, "Ã²</w>": 602, "<S>": 603}
    content["model"] |= {
        "vocab": vocab,
        "merges": [["c", "a"], ["ca", "t</w>"], ["Ã", "²</w>"]],
        "unk_token": "<S>",
        "end_of_word_suffix": "</w>",
    }
    replace = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
    content["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFC"}, replace, {"type": "Lowercase"}]}
    words = {"type": "Split", "pattern": {"Regex": r"'s|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"}, "behavior": "Removed"}
    content["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [words | {"invert": True}, LEVEL | {"use_regex": True}],
    }
    content["added_tokens"] = [content["added_tokens"][0] | {"id": 603, "content": "<S>", "normalized": True}]
    tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
    theirs = Tokenizer.from_str(json.dumps(content))
    written = huggingface.dump(tok.definition)
    again = Tokenizer.from_str(json.dumps(written))
    assert written["model"]["merges"] == ["c a", "ca t</w>", "Ã ²</w>"]
    assert huggingface.parse(written, "it", backend=tok.definition.backend).content() == tok.definition.content()

    @settings(max_examples=25)
    @given(
        st.lists(
            TEXTS
            | st.sampled_from(["Cat", "cat ", "ca", "CATS", "ò", "Σ", "e\u0301", "İ", "ﬁ", "\u3000", "<S>", "'s"]),
            max_size=6,
        ).map("".join)
    )
    def check(text):
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert tok.encode(text, allowed_special="all") == again.encode(text, add_special_tokens=False).ids == ids
        assert tok.encode_to_numpy(text, allowed_special="all").tolist() == ids
        assert [token.id for token in tok.explain(text, allowed_special="all").tokens] == ids

    check()
