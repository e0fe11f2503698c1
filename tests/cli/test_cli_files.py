"""What commands read and write: pipes on both sides, bytes that are no text, and outputs that are not inputs."""

import json
import os
import shlex
import subprocess
import sys

import minitok
import pytest
from commands import output_of, run
from helpers import BACKENDS
from minitok import PieceCounts
from test_cli_process import environment

COMMAND = shlex.join([sys.executable, "-m", "minitok"])


def shell(line, cwd, stdin=b""):
    """What a line of bash gives, in which ``minitok`` is the command."""
    line = f'minitok() {{ {COMMAND} "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(
        ["/bin/bash", "-c", line],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment(),
        timeout=120,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "corpus.txt").write_text("low lower lowest ab cd", encoding="utf-8")
    minitok.train(["low lower lowest"], 262).save(tmp_path / "tok.json")
    return tmp_path


def test_the_two_files_of_gpt2_make_their_folder(folder):
    output_of("convert", folder / "tok.json", folder / "new" / "files", "--to", "gpt2")
    assert (folder / "new" / "files" / "merges.txt").is_file()


# -- pipes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", ["", " --json"])
def test_a_tokenizer_goes_through_pipes(folder, extra):
    """A link, so that a failure does not replace the machine's own."""
    (folder / "stdout").symlink_to("/dev/stdout")
    found = shell(
        f"minitok train corpus.txt -n 262 -q -o stdout{extra} | minitok encode -t /dev/stdin --text 'low low'", folder
    )
    assert found.returncode == 0, found.stderr
    tok = minitok.train_files(folder / "corpus.txt", 262)
    assert [int(word) for word in found.stdout.split()] == tok.encode("low low")
    assert b"262" in found.stderr


def test_what_is_written_to_no_file_is_told_as_usual(folder):
    (folder / "null").symlink_to("/dev/null")
    shown = output_of("train", folder / "corpus.txt", "-n", 260, "-o", folder / "null")
    assert "260 ids" in shown
    assert (folder / "null").is_symlink()


# -- outputs that are read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["train", "corpus.txt", "-o", "corpus.txt"],
        ["train", "*.txt", "-o", "link.json"],
        ["train", "--counts", "all.counts", "-o", "all.counts"],
        ["train", "--count-only", "corpus.txt", "-o", "corpus.txt"],
        ["convert", "tok.json", "tok.json"],
        ["convert", "tok.json", "../{name}/tok.json", "--to", "tiktoken"],
        ["pack", "corpus.bin", "-t", "tok.json", "-o", "corpus.bin"],
        ["pack", "--join", "packed.bin", "-o", "packed.bin"],
    ],
    ids=" ".join,
)
def test_what_is_read_is_not_written_over(folder, monkeypatch, args):
    monkeypatch.chdir(folder)
    (folder / "link.json").symlink_to("corpus.txt")
    (folder / "corpus.bin").write_bytes(b"low")
    minitok.count_pieces(["low"]).save("all.counts")
    minitok.load("tok.json").encode_files("corpus.txt", "packed.bin")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    found = run(*(arg.format(name=folder.name) for arg in args))
    assert found.exit_code == 2
    assert "is an input" in " ".join(found.stderr.replace("│", "").split())
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_standard_input_is_not_written_over(folder):
    before = (folder / "corpus.txt").read_bytes()
    found = shell("minitok train - -o corpus.txt < corpus.txt", folder)
    assert found.returncode == 2
    assert (folder / "corpus.txt").read_bytes() == before


def test_a_sum_of_counts_may_replace_one_of_them(folder, monkeypatch):
    monkeypatch.chdir(folder)
    first, second = minitok.count_pieces(["low low"]), minitok.count_pieces(["lower"])
    first.save("all.counts")
    second.save("new.counts")
    output_of("train", "--counts", "--count-only", "all.counts", "new.counts", "-o", "all.counts")
    assert PieceCounts.load("all.counts") == first.merge(second)


