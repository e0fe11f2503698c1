"""The names that a Python file and a Rust file of the mirror define, in order, and their rules: as the pages that show both have them."""

from pathlib import Path

import side_by_side

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "python" / "minitok" / "reference"
RUST = ROOT / "rust" / "reference"
# Each file of the reference, by its path without the end, which is also its twin's below `RUST`: ``published/ranks``.
MODULES = {path.relative_to(REFERENCE).with_suffix("").as_posix(): path for path in REFERENCE.rglob("[a-z]*.py")}


def python_names(path):
    """Functions, classes and ``Class.method`` in order. A class comes where it is defined, ``__init__`` as ``new``."""
    return names(side_by_side.python_parts(path.read_text()))


def rust_names(path):
    """The same of a Rust file, without its tests: types, functions and methods, in order."""
    return names(side_by_side.rust_parts(path.read_text()))


def names(parts):
    found = []
    for part in parts:
        # A trait's method that the type has by itself, too, is named once.
        if part.is_code and not ("." in part.name and part.name in found):
            found.append(part.name)
    return found


def rules(path):
    """The rules that the header says the file implements: ``{"T1", "T2", ...}``, ranges spelled out."""
    return set(side_by_side.rules_of(path.read_text()))
