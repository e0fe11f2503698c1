"""``pack`` in every layout, its parts and its check; ``train --count-only`` and ``train --counts``."""

import json
import os

import minitok
import numpy as np
import pytest
from commands import output_of, run
from minitok import open_packed

TEXTS = [f"document {number}: hello, hello" for number in range(30)]


@pytest.fixture
def corpus(tmp_path):
    for number in range(3):
        lines = [json.dumps({"text": text}) + "\n" for text in TEXTS[number * 10 : number * 10 + 10]]
        (tmp_path / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    return tmp_path / "*.jsonl"


def documents(path):
    return [ids.tolist() for ids in open_packed(path)]


def test_formats_shards_rows_and_shuffles(corpus, tmp_path):
    tok = minitok.get_encoding("gpt2")
    encoded = [[*ids, 50256] for ids in tok.encode_batch(TEXTS)]
    end = ("-e", "gpt2", "--end", "<|endoftext|>")
    output_of("pack", corpus, *end, "-o", tmp_path / "m.bin", "--format", "megatron")
    assert (tmp_path / "m.idx").exists()
    assert documents(tmp_path / "m.bin") == encoded
    shown = output_of("pack", corpus, *end, "-o", tmp_path / "s.ds", "--shards", 100, "--shuffle", 5, "--json")
    report = json.loads(shown)
    assert report["ids"] == report["files"][0] == str(tmp_path / "s.manifest.json")
    assert sorted(documents(tmp_path / "s.manifest.json")) == sorted(encoded)
    assert documents(tmp_path / "s.manifest.json") != encoded
    shown = output_of("pack", corpus, "-e", "gpt2", "-o", tmp_path / "r.npy", "--rows", 21, "--begin", "<|endoftext|>")
    rows = np.load(tmp_path / "r.npy").reshape(-1, 21)
    assert f"of {len(rows)} documents" in shown
    assert (rows[:, 0] == 50256).all()
    rows = ("--rows", 20, "--begin", "<|endoftext|>", "--rest", "drop")
    shown = output_of("pack", corpus, "-e", "gpt2", "-o", tmp_path / "d.npy", *rows)
    assert "Ids that no row had room for: " in shown


def test_parts_are_joined(corpus, tmp_path):
    output_of("pack", corpus, "-e", "gpt2", "-o", tmp_path / "whole.bin")
    for number in (1, 2):
        output_of("pack", corpus, "-e", "gpt2", "-o", tmp_path / "o.bin", "--part", f"{number}/2")
    shown = output_of("pack", tmp_path / "o.part-*.bin", "--join", "-o", tmp_path / "o.bin")
    assert "of 30 documents: " in shown
    assert (tmp_path / "o.bin").read_bytes() == (tmp_path / "whole.bin").read_bytes()
    rows = ("-e", "gpt2", "--rows", 9, "--begin", "<|endoftext|>")
    output_of("pack", tmp_path / "whole.bin", "--join", *rows, "-o", tmp_path / "r.bin")
    assert (np.fromfile(tmp_path / "r.bin", "<u2").reshape(-1, 9)[:, 0] == 50256).all()


def test_conversations_have_a_mask(tmp_path):
    template = "{% for m in messages %}{{ m.content + '<|endoftext|>' }}{% endfor %}"
    tok = minitok.get_encoding("gpt2").replace(chat=template)
    tok.save(tmp_path / "my.json")
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there"}]
    (tmp_path / "a.jsonl").write_text(json.dumps({"chat": talk}) + "\n", encoding="utf-8")
    arguments = (tmp_path / "a.jsonl", "-t", tmp_path / "my.json", "--learn", "assistant", "--field", "chat")
    shown = output_of("pack", *arguments, "-o", tmp_path / "o.bin")
    assert "Ids to learn: 3" in shown
    assert json.loads(output_of("pack", *arguments, "-o", tmp_path / "o.ds", "--json"))["learned"] == 3
    corpus = open_packed(tmp_path / "o.bin")
    assert tok.decode(corpus[0][corpus.mask(0)]) == "Hello there<|endoftext|>"
    assert "numbers, with a mask, whole" in output_of("pack", "--check", tmp_path / "o.bin")
    assert output_of("pack", "--join", tmp_path / "o.ds", "-o", tmp_path / "j.bin", "--json")
    assert open_packed(tmp_path / "j.bin").mask(0).tolist() == corpus.mask(0).tolist()


def test_check(corpus, tmp_path):
    output_of("pack", corpus, "-e", "gpt2", "-o", tmp_path / "a.bin")
    output_of("pack", corpus, "-e", "gpt2", "-o", tmp_path / "b.parquet")
    shown = output_of("pack", "--check", tmp_path / "a.bin", tmp_path / "b.parquet", "-e", "gpt2")
    assert "a.bin: " in shown
    assert "columns, whole" in shown
    (about,) = json.loads(output_of("pack", "--check", tmp_path / "a.bin", "--json"))
    assert (about["documents"], about["format"], about["dtype"]) == (30, "numbers", "uint16")
    os.truncate(tmp_path / "a.bin", 10)
    failed = run("pack", "--check", tmp_path / "a.bin")
    assert failed.exit_code == 1
    assert "a.bin: 10 bytes are not the" in failed.stderr


def test_counts_of_parts_train_what_the_whole_trains(corpus, tmp_path):
    special = ("--special", "<|x|>")
    output_of("train", corpus, "-n", 300, "-o", tmp_path / "whole.json", *special)
    for number in range(3):
        output_of("train", "--count-only", tmp_path / f"{number}.jsonl", "-o", tmp_path / f"{number}.counts", *special)
    parts = [tmp_path / f"{number}.counts" for number in range(3)]
    output_of("train", "--counts", *parts, "-n", 300, "-o", tmp_path / "parts.json")
    about = json.loads(output_of("train", "--counts", "--count-only", *parts, "-o", tmp_path / "all.counts", "--json"))
    assert about["documents"] == 30
    learning = ("-n", 300, "-o", tmp_path / "all.json", "--backend", "python")
    output_of("train", "--counts", tmp_path / "all.counts", *learning)
    whole = minitok.load(tmp_path / "whole.json")
    assert whole == minitok.load(tmp_path / "parts.json") == minitok.load(tmp_path / "all.json")
    given = ("train", "--counts", parts[0], "-n", 300, "-o", tmp_path / "x.json", "--pattern")
    assert run(*given, "gpt2").exit_code == 2
    assert run(*given, "gpt-4o").exit_code == 0
    # The default pattern, given by name, is not the one of these counts.
    output_of("train", "--count-only", corpus, "--pattern", "gpt2", "-o", tmp_path / "gpt2.counts")
    others = ("--counts", tmp_path / "gpt2.counts", "-o", tmp_path / "x.json", "--pattern", "o200k")
    assert run("train", *others).exit_code == 2
