"""What a submission consists of: its file, and the files next to it that it imports.

They are copied before anything runs, so a submission can change neither itself nor what belongs to others. Of a notebook, the
cells of code are taken.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path

from ..errors import MinitokError
from .showing import printable

__all__ = ["NotGradable", "gather"]

# A submission is source code; anything larger is something else.
MOST_BYTES = 4_000_000
MOST_FILES = 200
# A notebook holds pictures, too.
MOST_NOTEBOOK = 16_000_000
# What a folder stands for, the first that is there.
IN_FOLDERS = ("__init__.py", "my_bpe.py", "my_bpe.ipynb")


class NotGradable(MinitokError):  # noqa: N818
    """The file cannot be graded: it is missing, not Python, or fails while it is loaded. The message says why, in one line."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def gather(file: str | os.PathLike[str], folder: Path) -> Path:
    """Copy a submission into a folder; returns the copy of its file.

    A folder that is a package (minbpe's, say) stands for its ``__init__.py``; one of the course, for its ``my_bpe``.

    Raises:
        NotGradable: There is no such file, it is not Python, or it is too large.
    """
    path = Path(file)
    if path.is_dir():
        path = next((path / name for name in IN_FOLDERS if (path / name).is_file()), path / IN_FOLDERS[0])
    if path.suffix == ".ipynb":
        copy = folder / f"{path.stem}.py"
        code = notebook_code(path)
        parsed(code, path)
        copy.write_bytes(code)
        return copy
    if path.suffix != ".py" and path.is_file():
        raise NotGradable(f"{path}: a submission is a Python file (.py) or a notebook (.ipynb)")
    parsed(contents(path, MOST_BYTES), path)
    return copy_with_imports(path, folder)


def contents(path: Path, most: int) -> bytes:
    """The bytes of a file. Raises NotGradable if it is not a file that can be read, or larger than ``most`` bytes."""
    if not path.is_file():
        raise NotGradable(f"{path}: {'not a regular file' if os.path.lexists(path) else 'there is no such file'}")
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise NotGradable(f"{path}: {error.strerror}") from None
    if len(data) > most:
        raise NotGradable(f"{path}: it has more than {most:,} bytes")
    return data


def parsed(source: str | bytes, shown: Path) -> ast.Module:
    """A source as Python reads it: with its mark or declaration of an encoding. Raises NotGradable if it is not Python."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise NotGradable(f"{shown}:{error.lineno or 1}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise NotGradable(f"{shown}: it is nested too deeply") from None
    except (ValueError, LookupError, OverflowError) as error:
        raise NotGradable(f"{shown}: {error}") from None


def copy_with_imports(path: Path, folder: Path) -> Path:
    """Copy a file and what it imports from the same folder."""
    root = path.resolve().parent
    while (root / "__init__.py").exists():
        root = root.parent
    wanted, seen = [path.resolve()], set[Path]()
    size = 0
    while wanted:
        source = wanted.pop()
        if source in seen:
            continue
        seen.add(source)
        data = contents(source, MOST_BYTES)
        size += len(data)
        if size > MOST_BYTES or len(seen) > MOST_FILES:
            raise NotGradable(f"{path}: the submission and what it imports are more than {MOST_FILES} files or 4 MB")
        copy = folder / source.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
        packages = (root / package / "__init__.py" for package in source.relative_to(root).parents)
        wanted += [*imported(data, source, root), *(start for start in packages if start.exists())]
    for package in folder.glob("*/__init__.py"):
        name_package(package.parent)
    return folder / path.resolve().relative_to(root)


def name_package(package: Path) -> None:
    """Lets a package ask for its own version, as CS336's does, though it is not installed."""
    about = package.with_name(f"{package.name}-0.dist-info")
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.name}\nVersion: 0\n", encoding="utf-8")


def imported(data: bytes, source: Path, root: Path) -> list[Path]:
    """The files under a root that a file imports; of one that is not Python, none."""
    try:
        tree = parsed(data, source)
    except NotGradable:
        return []
    found: list[Path] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(root, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level > len(source.parents):
                continue
            base = source.parents[node.level - 1] if node.level else root
            module = node.module or ""
            names = [(base, module), *((base, f"{module}.{name.name}".lstrip(".")) for name in node.names)]
        else:
            continue
        for base, name in names:
            parts = name.split(".") if name else []
            # `import a.b` runs a, then a.b.
            for depth in range(1, len(parts) + 1):
                place = base.joinpath(*parts[:depth])
                found += [file for file in (place.with_suffix(".py"), place / "__init__.py") if os.path.isfile(file)]
    return [file.resolve() for file in found if file.resolve().is_relative_to(root)]


def notebook_code(path: Path) -> bytes:
    """The cells of code of a notebook, as one program."""
    try:
        cells = json.loads(contents(path, MOST_NOTEBOOK))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        code = "".join(f"{cell_code(source)}\n\n" for source in sources).encode()
    except RecursionError:
        raise NotGradable(f"{path}: it is nested too deeply") from None
    except (ValueError, KeyError, TypeError) as error:
        raise NotGradable(f"{path}: not a notebook ({type(error).__name__}: {error})") from None
    if len(code) > MOST_BYTES:
        raise NotGradable(f"{path}: its code has more than {MOST_BYTES:,} bytes")
    return code


# What only IPython takes, where a statement can begin: a magic, a command of the shell, a question; with what it continues on.
MAGIC = re.compile(r"([ \t]*)(?:[%!?](?:\\\n|[^\n])*|[\w.]+\?\??[ \t]*(?=\n|\Z))")
# A cell whose first line names a program is that program's, unless it is Python that is measured or kept quiet.
CELL_MAGIC = re.compile(r"\s*%%(\w*)")
OF_PYTHON = {"time", "timeit", "capture", "prun", "debug"}
# Python as far as the beginnings of statements need it: what is one statement over several lines is in brackets or in a string.
TOKEN = re.compile(
    r"""#[^\n]*|'{3}(?:\\.|.)*?'{3}|"{3}(?:\\.|.)*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\\\n|[^#'"()\[\]{}\\\n]+|.""",
    re.DOTALL,
)
OPENING, CLOSING = set("([{"), set(")]}")


def cell_code(cell: str) -> str:
    """A cell as Python: in place of what only IPython takes, a statement that does nothing, on as many lines.

    >>> cell_code("%matplotlib inline\\nx = [7\\n% 4]\\n!ls")
    'pass\\nx = [7\\n% 4]\\npass'
    """
    if (named := CELL_MAGIC.match(cell)) and named[1] not in OF_PYTHON:
        return "\n" * cell.count("\n")
    code: list[str] = []
    at = depth = 0
    begins = True
    while at < len(cell):
        if begins and (magic := MAGIC.match(cell, at)):
            code.append(f"{magic[1]}pass{magic[0].count(chr(10)) * chr(10)}")
            at = magic.end()
        elif token := TOKEN.match(cell, at):
            code.append(token[0])
            at = token.end()
            depth = max(0, depth + (token[0] in OPENING) - (token[0] in CLOSING))
            begins = token[0] == "\n" and not depth
    return "".join(code)
