"""Puts every mutant of the Rust code into one build that chooses among them when it runs: mutant schemata.

`a + b` becomes `(if crate::mutant::on(17) { (a) - (b) } else { a + b })`, so that thousands of mutants cost one compilation.
The changed branch holds operands as they were, since one mutant is on at a time. What the compiler refuses is dropped:
`compiling` asks until it refuses nothing.

Left alone is what runs at compile time (constants, `const fn`, lengths of arrays, patterns, attributes, macros), tests, code
for other processors, and calls that reserve or prefetch memory, which change no result.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import tree_sitter_rust
from tree_sitter import Language, Node, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
TARGET = (ROOT / "target" / "mutants").resolve()
CRATE = TARGET / "crate"
# A file of tests only, the generated build script, and what another processor compiles.
LEFT_OUT = (
    "mod.rs",
    "tests.rs",
    "tests_by_grammar.rs",
    "small_scope.rs",
    "build.rs",
    "lib.rs",
    "vector_arm.rs",
    "cases.rs",
)
COPIED = (
    "rust",
    "tests",
    "tools",
    "python/minitok/formats",
    "python/minitok/reference",
    "python/minitok/encodings/data",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "README.md",
)

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-", "-": "+", "*": "+",
    "/": "*", "%": "/", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<", "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=",
    "%=": "/=", "&=": "|=", "|=": "&=", "^=": "|=", "<<=": ">>=", ">>=": "<<=",
}  # fmt: skip
COMPILE_TIME = {
    *("const_item", "static_item", "attribute_item", "inner_attribute_item", "macro_definition", "macro_invocation"),
    *(
        "type_arguments",
        "type_parameters",
        "parameters",
        "closure_parameters",
        "array_type",
        "use_declaration",
        "struct_item",
    ),
    *("enum_item", "type_item", "const_block", "visibility_modifier"),
}
# Calls that reserve or prefetch memory, and change no result; functions of the crate by these names have tests of their own.
ROOM = {
    *("with_capacity", "with_capacity_and_hasher", "reserve", "reserve_exact", "try_reserve", "try_reserve_exact"),
    *("shrink_to", "shrink_to_fit"),
}
AHEAD = {"prefetch", "fetch", "fetch_record"}
# What compiles only elsewhere or in other builds.
ELSEWHERE = re.compile(rb'cfg\(.*(test|aarch64|not\(target_arch = "x86_64"\)|wasm|fuzzing|not\(unix)')
# Random inputs of a property test, so that it takes little time.
CASES = 40
FLAGS = "--cap-lints allow"
# The module that knows which mutant is on: that of the variable MUTANT, or all are noted as they are reached.
MODULE = """
#![allow(unsafe_code)]
use std::sync::atomic::{{AtomicU8, AtomicU32, Ordering::Relaxed}};

const NOTE_REACHED: u32 = u32::MAX;
static CHOSEN: AtomicU32 = AtomicU32::new(0);
static REACHED: [AtomicU8; {count}] = [const {{ AtomicU8::new(0) }}; {count}];

#[inline(always)]
pub fn on(number: u32) -> bool {{
    let chosen = CHOSEN.load(Relaxed);
    chosen == number || (chosen == NOTE_REACHED && note(number))
}}

#[cold]
#[inline(never)]
fn note(number: u32) -> bool {{
    REACHED[number as usize].store(1, Relaxed);
    false
}}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_mutant_choose(number: u32) {{
    CHOSEN.store(number, Relaxed);
}}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_mutants_reached() -> *mut u8 {{
    REACHED.as_ptr().cast_mut().cast()
}}

extern "C" fn write_reached() {{
    let bytes: Vec<u8> = REACHED.iter().map(|it| it.load(Relaxed)).collect();
    std::fs::write(std::env::var_os("MUTANTS_REACHED").unwrap(), bytes).unwrap();
}}

