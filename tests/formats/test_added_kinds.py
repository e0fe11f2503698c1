"""Added tokens of files of each kind: ``encode`` gives the ids of the library with its special tokens split, and with all of them
allowed, those that it gives by default.
"""

import json
from functools import cache

import minitok
import pytest
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers import decoders as decoding

CORPUS = [
    "the cat  sat on   the mat\n\n",
    "def f():\n    return 'x'\n\t\t",
    "<table><td>été</td></table> Ab AB ab",
] * 10
RUNS = [" " * size for size in (2, 3, 4, 8, 16)]
TAGS = ["<table>", "</td>", "<td>", "\n\n", "<b", "b>"]
MARKERS = ["<|end|>", "<s>", "<s>x"]


def added(names, **options):
    return [AddedToken(name, special=False, **options) for name in names]


def special(names, **options):
    return [AddedToken(name, special=True, **options) for name in names]


def of_bytes(normalizer=None, *, prefix=False):
    """A small tokenizer of bytes."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer, tok.decoder = pre_tokenizers.ByteLevel(add_prefix_space=prefix), decoding.ByteLevel()
    if normalizer is not None:
        tok.normalizer = normalizer
    options = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet(), "show_progress": False}
    tok.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, **options))
    return tok


def of_characters(normalizer, pre_tokenizer=None):
    """A small tokenizer of characters with byte fallback, as of Llama and Gemma."""
    pieces = [f"<0x{byte:02X}>" for byte in range(256)] + [*"▁abcdefhimnorstxé<>/"]
    merges = [("t", "h"), ("▁", "▁"), ("▁", "t"), ("a", "b"), ("▁▁", "▁▁"), ("<", "t"), ("t", "d")]
    vocab = {piece: token_id for token_id, piece in enumerate([*pieces, *map("".join, merges)])}
    tok = Tokenizer(models.BPE(vocab, merges, byte_fallback=True, fuse_unk=True))
    tok.normalizer, tok.decoder = (
        normalizer,
        decoding.Sequence([decoding.Replace("▁", " "), decoding.ByteFallback()]),
    )
    if pre_tokenizer is not None:
        tok.pre_tokenizer = pre_tokenizer
    return tok


SPACES = normalizers.Replace(" ", "▁")
LLAMA = normalizers.Sequence([normalizers.Prepend("▁"), SPACES])
FILES = {
    "runs of spaces, normalized (Phi-2)": lambda: (of_bytes(), added(RUNS, normalized=True), special(MARKERS)),
    "runs of spaces and NFC (GPT-NeoX)": lambda: (
        of_bytes(normalizers.NFC()),
        added([*RUNS, "né", "Ne\u0301"], normalized=True),
        special(MARKERS, normalized=False),
    ),
    "runs of spaces, as they stand": lambda: (
        of_bytes(normalizers.NFC()),
        added([*RUNS, "né"], normalized=False),
        special(MARKERS, normalized=True),
    ),
    "tags and small letters": lambda: (
        of_bytes(normalizers.Lowercase()),
        [*added(["AB", "<TD>", "</td>"], normalized=True), *added(["Ab", "<td>"], normalized=False)],
        special(["<S>", "<|END|>"], normalized=True),
    ),
    "a space before segments": lambda: (
        of_bytes(prefix=True),
        added([*RUNS, *TAGS], normalized=True),
        special(MARKERS),
    ),
    "special tokens that hold added ones": lambda: (
        of_bytes(),
        [*added([*TAGS, "ab", "x<"], normalized=False), *added(["the", "<s", "cat"], normalized=True)],
        [
            *special(["<td>x", "<|b>", "ab<b", "x<td"], normalized=False),
            *special(["<s>", "theca", "a<"], normalized=True),
        ],
    ),
    "special tokens that hold added ones in small letters": lambda: (
        of_bytes(normalizers.Lowercase()),
        added(["the", "<S", "CAT"], normalized=True),
        special(["<s>", "THEca", "A<"], normalized=True),
    ),
    "flags": lambda: (
        of_bytes(),
        [
            *added(["<td>"], lstrip=True),
            *added(["</td>"], rstrip=True, normalized=False),
            *added(["ab", "<b"], single_word=True),
            # Not lstrip: behind a token with rstrip, tokenizers then loses a token of white space, or repeats the text behind it.
            *added(["\n\n"], rstrip=True, normalized=False),
            *added(["b>"], single_word=True, normalized=False),
        ],
        [*special(["<s>"], lstrip=True), *special(["<|end|>"], rstrip=True, normalized=True)],
    ),
    "tags of characters (Gemma)": lambda: (
        of_characters(SPACES),
        added(["▁▁", "▁▁▁", "\n\n", *TAGS[:3]], normalized=False),
        special(MARKERS, normalized=False),
    ),
    "tags of characters, normalized": lambda: (
        of_characters(SPACES),
        added(["▁▁▁", "  ", "\n\n", *TAGS[:3]], normalized=True),
        special(MARKERS, normalized=False),
    ),
    "a space before segments of characters (Llama 2)": lambda: (
        of_characters(LLAMA),
        [*added(["the", "<td>"], normalized=True), *added(["</td>", "  "], normalized=False)],
        special(MARKERS, normalized=False),
    ),
    "Metaspace, first": lambda: (
        of_characters(normalizers.NFC(), pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)),
        [*added(["the", "<td>", "  "], normalized=True), *added(["</td>", "▁▁▁"], normalized=False)],
        special(MARKERS, normalized=False),
    ),
    "Metaspace, always": lambda: (
        of_characters(normalizers.NFC(), pre_tokenizers.Metaspace("▁", prepend_scheme="always", split=False)),
        [*added(["the", "<td>", "  "], normalized=True), *added(["</td>", "▁▁▁"], normalized=False)],
        special(MARKERS, normalized=False),
    ),
}


@cache
def made(name):
    tok, of_text, markers = FILES[name]()
    # As `add_tokens` and `add_special_tokens` do, which refuse what the vocabulary has already.
    content = json.loads(tok.to_str())
    known, rows = dict(content["model"]["vocab"]), []
    for token in [*of_text, *markers]:
        token_id = known.setdefault(token.content, len(known))
        flags = {flag: getattr(token, flag) for flag in ("single_word", "lstrip", "rstrip", "normalized", "special")}
        rows.append({"id": token_id, "content": token.content, **flags})
    content["added_tokens"] = sorted(rows, key=lambda row: row["id"])
    return json.dumps(content)


def texts_of(content):
    """Texts of the names of a file, of their parts, and of what may stand beside them."""
    names = [row["content"] for row in json.loads(content)["added_tokens"]]
    parts = [name[start:end] for name in names for start in range(len(name)) for end in range(start + 1, len(name) + 1)]
    others = [" ", "a", "the cat", "é", "e\u0301", "\u0301", "AB", "▁", "\u00a0", "\t", "1", "_", "x y"]
    return st.lists(st.sampled_from(names) | st.sampled_from([*parts, *others]), max_size=10).map("".join)


@pytest.mark.parametrize("name", FILES)
def test_ids_are_those_of_tokenizers(name, tmp_path):
    content = made(name)
    (tmp_path / "tokenizer.json").write_text(content)
    theirs, split = Tokenizer.from_str(content), Tokenizer.from_str(content)
    split.encode_special_tokens = True
    toks = [minitok.load(tmp_path / "tokenizer.json", backend=backend) for backend in BACKENDS]
    assert toks[0].definition.added_tokens
    assert toks[0].special_tokens
    toks[0].save(tmp_path / "again.json", format="huggingface")
    toks.append(minitok.load(tmp_path / "again.json"))
    assert toks[2] == toks[0]

    @given(texts_of(content))
    def check(text):
        by_default, without = (tok.encode(text, add_special_tokens=False).ids for tok in (theirs, split))
        for tok in toks:
            assert tok.encode(text) == without
            assert tok.encode(text, allowed_special="all") == by_default
            assert tok.count(text) == len(without)

    check()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("normalized", [False, True])
def test_white_space_with_lstrip_is_lost_to_a_token_with_rstrip(tmp_path, backend, normalized):
    theirs = of_bytes()
    theirs.add_tokens(added(["<r>"], rstrip=True, normalized=normalized))
    theirs.add_tokens(added(["\n"], lstrip=True, normalized=normalized))
    theirs.add_tokens(added(["\t", " <l>"], lstrip=True, rstrip=True, normalized=normalized))
    theirs.save(str(tmp_path / "tokenizer.json"))
    tok = minitok.load(tmp_path, backend=backend)
    for text in ["<r>\nx", "<r> \nx\n", "<r>\t\tx", "<r> \t \nx", "<r> <l> x", "<r>  <l>\n", "x \n<r>"]:
        assert tok.encode(text) == theirs.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("name", FILES)
def test_added_tokens_are_decoded_as_by_tokenizers(name, tmp_path):
    content = made(name)
    (tmp_path / "tokenizer.json").write_text(content)
    theirs = Tokenizer.from_str(content)
    toks = [minitok.load(tmp_path / "tokenizer.json", backend=backend) for backend in BACKENDS]
    first = theirs.token_to_id("a")
    added_tokens = theirs.get_added_tokens_decoder()
    # The byte-level decoder of tokenizers reads a letter in a name as the byte that it stands for in the file.
    bytewise = "ByteLevel" in json.loads(content)["decoder"]["type"]
    plain = [i for i, token in added_tokens.items() if token.content.isascii() or not bytewise]
    assert len(plain) > 5
    for token_id in plain:
        for tok in toks:
            assert tok.decode([first, token_id]) == theirs.decode([first, token_id], skip_special_tokens=False)
