"""Lessons as notebooks: the one source is the page, in Markdown, whose examples run as doctests."""

from __future__ import annotations

import re
from typing import Any

from .starting import as_notebook

__all__ = ["lesson_notebook"]

# A folded block, and an example with the output that it has on the page.
FOLD = re.compile(r'<details markdown="1">\n<summary>(.*?)</summary>\n(.*?)</details>\n?', re.DOTALL)
EXAMPLE = re.compile(r"^```python\n(>>> .*?)^```\n", re.DOTALL | re.MULTILINE)
INSTALL = "!pip install --quiet 'minitok[course]'"


def lesson_notebook(page: str) -> dict[str, Any]:
    r"""The page as a notebook: its examples are cells to run; what was folded stands under a line that asks to predict first.

    >>> cells = lesson_notebook("# Title\n\n```python\n>>> 1 + 1\n2\n\n```\n\nText.\n")["cells"]
    >>> [(cell["cell_type"], "".join(cell["source"])) for cell in cells[1:]]
    [('markdown', '# Title'), ('code', '1 + 1'), ('markdown', 'Text.')]
    """
    page = re.sub(r" ?\[As a notebook\]\([^)]*\)\.?", "", page)
    page = FOLD.sub(lambda fold: f"**{fold[1]}: first predict, then run and read on.**\n{fold[2]}", page)
    parts: list[tuple[str, str]] = [("code", INSTALL)]
    done = 0
    for example in EXAMPLE.finditer(page):
        parts += [("markdown", page[done : example.start()]), ("code", source(example[1]))]
        done = example.end()
    return as_notebook([*parts, ("markdown", page[done:])])


def source(example: str) -> str:
    """The lines that are typed, without prompts and without what they print.

    >>> source(">>> for i in range(2):\\n...     print(i)\\n0\\n1\\n>>> 3\\n3\\n")
    'for i in range(2):\\n    print(i)\\n3'
    """
    typed = [line for line in example.splitlines() if line.startswith((">>>", "..."))]
    return "\n".join(line[4:] for line in typed)
