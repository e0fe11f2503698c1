"""``minitok course start``: a folder to work in, with the functions to write, as a file or as a notebook."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from ..errors import MinitokError

__all__ = ["FORMS", "NAMES", "as_notebook", "notebook", "start"]

NAMES = ("minitok", "minbpe", "cs336")
FORMS = ("py", "ipynb")
TEMPLATES = Path(__file__).parent / "start"

README = """# Byte-pair encoding, written by you

`{file}` holds the functions to write, lesson by lesson. After each lesson:

    minitok grade {file} --stage {first}

says whether it is right, and if not, on which small input it is wrong, and at which step. `minitok grade {file}` grades all
stages.

Then change sides. `minitok course mutants` lists wrong programs; `breaks.py` is for the inputs that refute them:

    minitok grade breaks.py --break leftmost-first
"""

BREAKS = '''"""Inputs that refute mutants: the name of the mutant, then the call that it gets wrong.

`minitok course mutants` lists the mutants, and `minitok grade breaks.py --break NAME` tries one.
"""

breaks = {
    # "cba" with the merges b+a (rank 0) and c+b (rank 1)
    "leftmost-first": ("encode_piece", "cba", {(98, 97): 256, (99, 98): 257}),
}
'''


def start(folder: str | os.PathLike[str], names: str = "minitok", form: str = "py") -> list[Path]:
    """Write the files to begin with; returns their paths.

    Args:
        folder: It is made if it is not there; no file in it is overwritten.
        names: Whose names the functions have: ``minitok``, ``minbpe`` or ``cs336``.
        form: ``py`` or ``ipynb``.

    Raises:
        MinitokError: One of the files is there already.
        ValueError: Unknown names or an unknown form.
    """
    if names not in NAMES:
        raise ValueError(f"unknown names {names!r}; they can be {', '.join(NAMES)}")
    if form not in FORMS:
        raise ValueError(f"unknown form {form!r}; it can be {' or '.join(FORMS)}")
    source = (TEMPLATES / f"{names}.txt").read_text(encoding="utf-8")
    file = f"my_bpe.{form}"
    first = {"minitok": 2, "minbpe": 3, "cs336": 4}[names]
    contents = {
        file: source if form == "py" else json.dumps(notebook(source), indent=1, ensure_ascii=False) + "\n",
        "breaks.py": BREAKS,
        "README.md": README.format(file=file, first=first),
    }
    place = Path(folder)
    for name in contents:
        if (place / name).exists():
            raise MinitokError(f"{place / name} is there already, and is not overwritten")
    place.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (place / name).write_text(content, encoding="utf-8")
    return [place / name for name in contents]


def notebook(source: str) -> dict[str, Any]:
    """A program as a notebook: each heading ``# -- lesson ... --`` and the comments under it become a cell of text.

    >>> [cell["cell_type"] for cell in notebook("import re\\n\\n# -- lesson 2: bytes ----\\n# To do.\\n\\nx = 1\\n")["cells"]]
    ['code', 'markdown', 'code']
    """
    parts = re.split(r"^# -- (.+?) -+\n", source, flags=re.MULTILINE)
    opening = re.match(r'"""(.*?)"""\n', parts[0], re.DOTALL)
    cells: list[tuple[str, str]] = []
    if opening:
        cells.append(("markdown", opening[1]))
        parts[0] = parts[0][opening.end() :]
    cells.append(("code", parts[0]))
    for heading, body in zip(parts[1::2], parts[2::2]):
        code = re.sub(r"\A(?:#.*\n)*", "", body)
        words = re.sub(r"^# ?", "", body[: len(body) - len(code)], flags=re.MULTILINE)
        cells += [("markdown", f"## {heading[0].upper()}{heading[1:]}\n\n{words}"), ("code", code)]
    return as_notebook(cells)


def as_notebook(parts: list[tuple[str, str]]) -> dict[str, Any]:
    """Kinds of cells (``code`` or ``markdown``) with their text, as a notebook; what is empty is left out."""
    cells: list[dict[str, Any]] = []
    for kind, given in parts:
        text = given.strip("\n")
        if text:
            lines = text.splitlines(keepends=True)
            cell = {"cell_type": kind, "id": f"cell-{len(cells)}", "metadata": {}, "source": lines}
            cells.append({**cell, "execution_count": None, "outputs": []} if kind == "code" else cell)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
