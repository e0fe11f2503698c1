"""What the extension reads itself is what the readers in Python read; everything else it leaves to them."""

import base64
import importlib.util
import json
import struct
from pathlib import Path

import minitok
import pytest
from helpers import BACKENDS, from_tables
from hypothesis import given
from hypothesis import strategies as st
from minitok import _rust
from minitok.backend import load_backend
from minitok.definition import IDENTITY
from minitok.errors import MinitokError
from minitok.formats import gpt2, huggingface, minbpe, native, sentencepiece, tekken, tiktoken
from minitok.formats.byte_level import to_chars
from minitok.formats.files import parse_json

BYTES = [bytes([byte]) for byte in range(256)]
WORDS = st.lists(
    st.binary(min_size=2, max_size=4) | st.text("ab中", min_size=2, max_size=5).map(str.encode), unique=True
)


def content(vocab):
    """Everything that a vocabulary holds."""
    return (
        vocab.tokens,
        [tuple(merge) for merge in vocab.merges],
        vocab.whole_pieces,
        vocab.merges_make_all,
        vocab.fallback,
        vocab.drops_bytes,
    )


def outcome(make):
    """A definition without its vocabulary's object, or why there is none."""
    try:
        made = make()
    except MinitokError as error:
        return type(error), str(error)
    return made and (*made.content(), made.vocab.merges_make_all)


def same_or_left(kind, data):
    """A file of JSON whose tables the extension reads is what the reader in Python reads, on both backends."""
    read = from_tables(data, kind, "rust")
    for backend in BACKENDS if read is not None else ():
        assert outcome(lambda: read) == outcome(
            lambda backend=backend: kind.parse(parse_json(data, "it"), "it", backend)
        )


def same_slowly(load):
    """A file, good or bad, is to a loader what it is without the extension's readers, on both backends."""
    read = outcome(lambda: load("rust"))
    before = _rust.set_fast(False)
    try:
        for backend in BACKENDS:
            assert outcome(lambda backend=backend: load(backend)) == read
    finally:
        _rust.set_fast(before)


def damaged(draw, data):
    """The data as it is, or with a few bytes of it changed, lost or put in."""
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        junk = draw(st.sampled_from([b"", b" ", b"\n", b"\r", b"=", b"0", b"-", b"\xff", b'"', b",", b"{", b"\\u00e9"]))
        data = data[:at] + junk + data[at + draw(st.integers(0, 3)) :]
    return data


@st.composite
def rank_files(draw):
    tokens = draw(st.permutations(BYTES))[: draw(st.sampled_from([256, 256, 256, 255]))] + draw(WORDS)
    ids = draw(st.sampled_from([list(range(len(tokens))), list(range(7, 7 + 3 * len(tokens), 3))]))
    lines = [base64.b64encode(token) + b" %d" % rank for token, rank in zip(tokens, ids, strict=True)]
    return damaged(draw, draw(st.sampled_from([b"\n", b"\r\n"])).join(lines) + draw(st.sampled_from([b"", b"\n"])))


@given(rank_files())
def test_rank_files(data):
    read = _rust.read_ranks(data)
    if read is not None:
        expected = load_backend("rust").vocab.from_ranks(tiktoken.parse_ranks(data, "it"))
        assert content(read) == content(expected)
        assert content(read) == content(load_backend("python").vocab.from_ranks(tiktoken.parse_ranks(data, "it")))


@st.composite
def tokenizer_json(draw):
    """A file of bytes or of characters, with either notation of merges, and added tokens that may be among the tokens."""
    in_characters = draw(st.booleans())
    names = [f"<0x{byte:02X}>" for byte in range(256)] if in_characters else list(map(to_chars, BYTES))
    first = ["a", "b", "▁", "中"] if in_characters else names
    vocab = {name: i for i, name in enumerate(dict.fromkeys([*names, *first]))}
    tokens, merges = list(first[:4] if in_characters else map(to_chars, [b"a", b"b", b" ", b"\xe4"])), []
    for left, right in draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=12)):
        pair = tokens[left % len(tokens)], tokens[right % len(tokens)]
        merges.append(list(pair) if draw(st.booleans()) else " ".join(pair))
        tokens.append("".join(pair))
        vocab.setdefault("".join(pair), len(vocab) + draw(st.sampled_from([0, 0, 0, 1000])))
    name = draw(st.sampled_from(["<s>", "ab", "<0x05>"]))
    added = [{"id": draw(st.sampled_from([vocab.get(name, len(vocab)), 5])), "content": name}]
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": draw(st.booleans())}
    content = {
        "added_tokens": draw(st.sampled_from([[], added])),
        "pre_tokenizer": space if in_characters else level,
        "model": {
            "type": "BPE",
            "byte_fallback": in_characters,
            "ignore_merges": not in_characters and draw(st.booleans()),
            "vocab": vocab,
            "merges": merges,
        },
    }
    data = json.dumps(content, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))).encode()
    return damaged(draw, data)