extern "C" fn start() {{
    unsafe extern "C" {{
        fn atexit(function: extern "C" fn()) -> i32;
    }}
    if let Ok(number) = std::env::var("MUTANT") {{
        minitok_mutant_choose(number.parse().unwrap());
    }}
    if std::env::var_os("MUTANTS_REACHED").is_some() {{
        minitok_mutant_choose(NOTE_REACHED);
        unsafe {{ atexit(write_reached) }};
    }}
}}

#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;
"""


class Mutant(NamedTuple):
    number: int
    path: str  # from the root
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def text(node: Node) -> str:
    return (node.text or b"").decode()


def called(node: Node) -> str:
    """The name of the function that a call calls, without what it is a part of; empty for all else."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    return re.split(r"\W+", re.sub(r"::<.*>$", "", text(function), flags=re.DOTALL))[-1] if function else ""


class Rewriting:
    """Rewrites one file after another; numbers are given in order, from 1, the same each time."""

    def __init__(self, dropped: set[int], *, with_elsewhere: bool = True) -> None:
        self.dropped, self.with_elsewhere, self.mutants = dropped, with_elsewhere, [Mutant(0, "", 0, "")]
        self.parser = Parser(Language(tree_sitter_rust.language()))

    def file(self, path: str) -> bytes:
        self.path, self.source = path, (ROOT / path).read_bytes()
        return self.rewrite(self.parser.parse(self.source).root_node)

    def rewrite(self, node: Node) -> bytes:
        if node.type in COMPILE_TIME or self.is_left_alone(node):
            return node.text or b""
        inner = self.children(node)
        for what, changed in self.changes(node):
            if number := self.number(node, what):
                condition = f"(/*[{number}*/if crate::mutant::on({number}) {{ {changed} }} else {{ ".encode()
                inner = condition + inner + f" }}/*{number}]*/)".encode()
        if node.type == "expression_statement" and self.removable(node) and (number := self.number(node, "removed")):
            inner = f"/*[{number}*/if !crate::mutant::on({number}) {{ ".encode() + inner + f" }}/*{number}]*/".encode()
        return inner

    def children(self, node: Node) -> bytes:
        """A node with what is inside rewritten."""
        parts, at, elsewhere = [], node.start_byte, False
        for number, child in enumerate(node.children):
            parts.append(self.source[at : child.start_byte])
            at = child.end_byte
            if child.type == "attribute_item":
                elsewhere |= bool(ELSEWHERE.search(child.text or b""))
            field = node.field_name_for_child(number)
            fixed = field in {"pattern", "type", "return_type"} or (
                node.type == "array_expression" and field == "length"
            )
            fixed |= node.type == "match_pattern" and field != "condition"
            fixed |= node.type == "tuple_struct_pattern" or (node.type == "field_expression" and field == "field")
            if not elsewhere or self.with_elsewhere:
                parts.append(child.text or b"" if fixed or elsewhere else self.rewrite(child))
            if node.type == "function_item" and field == "body":
                parts[-1] = b"{" + self.bodies(node) + parts[-1][1:]
            if child.type not in {"attribute_item", "line_comment", "block_comment"}:
                elsewhere = False
        parts.append(self.source[at : node.end_byte])
        return b"".join(parts)

    def number(self, node: Node, what: str) -> int:
        """The number of a new mutant; 0 if it is dropped."""
        number = len(self.mutants)
        self.mutants.append(Mutant(number, self.path, node.start_point[0] + 1, what))
        return 0 if number in self.dropped else number

    def changes(self, node: Node) -> Iterator[tuple[str, str]]:
        """The ways to change an expression: what each is called, and the changed one."""
        old = text(node)
        if node.type in {"binary_expression", "compound_assignment_expr"}:
            operator, left, right = (node.child_by_field_name(name) for name in ("operator", "left", "right"))
            if operator and left and right and (other := OPERATORS.get(text(operator))):
                left_text = text(left) if "=" in text(operator) and len(text(operator)) > 1 else f"({text(left)})"
                if node.type == "binary_expression":
                    left_text = f"({text(left)})"
                yield f"{text(operator)} -> {other}", f"{left_text} {other} ({text(right)})"
        elif node.type == "unary_expression" and old.startswith("!"):
            yield "! removed", old[1:]
        elif node.type == "boolean_literal":
            other = "false" if old == "true" else "true"
            yield f"{old} -> {other}", other
        elif node.type == "integer_literal":
            digits, suffix = re.fullmatch(r"(0x[0-9a-fA-F_]+|0b[01_]+|[0-9_]+)([iu].*)?", old).groups()  # type: ignore[union-attr]
            value = int(digits.replace("_", ""), 0)
            other = value - 1 if value in {(1 << bits) - 1 for bits in (7, 8, 16, 31, 32, 63, 64)} else value + 1
            yield f"{old} -> {other}", f"{other}{suffix or ''}"
        if self.is_plain_condition(node):
            yield "condition negated", f"!({old})"

    @staticmethod
    def is_plain_condition(node: Node) -> bool:
        """Whether it is a condition without an operator that is changed anyway."""
        parent = node.parent
        if not parent or parent.type not in {"if_expression", "while_expression", "match_pattern"}:
            return False
        plain = node.type in {"call_expression", "identifier", "field_expression"}
        condition = parent.child_by_field_name("condition")
        return plain and condition is not None and condition.id == node.id

    @staticmethod
    def removable(node: Node) -> bool:
        first = node.children[0] if node.children else None
        return (
            bool(first)
            and first.type in {"call_expression", "assignment_expression"}
            and called(first) not in ROOM | AHEAD
        )

    def is_left_alone(self, node: Node) -> bool:
        """Whether it is a function that runs at compile time or fetches ahead, or a call of what changes no result."""
        if node.type == "function_item":
            name = node.child_by_field_name("name")
            return self.is_const(node) or (name is not None and text(name) in AHEAD)
        return called(node) in ROOM | AHEAD

    @staticmethod
    def is_const(node: Node) -> bool:
        return any(
            child.type == "function_modifiers" and b"const" in (child.text or b"").split() for child in node.children
        )

    def bodies(self, node: Node) -> bytes:
        """What a function may return at once."""
        kind = node.child_by_field_name("return_type")
        name = text(kind) if kind else ""
        values = {"": [""], "bool": ["true", "false"], "!": []}.get(name, ["Default::default()"])
        if "Result<" in name and not name.startswith(("Option", "impl")):
            values = ["Ok(Default::default())"]
        elif name.startswith("Option<"):
            values = ["None"]
        found = b""
        for value in values:
            if number := self.number(node, f"body returns {value}".rstrip()):
                found += f" /*[{number}*/if crate::mutant::on({number}) {{ return {value}; }}/*{number}]*/ ".encode()
        return found


