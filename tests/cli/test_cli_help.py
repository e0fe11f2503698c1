"""The help of every command at any width: no word is cut, examples and choices stand whole, options in groups, types as people write them."""

import re
from functools import cache

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner
from minitok.cli.app import COMMANDS as NAMES
from minitok.cli.app import app

COMMANDS = ["", *NAMES, "course start", "course mutants", "course pack"]
every_command = pytest.mark.parametrize("command", COMMANDS)


@cache
def told(command, width):
    ran = CliRunner().invoke(
        app, [*command.split(), "--help"], env={"COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"}
    )
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@every_command
def test_help_cuts_no_word_and_no_name(command):
    names = set(re.findall(r"(?<!\S)--?[a-z-]+(?!…)", told(command, 200)))
    assert "--help" in names
    for width in (40, 60, 79, 80):
        said = told(command, width)
        # Of an argument that may come several times, `FILE...` is the name.
        assert not re.search(r"\w…|[a-z]\.\.\.", said), said
        assert names <= set(re.findall(r"--?[a-z-]+", said))


@every_command
def test_help_has_examples_and_breaks_none_and_no_choice(command):
    wide, said = told(command, 200), told(command, 80)
    examples = re.findall(r"^ {4}minitok .*\S", wide, re.MULTILINE)
    if command not in ("", "course"):
        shown = said.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
        assert any(f"minitok {command} " in f"{line} " for line in shown)
        assert all(re.match(r" {4}\S", line) for line in shown if line.strip())
    assert set(examples) <= set(re.findall(r"^ +minitok .*\S", said, re.MULTILINE))
    choices = {word for found in re.findall(r"\w+(?: ?\| ?\w+)+", wide) for word in re.split(r" ?\| ?", found)}
    assert choices <= set(re.findall(r"\w+", said))


@every_command
def test_the_usage_line_names_an_argument_once_and_types_are_as_people_write_them(command):
    said = told(command, 200)
    usage = next(line for line in said.splitlines() if "Usage:" in line)
    assert not re.search(r"[{}]|\[\[|\]\.\.\.\]|\.\.\.\.", usage), usage
    assert not [word for word in ("bool", "<str>", "<int>", "list[", "  path  ", "\x1b") if word in said]


def test_the_shell_completes_commands_and_encodings():
    completed = {
        ("", "co"): "count convert course",
        ("count -e", "cl"): "cl100k_base clip",
        ("encode -t", "p50k"): "p50k_base p50k_edit",
    }
    for (before, typed), wanted in completed.items():
        found = BashComplete(app, {}, "minitok", "_MINITOK_COMPLETE").get_completions(before.split(), typed)
        assert [item.value for item in found] == wanted.split()


def test_the_first_help_names_every_command():
    assert all(re.search(rf"^ +{name} ", told("", 100), re.MULTILINE) for name in NAMES)