# -- bytes that are no text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_arguments_keep_their_bytes(backend):
    text, options = os.fsdecode(b"a\xff\nb"), ("-e", "gpt2", "--backend", backend, "--json")
    ids = minitok.get_encoding("gpt2").encode(b"a\xff\nb")
    assert json.loads(output_of("encode", *options, "--text", text)) == ids
    assert json.loads(output_of("evaluate", *options, "--text", text))["tokenizers"][0]["ids"] == ids
    pieces = json.loads(output_of("explain", *options, text))["pieces"]
    assert [token["id"] for piece in pieces for token in piece["tokens"]] == ids
    assert (
        output_of("encode", "-e", "gpt2", "--backend", backend, "--lines", "--text", os.fsdecode(b"a\n\xff"))
        == "64\n187\n"
    )


# -- ids on several lines ----------------------------------------------------------------------------------------------


def decoded(*args, stdin):
    found = run("decode", *args, stdin=stdin)
    assert found.exit_code == 0, (found.stdout, found.stderr)
    return found.stdout_bytes


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("prefix", ["never", "text", "segment", "first", "always"])
@pytest.mark.parametrize("text", ["ab cd", " ab", "  ab  cd ", " ", "   ", ""])
def test_lines_of_ids_are_one_text(tmp_path, backend, prefix, text):
    tok = minitok.train(["ab cd ab cd"], 280, alphabet="characters", prefix=prefix)
    tok.save(tmp_path / "tok.json")
    ids = tok.encode(text)
    for lines in ([ids], [[one] for one in ids], [[], ids[:1], [], ids[1:]]):
        stdin = "\n".join(" ".join(map(str, line)) for line in lines) + "\n"
        shown = decoded("-t", tmp_path / "tok.json", "--backend", backend, stdin=stdin)
        assert shown == tok.decode_bytes(ids)
        json_shown = decoded("-t", tmp_path / "tok.json", "--backend", backend, "--json", stdin=stdin)
        assert json.loads(json_shown) == tok.decode(ids)


def test_each_file_of_ids_is_a_text_of_its_own(tmp_path):
    tok = minitok.train(["ab cd ab cd"], 280, alphabet="characters", prefix="text")
    tok.save(tmp_path / "tok.json")
    for name in ("a.ids", "b.ids"):
        (tmp_path / name).write_text("\n".join(map(str, tok.encode("ab cd"))))
    assert decoded("-t", tmp_path / "tok.json", tmp_path / "*.ids", stdin="") == b"ab cdab cd"


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_are_no_ids_is_said_with_its_place(backend):
    args = ["decode", "-e", "gpt2", "--backend", backend]
    for word in ("1" * 5000, "9" * 21, "x1", "-1"):
        found = run(*args, stdin=f"64\n64 {word}\n")
        assert found.exit_code == 1
        assert found.stderr == f"minitok: standard input:2: not an id: '{word[:40]}'\n"
    assert output_of(*args, stdin="0" * 5000 + "64") == "a"
    for word in ("9" * 20, "99999"):
        assert run(*args, stdin=f"72 {word}").stderr == f"minitok: unknown token id {word} at position 1\n"


# -- a vocabulary of nothing -------------------------------------------------------------------------------------------


def test_an_empty_vocabulary_is_looked_into(tmp_path):
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {}, "merges": []}
    content = {"added_tokens": [], "pre_tokenizer": level, "decoder": level, "model": model}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    args = ["inspect", "-t", tmp_path / "tokenizer.json"]
    facts = json.loads(output_of(*args, "--json"))
    assert (facts["vocab_size"], facts["tokens"]) == (0, 0)
    assert facts["longest_token"] is facts["mean_token_bytes"] is None
    lines = dict(line.split("  ", 1) for line in output_of(*args).splitlines())
    assert lines["longest token"].strip() == "none"
    for option in ("--longest", "--bytes", "--special"):
        assert output_of(*args, option) == "0 tokens\n"


def test_the_name_of_an_encoding_is_no_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    minitok.load("tok.json").save("gpt2", format="gpt2")
    ids = [output_of("encode", *named, "--text", "low").split() for named in (("-e", "gpt2"), ("-t", "./gpt2"))]
    assert ids == [list(map(str, minitok.get_encoding("gpt2").encode("low"))), ["257"]]


def test_training_says_what_format_a_name_of_another_gets(folder):
    said = output_of("train", folder / "corpus.txt", "-n", 258, "-o", folder / "tokenizer.json")
    assert "minitok's own format; 'minitok convert' writes" in said
    assert json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["format"] == "minitok"
    assert "own format" not in output_of("train", folder / "corpus.txt", "-n", 258, "-o", folder / "my.json")
