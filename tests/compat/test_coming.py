"""The page for those who come from other libraries names every public call of theirs."""

import re
from pathlib import Path

import pytest
import sentencepiece
import tiktoken
import tokenizers

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "coming.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^## From (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
THEIRS = {
    "tiktoken": {*dir(tiktoken.Encoding), *dir(tiktoken)} - {"core", "model", "registry"},
    "tokenizers": set(dir(tokenizers.Tokenizer)),
    # Each name comes twice there, as `EncodeAsIds` and `encode_as_ids`.
    "SentencePiece": {name for name in dir(sentencepiece.SentencePieceProcessor) if name.islower()},
}


@pytest.mark.parametrize("library", THEIRS)
def test_each_call_is_on_the_page(library):
    names = {name for name in THEIRS[library] if not name.startswith("_")}
    assert len(names) > 20
    table = " ".join(re.findall(r"^\| (.*?) \|", PARTS[library], re.MULTILINE))
    assert sorted(names - set(re.findall(r"\w+", table))) == []
