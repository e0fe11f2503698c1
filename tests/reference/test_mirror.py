"""The reference and its Rust mirror have the same files, the same names in the same order, and the same rules."""

from mirror import MODULES, RUST, python_names, rules, rust_names

# What one language has and the other does not need, with its reason; a type stands for its methods, too. Everything else must
# agree.
LONE_FILES = {
    "basic": "the first rung, for a reader to type along: it teaches in one language, and nothing runs it",
    "small": "the second rung, which teaches in one language, too: the course is solved by it",
    "text": "a str of Python may hold surrogates, and a &str of Rust may not",
    "special/automaton": "what Rust prepares to find special tokens; Python's re caches by itself",
    "tokens": "a dict in Python; an arena in Rust, whose offsets have 32 bits",
}
LONE_NAMES = {
    "more/borders": {
        "border": "an int in Python",
        "border.name": "as border",
        "places": "a range in Python",
    },
    "more/sentences": {"is_ending": "a str in Python"},
    "more/graphemes": {
        "around": "characters of a str in Python",
        "holds": "in, in Python",
        "classes": "sets that Python keeps for each function",
    },
    "more/chunk": {"after": "an addition in Python", "part_of": "int() in Python"},
    "published/flags": {
        "flags": "names of flags in Python; Rust has three bools, which are read in every text",
        "flags.new": "as flags",
        "is_of": "a character in Python is a str of length 1, which need not be one",
        "char_of": "as is_of",
    },
    "published/names": {"quoted": "repr in Python"},
    "published/normal_forms": {
        "sort_marks": "the sort of Rust's library asks for memory that it cannot do without",
        "form": "a str in Python",
        "form.named": "as form",
        "form.name": "as form",
        "replacement": "a tuple in Python",
        "change": "a tuple in Python",
        "char": "a tuple in Python",
        "char.append_to": "encode in Python",
        "added": "the crate has the tables of Unicode 16 or later",
    },
    "published/normalize": {
        "step": "a str or a tuple in Python",
        "step.new": "as check_step",
        "step.refused": "as check_step",
        "step.name": "as name_of",
        "aligned": "a tuple in Python",
        "normalizer.steps": "a private field needs an accessor",
        "normalizer.patterns": "as normalizer.steps",
        "check_normalizer": "the spellings that Python's callers may use",
        "is_step": "as check_normalizer",
        "check_step": "Step::new in Rust",
        "steps_of": "as check_normalizer",
        "name_of": "a method of Step in Rust",
    },
    "published/packed_vocab": {
        "vocab_reader.new": "a struct literal in Rust",
        "adler32": "Python's zlib has it",
        "number": "int.from_bytes in Python",
        "bits_at": "as number",
        "parts": "what the fast reader reads, too; local variables in Python",
        "checksum": "the seam of the fast checksum",
        "join_all": "the seam of the fast joining; a loop in Python",
    },
    "count": {
        "unread": "Python's own OSError names the file",
        "add_piece": "the counter is borrowed in parts while its pattern splits",
    },
    "published/preprocess": {
        "copied": "a copy that may fail; a slice in Python",
        "before": "a str in Python",
        "token_finder.is_empty": "the fast path asks it of every call",
    },
    "more/parity": {
        "descending_name": "Rust's heap gives the greatest first",
        "parity_options.default": "default values of a dataclass in Python",
    },
    "pretokenize": {
        "match": "what a regular expression of Python returns",
        "engine": "a compiled expression of any module; Rust has one engine",
        "split": "what has these methods, in Python",
        "dyn split.fmt": "as split",
        "view": "Python's surrogateescape holds invalid bytes in a str; a Rust str cannot",
    },
    "published/regex_tree": {
        "emit_ranges": "grouping of ranges that Python's engine needs for speed",
        "emit_range": "as emit_ranges",
    },
    "special": {
        "found": "a tuple in Python",
        "special_tokens.check_room": "maps of Rust's library end the process where there is no memory",
        "finder.failing": "as check_room",
        "special_tokens.find": "a method of Finder in Rust, which keeps its automaton",
        "special_tokens.split": "as find",
        "special_tokens.longest": "as find",
        "special_tokens.crosses": "as find",
        "pair_set": "answers crosses at nearly every cut, where there are thousands of tokens",
        "pair_set.of": "as pair_set",
        "pair_set.place": "as pair_set",
        "pair_set.holds": "as pair_set",
        "special_tokens.finder": "Rust prepares an automaton; Python's re caches by itself",
        "special_tokens.finder_of_all": "as finder",
        "finder": "as special_tokens.finder",
        "token_pattern": "as special_tokens.finder",
    },
    "more/tails": {"joined": "a sum that may fail; + in Python"},
    "more/trace": {"event": "Python's events are plain dicts"},
    "train": {
        "descending": "Rust has Reverse for any key",
        "key": "Python's keys are tuples of any shape; Rust names their types",
        "tie_break": "a str in Python",
        "stop": "a str in Python",
        "train_options.new": "default values of a dataclass in Python",
        "observer": "two arguments in Python",
        "words.token": "Rust's tokens answer with an Option",
    },
    "published/unicode": {"group": "a dict in Python", "unicode_table": "a tuple in Python"},
    "published/words": {"splits": "a pattern of any backend; Rust has one"},
    "vocab": {
        "initial_parts": "a method that a subclass replaces, in Python",
        "vocab.core": "as initial_parts",
        "arc.core": "a vocabulary that is shared",
        "arc.initial_parts": "as arc.core",
        "vocab.n_ids": "a method of Tokens in Rust",
        "check_ids": "as n_ids",
        "never_in_utf8": "a set in Python",
        "vocab.index_by_bytes": "Rust indexes when it is first asked",
        "byte_ids": "as index_by_bytes",
        "vocab.assemble": "Python builds its maps at once, and checks as it does",
        "vocab.index_merges": "as assemble",
        "vocab.merges": "a list in Python; Rust makes every split when it is first asked",
        "vocab.first_merges": "what Python says again for other alphabets",
        "vocab.index": "a dict in Python",
        "vocab.joined": "as join",
        "join": "a method that a subclass replaces, in Python",
    },
    "published/patterns": {
        "pattern.source": "a private field needs an accessor",
        "pattern.scanner": "the seam of the fast scanners",
        "pattern.with": "as pattern.scanner",
        "scanner_of": "as pattern.scanner",
        "difference": "needs the compiler of patterns, which only Rust has",
        "sees_bytes": "as difference",
        "end_time": "Rust counts steps, which `Spent` holds",
        "limited": "as end_time",
        "limited_matches": "as end_time",
    },
    "published/streams": {
        "replaced": "bytes.replace in Python",
        "stream_decoder.held": "an attribute that Python inherits",
    },
    "published/vocabs": {
        "alphabet": "three arguments in Python",
        "vocab.deref": "Python inherits",
        "vocab.core": "as vocab.deref",
        "vocab.of": "as vocab.deref",
        "vocab.index_by_bytes": "the core of Rust takes the ids of bytes",
        "vocab.check_merge": "the core of Rust takes the check",
        "vocab.joined": "as vocab.check_merge",
        "vocab.assemble": "Python builds its maps at once, and checks as it does",
        "vocab.with_every_split": "Rust makes every split when it is first asked",
        "vocab.prepare": "Python builds its maps at once",
    },
    "published/found_tokens": {
        "special_tokens.deref": "Python inherits",
        "special_tokens.with": "default arguments of __init__ in Python",
        "special_tokens.find": "in Rust the core leaves names without an id as text",
        "special_tokens.first": "as find",
        "special_tokens.split": "as find",
        "special_tokens.find_trusted": "a method of Finder in Rust, which keeps its automaton",
        "special_tokens.first_trusted": "as find_trusted",
        "special_tokens.split_trusted": "as find_trusted",
        "special_tokens.ends_at": "as find_trusted",
        "finder.left_as_text": "an argument of __init__ in Python",
        "finder.find_trusted": "as special_tokens.find_trusted",
        "finder.first_trusted": "as find_trusted",
        "finder.split_trusted": "as find_trusted",
        "finder.ends_at": "as find_trusted",
    },
}
STEMS = sorted(MODULES.keys() - LONE_FILES.keys())


def without_twin(stem, name):
    """Whether a name, or the type that it is a method of, is a stated exception."""
    lone = LONE_NAMES.get(stem, {})
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
        lone = LONE_NAMES.get(stem, {})
        needed = {name for name in python ^ rust if name in lone or name.partition(".")[0] not in lone}
        assert lone.keys() == needed, stem


def test_twins_implement_the_same_rules():
    for stem in STEMS:
        python, rust = rules(MODULES[stem]), rules(RUST / f"{stem}.rs")
        assert python == rust, stem
        assert python, f"the header of {stem} names no rule"