def paths() -> list[str]:
    """The files that are mutated: the mirror, and what is fast."""
    found = [*(ROOT / "rust" / "reference").rglob("*.rs"), *(ROOT / "rust" / "fast").rglob("*.rs")]
    return sorted(str(path.relative_to(ROOT)) for path in found if path.name not in LEFT_OUT)


def write(dropped: set[int]) -> list[Mutant]:
    """Writes the crate with its mutants; gives all of them, by number, those that are dropped too."""
    rewriting = Rewriting(dropped)
    for path in paths():
        put(CRATE / path, rewriting.file(path))
    put(CRATE / "rust" / "mutant.rs", MODULE.format(count=len(rewriting.mutants)).encode())
    put(CRATE / "rust" / "lib.rs", (ROOT / "rust" / "lib.rs").read_bytes() + b"\npub mod mutant;\n")
    return rewriting.mutants


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def copy() -> None:
    """Copies the rest of the crate. A file that has not changed keeps its time, so that cargo keeps what it built."""
    mutated = {*paths(), "rust/lib.rs"}
    for name in COPIED:
        for path in sorted((ROOT / name).rglob("*")) if (ROOT / name).is_dir() else [ROOT / name]:
            relative = str(path.relative_to(ROOT))
            if (
                path.is_file()
                and relative not in mutated
                and path.suffix in {".rs", ".json", ".txt", ".toml", ".lock", ".md", ".vocab"}
            ):
                content = path.read_bytes()
                if path.suffix == ".rs":
                    content = re.sub(rb"(with_cases\(|cases: )\d+", rb"\g<1>%d" % CASES, content)
                put(CRATE / relative, content)


