"""The arrows of the package go one way: lazy and type-only imports count, too."""

import ast
import re

import layers
import pytest

# What stands above may import what stands below, never the other way round. A name stands for all modules under it; the
# longest name that fits counts.
ORDER = [
    ("errors", "lazy"),
    ("extras",),
    ("reference.text", "corpus.progress", "data"),
    ("reference",),  # the core: byte-pair encoding and nothing else
    ("reference.published",),
    ("reference.more",),
    ("arguments", "foreign"),
    ("backend",),
    ("definition",),
    ("formats",),
    ("spans", "padding"),
    ("chat", "patterns"),
    ("corpus", "explain.model", "explain.explanation", "explain.build"),
    ("packing",),
    ("methods",),
    ("tokenizer",),
    ("training", "parity", "loading", "encodings", "arrow", "transfer", "bytewise"),
    ("",),  # `import minitok`
    ("explain",),
    ("compat", "play", "course", "scale", "evaluation"),
    ("cli",),
    ("__main__",),
]

# Below `Tokenizer` already, since it explains: what an explanation is made of and drawn with.
EXPLAINED = {f"explain.{name}" for name in ("alternatives", "bundle", "chips", "page", "steps", "visible")}

GRAPH = layers.graph()
DESIGN = layers.PACKAGE.parent.parent / "docs" / "design.md"


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


def test_imports_go_down():
    assert len(GRAPH) > 200
    assert [(module, other) for module in GRAPH for other in GRAPH[module] if level(other) > level(module)] == []


def test_a_package_of_more_than_five_files_says_in_which_order_to_read_them():
    read = 0
    for init in layers.PACKAGE.rglob("__init__.py"):
        files = {path.stem for path in init.parent.glob("*.py")} - {"__init__", "__main__"}
        if len(files) > 5:
            header = ast.get_docstring(ast.parse(init.read_text("utf-8"))) or ""
            if init.parent == layers.PACKAGE:  # its help is for users
                header += re.sub(r"`(\w+)\.py`", r"``\1``", DESIGN.read_text("utf-8"))
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
    """After the package itself, as any import of a part does first, and with no other part: none leans on what another one happened
    to import before. (All of them are imported together where their examples run.)"""
    known = layers.modules()
    programs = {name: layers.steps(name, path, known) for name, path in known.items()}
    assert sum(base is not None for steps in programs.values() for base, _ in steps) > 1000
    assert {name: wanted for name in known if (wanted := layers.unfinished(["", name], programs))} == {}


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        ({"a": "from .b import x\ny = 1", "b": "from .a import y\nx = 1"}, [("b", "a", "y")]),
        ({"a": "y = 1\nfrom .b import x", "b": "from .a import y\nx = 1"}, []),
        ({"b": "y = 1\nfrom .a import x", "a": "from .b import y\nx = 1"}, [("b", "a", "x")]),
        ({"a": "from .p.q import x\ny = 1", "p": "from .r import z", "p.q": "x = 1", "p.r": "from ..a import y\nz = 1"}, [("p.r", "a", "y")]),
        ({"a": "import minitok.b\ny = 1", "b": "try:\n    from .a import y\nexcept E:\n    pass"}, [("b", "a", "y")]),
        ({"a": "if TYPE_CHECKING:\n    from .b import x\ny = 1", "b": "from .a import y\nx = 1"}, []),
        ({"a": "def f():\n    from .b import x\ny = 1", "b": "from .a import y\nx = 1"}, []),
    ],
)  # fmt: skip
def test_an_import_that_depends_on_the_order_is_found(sources, wanted, tmp_path):
    files = {"": tmp_path / "__init__.py"}
    for name in sources:
        inner = any(other.startswith(f"{name}.") for other in sources)
        files[name] = (
            tmp_path / name.replace(".", "/") / "__init__.py" if inner else tmp_path / f"{name.replace('.', '/')}.py"
        )
    for name, path in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(sources.get(name, ""))
    programs = {name: layers.steps(name, path, files) for name, path in files.items()}
    assert layers.unfinished(["", "a"], programs) == wanted
