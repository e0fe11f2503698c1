"""The reference and its Rust mirror have the same files, the same names in the same order, and the same rules."""

import pytest
from mirror import REFERENCE, RUST, python_names, rules, rust_names

# What one language has and the other does not need, with its reason. Everything else must agree.
LONE_FILES = {
    "__init__": "Python's mark of a package",
    "basic": "the first rung, for a reader to type along: it teaches in one language, and nothing runs it",
    "naive": "the oracle: it is nobody's mirror",
    "build": "the script of the build",
    "lib": "the root of the crate",
    "error": "Python's exceptions are minitok.errors, which is no algorithm",
}
LONE_NAMES = {
    "codec": {},
    "packed": {
        "reader.new": "a struct literal in Rust",
        "adler32": "Python's zlib has it",
        "number": "int.from_bytes in Python",
        "join_all": "the seam of the fast joining; a loop in Python",
    },
    "count": {
        "unread": "Python's own OSError names the file",
        "add_piece": "the counter is borrowed in parts while its pattern splits",
    },
    "pretokenize": {
        "pattern.source": "a private field needs an accessor",
        "pattern.scanner": "the seam of the fast scanners",
        "view": "Python's surrogateescape holds invalid bytes in a str; a Rust str cannot",
        "view.new": "as view",
        "view.bytes": "as view",
    },
    "regexes": {
        "parser.new": "a struct literal in Rust",
        "emit_ranges": "grouping of ranges that Python's engine needs for speed",
        "emit_range": "as emit_ranges",
    },
    "special": {
        "special_tokens.find": "a method of Finder in Rust, which keeps its automaton",
        "special_tokens.split": "as find",
        "special_tokens.longest": "as find",
        "special_tokens.crosses": "as find",
        "special_tokens.finder": "Rust prepares an automaton; Python's re caches by itself",
        "special_tokens.finder_of_all": "as finder",
        "finder": "as finder",
        "finder.new": "as finder",
        "finder.find": "as finder",
        "finder.split": "as finder",
        "finder.is_empty": "as finder",
        "finder.longest": "as finder",
        "finder.crosses": "as finder",
    },
    "trace": {"event": "Python's events are plain dicts"},
    "train": {
        "descending": "Rust has Reverse for any key",
        "key": "Python's keys are tuples of any shape; Rust names their types",
        "tie_break": "a str in Python",
        "stop": "a str in Python",
        "train_options.new": "default values of a dataclass in Python",
        "observer": "two arguments in Python",
        "words.token": "Rust's tokens answer with an Option",
    },
    "unicode": {"group": "a dict in Python", "unicode_table": "a tuple in Python"},
    "vocab": {
        "vocab.n_ids": "a method of Tokens in Rust",
        "tokens": "a dict in Python; an arena in Rust",
        "tokens.get": "as tokens",
        "tokens.set": "as tokens",
        "tokens.n_ids": "as tokens",
        "tokens.iter": "as tokens",
        "tokens.join": "as tokens",
        "check_length": "a place in the arena has 32 bits; a dict has no such limit",
        "vocab.assemble": "Python builds its maps at once, and checks as it does",
        "index_by_bytes": "a dict in Python",
        "hash": "as index_by_bytes",
        "join": "Python's + joins bytes",
        "show": "Python's repr shows bytes",
    },
}
STEMS = sorted({path.stem for path in REFERENCE.glob("*.py")} - LONE_FILES.keys())


def test_every_file_has_its_twin():
    python = {path.stem for path in REFERENCE.glob("*.py")}
    rust = {path.stem for path in RUST.glob("*.rs")}
    assert python ^ rust == LONE_FILES.keys()


@pytest.mark.parametrize("stem", STEMS)
def test_twins_define_the_same_names_in_the_same_order(stem):
    lone = LONE_NAMES.get(stem, {})
    python, rust = python_names(REFERENCE / f"{stem}.py"), rust_names(RUST / f"{stem}.rs")
    assert [name for name in python if name not in lone] == [name for name in rust if name not in lone]


@pytest.mark.parametrize("stem", STEMS)
def test_every_stated_exception_is_needed(stem):
    python, rust = set(python_names(REFERENCE / f"{stem}.py")), set(rust_names(RUST / f"{stem}.rs"))
    assert LONE_NAMES.get(stem, {}).keys() == python ^ rust


@pytest.mark.parametrize("stem", STEMS)
def test_twins_implement_the_same_rules(stem):
    python, rust = rules(REFERENCE / f"{stem}.py"), rules(RUST / f"{stem}.rs")
    assert python == rust
    assert python, "the header names no rule"
