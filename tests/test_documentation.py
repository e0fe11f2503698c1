"""The pages: what an example uses, its own page has imported. (Their examples run as doctests, all in one process.)"""

import ast
import doctest
from pathlib import Path

import pytest
from helpers import run_python

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "notes").glob("*.md")])


@pytest.fixture(scope="module")
def names():
    """What ``import minitok`` alone makes available."""
    shown = run_python("import minitok; print(*dir(minitok))")
    assert shown.returncode == 0, shown.stderr
    return set(shown.stdout.split())


def missing(text, names):
    """The attributes of ``minitok`` that an example uses although neither ``minitok`` nor an example before it imports them."""
    found, imported = [], set(names)
    for example in doctest.DocTestParser().get_examples(text):
        for node in ast.walk(ast.parse(example.source)):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported |= {module.split(".")[1] for module in modules if module.startswith("minitok.")}
            is_attribute = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if is_attribute and node.value.id == "minitok" and node.attr not in imported:
                found.append(node.attr)
    return found


def test_each_page_imports_what_it_uses(names):
    found = {page.relative_to(ROOT).as_posix(): missing(page.read_text(encoding="utf-8"), names) for page in PAGES}
    assert len(found) > 40
    assert {page: attributes for page, attributes in found.items() if attributes} == {}


def test_a_missing_import_is_found(names):
    assert missing(">>> import minitok\n>>> minitok.explain.page\n", names) == ["explain"]
    assert missing(">>> import minitok.explain\n>>> minitok.explain.page\n", names) == []
    assert missing(">>> from minitok.explain import page\n>>> minitok.explain.page\n", names) == []
