"""The reference and its Rust mirror have the same files, the same names in the same order, and the same rules."""

from mirror import MODULES, RUST, python_names, rules, rust_names

# What one language has and the other does not need, by the reason; a type stands for its methods, too. Everything else must agree.
LONE_FILES = {
    "basic": "the first rung, for a reader to type along: it teaches in one language, and nothing runs it",
    "small": "the second rung, which teaches in one language, too: the course is solved by it",
    "text": "a str of Python may hold surrogates, and a &str of Rust may not",
    "special/automaton": "what Rust prepares to find special tokens; Python's re caches by itself",
    "tokens": "a dict in Python; an arena in Rust, whose offsets have 32 bits",
    **dict.fromkeys(
        ("more/chunk", "more/borders", "more/graphemes", "more/sentences", "more/fences"),
        "chunks are made of ids, and change none: one implementation, held by the vectors and by laws",
    ),
}
LONE_NAMES = {
    "published/flags": {
        "names of flags in Python; Rust has three bools, which are read in every text": "flags, flags.new",
        "a character in Python is a str of length 1, which need not be one": "is_of, char_of",
    },
    "published/names": {"repr in Python": "quoted"},
    "published/normal_forms": {
        "the sort of Rust's library asks for memory that it cannot do without": "sort_marks",
        "a str in Python": "form, form.named, form.name",
        "a tuple in Python": "replacement, change, char",
        "encode in Python": "char.append_to",
        "the crate has the tables of Unicode 16 or later": "added",
    },
    "published/normalize": {
        "a str or a tuple in Python": "step",
        "Step::new in Rust": "step.new, step.refused, check_step",
        "a method of Step in Rust": "step.name, name_of",
        "a tuple in Python": "aligned",
        "a private field needs an accessor": "normalizer.steps, normalizer.patterns",
        "the spellings that Python's callers may use": "check_normalizer, is_step, steps_of",
    },
    "published/packed_vocab": {
        "a struct literal in Rust": "vocab_reader.new",
        "Python's zlib has it": "adler32",
        "int.from_bytes in Python": "number, bits_at",
    },
    "count": {
        "Python's own OSError names the file": "unread",
        "the counter is borrowed in parts while its pattern splits": "add_piece",
    },
    "published/preprocess": {
        "a copy that may fail; a slice in Python": "copied",
        "a str in Python": "before",
        "the fast path asks it of every call": "token_finder.is_empty",
    },
    "more/parity": {
        "Rust's heap gives the greatest first": "descending_name",
        "default values of a dataclass in Python": "parity_options.default",
    },
    "pretokenize": {
        "what a regular expression of Python returns": "match",
        "a compiled expression of any module; Rust has one engine": "engine",
        "what has these methods, in Python": "split, dyn split.fmt",
        "Python's surrogateescape holds invalid bytes in a str; a Rust str cannot": "view",
    },
    "published/regex_tree": {"grouping of ranges that Python's engine needs for speed": "emit_ranges, emit_range"},
    "special": {
        "a tuple in Python": "found",
        "maps of Rust's library end the process where there is no memory": "special_tokens.check_room, finder.failing",
        "a method of Finder in Rust, which keeps its automaton": "special_tokens.find, special_tokens.split, special_tokens.longest, special_tokens.crosses",
        "answers crosses at nearly every cut, where there are thousands of tokens": "pair_set, pair_set.of, pair_set.place, pair_set.holds",
        "Rust prepares an automaton; Python's re caches by itself": "special_tokens.finder, special_tokens.finder_of_all, finder, token_pattern",
    },
    "more/tails": {"a sum that may fail; + in Python": "joined"},
    "more/trace": {"Python's events are plain dicts": "event"},
    "train": {
        "Rust has Reverse for any key": "descending",
        "Python's keys are tuples of any shape; Rust names their types": "key",
        "a str in Python": "tie_break, stop",
        "default values of a dataclass in Python": "train_options.new",
        "two arguments in Python": "observer",
        "Rust's tokens answer with an Option": "words.token",
    },
    "published/unicode": {
        "a dict in Python": "group",
        "a tuple in Python": "unicode_table",
    },
    "published/words": {"a pattern of any backend; Rust has one": "splits"},
    "vocab": {
        "a method that a subclass replaces, in Python": "initial_parts, vocab.core, vocab.joined, join",
        "a vocabulary that is shared": "arc.core, arc.initial_parts",
        "a method of Tokens in Rust": "vocab.n_ids, check_ids",
        "a set in Python": "never_in_utf8",
        "Rust indexes when it is first asked": "vocab.index_by_bytes, byte_ids",
        "Python builds its maps at once, and checks as it does": "vocab.assemble, vocab.index_merges",
        "a list in Python; Rust makes every split when it is first asked": "vocab.merges",
        "what Python says again for other alphabets": "vocab.first_merges",
        "a dict in Python": "vocab.index",
    },
    "published/patterns": {
        "a private field needs an accessor": "pattern.source",
        "the seam of the fast scanners": "pattern.scanner, pattern.with, scanner_of",
        "needs the compiler of patterns, which only Rust has": "difference, sees_bytes",
        "Rust counts steps, which `Spent` holds": "end_time, limited, limited_matches",
    },
    "published/streams": {
        "bytes.replace in Python": "replaced",
        "an attribute that Python inherits": "stream_decoder.held",
    },
    "published/vocabs": {
        "three arguments in Python": "alphabet",
        "Python inherits": "vocab.deref, vocab.core, vocab.of",
        "the core of Rust takes the ids of bytes": "vocab.index_by_bytes",
        "the core of Rust takes the check": "vocab.check_merge, vocab.joined",
        "Python builds its maps at once, and checks as it does": "vocab.assemble",
        "Rust makes every split when it is first asked": "vocab.with_every_split",
    },
    "published/found_tokens": {
        "Python inherits": "special_tokens.deref",
        "default arguments of __init__ in Python": "special_tokens.with",
        "in Rust the core leaves names without an id as text": "special_tokens.find, special_tokens.first, special_tokens.split",
        "a method of Finder in Rust, which keeps its automaton": "special_tokens.find_trusted, special_tokens.first_trusted, special_tokens.split_trusted, special_tokens.ends_at, finder.find_trusted, finder.first_trusted, finder.split_trusted, finder.ends_at",
        "an argument of __init__ in Python": "finder.left_as_text",
    },
}
LONE = {stem: {*", ".join(names.values()).split(", ")} for stem, names in LONE_NAMES.items()}
STEMS = sorted(MODULES.keys() - LONE_FILES.keys())


