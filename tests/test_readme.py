"""The README: its excerpts are the sources, its links lead somewhere, its commands exist. Its examples run as doctests."""

import json
import re
import shlex
from pathlib import Path

import minitok
import pytest
import tomllib
from click.testing import CliRunner
from minitok.cli.app import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXCERPTS = re.findall(r"<!-- excerpt: (\S+) -->\n```\w+\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("source", "excerpt"), EXCERPTS)
def test_the_excerpts_are_the_sources(source, excerpt):
    code = (ROOT / source).read_text(encoding="utf-8")
    # The excerpts leave out docstrings, which in Rust stand before the function anyway.
    without_docstrings = re.sub(r'^ +"""(?:(?!""").)*"""\n', "", code, flags=re.DOTALL | re.MULTILINE)
    assert excerpt in without_docstrings


def test_the_links_lead_somewhere():
    links = [*re.findall(r"\]\(([^)]+)\)", README), *re.findall(r'href="([^"]+)"', README)]
    assert len(links) > 5
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_minitok_brings_nothing_along_and_has_the_extras_that_are_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == []
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "python").rglob("*.py")]
    named = [name for page in pages for name in re.findall(r"minitok\[([a-z,]+)\]", page.read_text(encoding="utf-8"))]
    assert {name for names in named for name in names.split(",")} <= project["optional-dependencies"].keys()


def test_the_shell_commands_are_understood(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("Hello, Hello, world", encoding="utf-8")
    block = re.search(r"```sh\n(minitok train.*?)```", README, re.DOTALL)
    assert block
    train, pipe = block[1].splitlines()
    runner = CliRunner()
    words = [word.strip("'") for word in train.split()[1:]]
    assert runner.invoke(app, words).exit_code == 0
    encoded = runner.invoke(app, pipe.split(" | ")[1].split()[1:], input="Hello, world\n")
    decoded = runner.invoke(app, pipe.split(" | ")[2].split()[1:], input=encoded.stdout)
    assert decoded.stdout == "Hello, world\n"


@pytest.mark.parametrize("command", re.findall(r"^\| `(minitok [^`]+)` \|", README, re.MULTILINE))
def test_the_commands_of_the_table_run(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("docs", "corpus"):
        (tmp_path / folder).mkdir()
    for name in ("README.md", "docs/a.md", "docs/b.md"):
        (tmp_path / name).write_text("Hello, world\n", encoding="utf-8")
    (tmp_path / "corpus" / "a.jsonl").write_text(json.dumps({"text": "Hello, world"}) + "\n", encoding="utf-8")
    minitok.train(["Hello, world"], 260).save(tmp_path / "docs.json")
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.stderr
    assert result.stdout
