"""No number, id or offset is cut, however short the line is: what a command prints is compared with its JSON."""

import json
import re
from functools import lru_cache

import minitok
import pytest
from click.testing import CliRunner
from minitok.cli.app import app
from minitok.cli.console import plain_table
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

WIDTHS = [40, 60, 80, 120]
TEXT = "I'LL parseHTTPRequest 1234567 ünïcödé 🦀 antidisestablishmentarianism"
LONG = "naïve café 東京 🦀 parseHTTPRequest(1234567);\n" * 2500


def run(*command, width=None):
    env = {"COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"} if width else {}
    ran = CliRunner().invoke(app, [str(part) for part in command], env=env)
    assert ran.exit_code in (0, 1), ran.output
    return ran.stdout


@lru_cache
def told(*command):
    """What a command says as JSON."""
    return json.loads(run(*command, "--json"))


def numbers(value):
    """All whole numbers in a JSON value."""
    if isinstance(value, dict):
        return {found for one in value.values() for found in numbers(one)}
    if isinstance(value, list):
        return {found for one in value for found in numbers(one)}
    return {value} if isinstance(value, int) and not isinstance(value, bool) else set()


def shown(text):
    """The numbers that a person reads."""
    return {int(found.replace(",", "")) for found in re.findall(r"(?<![\w.])\d[\d,]*(?![\w.]*\d)", text)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("files")
    (tmp_path / "long.txt").write_text(LONG, encoding="utf-8")
    (tmp_path / "a-file-with-a-rather-long-name-that-needs-a-line-by-itself.txt").write_text("a b c", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("width", WIDTHS)
def test_count(files, width):
    paths = sorted(files.glob("*.txt"))
    data = told("count", *paths)
    assert numbers(data) <= shown(run("count", *paths, width=width))


def test_count_breaks_no_name_of_a_file(files):
    paths = sorted(files.glob("*.txt"))
    lines = run("count", *paths, width=80).splitlines()
    for path in paths:
        assert any(line.split()[-1:] == [str(path)] for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("named", ["o200k_base", "gpt2"])
def test_explain(width, named):
    data = told("explain", TEXT, "-e", named)
    tok = minitok.get_encoding(named)
    found = run("explain", TEXT, "-e", named, width=width)
    assert set(tok.encode(TEXT)) <= shown(found)
    _, offsets = tok.encode_with_offsets(TEXT)
    spans = [f"{start}-{end}" for start, end in offsets]
    assert len(spans) > 10
    assert all(span in found for span in spans)
    ids = {part["id"] for piece in data["pieces"] for part in piece["parts"] if part["rank"] is not None}
    assert ids <= shown(found)
    assert all(cell_len(line) <= width for line in found.splitlines())


@pytest.mark.parametrize("width", WIDTHS)
def test_explain_draws_a_deep_tree_without_cutting_numbers(width):
    merges = [(33, 34), *((256 + number, 35 + number) for number in range(40))]
    tok = minitok.Tokenizer(merges, pattern="none")
    from minitok.explain.report import Report

    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(Report(tok.explain(bytes(range(33, 75)))))
    tree = captured.get().partition("Merges")[2]
    assert set(range(41)) | set(range(256, 297)) <= shown(tree)


@pytest.mark.parametrize("width", WIDTHS)
def test_evaluate_and_inspect(width):
    data = told("evaluate", "--text", LONG)
    assert numbers(data) <= shown(run("evaluate", "--text", LONG, width=width)) | numbers(data.get("bytes", 0))
    for options in (["--longest"], ["--special"], ["--search", "parse"], ["--id", "1234", "--id", "200018"]):
        data = told("inspect", *options)
        found = run("inspect", *options, width=width)
        assert {token["id"] for token in data["tokens"]} | {data["found"]} <= shown(found)
        assert {len(token["hex"]) // 2 for token in data["tokens"]} <= shown(found)
    data = told("inspect")
    assert {data[name] for name in ("vocab_size", "tokens", "merges")} <= shown(run("inspect", width=width))


@pytest.mark.parametrize("width", range(20, 100))
def test_a_table_at_any_width(width):
    table = plain_table("id", "<token", "bytes", "<hexadecimal", "<piece", optional=["<hexadecimal"])
    table.add_row("199999", "a[b]c", "12,345,678", "61 62 63", "a rather long reason for a piece")
    table.add_row("1", Text("antidisestablishmentarianism"), "2")
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table)
    found = captured.get()
    assert "199999" in found
    assert "12,345,678" in found
    assert "a[b]c" in found
    assert all(len(line.rstrip()) <= width for line in found.splitlines())
