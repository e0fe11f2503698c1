"""docs/design.md is a map: what it names is there, and what is there has a place on it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "design.md"
PICTURES = sorted(ROOT / "docs" / name for name in re.findall(r"\((images/[\w-]+\.svg)\)", PAGE.read_text("utf-8")))
# A file or a folder: from the root of the repository, or from any folder of it.
NAME = re.compile(r"(?<![\w./-])([\w-]+(?:/[\w-]+)*(?:\.(?:pyi?|rs|js|md|txt)|/))(?![\w*/])")


@pytest.fixture(scope="module")
def paths():
    """The files and folders of the repository that are written by hand."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in ("python", "rust", "tests", "docs", "js", "pages", "tools", "loom"):
        found += [ROOT / folder, *(ROOT / folder).rglob("*")]
    return {f"/{path.relative_to(ROOT).as_posix()}{'/' if path.is_dir() else ''}" for path in found}


def strangers(text, paths):
    """The files and folders that a text names and that are not there."""
    return [name for name in NAME.findall(text) if not any(path.endswith(f"/{name}") for path in paths)]


def test_every_file_that_the_page_names_is_there(paths):
    named = " ".join(re.findall(r"`([^`]+)`", PAGE.read_text("utf-8")))
    assert len(NAME.findall(named)) > 90
    assert strangers(named, paths) == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_every_file_that_a_picture_names_is_there(picture, paths):
    shown = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text("utf-8")))
    assert len(NAME.findall(shown)) > 8
    assert strangers(shown, paths) == []


def test_a_file_that_is_not_there_is_found(paths):
    assert strangers("tokenizer.py rust/fast/ fast/encode/encoder.rs rust/*.rs x.y", paths) == []
    assert strangers("tokenizers_.py rust/slow/ encode/encoders.rs", paths) == [
        "tokenizers_.py",
        "rust/slow/",
        "encode/encoders.rs",
    ]


def test_every_package_and_every_module_at_the_root_has_a_place_on_the_page():
    package = ROOT / "python" / "minitok"
    there = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")} | {
        path.name for path in package.glob("[a-z]*.py")
    }
    table = PAGE.read_text("utf-8").split("| | |\n")[1].split("\n\n")[0]
    assert {name for name in there if f"`{name}`" not in table} == set()


def lines_of(name):
    """The lines of a file, without the tests at its end."""
    (path,) = [path for path in (ROOT / name, ROOT / "python" / "minitok" / name) if path.is_file()]
    return len(path.read_text("utf-8").split("#[cfg(test)]\nmod ")[0].splitlines())


def test_the_lines_of_the_maps_are_those_of_their_files():
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+`) \| (\d+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 12
    stated = {files: int(lines) for files, lines in rows}
    counted = {files: sum(map(lines_of, re.findall(r"`([^`]+)`", files))) for files in stated}
    assert {files: counted[files] for files in stated if not 0.9 < stated[files] / counted[files] < 1.1} == {}
