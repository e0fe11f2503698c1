"""BPE without byte fallback: the ids, texts and files of ``tokenizers``, for files that it makes itself."""

from __future__ import annotations

import json
import pickle
from functools import cache

import minitok
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from minitok.definition import Definition
from minitok.formats import huggingface
from minitok.reference.published.characters import Symbols
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXTS = [
    "the cat sat on the mat, and the cats sat too",
    "low lower lowest; new newer newest: wide wider widest",
    "hello there, hello world. Where is the cat?",
    "ein Ärger über Öl, der Bär",
    "一二三 四五六 cat",
]
SAMPLES = [
    *(*TEXTS, "", " ", "  two  spaces ", "unknown: ☃ ☃☃ x☃☃y 七八 cat七八", "The CATS aren't here", "a\nb\tc\r\n"),
    *("[UNK] and <unk> as text", "##at </w> t</w>", "é e\u0301 \u00ad", "☃", "lowest☃lowest"),
    *("☃" * 300, "the☃cat" * 100, "lowest " * 100),
]
PIECES = st.sampled_from(
    ["a", "b", "c", "ab", "##", "</w>", " ", "  ", "\n", "☃", "x", "é", "中", ".", "!", "▁", "?", "[UNK]"]
)
SOME_TEXT = st.lists(PIECES, max_size=14).map("".join)


def trained(model=None, trainer=None, **parts):
    tok = Tokenizer(models.BPE(**(model or {"unk_token": "[UNK]"})))
    for name, part in parts.items():
        setattr(tok, name, part)
    options = {"vocab_size": 120, "special_tokens": ["[UNK]", "[CLS]"], "show_progress": False} | (trainer or {})
    tok.train_from_iterator(TEXTS, trainers.BpeTrainer(**options))
    return tok


def quicktour():
    return trained(pre_tokenizer=pre_tokenizers.Whitespace())


def gpt1():
    return trained(
        {"unk_token": "<unk>", "end_of_word_suffix": "</w>"},
        {"special_tokens": ["<unk>"], "end_of_word_suffix": "</w>", "limit_alphabet": 20},
        normalizer=normalizers.BertNormalizer(),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
        decoder=decoders.BPEDecoder(suffix="</w>"),
    )


def nllb():
    return trained(
        {"unk_token": "<unk>", "fuse_unk": True},
        {"special_tokens": ["<s>", "<unk>"], "limit_alphabet": 20},
        normalizer=normalizers.NFKC(),
        pre_tokenizer=pre_tokenizers.Metaspace(),
        decoder=decoders.Metaspace(),
    )


def without_words():
    return trained({"fuse_unk": True, "unk_token": "[UNK]"}, {"limit_alphabet": 20})


def of_bytes():
    return trained(
        {"unk_token": "[UNK]", "fuse_unk": True},
        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False),
        decoder=decoders.ByteLevel(),
    )


def useless_fallback():
    return trained(
        {"unk_token": "[UNK]", "byte_fallback": True}, {"limit_alphabet": 20}, pre_tokenizer=pre_tokenizers.Whitespace()
    )


KINDS = (quicktour, gpt1, nllb, without_words, of_bytes, useless_fallback)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@cache
def built(kind):
    """The tokenizer of a kind, trained once."""
    return kind()


@every_kind
def test_ids_texts_and_files_are_those_of_tokenizers(kind, tmp_path, backend):
    """Of the file, of what is written of it in two formats, and of what tokenizers reads there."""
    theirs = built(kind)
    theirs.save(str(tmp_path / "tokenizer.json"))
    ours = minitok.load(tmp_path / "tokenizer.json", backend=backend)
    assert not ours.definition.lossless
    ours.save(tmp_path / "again.json", format="huggingface")
    ours.save(tmp_path / "native.json")
    again, native = (minitok.load(tmp_path / name, backend=backend) for name in ("again.json", "native.json"))
    other = Tokenizer.from_file(str(tmp_path / "again.json"))
    assert again.definition.content() == ours.definition.content()
    assert native == ours == pickle.loads(pickle.dumps(ours))
    assert ours.replace(backend="python" if backend == "rust" else "rust") == ours
    assert other.get_vocab() == theirs.get_vocab()

    @given(st.sampled_from(SAMPLES) | SOME_TEXT)
    def check(text):
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert other.encode(text, add_special_tokens=False).ids == ids
        assert native.encode(text, allowed_special="all") == ours.encode(text, allowed_special="all") == ids
        assert ours.encode_batch([text, text], allowed_special="all") == [ids, ids]
        assert ours.count(text, allowed_special="all") == len(ids)
        assert list(ours.encode_iterable([text[:5], text[5:]], allowed_special="all")) == ids
        if ids:
            decoded = theirs.decode(ids, skip_special_tokens=False)
            assert ours.decode(ids) == other.decode(ids, skip_special_tokens=False) == decoded
            assert ours.decode_batch([ids, ids[:1]])[0] == decoded
            stream = ours.stream_decoder()
            assert "".join([stream.push(token_id) for token_id in ids]) + stream.finish() == decoded
        theirs.encode_special_tokens = True
        assert ours.encode(text) == theirs.encode(text, add_special_tokens=False).ids
        theirs.encode_special_tokens = False

    for text in SAMPLES:
        check = example(text)(check)
    check()


