"""What the crate reads of a file (``rust/formats/``) is what the reader in Python reads, written as a file of minitok's own."""

import json
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import minitok
import pytest
from helpers import CARGO
from minitok.encodings.published import PUBLISHED
from minitok.errors import MinitokError
from minitok.formats import native
from minitok.formats.byte_level import to_chars

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "compat"))
sys.path.insert(0, str(ROOT / "tests" / "edges"))

BYTES = [bytes([byte]) for byte in range(256)]


class Crate:
    """The program that reads files with the crate."""

    def __init__(self):
        build = ["cargo", "build", *CARGO, "--example", "native_text", "--message-format", "short"]
        subprocess.run(build, check=True, cwd=ROOT)
        folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = folder / "debug" / "examples" / "native_text"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, path, pattern=""):
        self.process.stdin.write(f"{path}\t{pattern}\n".encode())
        self.process.stdin.flush()
        word, size = self.process.stdout.readline().split()
        return word.decode(), self.process.stdout.read(int(size)).decode()


@pytest.fixture(scope="session")
def crate():
    made = Crate()
    yield made
    made.process.stdin.close()
    made.process.stdout.close()
    assert made.process.wait(60) == 0


def python(path, pattern=""):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return "ok", native.dump(minitok.load(str(path), pattern=pattern or None).definition)
    except MinitokError as error:
        return "no", str(error)


def same(crate, path, pattern=""):
    """A file is the same to both, or refused by both; the reasons may be worded differently. Whether it was read."""
    ours, theirs = python(path, pattern), crate.read(path, pattern)
    assert ours[0] == theirs[0], (ours[1][-300:], theirs[1][-300:])
    if ours[0] == "ok":
        assert theirs[1] == ours[1]
    else:
        assert theirs[1].startswith(str(path)), theirs[1]
    return ours[0] == "ok"


@pytest.mark.parametrize("format", ["minitok", "huggingface", "tiktoken", "gpt2", "minbpe"])
@pytest.mark.parametrize("pattern", ["gpt2", "llama3", r"\p{L}+|\s+|[^\s\p{L}]"])
def test_what_is_written(tmp_path, crate, format, pattern):  # noqa: A002 - its name
    texts = ["low lower lowest, newer 123 wide's  words\n" * 3, "été naïve 词語 😀"]
    special = [] if format == "tiktoken" else ["<|end|>", "<s>"]
    tok = minitok.train(texts, 300 + len(special), pattern=pattern, special_tokens=special)
    path = tmp_path / "file"
    tok.save(path, format=format)
    assert same(crate, path, pattern if format == "tiktoken" else "")


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "whisper"])
@pytest.mark.parametrize("format", ["minitok", "huggingface", "tiktoken"])
def test_published(tmp_path, crate, name, format):  # noqa: A002 - its name
    tok = minitok.get_encoding(name)
    tok.save(tmp_path / "file", format=format)
    assert same(crate, tmp_path / "file", tok.pattern if format == "tiktoken" else "")


@pytest.mark.parametrize("name", PUBLISHED)
def test_encodings(crate, name):
    assert crate.read(f"encoding:{name}") == ("ok", native.dump(minitok.get_encoding(name).definition))


@pytest.mark.parametrize("seed", range(60))
def test_random_files_of_hugging_face(tmp_path, crate, seed):
    """As they are, and with some bytes of them changed."""
    from test_random_files import random_tokenizer

    rnd = random.Random(seed)
    made = random_tokenizer(rnd)
    if made is None:  # that library fails to make it
        return
    path = tmp_path / "tokenizer.json"
    path.write_text(made.to_str(), encoding="utf-8")
    same(crate, path)
    data = bytearray(path.read_bytes())
    for _ in range(rnd.randint(1, 2)):
        at = rnd.randrange(len(data))
        junk = rnd.choice([b"", b" ", b"0", b'"', b",", b"{", b"null", b"true", b"[]", b"\xff", b"\\ud800"])
        data[at : at + rnd.randint(0, 3)] = junk
    path.write_bytes(data)
    same(crate, path)


def test_real_files_of_packages(crate):
    from hf_files import deepseek

    assert same(crate, deepseek())


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize("symbols", [("<x>",), ("<x>", "a b"), ("▁▁", "\n")])
def test_sentencepiece(tmp_path, crate, prefix, symbols):
    from test_sentencepiece import trained

    path = tmp_path / "file.model"
    path.write_bytes(trained(prefix=prefix, symbols=symbols))
    assert same(crate, path)
    rnd = random.Random(len(symbols))
    data = path.read_bytes()
    for _ in range(20):
        changed = bytearray(data)
        at = rnd.randrange(len(data))
        changed[at : at + rnd.randint(0, 3)] = rnd.choice([b"", b"\0", b"\xff", b"\x0a"])
        path.write_bytes(changed)
        same(crate, path)


@pytest.mark.parametrize("pre", ["gpt-2", "llama-bpe", "falcon", "modern-bert", "nothing-known"])
def test_gguf_of_bytes(tmp_path, crate, pre):
    from test_gguf import byte_level

    tok = minitok.train(["low lower lowest"], 270, special_tokens=["<s>"])
    byte_level(tmp_path / "file.gguf", tok, pre)
    assert same(crate, tmp_path / "file.gguf") == (pre != "nothing-known")


def test_tekken(tmp_path, crate):
    from test_tekken import content

    for change in ({}, {"vocab": []}, {"config": {}}, {"special_tokens": [{"rank": 0, "token_str": "a"}]}):
        (tmp_path / "tekken.json").write_text(json.dumps(content() | change))
        assert same(crate, tmp_path / "tekken.json") or change


@pytest.mark.parametrize(
    "more",
    [
        {"normalizer": {"type": "BertNormalizer"}, "added_tokens": []},
        {"pre_tokenizer": {"type": "BertPreTokenizer"}},
        {"added_tokens": [{"id": 5, "content": "<b>"}, {"id": 6, "content": "<b>x", "special": True}]},
        {"added_tokens": [{"id": 5, "content": "é", "normalized": True}], "normalizer": {"type": "NFD"}},
        {"added_tokens": [{"id": 5, "content": ""}]},
        {"decoder": {"type": "CTC"}},
        {"model": {"type": "WordPiece"}},
        {"model": 3},
    ],
)
def test_by_hand(tmp_path, crate, more):
    vocab = {to_chars(byte): index for index, byte in enumerate(BYTES)}
    content = {
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocab | {"ab": 256}, "merges": ["a b"]},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content | more))
    same(crate, tmp_path / "tokenizer.json")