def without_twin(stem, name):
    """Whether a name, or the type that it is a method of, is a stated exception."""
    lone = LONE.get(stem, ())
    return name in lone or name.partition(".")[0] in lone


def test_every_file_has_its_twin():
    rust = {path.relative_to(RUST).with_suffix("").as_posix() for path in RUST.rglob("*.rs") if path.stem != "mod"}
    assert MODULES.keys() ^ rust == LONE_FILES.keys()


def test_twins_define_the_same_names_in_the_same_order():
    for stem in STEMS:
        python, rust = python_names(MODULES[stem]), rust_names(RUST / f"{stem}.rs")
        assert [n for n in python if not without_twin(stem, n)] == [n for n in rust if not without_twin(stem, n)], stem


def test_every_stated_exception_is_needed():
    for stem in STEMS:
        python, rust = set(python_names(MODULES[stem])), set(rust_names(RUST / f"{stem}.rs"))
        lone = LONE.get(stem, set())
        assert lone == {name for name in python ^ rust if name in lone or name.partition(".")[0] not in lone}, stem


def test_twins_implement_the_same_rules():
    for stem in STEMS:
        python, rust = rules(MODULES[stem]), rules(RUST / f"{stem}.rs")
        assert python == rust, stem
        assert python, f"the header of {stem} names no rule"
