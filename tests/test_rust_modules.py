"""The crate's modules name one another in one direction, and the mirror names the fast paths at few places only."""

import functools
import re
from graphlib import TopologicalSorter

import rust_modules

graph = functools.cache(rust_modules.graph)
# Where a file of the mirror gives its work to a fast path, and what it names there.
SEAMS = {
    "reference::published::patterns": {
        "fast::scan": "a named pattern is cut by its scanner",
    },
    "reference::special": {"fast::token_search": "a few names are found by their first two bytes, 64 places at a time"},
    "reference::published::packed_vocab": {
        "fast::adler32": "the checksum, eight bytes at a time",
        "fast::token_bytes": "the bytes of all tokens from their merges",
        "fast::util::fallible": "lengths that a file states ask for their memory",
    },
}


def named(module):
    return "::".join(module) or "crate"


def test_every_file_is_read():
    read = {path for path, _ in rust_modules.modules().values()}
    tests = {
        path
        for path in rust_modules.RUST.rglob("*.rs")
        if path.name in {"tests.rs", "tests_by_grammar.rs", "small_scope.rs"}
    }
    assert {*rust_modules.RUST.rglob("*.rs")} - read - tests == {rust_modules.RUST / "build.rs"}


def test_no_modules_name_one_another_in_a_circle():
    TopologicalSorter({name: others - {name} for name, others in graph().items()}).prepare()  # raises CycleError


def test_the_folders_of_the_fast_paths_name_one_another_in_one_direction():
    folders = {}
    for name, others in graph().items():
        if name[:1] == ("fast",) and len(name) > 1:
            found = folders.setdefault(name[:2], set())
            found |= {other[:2] for other in others if other[:1] == ("fast",) and len(other) > 1} - {name[:2]}
    assert ("fast", "count") in folders[("fast", "train")]
    TopologicalSorter(folders).prepare()


def test_the_mirror_names_the_fast_paths_at_its_seams_only():
    found = {
        named(name): {named(other) for other in others if other[:1] == ("fast",)}
        for name, others in graph().items()
        if name[:1] == ("reference",)
    }
    assert {name: others for name, others in found.items() if others} == {
        name: others.keys() for name, others in SEAMS.items()
    }


def test_the_core_of_the_mirror_names_no_file_of_published_or_more():
    beside = {("reference", "published"), ("reference", "more")}
    core = {name: others for name, others in graph().items() if name[:1] == ("reference",) and len(name) == 2}
    core = {name: others for name, others in core.items() if name not in beside}
    assert len(core) > 9
    assert not [(named(name), named(other)) for name in core for other in core[name] if other[:2] in beside]


def test_only_what_is_offered_reads_files_of_formats():
    named_by = {
        other[0]: {name[0] for name, others in graph().items() for found in others if name and found[:1] == other}
        for other in (("api",), ("formats",))
    }
    assert named_by["api"] <= {"api", "c", "wasm"}  # boundaries, of which the last opens published encodings
    assert named_by["formats"] <= {"api", "formats", "python", "wasm"}


def test_the_crate_offers_these_names():
    lib = (rust_modules.RUST / "lib.rs").read_text("utf-8")
    names = {
        alias for use in re.findall(r"^pub use ([^;]+);", lib, re.MULTILINE) for _, alias in rust_modules.leaves(use)
    }
    offered = "Border Chat Chunk Chunks Cover Error LoadOptions Result Session Special Splice StreamDecoder TieBreak Tokenizer TrainOptions"
    assert names == set(offered.split())
    shown = re.findall(r'^(?!#\[cfg\(feature = "internals"\)\]).*\npub mod (\w+);', lib, re.MULTILINE)
    assert not shown, "modules are private: they are not what the crate promises"


def test_nothing_names_the_boundary_to_python():
    assert not [
        (named(name), named(other))
        for name, others in graph().items()
        for other in others
        if other[:1] == ("python",) and name[:1] != ("python",)
    ]