def test_a_huge_piece_is_not_cut_within_a_run_of_unknown_characters():
    theirs = built(without_words)
    ours = huggingface.parse(json.loads(theirs.to_str()), "it", backend="rust").codec()
    for text in ("☃" * 600_000, "low☃☃" * 200_000):
        assert ours.encode_to_array(text).tolist() == theirs.encode(text).ids
        assert ours.count(text) == len(ours.encode(text, threads=2)) == len(theirs.encode(text).ids)


TOKENS = ["a", "b", "?", "##a", "##b", "a!", "b!", "##a!", "##b!", "##?", "ab", "ba", "##ab", "ab!", "aba", "##ba!"]


@st.composite
def random_models(draw):
    """A model of random tokens and options, with the merges that their tokens allow, in a random order."""
    prefix, suffix = draw(st.sampled_from([None, "##"])), draw(st.sampled_from([None, "!"]))
    tokens = draw(st.lists(st.sampled_from(TOKENS), unique=True, min_size=1))
    pairs = [
        (left, right)
        for left in tokens
        for right in tokens
        if right.startswith(prefix or "") and left + right.removeprefix(prefix or "") in tokens
    ]
    options = {
        "unk_token": draw(st.sampled_from([None, *tokens])),
        "fuse_unk": draw(st.booleans()),
        "ignore_merges": draw(st.booleans()),
        "continuing_subword_prefix": prefix,
        "end_of_word_suffix": suffix,
    }
    merges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    cut = draw(st.sampled_from([None, pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit()]))
    other = [None, decoders.BPEDecoder("!"), decoders.WordPiece("##"), decoders.WordPiece("#", cleanup=False)]
    decoder = draw(st.sampled_from(other))
    options = {name: value for name, value in options.items() if value is not None}
    tok = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges, **options))
    if cut is not None:
        tok.pre_tokenizer = cut
    if decoder is not None:
        tok.decoder = decoder
    return tok


@given(theirs=random_models(), text=st.text("ab?c! #", max_size=12), data=st.data())
def test_any_model_and_any_text(theirs, text, data):
    content = json.loads(theirs.to_str())
    rust, python = (huggingface.parse(content, "the file", backend=backend) for backend in ("rust", "python"))
    ids = theirs.encode(text).ids
    assert rust.codec().encode(text, ()) == python.codec().encode(text, ()) == ids
    assert rust.codec().encode_batch([text, text[::-1]])[0] == ids
    assert huggingface.parse(huggingface.dump(rust), "again") == rust
    some = data.draw(st.lists(st.integers(0, theirs.get_vocab_size() - 1), min_size=1, max_size=8))
    for definition in (rust, python):
        codec = definition.codec()
        stream = codec.stream_decoder(False)
        expected = theirs.decode(some)
        assert codec.decode(some, "replace") == codec.decode(np.array(some), "replace") == expected
        assert codec.decode(iter(some), "replace") == expected == codec.decode_bytes(some).decode()
        assert "".join([stream.push(token_id) for token_id in some]) + stream.finish() == expected
        assert codec.decode_batch([some, some], "replace") == [expected] * 2


def test_the_two_backends_know_the_same_alphabets(backend):
    symbols = Symbols(unknown=0, joining=("spaces", b""))
    definition = Definition.from_tokens(
        {b"?": 0, b"a": 1, b"b": 2, b"ab": 3, b"abb": 4},
        [(1, 2), (3, 2)],
        symbols=symbols,
        pattern="none",
        backend=backend,
    )
    assert definition.symbols == symbols
    assert definition.codec().encode("xabb", ()) == [0, 4]
    shorter = definition.replace(vocab=definition.vocab.truncate(1))
    assert shorter.codec().encode("xabb", ()) == [0, 3, 2]
    assert shorter.vocab.token_bytes(4) is None
