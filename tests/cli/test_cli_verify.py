"""``minitok inspect --verify``: equal ids end with 0, others with 1 and say where."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import minitok
import pytest
from commands import run
from minitok.cli import peers, verify
from minitok.encodings.published import PUBLISHED

TOK = minitok.Tokenizer([(97, 98), (32, 97)], special_tokens={"<s>": 258})


def verified(*args):
    return run("inspect", "--verify", "-t", *args)


def test_a_file_with_the_same_ids(tmp_path):
    TOK.save(tmp_path / "tokenizer.json", format="huggingface")
    (tmp_path / "text.txt").write_text("ab a <s>ab")
    ended = verified(tmp_path, tmp_path / "text.txt")
    assert ended.exit_code == 0
    assert f"ids of {len(verify.TRAPS) + 1} texts are those of tokenizers" in " ".join(ended.output.split())
    content = json.loads(verified(tmp_path, "--json").output)
    assert content["equal"]
    assert [row["library"] for row in content["compared"]] == ["tokenizers", "tokenizers, special tokens split"]


def test_a_difference_is_shown_and_ends_with_1(tmp_path, monkeypatch):
    TOK.save(tmp_path / "tokenizer.json", format="huggingface")
    other = minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 258})
    monkeypatch.setattr(verify, "load", lambda *_args, **_options: other)
    ended = verified(tmp_path / "tokenizer.json", "--json")
    assert ended.exit_code == 1
    rows = [row for row in json.loads(ended.output)["compared"][0]["texts"] if row["difference"]]
    assert {"at": 0, "after": "", "minitok": [32, 97], "library": [257]} in [row["difference"] for row in rows]
    ended = verified(tmp_path / "tokenizer.json")
    assert ended.exit_code == 1
    assert "differ from tokenizers" in " ".join(ended.output.split())


def test_an_encoding_that_comes_with_minitok(tmp_path):
    (tmp_path / "text.txt").write_text("What's in a name? <|endoftext|>")
    ended = run("inspect", "--verify", "-e", "gpt2", tmp_path / "text.txt", "--json")
    assert ended.exit_code == 0, ended.output
    content = json.loads(ended.output)
    assert (content["file"], content["equal"]) == ("gpt2", True)
    libraries = [row["library"].partition(",")[0] for row in content["compared"]]
    assert libraries == ["the file as it was published", "tiktoken", "tokenizers", "tokenizers"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_encoding_where_there_is_no_library(name, monkeypatch):
    for library in peers.OF_ENCODINGS:
        monkeypatch.setitem(sys.modules, library, None)
    ended = run("inspect", "--verify", "-e", name)
    assert ended.exit_code == 0, ended.output
    shown = " ".join(ended.output.split())
    assert shown.startswith(f"{name}: tokens and ranks are those of the published file (SHA-256 ")
    ended = run("inspect", "--verify", "-e", name, __file__)
    assert (ended.exit_code, "there is no library to compare with" in ended.output) == (1, True)


def test_an_encoding_that_is_not_the_published_one(monkeypatch):
    monkeypatch.setattr(verify, "SHA256", dict.fromkeys(verify.SHA256, "0" * 64))
    ended = run("inspect", "--verify", "-e", "gpt2")
    assert ended.exit_code == 1
    assert "tokens and ranks are not those of the published file" in " ".join(ended.output.split())


def test_speeds_beside_other_libraries(tmp_path):
    (tmp_path / "text.txt").write_text("What's in a name? " * 50)
    TOK.save(tmp_path / "tokenizer.json", format="huggingface")
    args = ["bench", "-t", str(tmp_path / "tokenizer.json"), "--peers", "-r", "1", str(tmp_path / "text.txt")]
    rows = json.loads(run(*args, "--json").stdout)["peers"]
    assert [row["library"].partition(" ")[0].rstrip(",") for row in rows] == [
        *("minitok", "tokenizers", "tokenizers", "transformers")
    ]
    assert all(row["equal"] and row["warm_mb_s"] > 0 for row in rows)
    shown = run(*args).stdout
    assert "tokenizers, special tokens split" in shown
    assert "DIFFER" not in shown


def test_other_libraries(tmp_path):
    TOK.save(tmp_path / "tokenizer.json", format="huggingface")
    content = json.loads(verified(tmp_path / "tokenizer.json", "--with", "all", "--json").stdout)
    assert [(row["library"], row["equal"]) for row in content["compared"]] == [
        ("tokenizers", True),
        ("tokenizers, special tokens split", True),
        ("transformers (fast)", True),
    ]
    tok = minitok.Tokenizer([(97, 98), (256, 99)], pattern="o200k")
    tok.save(tmp_path / "it.tiktoken", format="tiktoken")
    ended = verified(tmp_path / "it.tiktoken", "--pattern", "o200k")
    assert ended.exit_code == 0
    assert "are those of tiktoken" in " ".join(ended.output.split())


@pytest.mark.parametrize("name", ["mistral_instruct_tokenizer_240216.model.v2", "tekken_240718.json"])
def test_files_of_mistral(name):
    from pathlib import Path

    import mistral_common

    content = json.loads(verified(Path(mistral_common.__file__).parent / "data" / name, "--json").output)
    assert content["equal"]


def test_a_native_file_is_compared_with_what_is_written_of_it(tmp_path):
    TOK.save(tmp_path / "my.json")
    ended = verified(tmp_path / "my.json")
    assert ended.exit_code == 0, ended.output
    assert "are those of tokenizers, with the tokenizer.json that minitok writes" in " ".join(ended.output.split())


@pytest.mark.parametrize(("name", "content"), [("a.gguf", b"GGUF"), ("a.model", b"minbpe v1\n"), ("a.json", b"{}")])
def test_what_no_library_reads_is_an_error(name, content, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(verify, "load", lambda *_args, **_options: TOK)
    ended = verified(tmp_path / name)
    assert ended.exit_code == 1
    assert isinstance(ended.exception, SystemExit)
    assert "does not read" in " ".join(ended.stderr.split())


def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch):
    TOK.save(tmp_path / "tokenizer.json", format="huggingface")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    ended = verified(tmp_path / "tokenizer.json")
    assert ended.exit_code == 1
    assert "pip install tokenizers" in " ".join(ended.stderr.split())


@pytest.mark.parametrize("form", ["minitok", "huggingface"])
def test_a_file_that_comes_by_a_pipe_is_read_once(form, tmp_path):
    TOK.save(tmp_path / "my.json", format=form)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        pool.submit(pipe.write_bytes, (tmp_path / "my.json").read_bytes())
        ended = verified(pipe, "--json")
    assert ended.exit_code == 0, ended.output
    content = json.loads(ended.stdout)
    assert (content["file"], content["equal"]) == (str(pipe), True)
    with ThreadPoolExecutor() as pool:
        pool.submit(pipe.write_bytes, b"{}")
        ended = verified(pipe)
    assert (ended.exit_code, str(pipe) in ended.stderr) == (1, True)


def test_what_a_library_makes_of_a_file_is_a_line(tmp_path, monkeypatch):
    import tiktoken

    def fail(*_args, **_named):
        raise OverflowError("a reason of its own")

    monkeypatch.setattr(tiktoken, "Encoding", fail)
    minitok.Tokenizer([(97, 98)], pattern="gpt2").save(tmp_path / "a.tiktoken", format="tiktoken")
    ended = verified(tmp_path / "a.tiktoken", "--pattern", "gpt2")
    assert ended.exit_code == 1
    assert isinstance(ended.exception, SystemExit)
    assert "tiktoken does not read it: a reason of its own" in " ".join(ended.stderr.split())
