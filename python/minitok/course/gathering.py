"""What a submission consists of: its file, and the files beside it that it imports.

They are copied before anything runs, so a submission can change neither itself nor what belongs to others. Of a notebook, the
cells of code are taken.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
from pathlib import Path

from ..errors import MinitokError

__all__ = ["NotGradable", "gather"]

# A submission is source code; anything larger is something else.
MOST_BYTES = 4_000_000
MOST_FILES = 200
# What a folder stands for, the first that is there.
IN_FOLDERS = ("__init__.py", "my_bpe.py", "my_bpe.ipynb")


class NotGradable(MinitokError):  # noqa: N818
    """The file cannot be graded: it is missing, not Python, or fails while it is loaded. The message says why."""


def gather(file: str | os.PathLike[str], folder: Path) -> Path:
    """Copy a submission into a folder; returns the copy of its file.

    A folder that is a package (minbpe's, say) stands for its ``__init__.py``; one of the course, for its ``my_bpe``.

    Raises:
        NotGradable: There is no such file, it is not Python, or it is too large.
    """
    path = Path(file)
    if path.is_dir():
        path = next((path / name for name in IN_FOLDERS if (path / name).is_file()), path / IN_FOLDERS[0])
    if not path.is_file():
        raise NotGradable(f"{path}: there is no such file")
    if path.suffix == ".ipynb":
        copy = folder / f"{path.stem}.py"
        copy.write_text(notebook_code(path), encoding="utf-8")
        check_syntax(copy, path)
        return copy
    if path.suffix != ".py":
        raise NotGradable(f"{path}: a submission is a Python file (.py) or a notebook (.ipynb)")
    check_syntax(path, path)
    return copy_with_imports(path, folder)


def copy_with_imports(path: Path, folder: Path) -> Path:
    """Copy a file and what it imports from beside it."""
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
        size += source.stat().st_size
        if size > MOST_BYTES or len(seen) > MOST_FILES:
            raise NotGradable(f"{path}: the submission and what it imports are more than {MOST_FILES} files or 4 MB")
        copy = folder / source.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        packages = (root / package / "__init__.py" for package in source.relative_to(root).parents)
        wanted += [*imported(source, root), *(start for start in packages if start.exists())]
    for package in folder.glob("*/__init__.py"):
        name_package(package.parent)
    return folder / path.resolve().relative_to(root)


def name_package(package: Path) -> None:
    """Lets a package ask for its own version, as CS336's does, though it is not installed."""
    about = package.with_name(f"{package.name}-0.dist-info")
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.name}\nVersion: 0\n", encoding="utf-8")


def imported(source: Path, root: Path) -> list[Path]:
    """The files under a root that a file imports."""
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError):
        return []
    found: list[Path] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(root, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = source.parents[node.level - 1] if node.level else root
            module = node.module or ""
            names = [(base, module), *((base, f"{module}.{name.name}".lstrip(".")) for name in node.names)]
        else:
            continue
        for base, name in names:
            parts = name.split(".") if name else []
            # `import a.b` runs a, then a.b.
            for depth in range(len(parts) + 1):
                place = base.joinpath(*parts[:depth])
                found += [
                    file for file in (place.with_suffix(".py"), place / "__init__.py") if depth and file.is_file()
                ]
    return [file.resolve() for file in found if file.resolve().is_relative_to(root)]


def check_syntax(source: Path, shown: Path) -> None:
    """Python that can be parsed."""
    try:
        ast.parse(source.read_bytes(), filename=str(shown))
    except SyntaxError as error:
        raise NotGradable(f"{shown}:{error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise NotGradable(f"{shown}: {error}") from None


def notebook_code(path: Path) -> str:
    """The cells of code of a notebook, as one program; lines for IPython alone (``%`` and ``!``) are left out."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotGradable(f"{path}: not a notebook ({type(error).__name__}: {error})") from None
    lines = "\n\n".join(sources).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines) + "\n"
