"""A malformed file is refused with its name, its line if it has lines, and the reason, the same on both backends."""

import copy
import inspect
import json

import minitok
import pytest
from helpers import BACKENDS
from minitok.formats import huggingface

TOK = minitok.Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}, pattern="gpt2")
BYTES = "".join(f"{__import__('base64').b64encode(bytes([byte])).decode()} {byte}\n" for byte in range(256))


def test_rank_files_that_are_fine(tmp_path):
    whole = BYTES + "YWI= 300\n= 256\n"
    for data in (whole, whole.replace("\n", "\r\n"), "\ufeff" + whole, whole.rstrip("\n"), whole.replace("\n", "\n\n")):
        (tmp_path / "x").write_bytes(data.encode())
        for backend in BACKENDS:
            tok = minitok.load(tmp_path / "x", pattern="gpt2", backend=backend)
            assert (tok.encode("ab"), tok.decode_bytes([256]), tok.vocab_size) == ([300], b"", 301)


def changed(**changes):
    """A tokenizer.json with changes at dotted places."""
    content = copy.deepcopy(huggingface.dump(TOK.definition))
    for place, value in changes.items():
        at = content
        *way, last = place.split("__")
        for step in way:
            at = at[step]
        at[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model__dropout": 0.0, "model__unk_token": "<s>", "model__continuing_subword_prefix": ""},
        {"normalizer": {"type": "Sequence", "normalizers": []}},
        {"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}},
        {"post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing"}]}},
        {"padding": {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": None}},
        # How long a text may be, and how long a row is, is for the caller to say.
        {"padding": {"strategy": {"Fixed": 3}}, "truncation": {"max_length": 3}},
        {"decoder": {"type": "Sequence", "decoders": [{"type": "ByteLevel"}, {"type": "Fuse"}]}},
    ],
)
def test_tokenizer_json_that_is_fine(tmp_path, changes, backend):
    (tmp_path / "x").write_text(changed(**changes))
    assert minitok.load(tmp_path / "x", backend=backend) == TOK.replace(backend=backend)


def test_an_added_token_that_is_not_special(tmp_path, backend):
    (tmp_path / "x").write_text(changed(added_tokens=[{"id": 258, "content": "<s>", "special": False}]))
    tok = minitok.load(tmp_path / "x", backend=backend)
    assert (tok.special_tokens, tok.definition.added_tokens) == ({}, TOK.special_tokens)
    assert tok.encode("<s>a") == TOK.encode("<s>a", allowed_special="all")


def test_merges_with_windows_line_ends_and_a_mark(tmp_path):
    TOK.save(tmp_path, format="gpt2")
    text = (tmp_path / "merges.txt").read_text()
    (tmp_path / "merges.txt").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert minitok.load(tmp_path) == TOK


def test_errors_hold_path_line_and_reason(tmp_path):
    (tmp_path / "x").write_text(BYTES + "!!! 256\n")
    with pytest.raises(minitok.errors.FileFormatError) as caught:
        minitok.load(tmp_path / "x", pattern="gpt2")
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "x"), 257)


def test_a_long_pattern_is_cut_short_in_the_repr():
    tok = minitok.Tokenizer([], pattern="|".join(f"a{{{number}}}" for number in range(1, 100)))
    assert len(repr(tok)) < 200
    assert "a{1}|a{2}" in repr(tok)
    assert len(str(inspect.signature(minitok.Tokenizer))) < 600
