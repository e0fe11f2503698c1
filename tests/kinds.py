"""Tokenizers of any kind, for properties: any tokens, early or late, with any flags; any steps; any rule of the space."""

from hypothesis import strategies as st
from minitok.definition import Definition

NAMES = ["<s>", "<s>x", "  ", "\n", "é", "Ab", "▁▁", "<|u|>", "ab "]
MERGES = [(0xC3, 0xA9), (32, 32), (97, 98), (60, 115), (32, 97), (258, 32)]
PARTS = [
    *NAMES, "<s", ">", "x", "a", "AB", " ", "\t", "\u00a0", "e\u0301", "\u0301", "\u0338", "É", "▁", "中", "_", "1", "",
]  # fmt: skip
STEPS = [
    None,
    "NFC",
    "NFKD",
    "lowercase",
    ("replace", r"\s+", " "),
    ("replace", "x", ""),
    ("prepend", "_"),
    ["NFC", "lowercase"],
]
FLAGS = ["lstrip", "rstrip", "single_word", "hides"]
texts = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)


@st.composite
def definitions(draw):
    """Any tokens of any kind, early or late, with any flags; any steps; any rule of the space."""
    kinds = {name: draw(st.sampled_from(["special", "added", None])) for name in NAMES}
    ids = {name: 3000 + index for index, (name, kind) in enumerate(kinds.items()) if kind}
    some = st.frozensets(st.sampled_from(sorted(ids)), max_size=4) if ids else st.just(frozenset())
    fields = {
        "special_tokens": {name: ids[name] for name in ids if kinds[name] == "special"},
        "added_tokens": {name: ids[name] for name in ids if kinds[name] == "added"},
        "late_tokens": draw(some),
        "token_flags": {name: draw(st.frozensets(st.sampled_from(FLAGS), max_size=2)) for name in draw(some)},
        "normalizer": draw(st.sampled_from(STEPS)),
    }
    if draw(st.booleans()):
        words = draw(st.sampled_from([None, None, r"\w+|[^\w\s]+"]))
        pattern = draw(st.sampled_from(["gpt2", "none", r"\w+|\s"]))
        prefix = draw(st.sampled_from([None, None, "bytes"]))
        return Definition.from_merges(MERGES, pattern=pattern, words=words, prefix=prefix, **fields)
    chars = {bytes([byte]): 1000 + byte for byte in b" abesx<>\n_"} | {b"ab": 1300, b"  ": 1301, b" a": 1302}
    merges = [(1097, 1098), (1032, 1032), (1032, 1097)]
    pattern = draw(st.sampled_from(["none", r" ?[^ ]+|\s"]))
    prefix = draw(st.sampled_from(["never", "text", "segment", "first", "always"]))
    return Definition.from_tokens(chars, merges, fallback=range(256), prefix=prefix, pattern=pattern, **fields)
