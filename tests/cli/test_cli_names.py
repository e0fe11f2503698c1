"""A misspelt encoding, pattern or special token: every command that takes one says what may be meant."""

import pytest
from click.testing import CliRunner
from commands import run
from minitok.cli.app import COMMANDS, app

# What each command needs besides the option.
WITH_ENCODING = {
    "encode": ["--text", "a"],
    "decode": ["1"],
    "explain": ["a"],
    "count": ["--text", "a"],
    "evaluate": [],
    "inspect": [],
    "pack": ["a.txt", "-o", "a.bin"],
    "bench": [],
    "chunk": ["a.txt"],
}
WITH_PATTERN = {
    "train": ["a.txt", "-o", "a.json"],
    "convert": ["a.tiktoken", "a.json"],
    "inspect": [],
}
WITH_SPECIAL = {"encode": ["--text", "a"], "explain": ["a"], "count": ["--text", "a"], "chunk": ["a.txt"]}


def having(option):
    """The commands that have an option."""
    return {name for name in COMMANDS for each in app.get_command(None, name).params if option in each.opts}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "a.tiktoken").write_text("YQ== 0\n")
    monkeypatch.chdir(tmp_path)


def refused(*args):
    ran = CliRunner().invoke(app, args, env={"COLUMNS": "200"})
    assert ran.exit_code in (1, 2)
    assert ran.stdout == ""
    return ran.stderr


def test_these_are_all_commands_that_take_names():
    assert having("--encoding") == WITH_ENCODING.keys()
    assert having("--pattern") == WITH_PATTERN.keys()


@pytest.mark.parametrize("name", WITH_ENCODING)
@pytest.mark.parametrize("option", ["-e", "-t"])
def test_a_misspelt_encoding(name, option):
    assert "unknown encoding 'gtp2'; did you mean 'gpt2'?" in refused(name, *WITH_ENCODING[name], option, "gtp2")
    assert "did you mean minitok.get_encoding('gpt-3.5-turbo')?" in refused(
        name, *WITH_ENCODING[name], option, "gpt-3.5-trbo"
    )
    where = "this one from tokenizer.json of deepseek-ai/DeepSeek-V3 on Hugging Face"
    assert where in refused(name, *WITH_ENCODING[name], option, "deepseek-v3")


def test_a_misspelt_encoding_that_is_converted():
    assert "unknown encoding 'gtp2'; did you mean 'gpt2'?" in refused("convert", "gtp2", "a.json")


@pytest.mark.parametrize("name", WITH_PATTERN)
def test_a_misspelt_pattern(name):
    message = "not the name of a pattern, an encoding or a model; did you mean 'cl100k_base'?"
    assert message in refused(name, *WITH_PATTERN[name], "--pattern", "cl100k_bas")


@pytest.mark.parametrize("name", WITH_SPECIAL)
def test_a_misspelt_special_token(name):
    message = "'<|endoftxt|>' is not a special token of this tokenizer; did you mean '<|endoftext|>'?"
    assert message in " ".join(refused(name, *WITH_SPECIAL[name], "-e", "gpt2", "--special", "<|endoftxt|>").split())


@pytest.mark.parametrize("name", ["cl100k", "gpt-4"])
def test_the_short_name_of_an_encoding_and_of_its_pattern(name):
    ran = run("encode", "-e", name, "--text", "hello world")
    assert (ran.exit_code, ran.stdout.split()) == (0, ["15339", "1917"])
