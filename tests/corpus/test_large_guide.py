"""The guide to large corpora: its commands and programs run, and all of its ways train one tokenizer."""

import minitok
from guides import TEXTS, blocks_of, run_shell, write_corpus


def test_all_ways_train_one_tokenizer(tmp_path, monkeypatch, capsys):
    write_corpus(tmp_path)
    monkeypatch.chdir(tmp_path)
    names = {}
    for heading, language, block in blocks_of("large.md"):
        if language == "sh":
            run_shell(block)
        else:
            exec(compile(block, heading, "exec"), names)  # noqa: S102
    special = ["<|endoftext|>"]
    expected = minitok.train(TEXTS, 400, special_tokens=special)
    files = ("bounded.json", "parts.json", "merged.json")
    assert [minitok.load(file) == expected for file in files] == [True] * 3
    assert names["tok"] == expected
    assert names["tok"].shrink(300) == minitok.train(TEXTS, 300, special_tokens=special)
    assert names["smaller"] == minitok.train(TEXTS, 300, tie_break="first_seen", special_tokens=special)
    assert names["rarer"] == minitok.train(TEXTS, 400, min_frequency=50, special_tokens=special)
    assert names["rarer"].vocab_size < 400
    assert capsys.readouterr().out == f"{len(names['whole'])} min_frequency {names['rarer'].vocab_size}\n"
