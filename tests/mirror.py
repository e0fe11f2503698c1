"""The names that a Python file and a Rust file of the mirror define, in order."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "python" / "minitok" / "reference"
RUST = ROOT / "rust" / "reference"
# Each file of the reference, by its path without the end, which is also its twin's below `RUST`: ``published/ranks``.
MODULES = {path.relative_to(REFERENCE).with_suffix("").as_posix(): path for path in REFERENCE.rglob("[a-z]*.py")}

ITEM = re.compile(r"( *)(?:pub(?:\(\w+\))? )?(?:const )?(fn|struct|enum|trait|impl)(?:<[^>]*>)? ([\w:]+(?: for \w+)?)")


def snake(name):
    """``PascalCase`` and ``snake_case`` names are the same name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def python_names(path):
    """Functions, classes and ``Class.method`` in order. A class comes where it is defined, ``__init__`` as ``new``."""
    names = []
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef):
            names.append(snake(node.name))
            names += [
                f"{snake(node.name)}.{method.name.replace('__init__', 'new')}"
                for method in node.body
                if isinstance(method, ast.FunctionDef)
            ]
    return names


def rust_names(path):
    """The same of a Rust file, without its tests: types, functions and methods, in order."""
    names = []
    owner = None
    for line in path.read_text().split("#[cfg(test)]")[0].splitlines():
        if not (item := ITEM.match(line)):
            continue
        indent, kind, name = item.groups()
        name = name.rstrip(":")
        if kind == "impl":
            owner = snake(name.split(" for ")[-1])
        elif kind == "fn" and indent == "    ":
            if f"{owner}.{name}" not in names:  # else a trait's, which the type has by itself
                names.append(f"{owner}.{name}")
        elif not indent:
            names.append(snake(name))
            owner = snake(name) if kind == "trait" else owner
    return names


def rules(path):
    """The rules that the header says the file implements: ``{"T1", "T2", ...}``, ranges spelled out."""
    header = re.search(r"Implements SPEC ([^\"]*?)\.\n", path.read_text())
    named = set()
    for letter, first, last in re.findall(r"([A-Z])(\d+)(?: to [A-Z](\d+))?", header.group(1) if header else ""):
        named |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    return named
