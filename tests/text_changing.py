"""Tokenizers that do something to text before it is cut: each kind of token, step and alphabet that a native file holds."""

from functools import cache

from minitok import Tokenizer
from minitok.definition import Definition
from minitok.reference.published.characters import Symbols

__all__ = ["CHANGING", "SPELLING", "changing"]

# The merges (a, b), (b, c), (ab, c), (space, a).
MERGES = [(97, 98), (98, 99), (256, 99), (32, 97)]
FOUND = {"special_tokens": {"<s>": 300}, "added_tokens": {"<a>": 301, "é": 302}}
FOUND_LATER = {"special_tokens": {"<s>": 400}, "added_tokens": {"<a>": 401, "é": 402}}
# The pattern, unless it says another.
CUT = {"pattern": "gpt2"}
OF_BYTES = {
    "added": FOUND,
    "late": {
        **FOUND,
        "normalizer": "NFC",
        "late_tokens": ["é", "<s>"],
        "token_flags": {"<a>": ["rstrip", "single_word"], "<s>": ["lstrip"]},
    },
    "one step": {**FOUND, "normalizer": ["replace", "[xX]", "ab"]},
    "steps": {
        **FOUND,
        "normalizer": ["NFD", ["replace", "\\s+", " "], "lowercase", "space_ideographs", ["prepend", "b"]],
    },
    **{
        prefix: {**FOUND, "prefix": prefix, "late_tokens": ["<a>"], "normalizer": "NFKC"}
        for prefix in ("never", "text", "segment", "first", "always", "bytes")
    },
    "words": {**FOUND, "words": "\\w+|[^\\w\\s]+", "word_end": "</w>", "pattern": "[a-z]+"},
    "words only": {**FOUND, "words": "[a-z]+"},
    "in turn": {**FOUND, "pattern": "\\p{N}(?#then)(?#bytes)gpt2", "normalizer": "NFKC"},
    "a family": {**FOUND, "pattern": "starcoder"},
    "trained": {**FOUND, "prefix": "first", "trained": {"vocab_size": 263}, "special_tokens": {"<s>": 260}}
    | {"added_tokens": {"<a>": 261, "é": 262}},
}
BYTES = {bytes([byte]): byte for byte in range(256)}
CHARACTERS = {b"a": 300, b"b": 301, b" ": 302, "中".encode(): 303, b"ab": 304}
LETTERS = {letter.encode(): at for at, letter in enumerate(["a", "b", "ab", "?", "##a", "##b", "a##b"])}
OF_TOKENS = {
    "fallback": (CHARACTERS, [(300, 301)], {"fallback": list(range(256)), "prefix": "first", "pattern": "none"}),
    "dropping": (
        {token: one for token, one in BYTES.items() if token not in (b"c", b"\n")} | {b"ab": 256, b" a": 257},
        [(97, 98), (32, 97)],
        {"drops_bytes": True},
    ),
    "whole": ({**BYTES, b"ab": 256, b"abc": 257}, [(97, 98)], {"whole_pieces": True}),
    "symbols": (
        {token: LETTERS[token] for token in (b"a", b"b", b"ab", b"?")},
        [(0, 1)],
        {"symbols": Symbols("characters", 3, True, b"", b"", ("spaces", b"")), "words": "\\w+", "pattern": "none"},
    ),
    "dropped symbols": (
        {b"a": 0, b"b": 1, b"ab": 2, b"b</w>": 3, b"ab</w>": 4},
        [(0, 1), (0, 3)],
        {"symbols": Symbols("characters", None, False, b"", b"</w>", ("suffix", b"</w>")), "normalizer": "lowercase"},
    ),
}
CHANGING = [*OF_BYTES, *OF_TOKENS]
# Those whose tokens spell the text that is cut.
SPELLING = [name for name in CHANGING if "symbols" not in name]


@cache
def changing(name: str, backend: str = "rust") -> Tokenizer:
    """The tokenizer of a name."""
    if name in OF_BYTES:
        return Tokenizer(Definition.from_merges(MERGES, **{**CUT, **OF_BYTES[name]}, backend=backend))
    ids, merges, options = OF_TOKENS[name]
    return Tokenizer(Definition.from_tokens(ids, merges, **{**CUT, **FOUND_LATER, **options}, backend=backend))
