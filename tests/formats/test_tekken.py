"""Mistral's ``tekken.json``: the ids of ``mistral_common``, and what is wrong with a file."""

import base64
import importlib.util
import json
from pathlib import Path

import minitok
import pytest
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

FILE = Path(importlib.util.find_spec("mistral_common").origin).parent / "data" / "tekken_240718.json"
PATTERN = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s+(?!\S)|\s+"


def content():
    """A small file: the bytes, and two tokens more than it uses."""
    tokens = [*(bytes([byte]) for byte in range(256)), b"ab", b"abc", b"bc"]
    vocab = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate(tokens)
    ]
    config = {
        "pattern": PATTERN,
        "num_vocab_tokens": 259,
        "default_vocab_size": 267,
        "default_num_special_tokens": 10,
        "version": "v3",
    }
    return {"config": config, "vocab": vocab}


def load(tmp_path, data, backend=None):
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(data))
    return minitok.load(path, backend=backend)


def test_a_file_of_mistral_has_its_ids():
    theirs, tok = Tekkenizer.from_file(str(FILE)), minitok.load(FILE)
    assert tok.vocab_size == theirs.n_words
    for text in ["", "Hello, world!", "  a\n\n b", "def f(x):\n    return 123456\n", "Ünï 日本語 हिन्दी 😀", "'s DON'T"]:
        ids = theirs.encode(text, bos=False, eos=False)
        assert tok.encode(text) == ids
        assert tok.decode(ids) == text
    assert tok.special_tokens["[INST]"] == theirs.get_special_token("[INST]")


def test_ids_are_behind_those_of_the_special_tokens(tmp_path, backend):
    tok = load(tmp_path, content(), backend)
    assert tok.encode("ab") == [266]
    assert tok.encode("abc") == [266, 10 + 99]  # the ranks from 257 on are not used
    assert tok.special_tokens["<s>"] == 1
    assert tok.special_tokens["[TOOL_CALLS]"] == 9
    named = content() | {"special_tokens": [{"rank": 1, "token_str": "<bos>", "is_control": True}]}
    tok = load(tmp_path, named, backend)
    assert (tok.special_tokens["<bos>"], tok.special_tokens["<SPECIAL_0>"], len(tok.special_tokens)) == (1, 0, 10)
    assert minitok.load(tmp_path, backend=backend) == tok


def test_a_folder_of_ranks_has_its_special_tokens_beside_it(tmp_path, backend):
    tok = minitok.Tokenizer([(97, 98)], pattern="gpt2")
    tok.save(tmp_path / "tiktoken.model", format="tiktoken")
    config = {"added_tokens_decoder": {"300": {"content": "<s>", "special": True}}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    loaded = minitok.load(tmp_path, pattern="gpt2", backend=backend)
    assert loaded.encode("ab<s>", allowed_special="all") == [256, 300]
    with pytest.raises(minitok.errors.FileFormatError, match="pass pattern="):
        minitok.load(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"added_tokens_decoder": {"x": 3}}')
    with pytest.raises(minitok.errors.FileFormatError, match="not an id and a token: 'x'"):
        minitok.load(tmp_path, pattern="gpt2")


@pytest.mark.parametrize(
    ("code", "pattern"),
    [
        ("tokenization_kimi.TikTokenTokenizer", "kimi"),
        ("tokenization_chatglm.ChatGLM4Tokenizer", "llama3"),
        ("tokenization_qwen.QWenTokenizer", "qwen2"),
    ],
)
def test_a_folder_of_ranks_that_names_its_code(tmp_path, code, pattern, backend):
    tok = minitok.Tokenizer([(97, 98)], pattern=pattern)
    tok.save(tmp_path / "it.tiktoken", format="tiktoken")
    config = {"auto_map": {"AutoTokenizer": [code, None]}, "added_tokens_decoder": {"300": {"content": "<s>"}}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    loaded = minitok.load(tmp_path, backend=backend)
    assert (loaded.pattern, loaded.special_tokens["<s>"]) == (pattern, 300)
    assert ("<|extra_204|>" in loaded.special_tokens) == (pattern == "qwen2")
    assert loaded.encode("ab 漢字a12") == tok.encode("ab 漢字a12")
    # Another pattern, or other special tokens, may be given; code that is not known says nothing.
    assert minitok.load(tmp_path, pattern="gpt2", special_tokens={}, backend=backend).pattern == "gpt2"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"auto_map": {"AutoTokenizer": ["x.Y", None]}}))
    with pytest.raises(minitok.errors.FileFormatError, match="pass pattern="):
        minitok.load(tmp_path, backend=backend)
