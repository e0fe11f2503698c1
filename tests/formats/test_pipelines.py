"""Words with ends, as a ``tokenizer.json`` of bytes has them (``tests/compat/test_random_files.py`` has
all else that is done to text before it is merged)."""

import copy
import json

import minitok
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.formats import huggingface
from minitok.formats.byte_level import CHARS
from tokenizers import Tokenizer

MERGES = [(97, 98), (45, 45), (32, 97)]
BASE = huggingface.dump(minitok.Tokenizer(MERGES, pattern="none", special_tokens={"<S>": 300}).definition)
ATOMS = [
    "a", "B", "ab", "aB ", "-", " ", "  ", "1", "12", "123", "²", "½", "ò", ".", "$", "é", "e\u0301", "Σ", "İ", "ﬁ",
]  # fmt: skip
ATOMS += ["中", "\n", "\t", "\u200b", "\u00a0", "\u3000", "<S>", "<s>", "▁", "_", "'s", "𝔸", "\x01", "\u0345", "丽"]
TEXTS = st.lists(st.sampled_from(ATOMS), max_size=9).map("".join)


def ids_of(theirs, text):
    return theirs.encode(text, add_special_tokens=False).ids


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
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [words | {"invert": True}, level]}
    content["added_tokens"] = [content["added_tokens"][0] | {"id": 603, "normalized": True}]
    tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
    theirs = Tokenizer.from_str(json.dumps(content))
    written = huggingface.dump(tok.definition)
    again = Tokenizer.from_str(json.dumps(written))
    assert written["model"]["merges"] == ["c a", "ca t</w>", "Ã ²</w>"]
    assert huggingface.parse(written, "it", backend=tok.definition.backend).content() == tok.definition.content()

    @settings(max_examples=25)
    @given(st.lists(TEXTS | st.sampled_from(["Cat", "cat ", "ca", "CATS"]), max_size=6).map("".join))
    def check(text):
        ids = ids_of(theirs, text)
        assert tok.encode(text, allowed_special="all") == ids_of(again, text) == ids
        assert tok.encode_to_numpy(text, allowed_special="all").tolist() == ids
        assert [token.id for token in tok.explain(text, allowed_special="all").tokens] == ids

    check()
