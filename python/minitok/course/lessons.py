"""Lessons as notebooks: the one source is the page, in Markdown, whose examples run as doctests."""

from __future__ import annotations

import doctest
import re
from typing import Any
from urllib.parse import urljoin

from .starting import as_notebook

__all__ = ["lesson_notebook"]

# A folded block, and an example with the output that it has on the page.
FOLD = re.compile(r'<details markdown="1">\n<summary>(.*?)</summary>\n(.*?)</details>\n?', re.DOTALL)
EXAMPLE = re.compile(r"^```python\n(>>> .*?)^```\n", re.DOTALL | re.MULTILINE)
# A picture that is light or dark, and a link to another page of the site, as Markdown or as HTML writes it.
PICTURE = re.compile(r'<picture>.*?src="([^"]+)".*?alt="([^"]*)">\n</picture>', re.DOTALL)
LINK = re.compile(r'\[([^\]]+)\]\((?!\w+:|#)([^)]+)\)|<a href="(?!\w+:|#)([^"]+)">(.*?)</a>', re.DOTALL)
# What is there already is used: in a clone, that is the clone's.
INSTALL = """import importlib.util

if importlib.util.find_spec("minitok") is None:
    %pip install --quiet "minitok[course]\""""


def lesson_notebook(page: str, address: str | None = None) -> dict[str, Any]:
    r"""The page as a notebook: its examples are cells to run; what was folded stands under a line that asks to predict first.

    A cell ends where the page shows a value, so that the notebook shows it, too.

    Args:
        page: The lesson.
        address: Where it stands on the web; its links are made absolute. Without, a link to another page is its text alone.

    >>> cells = lesson_notebook("# Title\n\n```python\n>>> 1 + 1\n2\n>>> 3\n3\n\n```\n\n[Text](more.md).\n")["cells"]
    >>> [(cell["cell_type"], "".join(cell["source"])) for cell in cells[1:]]
    [('markdown', '# Title'), ('code', '1 + 1'), ('code', '3'), ('markdown', 'Text.')]
    """
    page = re.sub(r" ?\[As a notebook\]\([^)]*\)\.?", "", page).replace(", nothing to install.", ".")
    page = PICTURE.sub(lambda picture: f"![{picture[2]}]({urljoin(address, picture[1])})" if address else "", page)
    page = LINK.sub(lambda link: absolute(link, address), page)
    page = FOLD.sub(lambda fold: f"**{fold[1]}: first predict, then run and read on.**\n{fold[2]}", page)
    parts: list[tuple[str, str]] = [("code", INSTALL)]
    done = 0
    for example in EXAMPLE.finditer(page):
        parts += [("markdown", page[done : example.start()]), *(("code", cell) for cell in sources(example[1]))]
        done = example.end()
    return as_notebook([*parts, ("markdown", page[done:])])


def absolute(link: re.Match[str], address: str | None) -> str:
    """A link that works wherever the notebook is, or its text."""
    text, place = link[1] or link[4], link[2] or link[3]
    if address is None:
        return text
    place = urljoin(address, place.replace(".md", ".html"))
    return f"[{text}]({place})" if link[1] else f'<a href="{place}">{text}</a>'


def sources(example: str) -> list[str]:
    """The lines that are typed, without prompts and without what they print, in a cell for each value that is shown.

    >>> sources(">>> x = 1\\n>>> x\\n1\\n>>> for i in range(2):\\n...     print(i)\\n0\\n1\\n")
    ['x = 1\\nx', 'for i in range(2):\\n    print(i)']
    """
    cells, typed = [], ""
    for part in doctest.DocTestParser().get_examples(example):
        typed += part.source
        if part.want:
            cells.append(typed.rstrip("\n"))
            typed = ""
    return [*cells, typed.rstrip("\n")] if typed else cells
