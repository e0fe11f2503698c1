"""How commands fail: one line and exit code 1 for what cannot be done, the usage and 2 for what is not understood. Nothing is written."""

import minitok
import pytest
from commands import run

TEXT = "low lower lowest<|end|> naïve\n"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    tok = minitok.train([TEXT], 268, special_tokens=["<|end|>"], pattern="gpt2")
    tok.save(folder / "tok.json")
    tok.save(folder / "tok.tiktoken", format="tiktoken")
    (folder / "corpus.txt").write_text(TEXT, encoding="utf-8")
    (folder / "empty.txt").touch()
    names = {"TOKENIZER": "tok.json", "TIKTOKEN": "tok.tiktoken", "CORPUS": "corpus.txt", "EMPTY": "empty.txt"}
    return {place: folder / name for place, name in names.items()}


@pytest.fixture
def failed(places, tmp_path, monkeypatch):
    """Runs a command in an empty folder, which stays empty."""

    def call(line, stdin=""):
        result = run(*(places.get(word, word) for word in line.split(" ")), stdin=stdin)
        assert list(tmp_path.iterdir()) == []
        return result

    monkeypatch.chdir(tmp_path)
    return call


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("count nowhere.txt", "nowhere.txt: no such file"),
        ("count -e cl100", "unknown encoding 'cl100'; did you mean"),
        ("count -t nowhere.json", "nowhere.json: No such file or directory"),
        ("evaluate -t nowhere.json --text a", "nowhere.json: No such file or directory"),
        ("evaluate nowhere/*.txt", "no such file"),
        ("inspect --id 999999", "unknown token id 999999"),
        ("convert nowhere.json out.json", "nowhere.json: No such file or directory"),
        ("convert TIKTOKEN out.json", "does not contain its split pattern"),
        ("convert gpt2 out.model", "minbpe's format cannot express"),
        ("convert TOKENIZER nowhere/out.json", "nowhere: no such folder"),
        ("pack nowhere.txt -o out.bin", "nowhere.txt: no such file"),
        ("pack EMPTY -o nowhere/out.bin", "nowhere: no such folder"),
        ("bench EMPTY", "the text to measure with is empty"),
        ("encode -t nowhere.json", "nowhere.json: No such file or directory"),
        ("encode -t cl100", "unknown encoding 'cl100'; did you mean 'cl100k_base'"),
        ("encode -t TOKENIZER nowhere.txt", "nowhere.txt: no such file"),
        ("encode -t CORPUS", "corpus.txt: not a tokenizer of"),
        ("train CORPUS -o nowhere/tok.json", "nowhere: no such folder"),
        ("train CORPUS -o tok.json --pattern (", "pattern"),
        ("train CORPUS -o tok.json -n 256 --special <s>", "vocab_size 256 is not between"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(failed, line, message):
    result = failed(line)
    check_one_line(result, message)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("72\n72 x1 3", "standard input:2: not an id: 'x1'"),
        ("72 99999", "unknown token id 99999 at position 1"),
        ("-1", "not an id: '-1'"),
    ],
)
def test_what_are_no_ids_is_said_with_its_place(failed, ids, message):
    check_one_line(failed("decode -t TOKENIZER", ids), message)


def check_one_line(result, message):
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.startswith("minitok: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        "encode --ids",
        "encode -t TOKENIZER --text a b.txt",
        "encode -t TOKENIZER --text a --special <|none|>",
        "encode -t TOKENIZER --backend fortran",
        "train - a.txt -o b.json",
        "train a.txt -o b.json -n 255",
        "bake",
        "count -t gpt2 -e gpt2",
        "inspect -e gpt2 -e cl100k_base",
        "count --special <|none|>",
        "evaluate --text a b.txt",
        "evaluate --text a --html a.html",
        "train a.txt --count-only -n 300 -o a.counts",
        "train --counts a.counts --field text -o a.json",
        "inspect --audit --verify",
        "inspect a.txt",
        "train - --count-only -o a.counts",
        "inspect --longest --special",
        "inspect --limit 0",
        "convert gpt2",
        "convert gpt2 out.bin",
        "convert gpt2 out.json --to sentencepiece",
        "convert gpt2 out.json --pattern gpt2",
        "convert TOKENIZER out.json --pattern gpt2",
        "pack -o out.bin",
        "pack TOKENIZER -o out.txt",
        "pack TOKENIZER -o out.idx.npy",
        "pack TOKENIZER -o out.bin --dtype uint16",
        "pack TOKENIZER -o out.bin --end <|none|>",
        "bench --repeat 0",
    ],
)
def test_what_is_not_understood_is_exit_code_2(failed, line):
    result = failed(line)
    assert result.exit_code == 2
    assert "Usage" in result.stderr
