"""The arrows of the package go one way: lazy and type-only imports count, too."""

import ast
import re
import subprocess
import sys

import layers
import pytest

# What stands above may import what stands below, never the other way round. A name stands for all modules under it; the
# longest name that fits counts.
ORDER = [
    ("errors", "lazy"),
    ("reference.text", "reference.merging", "corpus.progress", "data"),
    ("reference.published",),  # rules and tables that the files below the next line look up
    ("reference",),
    tuple(f"reference.published.{name}" for name in ("names", "normalize", "packed_vocab", "words")),
    ("reference.published.preprocess",),
    ("reference.codec",),
    ("reference.session",),
    ("reference.tails", "reference.chunk"),
    ("arguments", "foreign"),
    ("backend",),
    ("definition",),
    ("formats",),
    ("spans", "padding"),
    ("chat", "patterns"),
    ("corpus", "explain.model", "explain.explanation", "explain.build"),
    ("packing",),
    ("checked",),
    ("tokenizer",),
    ("training", "parity", "loading", "encodings", "arrow"),
    ("",),  # `import minitok`
    ("explain",),
    ("compat", "play", "course", "scale", "evaluation"),
    ("cli",),
    ("__main__",),
]

# Below `Tokenizer` already, since it explains: what an explanation is made of and drawn with.
EXPLAINED = {
    f"explain.{name}"
    for name in ("alternatives", "chips", "page", "sections", "serial", "steps", "timeline", "tree", "visible")
}

GRAPH = layers.graph()


def level(module):
    """How far up a module stands."""
    if module in EXPLAINED:
        module = "explain.model"
    ranks = {name: rank for rank, names in enumerate(ORDER) for name in names}
    while module and module not in ranks:
        module = module.rpartition(".")[0]
    return ranks[module]


def test_every_module_has_a_place():
    tops = {name for names in ORDER for name in names}
    assert {module.partition(".")[0] for module in GRAPH} <= {name.partition(".")[0] for name in tops}


@pytest.mark.parametrize("module", sorted(GRAPH), ids=lambda name: name or "minitok")
def test_imports_go_down(module):
    up = {other for other in GRAPH[module] if level(other) > level(module)}
    assert not up, f"{module} stands below {sorted(up)}"


def test_a_package_of_more_than_five_files_says_in_which_order_to_read_them():
    read = 0
    for init in layers.PACKAGE.rglob("__init__.py"):
        files = {path.stem for path in init.parent.glob("*.py")} - {"__init__", "__main__"}
        if len(files) > 5:
            header = ast.get_docstring(ast.parse(init.read_text("utf-8"))) or ""
            assert files <= set(re.findall(r"``(\w+)``", header)), f"{init} does not name all of its files"
            read += 1
    assert read > 10


def test_there_is_no_circle():
    assert layers.circles(GRAPH) == []


def test_a_circle_would_be_found():
    assert layers.circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [frozenset("abc")]


@pytest.mark.parametrize(
    "source",
    [
        "from .a import b",
        "def f():\n    from . import a",
        "if TYPE_CHECKING:\n    from minitok.a import c",
        "import minitok.a",
    ],
)
def test_every_kind_of_import_is_read(source, tmp_path):
    path = tmp_path / "x.py"
    path.write_text(source)
    assert layers.imports("x", path, {"a": path, "x": path}) == {"a"}


def test_every_module_imports_alone():
    """Each in a process that has imported the package, as any import of a part does first, and no other part: none leans on what
    another one happened to import before."""
    code = (
        "import importlib, os, sys\n"
        "import hypothesis, numpy, typer\n"  # not ours, and slow to import
        "import minitok\n"
        "for name in sys.argv[1:]:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n"
        "            importlib.import_module(name)\n"
        "        except BaseException as error:\n"
        "            print(name, type(error).__name__, error, flush=True)\n"
        "        os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
    )
    names = [".".join(filter(None, ("minitok", name))) for name in GRAPH if name != "__main__"]
    ran = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert ran.stdout == ""
