"""The commands in this process: what they print, what they write, how they end."""

import json

import minitok
import pytest
from commands import output_of, run
from minitok.parity import train_parity


@pytest.fixture
def corpus(tmp_path):
    file = tmp_path / "corpus.txt"
    file.write_text("low lower lowest<|end|>low\n", encoding="utf-8")
    return file


@pytest.fixture
def tokenizer(tmp_path, corpus):
    file = tmp_path / "tok.json"
    output_of("train", corpus, "-n", 265, "--special", "<|end|>", "-o", file)
    return file


def test_train_writes_what_the_library_learns(tmp_path, corpus):
    out = tmp_path / "tok.json"
    shown = output_of(
        "train", corpus, "-n", 262, "-o", out, "--pattern", "cl100k", "--tie-break", "first_seen", "--name", "mine"
    )
    expected = minitok.train_files(corpus, 262, pattern="cl100k", tie_break="first_seen")
    loaded = minitok.load(out)
    assert loaded == expected
    assert loaded.definition.name == "mine"
    assert "262 ids (6 merges) from 27 bytes" in shown
    assert str(out) in shown


def test_train_reports_as_json_and_says_why_it_stopped(tmp_path, corpus):
    out = tmp_path / "tok.json"
    report = json.loads(output_of("train", corpus, "-n", 9999, "-o", out, "--json"))
    assert report["file"] == str(out)
    assert report["stop"] == "min_frequency"
    assert report["vocab_size"] == minitok.load(out).vocab_size == 256 + report["merges"]
    assert "No pair was left to merge before 9,999 ids" in output_of("train", corpus, "-n", 9999, "-o", out)


def test_train_reads_standard_input_and_cuts_documents(tmp_path):
    out = tmp_path / "tok.json"
    output_of("train", "-", "-n", 260, "--separator", "|", "-o", out, stdin="ab|ab|ba")
    assert minitok.load(out) == minitok.train(["ab", "ab", "ba"], 260)


@pytest.fixture
def languages(tmp_path):
    """Texts of two languages, and texts that say the same in each."""
    texts = {"corpus/de.txt": "der Hund" * 2, "corpus/en.txt": "the cat, the dog " * 50}
    texts |= {"same/de.txt": "der Hund", "same/en.txt": "the dog", "corpus/en.more.txt": "the cat"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return texts


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_train_is_fair_to_languages(languages, tmp_path, backend):
    out, same = tmp_path / "fair.json", tmp_path / "same"
    (same / ".hidden.txt").write_text("of no language")
    options = ("-n", 262, "--name", "fair", "--backend", backend, "-o", out)
    output_of("train", tmp_path / "corpus/*.txt", "--parity", same, *options)
    texts = {"de": [languages["corpus/de.txt"]], "en": [languages["corpus/en.more.txt"], languages["corpus/en.txt"]]}
    dev = {name: [languages[f"same/{name}.txt"]] for name in texts}
    wanted = train_parity(texts, 262, dev=dev, name="fair")
    found = minitok.load(out)
    assert (found.merges, found.definition.name) == (wanted.merges, "fair")
    assert found.definition.trained["languages"] == wanted.definition.trained["languages"]


def test_train_reads_patterns_and_json_lines(tmp_path):
    for name, text in (("a.txt", "aaa"), ("b.txt", "bbb")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "c.jsonl").write_text('{"body": "ccc"}\n', encoding="utf-8")
    out = tmp_path / "tok.json"
    output_of("train", tmp_path / "*.txt", tmp_path / "c.jsonl", "--field", "body", "-n", 259, "-o", out)
    assert minitok.load(out) == minitok.train(["aaa", "bbb", "ccc"], 259)


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_encode_and_decode_round_trip(tokenizer, tmp_path, backend):
    text = "lowest naïve 🦀\n\n"
    file = tmp_path / "text.txt"
    file.write_text(text, encoding="utf-8")
    ids = output_of("encode", "-t", tokenizer, file, "--backend", backend)
    assert [int(word) for word in ids.split()] == minitok.load(tokenizer).encode(text)
    assert ids.count("\n") == 1
    assert output_of("decode", "-t", tokenizer, stdin=ids) == text
    as_json = output_of("encode", "-t", tokenizer, file, "--json")
    assert json.loads(as_json) == minitok.load(tokenizer).encode(text)
    assert json.loads(output_of("decode", "-t", tokenizer, "--json", stdin=as_json)) == text


def test_each_file_has_a_line_of_ids(tokenizer, tmp_path):
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "c.txt").write_text("", encoding="utf-8")
    lines = output_of("encode", "-t", tokenizer, tmp_path / "?.txt").split("\n")
    ids = [[int(word) for word in line.split()] for line in lines]
    assert ids == [*minitok.load(tokenizer).encode_batch(["a.txt", "b.txt"]), [], []]


def test_lines_are_texts_of_their_own(tokenizer):
    text = "low\n\nlower low\n"
    ids = output_of("encode", "-t", tokenizer, "--lines", stdin=text)
    wanted = minitok.load(tokenizer).encode_batch(["low", "", "lower low"])
    assert [[int(word) for word in line.split()] for line in ids.splitlines()] == wanted
    assert output_of("decode", "-t", tokenizer, "--lines", stdin=ids) == text
    as_json = output_of("encode", "-t", tokenizer, "--lines", "--json", stdin=text)
    assert [json.loads(line) for line in as_json.splitlines()][1] == []


def test_special_tokens_are_text_unless_named(tokenizer):
    tok = minitok.load(tokenizer)
    special = tok.special_tokens["<|end|>"]
    text = "low<|end|>"
    assert output_of("encode", "-t", tokenizer, "--text", text).split() == list(map(str, tok.encode(text)))
    for named in ("<|end|>", "all"):
        shown = output_of("encode", "-t", tokenizer, "--text", text, "--special", named)
        assert shown.split()[-1] == str(special)


def test_text_and_its_end_in_bytes(tokenizer):
    # Half a character comes out as the byte it is.
    result = run("decode", "-t", tokenizer, stdin="[195, 169]\n195")
    assert result.stdout_bytes == b"\xc3\xa9\xc3"


def test_version():
    assert output_of("--version") == f"minitok {minitok.__version__} ({minitok.BACKEND})\n"


@pytest.mark.parametrize("command", ["encode", "count"])
def test_control_tokens_are_refused(command, tmp_path):
    file, text = tmp_path / "tok.json", tmp_path / "a.txt"
    tok = minitok.Tokenizer([], special_tokens={"<s>": 256}, added_tokens={"<think>": 257, "  ": 258})
    tok.save(file)
    text.write_text("a  <think>", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "a<think>"}), encoding="utf-8")
    for given in (["--text", "a<think>"], [text], [tmp_path / "a.jsonl"]):
        for name in ("all", "<think>"):
            result = run(command, "-t", file, *given, "--disallow", name)
            assert (result.exit_code, result.stdout) == (1, "")
            assert "'<think>'" in result.stderr
        assert run(command, "-t", file, *given, "--disallow", "<s>").exit_code == 0
        assert run(command, "-t", file, *given, "--disallow", "all", "--special", "<think>").exit_code == 0
