"""Files of tokenizers made at random: read, saved and run as `tokenizers` does, or refused.

Tokenizers of any steps beside one another are in `test_tokenizers_pipelines`.
"""

import json
import random

import minitok
import tokenizers
from helpers import BACKENDS, unless_it_panics
from hypothesis import given
from hypothesis import strategies as st
from minitok.compat.tokenizers import Tokenizer
from minitok.errors import MinitokError
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers

# fmt: off
BITS = [
    "low", "lower", "words", "the", "The", "THE", "ab", "ABC", "abC", "camelCase", "a<b>c", "http://x.y/z?q=1",
    "<a>", "<b>", "</s>", "[X]", "1", "12", "1234", "3.5", "!", "?!", "-", "_", "#", "##", "##er", "'s", "’s", "é",
    "e\u0301", "Ａ", "ﬁ", "ß", "İ", "ǆ", "日本", "語。", "ไทย", "ก็", "नमस्ते", "한국어", "ㅎㅏㄴ", "👍🏽",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "▁", "▁▁", "Ġ", "Ċ", "\ufffd", "\ufeff", "ạ̀", "Σ", "ΑΣ", "ς", "Ⅷ",
    "½", "²", "٣", "१२", "𝟘", "𐍈", "\U000e0001", "$", "€", "<", "s>",
]
# fmt: on
BITS += [" ", "  ", "\n", "\t", "\r\n", " low", "\u00a0", "\u3000", "\u2028", "\0", "\u00ad", "\x7f", "\x85", "\u200d"]
TRAINED_ON = [
    "low lower lowest newer wide the of words 123 1234 日本語 ไทย é ß 한국어 ABC camelCase hello's  two\n\nlines\tt"
] * 5
NAMES = ["<a>", "<b>", "</s>", "[X]", " low", "low", "é", "E", "▁", "  ", "日本", "a<", "1", "\n", "ing", "<unk>", "##"]
PATTERNS = [
    " ", "low", "▁", Regex(r"\s+"), Regex(r"\d"), Regex(r"\d{1,3}"), Regex(r"\p{L}+"), Regex("o|w"), Regex("[一-龥]+"),
    Regex(r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), Regex(r"(?i:'s|'t)|\p{L}+|\p{N}"), Regex(r"\w+|[^\w\s]+"),
    Regex(r"\b"), Regex(r"(?=(\d{3})+(?!\d))"), Regex(r"(?<=\d)(?=(\d{3})+(?!\d))"), Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+"),
]  # fmt: skip
BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


def random_normalizer(rnd, depth=0):
    pick, coin = rnd.choice, lambda: rnd.random() < 0.5
    makers = [
        *(normalizers.NFC, normalizers.NFD, normalizers.NFKC, normalizers.NFKD, normalizers.Lowercase),
        *(normalizers.StripAccents, normalizers.Nmt, lambda: normalizers.Strip(coin(), coin())),
        lambda: normalizers.Replace(pick([" ", "  ", "low", "e"]), pick(["▁", "", "x y", " "])),
        lambda: normalizers.Replace(
            Regex(pick([r"\s+", "[^a-z]", "o+", " {2,}", r"\p{M}", "^"])), pick(["▁", "", "--"])
        ),
        lambda: normalizers.Prepend(pick(["▁", "x", " "])),
        lambda: normalizers.BertNormalizer(coin(), coin(), pick([None, True, False]), coin()),
    ]
    if depth == 0:
        parts = range(rnd.randint(0, 3))
        makers += [lambda: normalizers.Sequence([random_normalizer(rnd, 1) for _ in parts])]
        makers += [lambda: None] * 6
    return pick(makers)()


def random_cutter(rnd):
    """A step that cuts and drops nothing."""
    pick, coin = rnd.choice, lambda: rnd.random() < 0.5
    makers = [
        lambda: pre_tokenizers.Split(pick(PATTERNS), pick(BEHAVIORS[1:]), invert=rnd.random() < 0.3),
        lambda: pre_tokenizers.Digits(individual_digits=coin()),
        lambda: pre_tokenizers.Punctuation(pick(BEHAVIORS[1:])),
        lambda: pre_tokenizers.FixedLength(rnd.randint(1, 5)),
    ]
    return pick(makers)()


def random_words(rnd):
    """A step that drops what is between words."""
    makers = [
        *(pre_tokenizers.Whitespace, pre_tokenizers.WhitespaceSplit, pre_tokenizers.BertPreTokenizer),
        lambda: pre_tokenizers.CharDelimiterSplit(rnd.choice([" ", "_", "o"])),
        lambda: pre_tokenizers.Split(rnd.choice(PATTERNS), "removed", invert=rnd.random() < 0.3),
    ]
    return rnd.choice(makers)()


