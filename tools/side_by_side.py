"""The pages that show the source: Python and Rust beside each other, function by function, with links to the rules and back.

The files of the mirror have the same names in the same order (``tests/reference/test_mirror.py`` reads them by this, and holds
them to that), so a page is a table of two columns, with a row for each function, method and constant. It does not depend on
MkDocs; ``build_site.py`` puts it into the site.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from difflib import SequenceMatcher
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "python" / "minitok" / "reference"
# Where each module of the reference is, and its mirror.
MODULES = {path.stem: path for path in REFERENCE.rglob("[a-z]*.py")}
MIRROR = {path.stem: path for path in (ROOT / "rust" / "reference").rglob("*.rs")}
# The order in which the headers of `minitok.reference` and of its two folders say to read.
READING_ORDER = tuple(
    name
    for folder in (REFERENCE, REFERENCE / "more", REFERENCE / "published")
    for name in re.findall(r"^\d+\. ``(\w+)``", (folder / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    if not (folder / name).is_dir()
)
RUST_ITEM = re.compile(
    r"( *)(?:pub(?:\(\w+\))? )?(?:const )?(fn|struct|enum|trait|type|const|static|mod)\b(?:<[^>]*>)? (\w+)"
)
RUST_IMPL = re.compile(r"impl(?:<[^>]*>)? ([\w:<>' ]+?)(?:<.*>)?(?: (?:where\b|\{)|$)")
# What belongs to the item under it: attributes and comments.
ABOVE = ("#", "//")
RULES = re.compile(r"SPEC\s+[A-Z]\d+(?:(?:,|\s+and|\s+to)\s+[A-Z]\d+)*")
RULE = re.compile(r"\b([A-Z]\d+)\b")


class Part(NamedTuple):
    """Some lines of a file, and what they define; and whether that is a function or a type."""

    name: str
    text: str
    is_code: bool = True


# -- cutting files into parts ----------------------------------------------------------------------------------------


def snake(name: str) -> str:
    """``PascalCase`` and ``snake_case`` names are the same name.

    >>> snake("StreamDecoder"), snake("MAX_LENGTH")
    ('stream_decoder', 'max_length')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def python_parts(text: str) -> list[Part]:
    """The parts of a Python file; the first is its header.

    >>> [part.name for part in python_parts('"doc"\\nimport os\\n\\nN = 1\\n\\ndef f():\\n    pass\\n')]
    ['', 'n', 'f']
    """
    starts = [(0, "", False)]
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            starts.append((first_line(node), snake(node.name), True))
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
            names = [f"{snake(node.name)}.{one.name.replace('__init__', 'new')}" for one in methods]
            starts += [(first_line(one), name, True) for one, name in zip(methods, names, strict=True)]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id != "__all__":
                starts.append((node.lineno - 1, snake(target.id), False))
    return cut(text, starts)


def first_line(node: ast.FunctionDef | ast.ClassDef) -> int:
    """The index of the line with which a definition begins, its decorators included."""
    return min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1


def rust_parts(text: str) -> list[Part]:
    """The parts of a Rust file; the first is its header. ``impl X {`` belongs to its first method.

    >>> [part.name for part in rust_parts("//! doc\\nstruct Pair;\\n\\nimpl Pair {\\n    fn left() {}\\n}\\n")]
    ['', 'pair', 'pair.left']
    """
    starts = [(0, "", False)]
    owner, opened = "", None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if found := RUST_IMPL.match(line):
            owner, opened = snake(found[1].split(" for ")[-1].split("<")[0]), number
        elif (item := RUST_ITEM.match(line)) and len(item[1]) in (0, 4):
            indent, kind, name = item.groups()
            if not indent:
                starts.append((number, snake(name), kind in ("fn", "struct", "enum", "trait")))
                owner = snake(name) if kind == "trait" else owner
            elif kind == "fn" and owner:
                starts.append((number if opened is None else opened, f"{owner}.{name}", True))
            opened = None
            if kind == "mod" and name == "tests":
                break
    return cut(text, starts)