@given(tokenizer_json())
def test_tokenizer_json(data):
    same_or_left(huggingface, data)


@st.composite
def tekken_files(draw):
    """A small ``tekken.json``."""
    words = [*BYTES, *draw(WORDS)]
    rows = [{"rank": i, "token_bytes": base64.b64encode(word).decode()} for i, word in enumerate(words)]
    shown = draw(st.sampled_from([{}, {"token_str": None}, {"token_str": "é"}]))
    config = {
        "pattern": "[ab]+|[^ab]",
        "default_vocab_size": draw(st.sampled_from([259, 266, 280])),
        "default_num_special_tokens": 3,
    }
    content = {"config": config, "vocab": [row | shown for row in rows]}
    return damaged(draw, json.dumps(content, indent=draw(st.sampled_from([None, 1]))).encode())


@given(tekken_files())
def test_tekken_json(data):
    same_or_left(tekken, data)


def message(number, wire, value):
    """A field of a protocol buffer."""
    length = bytes([len(value) % 128 | 128, len(value) // 128]) if wire == 2 else b""
    return bytes([number << 3 | wire]) + length + value


@st.composite
def models(draw):
    """A small ``.model``."""
    kinds = [("<unk>", 2), *((f"<0x{byte:02X}>", 6) for byte in range(256)), ("<x>", draw(st.sampled_from([3, 4, 5])))]
    words = draw(st.lists(st.text("ab▁中", min_size=2, max_size=4), unique=True))
    kinds += [(text, 1) for text in [*draw(st.sampled_from(["ab▁中", "ab▁"])), *words]]
    pieces = b""
    for index, (text, kind) in enumerate(kinds):
        score = struct.pack("<f", -draw(st.sampled_from([index, index, index, 7])))
        fields = message(1, 2, text.encode()) + message(2, 5, score) + message(3, 0, bytes([kind]))
        pieces += message(1, 2, fields)
    trainer = message(3, 0, b"\2") + b"\x98\2\1" + message(4, 0, b"\xff" * 9 + b"\1")
    normalizer = message(4, 0, b"\0") + draw(st.sampled_from([b"", message(3, 0, b"\0")]))
    return damaged(draw, pieces + message(2, 2, trainer) + message(3, 2, normalizer))


@given(models())
def test_models(data):
    same_slowly(lambda backend: sentencepiece.parse(data, "it", backend))


TOKS = [
    minitok.Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}),
    minitok.Tokenizer.from_ranks({token: i for i, token in enumerate([*BYTES, b"bc", b"abcd", b"ab"])}, pattern="gpt2"),
    minitok.train(["a cat sat on a mat. été"] * 9, 290, special_tokens=["<|end|>"]),
]


@given(st.data())
def test_native_files(data):
    tok = data.draw(st.sampled_from(TOKS))
    written = damaged(data.draw, native.dump(tok.definition).encode())
    same_or_left(native, written)


