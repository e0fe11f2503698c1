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
from minitok.course.stages import STAGES

COURSE = Path(__file__).parent.parent.parent / "docs" / "course"
LESSONS = sorted(COURSE.glob("lesson-*.md"))
PAGES = sorted(COURSE.glob("*.md"))


def test_there_are_eighteen():
    assert [lesson.stem for lesson in LESSONS] == [f"lesson-{number:02}" for number in range(1, 19)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_it_lets_one_predict_and_then_reveals(lesson):
    text = lesson.read_text(encoding="utf-8")
    assert text.count('<details markdown="1">\n<summary>') == text.count("</details>") >= 2
    assert "predict" in text.lower()
    assert "minutes" in text.split("\n\n")[1]
    assert f"[As a notebook]({lesson.stem}.ipynb)" in text.split("\n\n")[1]


@pytest.mark.parametrize("lesson", LESSONS[1:], ids=lambda lesson: lesson.stem)
def test_it_has_an_exercise(lesson):
    assert "## Exercise" in lesson.read_text(encoding="utf-8")


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


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_its_notebook_has_no_link_that_only_the_site_has(lesson):
    page = lesson.read_text(encoding="utf-8")

    def text_of(notebook):
        return "".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")

    alone = text_of(lesson_notebook(page))
    assert "<details" not in alone
    assert ">>>" not in alone
    assert "nothing to install" not in alone
    placed = text_of(lesson_notebook(page, f"https://example.org/docs/course/{lesson.stem}.html"))
    found = re.findall(r'\]\(([^)]+)\)|href="([^"]+)"', placed)
    assert {"".join(link).partition(":")[0] for link in found} <= {"https"}
    assert re.findall(r'\]\((?!https)|href="(?!https)', alone) == []
    inside = len(re.findall(r'\]\((?!https|lesson-\d\d.ipynb)|href="(?!https)|<picture>', page))
    assert sum("example.org/docs/" in "".join(link) for link in found) == inside


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


def test_the_time_to_read_is_that_of_the_words():
    index = (COURSE / "index.md").read_text(encoding="utf-8")
    for lesson in LESSONS:
        text = re.sub(r'href="[^"]*"', "", lesson.read_text(encoding="utf-8"))
        words = len(re.findall(r"\w+", text))
        (minutes, in_all) = re.search(rf"\({lesson.name}\) .* \| (\d+) min \| (\d+) min \|", index).groups()
        assert int(minutes) == -(-words // 150)
        assert f"*{in_all} minutes" in text


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


def test_every_lesson_that_is_graded_names_its_stage():
    for number in {stage.number for stage in STAGES}:
        text = (COURSE / f"lesson-{number:02}.md").read_text(encoding="utf-8")
        assert f"minitok grade my_bpe.py --stage {number}" in text


def test_the_number_of_mutants_is_true():
    assert f"lists {len(MUTANTS)} wrong programs" in (COURSE / "teach.md").read_text(encoding="utf-8")
    assert f"and {len(MUTANTS)} wrong programs" in (COURSE.parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_table_of_suites_holds_every_mutant_once_and_adds_up():
    page = (COURSE.parent.parent / "notes" / "wrong_programs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\w+) \| (yes|no|by time) \| (yes|no|by time) \|$", page, re.MULTILINE)
    assert sorted((name, stage) for name, stage, *_ in rows) == sorted(
        (one.name, one.stage) for one in MUTANTS.values()
    )
    stages = re.findall(
        r"^\| (\w+) \| (\d+) \| (\d+)(?: \(and (\d+) by time\))? \| (\d+)(?: \(and (\d+) by time\))? \| (\d+) \|$",
        page,
        re.MULTILINE,
    )
    assert [stage for stage, *_ in stages][:-1] == [*dict.fromkeys(stage for _, stage, *_ in rows)]
    for stage, *numbers in stages:
        those = [row for row in rows if stage in (row[1], "all")]
        counted = [sum(row[column] == word for row in those) for column in (2, 3) for word in ("yes", "by time")]
        assert [int(number or 0) for number in numbers] == [len(those), *counted, len(those)]


def test_the_rubric_adds_up():
    assert sum(stage.points for stage in STAGES) == 40
    assert "| 40 |" in (COURSE / "teach.md").read_text(encoding="utf-8")


def test_the_links_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            made = link.startswith("../source/") or link.endswith(".ipynb")
            assert made or (COURSE / link).exists(), f"{page.name}: {link}"
