"""The modules of the crate and what each of them names: read from ``use`` lines and from paths in the code."""

import re
from pathlib import Path

RUST = Path(__file__).resolve().parent.parent / "rust"

# Comments, strings and characters, which may hold anything; and an item's visibility, which does not use the module.
SILENT = re.compile(
    r'pub\(in [\w:]+\)|//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?\'(?:\\[^\']+|[^\'\\\n])\'', re.DOTALL
)
MODULE = re.compile(r'(?:#\[path = "([^"]*)"\]\s*)?(?:pub(?:\([\w: ]+\))? )?mod (\w+);')
USE = re.compile(r"\buse ([^;]+);")
PATH = re.compile(r"(?<![\w:])(\w+(?:::\w+)+)")
INLINE = re.compile(r"\bmod (\w+) \{")


def end_of_item(code, start):
    """Where an item that begins at ``start`` ends: behind its ``;``, or behind its block."""
    depth = 0
    for at in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        if depth == 0 and code[at] in ";}":
            return at + 1
    return len(code)


def without_tests(code):
    """The code without the items that are marked ``#[cfg(test)]``."""
    mark = "#[cfg(test)]"
    while (start := code.find(mark)) >= 0:
        code = code[:start] + code[end_of_item(code, start + len(mark)) :]
    return code


def read(path):
    """The code of a file without tests, comments and strings; but for the paths of modules, which are strings."""
    text = path.read_text("utf-8")
    paths = {match[2]: match[1] for match in MODULE.finditer(text) if match[1]}
    return without_tests(SILENT.sub(" ", text)), paths


def modules():
    """Each module's path as a tuple, ``()`` for the root of the crate; its file; and its code."""
    found = {}
    waiting = [((), RUST / "lib.rs")]
    while waiting:
        name, path = waiting.pop()
        code, paths = read(path)
        found[name] = (path, code)
        folder = path.parent if path.name in ("lib.rs", "mod.rs") else path.parent / path.stem
        for match in MODULE.finditer(code):
            inner = match[2]
            beside = [path.parent / paths[inner]] if inner in paths else []
            places = [*beside, folder / f"{inner}.rs", folder / inner / "mod.rs"]
            waiting.append(((*name, inner), next(place for place in places if place.is_file())))
    return found


def leaves(tree):
    """The paths of a ``use`` tree, each with the name that it gets: ``a::{self, b as c}`` -> (a, a), (a::b, c)."""
    tree = tree.strip()
    if "{" not in tree:
        path, _, alias = tree.partition(" as ")
        parts = path.strip().split("::")
        if parts[-1] in ("self", "*") and len(parts) > 1:
            parts.pop()
        return [(tuple(parts), alias.strip() or parts[-1])]
    head, _, rest = tree.partition("{")
    inside, depth, found = "", 0, []
    for char in rest[: rest.rindex("}")] + ",":
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            found += leaves(head.strip() + inside.strip()) if inside.strip() else []
            inside = ""
        else:
            inside += char
    return found


def scopes(name, code):
    """The code of a module and of the modules inside it, each with the path that ``super`` is counted from."""
    while match := INLINE.search(code):
        end = end_of_item(code, match.start())
        yield from scopes((*name, match[1]), code[match.end() : end - 1])
        code = code[: match.start()] + code[end:]
    yield name, code


def target(path, here, known):
    """The module that a path names, or names something of; None for a path into another crate."""
    steps = {"crate": (), "self": here, "super": here[:-1]}
    if path[0] not in steps:
        full = (*here, *path)
        if (*here, path[0]) not in known:
            return None
    else:
        full = steps[path[0]]
        for part in path[1:]:
            full = full[:-1] if part == "super" else (*full, part)
    while full not in known:
        full = full[:-1]
    return full


def graph():
    """Each module and the modules that it names outside its tests."""
    known = modules()
    edges = {name: set() for name in known}
    for name, (_, whole) in known.items():
        for here, code in scopes(name, whole):
            aliases = {}
            for use in USE.finditer(code):
                for path, alias in leaves(use[1]):
                    edges[name].add(target(path, here, known))
                    aliases[alias] = path
            for match in PATH.finditer(USE.sub(" ", code)):
                path = tuple(match[1].split("::"))
                path = (*aliases.get(path[0], path[:1]), *path[1:])
                edges[name].add(target(path, here, known))
    return {name: found - {None, name} for name, found in edges.items()}
