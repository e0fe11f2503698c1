"""GGUF, of which only the head is read, and GPT-2's pair, which is opened together."""

import base64
import json

import minitok
import pytest
from gguf_files import CONTROL, NORMAL, UNUSED, USER_DEFINED, write
from minitok.errors import FileFormatError
from minitok.formats import native
from minitok.formats.byte_level import to_chars
from playwright.sync_api import expect
from test_open_files import IDS, TEXT

# The page opens files as a reader's drop would, and answers as the worker does.
OPEN_ALL = """async (files) => {
  const { tokenizersIn } = await import(new URL("static/files.js", location));
  const { sendTokenizer } = await import(new URL("static/source.js", location));
  const made = files.map(([bytes, name]) => new File([Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))], name));
  try {
    const found = await tokenizersIn(made, 1 << 24);
    return [await sendTokenizer(found[0]), found.map(({ size }) => size)];
  } catch (error) { return [{ refused: error.message, kind: error.kind }, []]; }
}"""
CORPUS = ["I'LL parse 12345 naïve, 東京 🦀 low lower lowest\n"] * 4


def by_bytes(pattern="gpt2"):
    """The fields of a small model of bytes, with tokens of every kind."""
    tok = minitok.train(CORPUS, 300, pattern=pattern)
    ids, merges, _ = tok.definition.vocabulary()
    rows = [f"{to_chars(ids[left])} {to_chars(ids[right])}" for left, right, _, _ in merges]
    tokens = [*map(to_chars, ids.values()), "<s>", "<a>x", "[PAD]", "a b"]
    return {"tokens": tokens, "kinds": [NORMAL] * len(ids) + [CONTROL, USER_DEFINED, UNUSED, NORMAL], "merges": rows}


def add_template(writer):
    writer.add_chat_template("{{ bos_token }}{{ messages[0].content }}")
    writer.add_bos_token_id(0)


GGUF = {
    "bytes": by_bytes(),
    "a template": by_bytes() | {"more": [add_template]},
}


def send(page, *files):
    return page.evaluate(OPEN_ALL, [[base64.b64encode(data).decode(), name] for name, data in files])


def ids_of(page, told, *, special=False):
    return page.evaluate(IDS, {"text": TEXT, "special": special, "encodings": [told["name"]]})


def same(page, told, tok):
    """The page holds the tokenizer that the library has read."""
    assert native.parse(json.loads(told["file"]), "page", None).content() == tok.definition.content()
    for special in (False, True):
        assert ids_of(page, told, special=special) == tok.encode(TEXT, allowed_special="all" if special else ())


@pytest.mark.parametrize("name", GGUF)
def test_gguf(name, opened, tmp_path):
    data = write(tmp_path / "x.gguf", **GGUF[name]).read_bytes()
    told, sizes = send(opened, ("my model.Q4_K.gguf", data + bytes(100_000)))
    assert "refused" not in told, told
    assert sizes == [len(data)]
    assert told["title"] == "my model.Q4_K"
    same(opened, told, minitok.load(tmp_path / "x.gguf"))


HUGE = """async ([bytes, size]) => {
  const { headOf } = await import(new URL("static/files.js", location));
  const all = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
  let read = 0;
  const file = { size, slice: (from, to) => { read += to - from; return new Blob([all]).slice(from, to); } };
  return [(await headOf(file, 1 << 26)).size, read];
}"""


def test_of_a_large_file_the_head_alone_is_read(opened, tmp_path):
    data = write(tmp_path / "x.gguf", **GGUF["bytes"]).read_bytes()
    size, read = opened.evaluate(HUGE, [base64.b64encode(data + bytes(5 << 20)).decode(), 1 << 42])
    assert size == len(data)
    # What is looked at, and the slice that is given: no more of four terabytes.
    assert read <= 4 + (4 << 20) + len(data)


def test_a_gguf_that_is_cut_short_is_refused_as_by_the_library(opened, tmp_path):
    data = write(tmp_path / "x.gguf", **GGUF["bytes"]).read_bytes()[:300]
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(FileFormatError) as library:
        minitok.load(tmp_path / "x.gguf")
    told, _ = send(opened, ("x.gguf", data))
    # The library says it in the same words, behind the name of the file.
    assert told["refused"] == f"x.gguf: {str(library.value).split('x.gguf: ')[1]}"


# -- GPT-2's pair ----------------------------------------------------------------------------------------------------


def pair(tmp_path, tok):
    tok.save(tmp_path, format="gpt2")
    return tuple((name, (tmp_path / name).read_bytes()) for name in ("vocab.json", "merges.txt"))


@pytest.mark.parametrize("turn", [1, -1])
def test_a_pair(turn, opened, tmp_path):
    files = pair(tmp_path, minitok.train(CORPUS, 300, pattern="gpt2", special_tokens=["<s>", "plain"]))
    told, sizes = send(opened, *files[::turn])
    assert "refused" not in told, told
    assert len(sizes) == 1
    assert told["title"] == "vocab"
    same(opened, told, minitok.load(tmp_path))


# One of each file; ``formats/test_malformed.py`` has what else can be wrong, which the same code reads.
PAIRS = {"one token": (None, b"#version: 0.2\na b\nab\n"), "an id twice": (b'{"a": 1, "b": 1}', None)}


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_wrong_with_a_pair_is_said_as_by_the_library(name, opened, tmp_path):
    vocab, merges = PAIRS[name]
    files = dict(pair(tmp_path, minitok.train(["abab"], 257, pattern="gpt2")))
    files |= {"vocab.json": vocab} if vocab else {}
    files |= {"merges.txt": merges} if merges else {}
    for file, data in files.items():
        (tmp_path / file).write_bytes(data)
    with pytest.raises(FileFormatError) as library:
        minitok.load(tmp_path)
    told, _ = send(opened, *files.items())
    assert told == {"refused": str(library.value).replace(f"{tmp_path}/", ""), "kind": "FileFormatError"}


@pytest.mark.parametrize("alone", [0, 1])
def test_one_of_two_files_asks_for_the_other(alone, opened, tmp_path):
    files = pair(tmp_path, minitok.train(["abab"], 257, pattern="gpt2"))
    told, _ = send(opened, files[alone])
    assert told["refused"] == f"{files[alone][0]}: one of GPT-2's two files: open vocab.json and merges.txt together"


# -- as a reader does it ---------------------------------------------------------------------------------------------


def test_files_are_chosen_together(page, tmp_path):
    tok = minitok.train(CORPUS, 300, pattern="gpt2")
    pair(tmp_path, tok)
    write(tmp_path / "small.gguf", **GGUF["bytes"])
    names = [tmp_path / name for name in ("small.gguf", "merges.txt", "vocab.json")]
    page.locator("#open-tokenizer").set_input_files(names)
    expect(page.locator(".panel h3")).to_have_text(["gpt2", "o200k_base", "vocab", "small"])
    page.locator("#view").select_option("ids")
    text = page.locator("#text").input_value()
    for at, loaded in ((2, minitok.load(tmp_path)), (3, minitok.load(tmp_path / "small.gguf"))):
        expect(page.locator(".panel").nth(at).locator(".token")).to_have_text(list(map(str, loaded.encode(text))))