def cut(text: str, starts: list[tuple[int, str, bool]]) -> list[Part]:
    """The parts that begin at some lines, each with the comments directly above it."""
    lines = text.splitlines()
    begins = []
    for line, _, _ in starts:
        at = line
        while at and lines[at - 1].lstrip().startswith(ABOVE) and not lines[at - 1].startswith("//!"):
            at -= 1
        begins.append(at)
    ends = [*begins[1:], len(lines)]
    texts = ["\n".join(lines[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    return [Part(name, part, is_code) for (_, name, is_code), part in zip(starts, texts, strict=True)]


def rows(left: list[Part], right: list[Part]) -> list[tuple[Part | None, Part | None]]:
    """The parts of two files side by side: those of one name in one row, the others where they stand.

    >>> found = rows([Part("", "a"), Part("f", "b")], [Part("", "c"), Part("g", "d"), Part("f", "e")])
    >>> [tuple(part and part.text for part in row) for row in found]
    [('a', 'c'), (None, 'd'), ('b', 'e')]
    """
    matcher = SequenceMatcher(None, [part.name for part in left], [part.name for part in right], autojunk=False)
    found: list[tuple[Part | None, Part | None]] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            found += zip(left[i:j], right[k:m], strict=True)
        else:
            found += zip_longest(left[i:j], right[k:m])
    return found


# -- rules -----------------------------------------------------------------------------------------------------------


def rules_of(text: str) -> list[str]:
    """The rules that a file says it implements, ranges spelled out.

    >>> rules_of("Implements SPEC T1 to T3, E2\\nand P4.\\n")
    ['T1', 'T2', 'T3', 'E2', 'P4']
    """
    found = re.search(r"Implements (SPEC [^\"]*?)\.\n", text)
    named = re.findall(r"([A-Z])(\d+)(?:\s+to\s+[A-Z](\d+))?", found[1] if found else "")
    return [
        f"{letter}{number}" for letter, first, last in named for number in range(int(first), int(last or first) + 1)
    ]


def anchors(specification: str) -> dict[str, str]:
    """The anchor of each rule on the page of the specification.

    >>> anchors("### T3 Which pair is merged\\n")
    {'T3': 't3-which-pair-is-merged'}
    """
    headings = re.findall(r"^### (([A-Z]\d+) .+)$", specification, re.MULTILINE)
    return {rule: re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title, rule in headings}


def link_rules(html: str, known: dict[str, str], page: str) -> str:
    """HTML in which each rule after the word SPEC is a link to its place on a page.

    >>> link_rules("(SPEC T3)", {"T3": "t3-x"}, "../spec.html")
    '(SPEC <a href="../spec.html#t3-x">T3</a>)'
    """

    def link(rule: re.Match[str]) -> str:
        return f'<a href="{page}#{known[rule[1]]}">{rule[1]}</a>' if rule[1] in known else rule[1]

    return RULES.sub(lambda cited: RULE.sub(link, cited[0]), html)


def with_places(specification: str) -> str:
    """The specification, in which each rule links to the modules that implement it and counts the vectors that test it."""
    places: dict[str, list[str]] = {}
    for name in READING_ORDER:
        for rule in rules_of(MODULES[name].read_text(encoding="utf-8")):
            places.setdefault(rule, []).append(f"[{name}](source/{name}.md)")
    vectors: dict[str, Counter[str]] = {}
    for path in sorted((ROOT / "tests" / "vectors").glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            for rule in case["rules"]:
                vectors.setdefault(rule, Counter())[path.name] += 1

    def add(heading: re.Match[str]) -> str:
        rule = heading[1]
        implemented = f"In Python and in Rust: {', '.join(places[rule])}. " if rule in places else ""
        tested = ", ".join(f"{number} in `{name}`" for name, number in vectors[rule].items())
        return f"{heading[0]}\n\n{implemented}Vectors: {tested}."

    return re.sub(r"^### ([A-Z]\d+) .+$", add, specification, flags=re.MULTILINE)


# -- the page --------------------------------------------------------------------------------------------------------


def mirror(name: str) -> str:
    """The text of a module of the reference and of its Rust mirror as HTML."""
    files = [("python", MODULES[name]), ("rust", MIRROR.get(name))]
    present = [(language, path) for language, path in files if path]
    titles = {"python": "Python, to be read", "rust": "Rust, to be run"}
    heads = "".join(
        f"<p><strong>{titles[language]}</strong> <code>{path.relative_to(ROOT).as_posix()}</code></p>"
        for language, path in present
    )
    cutters = {"python": python_parts, "rust": rust_parts}
    parts = [cutters[language](path.read_text(encoding="utf-8")) for language, path in present]
    both = rows(*parts) if len(parts) == 2 else [(part, None) for part in parts[0]]
    columns = "mirror" if len(parts) == 2 else "mirror alone"
    body = "".join(row([(part, language) for part, (language, _) in zip(pair, present)]) for pair in both)
    return f'<div class="{columns}"><div class="mirror-row mirror-head">{heads}</div>{body}</div>'


def row(cells: list[tuple[Part | None, str]]) -> str:
    """A row: the same part in both languages. Headers and tests are folded; what matters stands open."""
    name = next(part.name for part, _ in cells if part)
    blocks = "".join(block(part, language) if part else "<div></div>" for part, language in cells)
    inside = f'<div class="mirror-row">{blocks}</div>'
    folded = {"": "The heads of the files", "tests": "Tests"}.get(name)
    if folded:
        return f"<details><summary>{folded}</summary>{inside}</details>"
    return f'<section id="in-{escape(name)}" aria-label="{escape(name)}">{inside}</section>'


def block(part: Part, language: str) -> str:
    """A part as highlighted code."""
    code = highlight(part.text.strip("\n"), get_lexer_by_name(language), HtmlFormatter(nowrap=True))
    return f'<div class="language-{language} highlight"><pre tabindex="0"><code>{code}</code></pre></div>'
