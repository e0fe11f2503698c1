"""The traits of ``llm-tokenizer`` on minitok give the ids and texts of its own tokenizer of Hugging Face (``make test-gateway``)."""

import os
import random
import re
import subprocess
from pathlib import Path

import minitok
import pytest
from minitok.data import human_rights, tiny_shakespeare

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "target" / "llm-tokenizer" / "debug" / "minitok-llm-tokenizer"
TEXTS = 2000
ODD = [
    "", " ", "\n\n", "😀", "e\u0301", "\u200b", "ﬁ", "İ", "１２", "𝔘", "a\u0300\u0301", "\ufffd", "'s", "  x", "\r\n",
    "한국어", "ไทย", "\t\t",
]  # fmt: skip


def texts(names, seed):
    """Parts of real texts, in many languages, some with special tokens and odd characters in them."""
    draw = random.Random(seed)
    sources = [tiny_shakespeare(), *("\n".join(lines) for lines in human_rights().values())]
    for _ in range(TEXTS):
        source = draw.choice(sources)
        start, length = draw.randrange(len(source)), draw.choice([3, 30, 300])
        text = source[start : start + length]
        for _ in range(draw.randrange(3)):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice([*ODD, *names]) + text[at:]
        yield text.replace("\0", "")


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base", "trained"])
def test_ids_texts_and_streams_are_equal(name, tmp_path):
    trained = name == "trained"
    tok = (
        minitok.train([tiny_shakespeare()], 2000, special_tokens=["<s>", "</s>"])
        if trained
        else minitok.get_encoding(name)
    )
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    lines = "".join(f"{text}\0" for text in texts(list(tok.special_tokens)[:8], name))
    (tmp_path / "texts").write_text(lines, encoding="utf-8", newline="")
    ran = subprocess.run(
        [PROGRAM, tmp_path / "tokenizer.json", tmp_path / "texts"],
        capture_output=True, check=False, encoding="utf-8", timeout=280, env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = re.fullmatch(r"(\d+) texts, (\d+) ids, (\d+) streams: equal\n", ran.stdout)
    assert [int(found[1]), int(found[3])] == [TEXTS, 6 * TEXTS], ran.stdout