def digest() -> str:
    """Identifies the mutants, whatever the tests, so that what is known of them is not taken for others.

    Code for other builds and processors does not count, either.
    """
    rewriting = Rewriting(set(), with_elsewhere=False)
    code = b"".join(rewriting.file(path) for path in paths())
    return hashlib.sha256(b"".join(code.split())).hexdigest()[:12]


def cargo(*arguments: str, build: str = "build") -> list[str]:
    return [
        "cargo",
        *arguments,
        "--locked",
        "--target-dir",
        str(TARGET / build),
        "--config",
        f'build.rustflags="{FLAGS}"',
    ]


def compiling() -> tuple[list[Mutant], set[int]]:
    """Writes the crate with those mutants that compile. Gives all mutants, and the numbers of those that do not compile."""
    copy()
    known = TARGET / f"dropped-{digest()}.json"
    dropped: set[int] = set(json.loads(known.read_text())) if known.exists() else set()
    while True:
        mutants = write(dropped)
        # The tests also compile what only builds for pages have.
        command = cargo("check", "--lib", "--tests", "--message-format=json")
        done = subprocess.run(command, cwd=CRATE, capture_output=True, text=True, check=False)  # noqa: S603
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        errors = [
            it["message"] for it in messages if it["reason"] == "compiler-message" and it["message"]["level"] == "error"
        ]
        if done.returncode == 0:
            known.write_text(json.dumps(sorted(dropped)))
            return mutants, dropped
        refused = set().union(*(blamed(error) for error in errors))
        print(f"{len(errors)} errors, {len(refused)} mutants dropped", flush=True)
        if not refused:
            raise SystemExit("\n".join(error["rendered"] for error in errors) + done.stderr)
        dropped |= refused


def blamed(error: dict) -> set[int]:  # type: ignore[type-arg]
    """The mutants that an error of the compiler is about."""
    spans = sorted(error["spans"], key=lambda span: not span["is_primary"])
    for near in (0, 1, 2):
        for span in spans:
            if (CRATE / span["file_name"]).is_file() and (found := at(span, near)):
                return found
    return set()


def at(span: dict, near: int) -> set[int]:  # type: ignore[type-arg]
    """The innermost mutant around a place; else, if `near` is 1, those inside or on its line, if 2, within twenty lines."""
    source = (CRATE / span["file_name"]).read_bytes()
    open_at: dict[int, int] = {}
    extents = []
    for mark in re.finditer(rb"/\*(\[)?(\d+)(\])?\*/", source):
        if mark[1]:
            open_at[int(mark[2])] = mark.start()
        else:
            extents.append((open_at[int(mark[2])], mark.end(), int(mark[2])))
    start, end = span["byte_start"], span["byte_end"]
    around = [it for it in extents if it[0] <= start + 1 and end - 1 <= it[1]]
    if around:
        return {min(around, key=lambda it: it[1] - it[0])[2]}
    if near == 0:
        return set()
    inside = {number for left, right, number in extents if start <= left and right <= end}
    if inside:
        return inside
    lines = [0, *(match.end() for match in re.finditer(rb"\n", source))]
    by_line = defaultdict(set)
    for left, _, number in extents:
        by_line[bisect.bisect_right(lines, left)].add(number)
    around_line = 0 if near == 1 else 20
    first = bisect.bisect_right(lines, start)
    return set().union(*(by_line[line] for line in range(first - around_line, first + around_line + 1)))
