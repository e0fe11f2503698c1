"""The imports of the package's files, read as text: lazy and type-only ones too."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "python" / "minitok"


def modules():
    """Each module's dotted name below ``minitok`` and its file; a package goes by its own name, the root by ``""``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name, path, known):
    """The modules that a file names in imports, wherever in the file they stand."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = absolute(node, package)
            if base is None:
                continue
            # `from .a import b`: `a.b` where that is a module, else a name of `a`.
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                found.add(inner if inner in known else base)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                if top == "minitok":
                    found.add(rest)
    return (found & known.keys()) - {name}


def absolute(node, package):
    """What a ``from`` names, below ``minitok``; None for what is not minitok's."""
    if node.level == 0:
        top, _, rest = (node.module or "").partition(".")
        return rest if top == "minitok" else None
    parts = package.split(".") if package else []
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def graph():
    """Each module and the modules that it imports."""
    known = modules()
    return {name: imports(name, path, known) for name, path in known.items()}


def circles(edges):
    """The groups of modules that reach one another (strongly connected components of two or more)."""
    index, low, stack, found, order = {}, {}, [], [], iter(range(10**9))

    def visit(node):
        index[node] = low[node] = next(order)
        stack.append(node)
        for other in edges[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = set()
            while node not in group:
                group.add(stack.pop())
            if len(group) > 1:
                found.append(frozenset(group))

    for node in edges:
        if node not in index:
            visit(node)
    return found
