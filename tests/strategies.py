"""Hypothesis strategies that aim at what breaks tokenizers."""

import unicodedata

from hypothesis import strategies as st

# Texts to train on.
CORPUS = [
    "low lower lowest, newer 123 wide's  words\n\n" * 3,
    "été naïve слово 词語かな 😀 'S ſ " * 3,
    "x = {'a': 1}\n\tfoo()\r\n" * 3,
]

WHITE = " \t\n\r\v\f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"
NOT_QUITE_WHITE = "\x1c\x1f\u200b\u180e\ufeff\x00"
CONTRACTIONS = [
    "'s", "'S", "'\u017f", "'t", "'T", "'re", "'rE", "'VE", "'ve", "'m", "'ll", "'lL", "'d", "'x", "''s", "\u2019s", "'", "'l",
]  # fmt: skip
EMOJI = ["👩\u200d💻", "👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "👍🏽", "🇩🇪", "😀"]
MARKS = ["e\u0301", "\u0301", "a\u0308\u0323", "\u0915\u094d\u0937", "\u0e01\u0e33", "\u200d", "\u20dd"]
SCRIPTS = [
    "word", "Word", "WORD", "слово", "Слово", "λόγος", "كلمة", "词語", "かな", "단어", "ǅ", "\u0295", "ʰ", "\u1c89", "ﬁ",
]  # fmt: skip
NUMBERS = ["1", "123", "4567", "٣", "Ⅷ", "½", "𝟘", "12a3"]
SPECIALS = ["<|endoftext|>", "<s>", "<s>x", "<|fim|>", " <p> ", "\n\n", "é"]
TRICKY = [
    *CONTRACTIONS,
    *EMOJI,
    *MARKS,
    *SCRIPTS,
    *NUMBERS,
    *SPECIALS,
    "//",
    "/\r\n",
    "...\n",
    "\r\n",
    "<|end",
    "oftext|>",
]

white = st.text(WHITE + NOT_QUITE_WHITE, max_size=4)
runs = st.builds(lambda char, count: char * count, st.sampled_from(list("aA0' \n^é\u0301\u200d")), st.integers(1, 70))
parts = st.one_of(
    st.sampled_from(TRICKY), white, runs, st.text(max_size=8), st.text("abAB", max_size=8), st.text(WHITE, max_size=3)
)
texts = st.lists(parts, max_size=12).map("".join)

surrogates = st.text("\ud83d\ude00\ud800\udfff\udc80", max_size=4)
any_str = st.lists(st.one_of(parts, surrogates), max_size=10).map("".join)


def old(text):
    """For engines that carry another version of Unicode: whether no character came or changed since Python's own."""
    return all(unicodedata.category(char) != "Cn" and char not in "\u180e\u1c89\u0295" for char in text)


broken = st.sampled_from(
    [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80", b"\xc0\xaf", b"\xed\xa0\xbd", b"\xf5"]
)
any_bytes = st.lists(st.one_of(parts.map(str.encode), broken, st.binary(max_size=6)), max_size=10).map(b"".join)
any_text = st.one_of(texts, any_str, any_bytes)

patterns = st.sampled_from(["gpt2", "cl100k", "o200k", "none", r"\w+|\s", r"[^ ]+ ?", "a*", r"(?i:AB)|\p{N}"])

# Few letters and much repetition: where counts tie, pairs overlap and merges nest.
dense = st.text("ab ", max_size=40)
documents = st.one_of(dense, dense, texts, any_bytes)
corpora = st.lists(documents, max_size=6)


@st.composite
def train_options(draw):
    """Options of ``minitok.train``; the vocabulary is at times larger than the corpus allows."""
    special = draw(st.lists(st.sampled_from(SPECIALS), max_size=3, unique=True))
    return {
        "vocab_size": 256 + len(special) + draw(st.integers(0, 40)),
        "pattern": draw(patterns),
        "special_tokens": special,
        "tie_break": draw(st.sampled_from(["smallest_ids", "first_seen", "greatest_bytes"])),
        "byte_order": draw(st.sampled_from(["identity", "gpt2"])),
        "min_frequency": draw(st.integers(1, 4)),
        "max_token_length": draw(st.one_of(st.none(), st.integers(1, 6))),
    }


@st.composite
def merge_lists(draw, most=60):
    """Merges that need not have been learnt: any two tokens before, in any order, ranks at odds with counts."""
    letters = draw(st.sampled_from([b"ab", b"abc ", b" a'st\n", bytes([0xC3, 0xA9, 0xCC, 0x81]), b"0 e"]))
    ids = list(letters)
    merges = []
    lengths = dict.fromkeys(ids, 1)
    for _ in range(draw(st.integers(0, most))):
        pair = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        if pair not in merges and lengths[pair[0]] + lengths[pair[1]] < 200:
            new_id = 256 + len(merges)
            lengths[new_id] = lengths[pair[0]] + lengths[pair[1]]
            merges.append(pair)
            ids.append(new_id)
    return merges


@st.composite
def rank_tables(draw):
    """Ranks as tiktoken has them: any tokens at all, so that merges and ranks need not say the same."""
    letters = draw(st.sampled_from([b"ab", b"abc", b" as"]))
    tokens = draw(
        st.lists(st.lists(st.sampled_from(letters), min_size=2, max_size=6).map(bytes), max_size=20, unique=True)
    )
    order = [*(bytes([byte]) for byte in range(256)), *tokens]
    gaps = draw(st.lists(st.integers(1, 3), min_size=len(order), max_size=len(order)))
    ranks, rank = {}, -1
    for token, gap in zip(order, gaps, strict=True):
        rank += gap
        ranks[token] = rank
    return ranks


def special_ids(merges):
    """All special tokens, with the ids after the last merge."""
    return {name: 256 + len(merges) + index for index, name in enumerate(SPECIALS)}


# -- regular expressions of the portable grammar ---------------------------------------------------------------------

ATOMS = [
    *"ab1 '-_é~", r"\n", r"\r", r"\t", r"\x41", r"\x{e9}", r"\u0301", r"\U0001F600", r"\.", r"\[", ".",
    r"\s", r"\S", r"\d", r"\D", r"\w", r"\W", r"\pL", r"\PL", r"\p{Lu}", r"\p{^N}", r"\P{M}", r"\p{Han}", r"\p{Script=Greek}",
    r"\p{White_Space}", r"\p{Any}", "[a-z]", "[^a-z]", r"[\p{L}'\-]", r"[^\s\p{L}\p{N}]", r"[\r\n/]", r"[\w\-]", "[é-ü]", "[^^]",
    "[a[b1]]", r"[^a[^\w]]", r"[\w&&[^\d]]", r"[\w--[ab]]", r"[^\pL&&\P{Han}--b]",
]  # fmt: skip
ODD = ["[a", "(?", "(?P<n>a)", r"\1", r"\k", "a**", "^*", "[b-a]", "[[a]", "[a&&b]", "[a--]", "[&&a]", "[[:alpha:]]", "[a||b]", "[a-[b]]", "{", "a{2", "a{3,2}", "]", ")", r"\q", "[]",
       r"\x{110000}", r"\xg", r"\p{Nope}", r"\p", "a{1001}", r"(?<=a*)b", "(?:)*", r"\uD800", "(?m)a", r"\Z", "\\", r"\p{L", "[a-\\s]",
       "*", "a{,2}", "(a", '"', "'\"", "\\\u00e9", r"\x{", r"\p{}", "{1}", "(?i)a", "a|(?i)b|c"]  # fmt: skip
REPEATS = [
    "", "", "", "", "*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{1,}", "{0,2}", "{1,3}?", "{1,2}+",
]  # fmt: skip
GROUPS = ["(?:{})", "({})", "(?>{})", "(?i:{})", "(?-i:{})"]
ASSERTIONS = ["^", r"\A", "$", r"\z", r"\b", r"\B", "(?=a)", "(?!a)", r"(?<=\s)", r"(?<![a-b])", "(?i)"]


def regexes(atoms=(*ATOMS,)):
    atom = st.sampled_from(atoms)
    piece = st.one_of(st.builds(str.__add__, atom, st.sampled_from(REPEATS)), st.sampled_from(ASSERTIONS))

    def larger(inner):
        group = st.builds(
            lambda form, body, repeat: form.replace("{}", body) + repeat,
            st.sampled_from(GROUPS),
            inner,
            st.sampled_from(REPEATS),
        )
        return st.lists(st.one_of(piece, group), min_size=1, max_size=3).map("".join) | st.lists(
            inner, min_size=2, max_size=3
        ).map("|".join)

    return st.recursive(piece, larger, max_leaves=6)


portable_regexes = regexes()
odd_regexes = st.one_of(
    regexes((*ATOMS, *ODD)), st.text("()[]{}|*+?\\^$.-pPaxuUsdw<=!:i,1'\"é", min_size=1, max_size=8)
)
