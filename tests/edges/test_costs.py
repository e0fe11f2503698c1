"""Costs grow as they should: four times the input takes about four times the processor time and memory, whatever the input."""

import itertools
import os
from contextlib import suppress

import minitok
import minitok._rust
import pytest
from costs import MOST, check, growth, on_each
from helpers import BACKENDS
from hostile_files import HOSTILE
from minitok.definition import Definition

MERGES = minitok.train(
    ["The quick brown fox's 1234567 jumps,  over\n\nthe lazy dog. naïve café 漢字漢字 😀😀 " * 3], 400
).merges


def test_what_is_quadratic_is_noticed():
    def squares(size):
        return lambda: sum(1 for _ in range(size) for _ in range(size))

    def table(size):
        return lambda: b"a" * (size * size)

    assert growth(squares, 1000)[0] > MOST
    assert growth(table, 3000)[1] > MOST
    assert max(growth(lambda size: lambda: sum(range(1000 * size)), 500)[:2]) < MOST


# -- files ----------------------------------------------------------------------------------------------------------------


LINES = {
    "many fields": lambda size: b"{" + b'"a":1,' * (size // 6) + b'"text":"hi"}\n',
    "many texts": lambda size: b"{" + b'"text":"hi",' * (size // 12) + b'"text":"hi"}\n',
    "deep": lambda size: b'{"a":' + b"[" * (size // 2) + b"]" * (size // 2) + b',"text":"hi"}\n',
    "long lists": lambda size: b'{"a":[' + b"1.5e3,{}," * (size // 9) + b'""],"text":"hi"}\n',
    "escapes": lambda size: (
        b'{"a":"' + rb"\n\u00e9" * (size // 16) + b'","text":"' + rb"\n\u00e9" * (size // 16) + b'"}\n'
    ),
    "short": lambda size: b'{"text":"hi"}\n' * (size // 14),
}


@pytest.mark.parametrize("lines", LINES)
def test_lines_of_json(lines):
    check(on_each(LINES[lines], lambda data: minitok._rust.read_json_lines(data, "text", None)), 2_000_000)


# The reference is written to be read: it takes longer, so its files are shorter.
FILE_SIZES = {"rust": 50_000, "python": 25_000}
# A tokenizer needs some memory, whatever is in the file: tables, a cache. Then so many times the file.
MIB = 100
TIMES = 600
# Seconds for a start, and for a megabyte.
START = {"rust": 2.0, "python": 4.0}
A_MEGABYTE = {"rust": 8.0, "python": 60.0}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_files(name, backend, tmp_path):
    """Files made to hurt end in a tokenizer or an error, and cost no more than their size allows."""

    def load(size):
        path = tmp_path / f"{name}-{size}"
        options = HOSTILE[name](path, size)

        def work():
            with suppress(minitok.errors.MinitokError):
                tok = minitok.load(path, backend=backend, **options)
                text = "ab <|1|> aaaa" * 10
                assert tok.decode(tok.encode(text, allowed_special="all")) == text

        return work

    took, memory = check(load, FILE_SIZES[backend])
    size = max(path.stat().st_size for path in tmp_path.iterdir() if path.is_file())
    busy = max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert memory < (MIB << 20) + TIMES * size, f"{memory >> 20} MiB"
    assert took < busy * (START[backend] + A_MEGABYTE[backend] * size / 1e6), f"{took:.1f} s"


# -- texts ----------------------------------------------------------------------------------------------------------------


def test_a_text_that_nearly_holds_a_long_name_everywhere():
    def make(size):
        plain = minitok.Tokenizer([], pattern="cl100k", backend="rust")
        tok = plain.add_tokens(["a" * (size // 8) + "b", "a" * 200 + "b"], special=True)
        text = "a" * size
        return lambda: tok.count(text, allowed_special="all")

    check(make, 100_000)


# Texts of about as many characters: cuts everywhere, none, and far apart; in each width of a str.
CUTS = {
    "many cuts": lambda size, letter: f"{letter * 5} " * (size // 6),
    "no cut": lambda size, letter: letter * size,
    "cuts far apart": lambda size, letter: (letter * (1 << 15) + " ") * (size >> 15),
}
LETTERS = {"ASCII": "a", "one byte": "é", "two bytes": "中", "four bytes": "😀"}
PATTERNS = {
    "masks": "cl100k",
    "table": r"[a-z]+|\s+|[^\sa-z]+",
    "rewind": "a*b|a",
    "engine": r"(?=ab)a|\w+|\W",
    "steps": r"\s?\p{L}+(?#then)(?=ab)a",
    "none": "none",
}


# A long str whose cuts lie far apart is read in parts.
SOURCES = [
    *((*source, 500_000) for source in itertools.product(CUTS, LETTERS, [False, True])),
    ("cuts far apart", "two bytes", False, 8_000_000),
]


@pytest.mark.parametrize(("cuts", "letter", "as_bytes", "size"), SOURCES)
def test_sources(cuts, letter, as_bytes, size):
    tok = minitok.Tokenizer(MERGES, pattern="cl100k")

    def text_of(size):
        text = CUTS[cuts](size, LETTERS[letter])
        return text.encode() if as_bytes else text

    check(on_each(text_of, tok.encode_to_numpy), size)


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_tiers(pattern, cuts):
    check(
        on_each(lambda size: CUTS[cuts](size, "a"), minitok.Tokenizer(MERGES, pattern=PATTERNS[pattern]).count), 200_000
    )


# -- operations -----------------------------------------------------------------------------------------------------------


def streamed(tok, text):
    decoder = tok.stream_decoder()
    return [decoder.push(token_id) for token_id in tok.encode(text)], decoder.finish()


def appended(tok, text):
    session = tok.session()
    for token_id in tok.encode(text):
        session.append_ids([token_id])
    return session.next_ids()


OPERATIONS = {
    "encode": lambda tok, text: tok.encode(text),
    "encode_batch": lambda tok, text: tok.encode_batch([text[at : at + 100] for at in range(0, len(text), 100)]),
    "encode_with_offsets": lambda tok, text: tok.encode_with_offsets(text),
    "encode_iterable": lambda tok, text: sum(1 for _ in tok.encode_iterable(iter(text))),
    "stream_decoder": streamed,
    "decode": lambda tok, text: tok.decode(tok.encode(text)),
    "tokenize": lambda tok, text: tok.tokenize(text),
    "train": lambda _, text: minitok.train([text], 300, pattern="cl100k"),
    "extend": lambda tok, text: tok.extend([text], tok.vocab_size + 10),
    "covers": lambda tok, text: tok.session(text).covers(),
    "next_ids": lambda tok, text: tok.session(text).next_ids(),
    "append_ids": appended,
}


def with_whole_pieces():
    tok = minitok.Tokenizer(MERGES, pattern="cl100k")
    tokens = {**{token: i for i, token in tok.vocab.items()}, b"aaaaaaab": 5000}
    merges = [merge[:2] for merge in tok.definition.vocab.merges]
    return minitok.Tokenizer(Definition.from_tokens(tokens, merges, whole_pieces=True, pattern="cl100k"))


TOK = minitok.Tokenizer(MERGES, pattern="cl100k")
NAMES = minitok.Tokenizer(MERGES, pattern="cl100k", added_tokens={"<think>": 5000, "aq": 5001})
# Where more is asked of the end, too.
OF_A_TEXT = [*((name, TOK) for name in OPERATIONS), ("append_ids", NAMES), ("append_ids", with_whole_pieces())]


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize(("operation", "tok"), OF_A_TEXT)
def test_operations(operation, tok, cuts):
    check(on_each(lambda size: CUTS[cuts](size, "a"), lambda text: OPERATIONS[operation](tok, text)), 100_000)


# -- what is done to text first -------------------------------------------------------------------------------------------

SPECIAL = {"<s>": 1000, "<e>": 1001}
KINDS = {
    "normalized": {"normalizer": "NFKD"},
    "flags": {"token_flags": {"<s>": frozenset({"lstrip", "rstrip"}), "<e>": frozenset({"single_word", "hides"})}},
    "added": {"added_tokens": {"aa": 1002, "  ": 1003, " a": 1005}},
    "late": {"normalizer": "NFC", "late_tokens": ["<s>"]},
}


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_to_text_first(kind, cuts):
    tok = minitok.Tokenizer(MERGES, pattern="cl100k", special_tokens=SPECIAL).replace(**KINDS[kind])

    def work(text):
        return tok.encode_with_offsets(text, allowed_special="all"), tok.truncate_text(text, len(text) // 12)

    check(on_each(lambda size: CUTS[cuts](size, "a") + "<s> " * (size // 8), work), 60_000)