def steps_of_bytes(rnd):
    """How texts are normalized, cut and put together again, of tokens that are bytes."""
    coin = lambda: rnd.random() < 0.5  # noqa: E731
    cutters = [random_cutter(rnd) for _ in range(rnd.choice([0, 0, 1, 1, 2, 3]))]
    if rnd.random() < 0.2:
        cutters = [random_words(rnd)]
    level = pre_tokenizers.ByteLevel(add_prefix_space=not cutters and coin(), use_regex=coin())
    of_signs = pre_tokenizers.Split(Regex("[Ġ²]"), rnd.choice(BEHAVIORS[1:]), invert=coin())
    behind = [rnd.choice([random_cutter(rnd), of_signs]) for _ in range(rnd.choice([0, 0, 0, 1, 2]))]
    steps = [*cutters, level, *behind]
    return random_normalizer(rnd), pre_tokenizers.Sequence(steps) if len(steps) > 1 else level, decoders.ByteLevel()


def steps_of_pieces(rnd):
    """The same, of characters, and of bytes where there is no character. Spaces are markers, which either step writes; or text."""
    parts = [decoders.ByteFallback(), decoders.Fuse()]
    scheme = rnd.choice(["always", "never", "first", "prepend", "replace", "spaces"])
    if scheme == "spaces":
        return random_normalizer(rnd), rnd.choice([None, random_cutter(rnd)]), decoders.Sequence(parts)
    drops = [] if scheme in ("never", "replace") else [decoders.Strip(" ", 1, 0)]
    decoder = decoders.Sequence([decoders.Replace("▁", " "), *parts, *drops])
    if scheme in ("prepend", "replace"):
        before = [normalizers.Prepend("▁")] * (scheme == "prepend")
        cutter = (
            pre_tokenizers.Split(" ", "merged_with_previous") if scheme == "replace" and rnd.random() < 0.5 else None
        )
        return normalizers.Sequence([*before, normalizers.Replace(" ", "▁")]), cutter, decoder
    return random_normalizer(rnd), pre_tokenizers.Metaspace("▁", scheme, rnd.random() < 0.5), decoder


def steps_of_words(rnd, marks):
    """The same, of words, with marks that say where one begins or ends."""
    suffix = marks.get("end_of_word_suffix")
    decoder = decoders.BPEDecoder(suffix) if suffix else decoders.WordPiece() if marks else decoders.Fuse()
    return random_normalizer(rnd), random_words(rnd) if rnd.random() < 0.8 else random_cutter(rnd), decoder


def random_tokenizer(rnd):
    """A tokenizer of `tokenizers`, trained on a few words, whose parts belong together."""
    return next(made for made in iter(lambda: tried(rnd), 0) if made is not None)


def tried(rnd):
    """Such a tokenizer; None where that library fails to make it."""
    kind = rnd.choices(["bytes", "pieces", "words"], [5, 3, 2])[0]
    marks = {}
    if kind == "words":
        marks = rnd.choice([{}, {"continuing_subword_prefix": "##"}, {"end_of_word_suffix": "</w>"}])
    unknown, falls_back = rnd.choice([None, "<unk>"]), kind == "pieces"
    made = tokenizers.Tokenizer(
        models.BPE(unk_token=unknown, fuse_unk=rnd.random() < 0.5, byte_fallback=falls_back, **marks)
    )
    steps = {"bytes": steps_of_bytes, "pieces": steps_of_pieces}
    normalizer, cutter, decoder = steps_of_words(rnd, marks) if kind == "words" else steps[kind](rnd)
    for name, step in (("normalizer", normalizer), ("pre_tokenizer", cutter)):
        if step is not None:
            setattr(made, name, step)
    of_bytes = kind == "bytes" or rnd.random() < 0.1
    trainer = trainers.BpeTrainer(
        vocab_size=rnd.choice([150, 300, 420]),
        show_progress=False,
        special_tokens=[unknown] if unknown else [],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if of_bytes else [],
        limit_alphabet=rnd.choice([300 if of_bytes else 40, 1000]),
        **marks,
    )
    try:
        made.train_from_iterator([*TRAINED_ON, "".join(BITS), " ".join(BITS)], trainer)
    except BaseException as error:  # noqa: BLE001 - what that library's panics are
        assert type(error).__name__ == "PanicException"
        return None
    content = json.loads(made.to_str())
    if falls_back:
        for byte in range(256):
            content["model"]["vocab"].setdefault(f"<0x{byte:02X}>", len(content["model"]["vocab"]))
    if kind == "bytes" and rnd.random() < 0.3:
        # Bytes that text may hold have no token, where no merge needs it: they are dropped.
        parts = {part for merge in content["model"]["merges"] for part in merge}
        kept = [name for name in content["model"]["vocab"] if len(name) > 1 or name in parts or rnd.random() < 0.7]
        content["model"]["vocab"] = {name: number for number, name in enumerate(kept)}
    content["model"]["ignore_merges"] = kind == "bytes" and rnd.random() < 0.2
    made = tokenizers.Tokenizer.from_str(json.dumps(content))
    for _ in range(rnd.randint(0, 4)):
        flags = {flag: rnd.random() < 0.4 for flag in FLAGS}
        made.add_tokens([tokenizers.AddedToken(rnd.choice(NAMES), **flags)])
    made.decoder = decoder
    # Of two added tokens that are alike once they are normalized, that library finds either.
    added = [token for token in made.get_added_tokens_decoder().values() if token.normalized]
    late = [made.normalizer.normalize_str(token.content) if made.normalizer else token.content for token in added]
    return tokenizers.Tokenizer.from_str(made.to_str()) if len(set(late)) == len(late) else None


