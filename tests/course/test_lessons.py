"""The lessons: their examples run as doctests; as notebooks they run, too; what they name is there."""

import ast
import contextlib
import doctest
import io
import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs

import minitok
import nbformat
import pytest
from minitok.course.lessons import lesson_notebook
from minitok.course.mutants import MUTANTS

COURSE = Path(__file__).parent.parent.parent / "docs" / "course"
LESSONS = sorted(COURSE.glob("lesson-*.md"))
PAGES = sorted(COURSE.glob("*.md"))


def run_cell(source, variables):
    """What a notebook shows under a cell: what it prints, and the value of its last line."""
    tree, shown = ast.parse(source), io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(shown):
        exec(compile(tree, "cell", "exec"), variables)  # noqa: S102 - the lesson's own cells
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), variables)  # noqa: S307
            if value is not None:
                shown.write(f"{value!r}\n")
    return shown.getvalue()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_its_notebook_shows_what_the_page_shows(lesson, tmp_path):
    page = lesson.read_text(encoding="utf-8")
    notebook = lesson_notebook(page)
    file = tmp_path / "lesson.ipynb"
    file.write_text(json.dumps(notebook), encoding="utf-8")
    nbformat.validate(nbformat.read(file, as_version=4))
    variables, shown = {"__name__": "__main__"}, []
    first, *cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert "%pip install" in first
    assert "!pip" not in first
    for cell in cells:
        assert ">>>" not in cell
        shown += run_cell(cell, variables).split()
    # Every value and every line that the page has under an example, in its order.
    wanted = [part.want for part in doctest.DocTestParser().get_examples(page) if part.want]
    assert len(wanted) >= 2
    assert shown == " ".join(wanted).split()


def test_a_notebook_installs_nothing_where_minitok_is():
    first = "".join(lesson_notebook("# A lesson")["cells"][0]["source"])
    ran = first.replace("%pip", "raise AssertionError #")
    exec(compile(ran, "cell", "exec"), {})  # noqa: S102 - the lesson's own cell


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_mutants_that_it_names_are_there(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", text))
    named |= set(re.findall(r"--(?:break|show) ([a-z-]+)", text))
    assert named <= MUTANTS.keys()


def test_links_into_the_playground_open_something_there():
    links = [
        link
        for page in PAGES
        for link in re.findall(r"playground/index.html#([^\"]+)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) >= 8
    for link in links:
        fields = {name: value for name, (value,) in parse_qs(unescape(link)).items()}
        assert fields.keys() <= {"text", "encodings", "view", "at", "step", "special"}
        assert set(fields["encodings"].split(",")) <= set(minitok.list_encoding_names())
        assert fields.get("view", "text") in {"text", "both", "ids", "bytes"}
