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


def steps(name, path, known):
    """What the import of a file does, in order: the names that it binds, and what it imports from where.

    A step is ``(None, name)`` for a name, and ``(module, name)`` for an import; the name is None where only the module is asked for.
    Functions are not entered, nor what only a type checker reads.
    """
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = []

    def read(nodes):
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                base = absolute(node, package)
                found.extend((base if base in known else None, alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                tops = [alias.name.partition(".") for alias in node.names]
                found.extend((rest, None) for top, _, rest in tops if top == "minitok")
            elif isinstance(node, ast.If):
                only_types = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
                read(node.orelse if only_types else [*node.body, *node.orelse])
            elif isinstance(node, (ast.Try, ast.With)):
                handlers = [inner for handler in getattr(node, "handlers", []) for inner in handler.body]
                read([*node.body, *handlers, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])])
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.append((None, node.name))
            else:
                stored = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
                found.extend((None, inner.id) for inner in stored if isinstance(inner.ctx, ast.Store))

    read(ast.parse(path.read_text("utf-8")).body)
    return found


def unfinished(first, programs):
    """What the imports of these modules, in this order, want of a module that is still being imported and has not got that far."""
    done, begun, wanted = set(), {}, []

    def load(name):
        if name:
            load(name.rpartition(".")[0])
        if name in done or name in begun:
            return
        begun[name] = set()
        for base, given in programs.get(name, ()):
            if base is not None:
                load(base)
                if f"{base}.{given}".lstrip(".") in programs:
                    load(f"{base}.{given}".lstrip("."))
                elif given is not None and base in begun and not begun[base] & {given, "__getattr__"}:
                    wanted.append((name, base, given))
            begun[name].add(given)
        del begun[name]
        done.add(name)

    for name in first:
        load(name)
    return wanted