def random_texts(rnd):
    return ["".join(rnd.choices(BITS, k=rnd.choice([0, 1, 2, 3, 5, 8, 13, 30]))) for _ in range(8)]


def loaded(path):
    """The tokenizer of a file, on both backends; none if it is refused."""
    try:
        return [minitok.load(path, backend=backend) for backend in BACKENDS]
    except MinitokError:
        return []


def columns(encoding):
    return encoding.ids, encoding.tokens, encoding.offsets, encoding.word_ids


def saved(tok, folder):
    """A tokenizer as files bring it back, in the formats that can hold it."""
    for name in ("minitok", "huggingface"):
        try:
            tok.save(folder / name, format=name)
        except MinitokError:
            continue
        yield minitok.load(folder / name)


def check_face(ours, theirs, text, expected):
    """The face of that library gives the same columns, and the same text back."""
    assert columns(ours.encode(text, add_special_tokens=False)) == columns(expected)
    for skip in (True, False):
        decoded = unless_it_panics(theirs.decode, expected.ids, skip_special_tokens=skip)
        if decoded is not None:
            assert ours.decode(expected.ids, skip_special_tokens=skip) == decoded


def test_most_random_files_are_read(tmp_path):
    """Those that are refused compare nothing but the refusal."""
    read = 0
    for seed in range(40):
        (tmp_path / "tokenizer.json").write_text(random_tokenizer(random.Random(seed)).to_str())
        read += bool(loaded(tmp_path / "tokenizer.json"))
    assert read >= 25


@given(st.integers(0, 1 << 32))
def test_random_files(tmp_path_factory, seed):
    rnd = random.Random(seed)
    theirs = random_tokenizer(rnd)
    folder = tmp_path_factory.mktemp("random")
    (folder / "tokenizer.json").write_text(theirs.to_str())
    toks = loaded(folder / "tokenizer.json")
    toks += [again for tok in toks[:1] for again in saved(tok, folder)]
    content = json.loads(theirs.to_str())
    of_pieces = content["model"]["byte_fallback"]
    try:
        ours = Tokenizer.from_str(theirs.to_str())
    except MinitokError:
        ours = None
    for text in random_texts(rnd):
        theirs.encode_special_tokens = True
        split = unless_it_panics(theirs.encode, text, add_special_tokens=False)
        theirs.encode_special_tokens = False
        expected = unless_it_panics(theirs.encode, text, add_special_tokens=False)
        if expected is None or split is None:
            continue
        for tok in toks:
            assert tok.encode(text, allowed_special="all") == expected.ids
            assert tok.encode(text) == tok.encode(text, trace=[].append) == split.ids
            assert tok.count(text) == len(list(tok.encode_iterable([text[:3], text[3:]]))) == len(split.ids)
            decoded = tok.decode(expected.ids)
            stream = tok.stream_decoder()
            assert "".join([*map(stream.push, expected.ids), stream.finish()]) == decoded
            # The text of a late token that is a token of the model, too, is another there.
            if of_pieces and not tok.definition.late_tokens and "�" not in decoded:
                assert decoded == theirs.decode(expected.ids, skip_special_tokens=False)
        if ours is not None:
            check_face(ours, theirs, text, expected)