@given(st.data())
def test_files_of_minbpe_and_gpt2(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("files")
    tok = TOKS[data.draw(st.sampled_from([0, 2]))]
    path = folder / "minbpe.model"
    tok.save(path, format="minbpe")
    path.write_bytes(damaged(data.draw, path.read_bytes()))
    same_slowly(lambda backend: minbpe.parse(path.read_bytes(), path, backend))
    tok.save(folder, format="gpt2")
    files = folder / "vocab.json", folder / "merges.txt"
    for file in files:
        file.write_bytes(damaged(data.draw, file.read_bytes()))
    given_special = data.draw(st.sampled_from([None, {}, {"<s>": 258}, {"ab": 256}]))
    same_slowly(lambda backend: gpt2.load(*files, special_tokens=given_special, backend=backend))


@pytest.mark.parametrize("merges", ["97 98\r\r\n\r\r\n256 97", "97 98\r\r\n \n", "97 98\n\r\r", "97 98\n\n\n256 97\n"])
def test_lines_of_minbpe_that_hold_nothing(tmp_path, merges):
    path = tmp_path / "x.model"
    path.write_bytes(f"minbpe v1\n\n0\n{merges}".encode())
    same_slowly(lambda backend: minbpe.parse(path.read_bytes(), path, backend))


def test_other_files_that_programs_write_are_read(tmp_path):
    for tok in TOKS:
        assert from_tables(native.dump(tok.definition).encode(), native) == tok.definition
    for tok in (TOKS[0], TOKS[2]):
        tok.save(tmp_path / "x.model", format="minbpe")
        pairs = (tmp_path / "x.model").read_bytes().split(b"\n", 3 + len(tok.special_tokens))[-1]
        read = _rust.read_pairs(pairs, IDENTITY, 1 << 20, 0)
        assert content(read) == content(tok.definition.vocab)
        tok.save(tmp_path, format="gpt2")
        files = [(tmp_path / name).read_bytes() for name in ("vocab.json", "merges.txt")]
        assert gpt2.parse_tables(*files, None, None, tok.pattern) == tok.definition
    doubling = b"97 97\n" + b"".join(b"%d %d\n" % (256 + k, 256 + k) for k in range(40))
    assert _rust.read_pairs(doubling, IDENTITY, 1 << 20, 256) is None


def test_files_of_mistral_are_read():
    folder = Path(importlib.util.find_spec("mistral_common").origin).parent / "data"
    data = (folder / "mistral_instruct_tokenizer_240323.model.v3").read_bytes()
    assert _rust.read_model(data) is not None
    same_slowly(lambda backend: sentencepiece.parse(data, "it", backend))
    data = (folder / "tekken_240718.json").read_bytes()
    assert from_tables(data, tekken) is not None


def test_files_that_programs_write_are_read(tmp_path):
    """So that the tests above compare something, and loading is fast."""
    minitok.get_encoding("r50k_base").save(tmp_path / "r50k", format="tiktoken")
    data = (tmp_path / "r50k").read_bytes()
    read = _rust.read_ranks(data)
    assert read is not None
    assert content(read) == content(minitok.get_encoding("r50k_base").definition.vocab)
    assert _rust.read_ranks(data + b"YQ== 70000\n") is None
    for tok in (minitok.get_encoding("r50k_base"), minitok.train(["a cat sat. été"] * 9, 300)):
        tok.save(tmp_path / "it.json", format="huggingface")
        data = (tmp_path / "it.json").read_bytes()
        read = from_tables(data, huggingface)
        assert read is not None
        assert outcome(lambda: read) == outcome(lambda data=data: huggingface.parse(parse_json(data, "it"), "it"))
    names = [f"<0x{byte:02X}>" for byte in range(256)]
    vocab = {name: i for i, name in enumerate([*names, "a", "▁", "▁a"])}
    model = {"type": "BPE", "byte_fallback": True, "vocab": vocab, "merges": ["▁ a"]}
    normalizer = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    data = json.dumps({"model": model, "normalizer": normalizer}).encode()
    read = from_tables(data, huggingface)
    assert read is not None
    assert read.codec().encode(" a") == [258]


def test_without_the_fast_paths_nothing_is_read():
    data = b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(BYTES))
    before = _rust.set_fast(False)
    try:
        assert _rust.read_ranks(data) is None
    finally:
        _rust.set_fast(before)
    assert _rust.read_ranks(data) is not None


@pytest.mark.parametrize(
    "words", [[b"bc", b"abcd"], [b"abc", b"bc"], ["中国".encode(), "a中国".encode(), "国中".encode()]]
)
def test_every_split_is_there_when_asked_for(words):
    """Where a token is not made by one merge of lower ranks, the extension merges by fewer pairs than the vocabulary shows."""
    ranks = {token: rank for rank, token in enumerate([*BYTES, *words])}
    toks = [minitok.Tokenizer.from_ranks(ranks, pattern="none", backend=backend) for backend in ("rust", "python")]
    for text in (*words, b"abcde", b"abcbcd", "中国中国a中国中".encode()):
        assert toks[0].encode(text) == toks[1].encode(text)
    assert content(toks[0].definition.vocab) == content(toks[1].definition.vocab)
    assert toks[0] == toks[1]
    with pytest.raises(MinitokError):
        minitok.Tokenizer.from_ranks(ranks | {b"c" * 9: 98}, pattern="none")
