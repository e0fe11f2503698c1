"""Small files of every format, damaged in many ways: each is read, or refused with a typed error that names it."""

import json
import math
import random

import minitok
import pytest
from helpers import BACKENDS, on_both
from hostile_files import (
    BYTES,
    byte_vocab,
    gguf_file,
    huggingface_file,
    json_file,
    sentencepiece_file,
    split,
    tekken_file,
    tiktoken_file,
)

WORDS = [*BYTES, b"ab", b"abc", b" a"]
TEXT = "ab abc <s> é a<x> 12 😀▁"
CASES = 150


def huggingface(path):
    steps = [split(), {"type": "Digits", "individual_digits": True}]
    huggingface_file(path, byte_vocab() | {"ab": 256, "abc": 257}, ["a b", "ab c"], steps, added=["<s>", "<x>"])
    content = json.loads(path.read_text())
    content["added_tokens"][1] |= {"special": False, "lstrip": True, "single_word": True}
    return json_file(path, content | {
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}]},
        "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}]},
        "decoder": {"type": "ByteLevel"},
        "padding": None,
    })  # fmt: skip


def characters(path):
    names = ["<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "c", "é", "ab", "abc"]
    vocab = {name: number for number, name in enumerate(names)}
    marks = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}
    return json_file(path, {
        "added_tokens": [{"id": 1, "content": "<s>", "special": True}],
        "pre_tokenizer": marks,
        "decoder": {"type": "Sequence", "decoders": [marks]},
        "model": {"type": "BPE", "byte_fallback": True, "vocab": vocab, "merges": ["a b", ["ab", "c"]]},
    })  # fmt: skip


def native(path):
    flags = {"special_tokens": {"<s>": 300}, "normalizer": "NFC", "late_tokens": {"<s>"}}
    definition = minitok.Tokenizer([(97, 98), (256, 99)], pattern=r"\w+|\W", special_tokens={"<s>": 300}).definition
    minitok.Tokenizer(definition.replace(**flags, token_flags={"<s>": {"lstrip"}})).save(path)
    return {}


def native_tokens(path):
    sentencepiece_file(path, [b"a", b"b", b"ab"])
    minitok.load(path).save(path)
    return {}


def minbpe(path):
    path.write_text("minbpe v1\n\\w+|\\W\n2\n<s> 300\n<x> 301\n97 98\n256 99\n")
    return {}


def gpt2_folder(path):
    path.mkdir()
    (path / "vocab.json").write_text(json.dumps(byte_vocab() | {"ab": 256, "abc": 257, "<s>": 258}))
    (path / "merges.txt").write_text("#version: 0.2\na b\nab c\n")
    return {}


def folder_of_ranks(path):
    path.mkdir()
    tokens = {"259": {"content": "<s>"}, "260": {"content": "<x>"}}
    (path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": tokens}))
    return tiktoken_file(path / "x.tiktoken", WORDS)


FILES = {
    "tokenizer.json": huggingface,
    "tokenizer.json of characters": characters,
    "minitok's own": native,
    "minitok's own with tokens": native_tokens,
    "tekken.json": lambda path: tekken_file(path, WORDS),
    "SentencePiece": lambda path: sentencepiece_file(path, [b"a", b"b", b"ab", b"aab"]),
    "GGUF": lambda path: gguf_file(path, WORDS),
    "minbpe": minbpe,
    "tiktoken": lambda path: tiktoken_file(path, WORDS),
    "folder of GPT-2": gpt2_folder,
    "folder of ranks": folder_of_ranks,
}
# What takes the place of something in a file of JSON; the last few are not JSON that `json` would write.
VALUES = [
    *(None, True, 0, -1, 1.5, 256, (1 << 31) - 1, 1 << 31, 1 << 64, math.nan, math.inf, "", " ", "ab", "\ud800", "é\udfff"),
    *("(", "a*", "\\p{L}", "[", "(?:" * 2000 + ")" * 2000, "Sequence", "ByteLevel", "NFC", "x" * 5000, [], {}, [None], {"a": 1}),
    *({"type": "Sequence"}, *({"type": "Sequence"} | dict.fromkeys(("normalizers", "pretokenizers", "processors", "decoders"), steps)
       for steps in (5, "abc", {"a": 1}, [5], [[]]))),
    *({"String": 5}, {"String": "\ud800"}, {"Regex": 5}, {"Regex": "\ud800"}),
]  # fmt: skip
TEXTS = ["[" * 200_000 + "]" * 200_000, "[" * 900 + "]" * 900, "1" * 5000, "1e999", "-", '{"a": 1, "a": 2}']
INSERTED = [
    b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\n", b"\0", b"99999999999", b"2147483647", b"=", b"\xc2\xb2", b"(",
]  # fmt: skip


def places(content, at=()):
    """Every place of a structure, as the keys that lead there."""
    yield at
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def damage_json(rng, data):
    """The text with one place lost, renamed, or put in place of it something else."""
    content = json.loads(data)
    by_depth = {}
    for place in places(content):
        if place:
            by_depth.setdefault(place[:-1], []).append(place)
    *path, key = rng.choice(by_depth[rng.choice(list(by_depth))])
    parent = content
    for step in path:
        parent = parent[step]
    kind = rng.random()
    if kind < 0.15:
        del parent[key]
    elif kind < 0.25 and isinstance(parent, dict):
        parent[rng.choice(["\ud800", "", "1" * 5000, "²", "-1", "99999999999"])] = parent.pop(key)
    elif kind < 0.4:
        parent[key] = "@@"
        return json.dumps(content).replace('"@@"', rng.choice(TEXTS)).encode()
    else:
        parent[key] = rng.choice(VALUES)
    return json.dumps(content).encode()


def damage_bytes(rng, data):
    """The bytes with some of them changed, lost, put there, or said twice."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 3])):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            changed[at : at + 1] = rng.randbytes(1)
        elif kind == 1:
            del changed[at : at + rng.randrange(1, 30)]
        elif kind == 2:
            changed[at:at] = rng.choice(INSERTED)
        elif kind == 3:
            del changed[at:]
        else:
            changed[at:at] = changed[at : at + rng.randrange(1, 200)]
    return bytes(changed)


@pytest.mark.filterwarnings("ignore:.*the added token:UserWarning")  # damage may change its id
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused(name, backend, tmp_path):
    rng = random.Random(f"{name} {backend}")
    path = tmp_path / "it"
    options = FILES[name](path)
    files = {file: file.read_bytes() for file in (path.iterdir() if path.is_dir() else [path])}
    outcomes = set()
    for _ in range(CASES):
        file, data = rng.choice(list(files.items()))
        is_json = data.startswith(b"{")
        file.write_bytes((damage_json if is_json and rng.random() < 0.75 else damage_bytes)(rng, data))
        try:
            tok = minitok.load(path, backend=backend, **options)
            for text in (TEXT, TEXT * 10):
                tok.decode(tok.encode(text, allowed_special="all"))
            tok.save(tmp_path / "again")
            assert minitok.load(tmp_path / "again", backend=backend) == tok
            outcomes.add("loaded")
        except minitok.errors.MinitokError as error:
            outcomes.add(type(error).__name__)
            # A file is named by the error of loading it; a byte without a token is an error of the text.
            of_text = minitok.errors.MissingByteError, minitok.errors.PatternError
            assert str(path) in str(error) or isinstance(error, of_text)
        file.write_bytes(data)
    assert "FileFormatError" in outcomes


# Bytes that are no characters, as pieces of their own beside their fallback ids.
@pytest.mark.parametrize("odd", [[b"\xc3"], [b"\xa9"], [b"\xe4", b"\xe4\xb8"], [b"\xff", b"\xe4"]])
def test_pieces_that_are_half_a_character_have_the_same_ids_on_both_backends(odd, tmp_path):
    path = tmp_path / "it"
    sentencepiece_file(path, [b"a", *odd, "é".encode(), "中".encode(), "éé".encode()])
    for text in (b"\xc3", b"\xa9 \xc3", "aé é丮中".encode(), b"\xe4\xb8\xad\xe4\xb8 \xff", "éé".encode() * 9):
        found = on_both(lambda backend, text=text: minitok.load(path, backend=backend).encode(text))
        assert isinstance(found, list) or found.kind is minitok.errors.FileFormatError
