"""What the core answers in a browser is what the library answers."""

import base64
import hashlib
import json
import random
import zlib

import minitok
import pytest
from minitok.data import tiny_shakespeare
from minitok.encodings.published import PUBLISHED
from minitok.explain.alternatives import top_level
from minitok.explain.bigram import Bigram, whole_characters
from minitok.reference.text import utf8
from playground import MIXED
from questions import EACH, PLAIN, as_json
from text_changing import CHANGING, changing
from vector_cases import FILES, as_bytes, as_text, vocab_of

TEXTS = [
    MIXED,
    "a<|endoftext|>b <|endofprompt|><|fim_prefix|>",
    "def f(x):\n    return x  # twice\n\n\n",
    "नमस्ते दुनिया · Привет, мир · مرحبا",
    "aaaaaaaaaaaaaaaa\r\n  \r\n'LL's I'll",
    "\ufeff\x00\x1b[31m\x7f\u202e",
]


@pytest.fixture
def agree(asking, library):
    """agree(questions): what the page says, each time the same as the library."""

    def ask(questions):
        given = asking.page.evaluate(EACH, [list(question) for question in questions])
        for answer, (name, data) in zip(given, questions, strict=True):
            assert answer == as_json(getattr(library, name)(data)), (name, data)
        return given

    return ask


@pytest.mark.parametrize("special", [False, True])
def test_tokens_and_lanes_are_those_of_the_library(agree, special):
    for text in TEXTS:
        for names in (list(PUBLISHED)[:6], list(PUBLISHED)[6:]):
            asked = {"text": text, "special": special, "encodings": names}
            agree([("tokens", asked), ("lanes", asked)])
        agree(
            [("explanation", {"text": text, "special": special, "encoding": name}) for name in ("gpt2", "o200k_base")]
        )
    long = {"text": MIXED * 200, "special": special, "encodings": ["gpt2", "cl100k_base", "o200k_base"]}
    agree([("lanes", long)])


@pytest.mark.parametrize("special", [False, True])
def test_an_edit_costs_and_keeps_what_a_session_says(asking, library, keep, special):
    chance = random.Random(special)
    names = ["gpt2", "o200k_base", keep("steps"), keep("trained")]
    for text in (*TEXTS, "", "The quick brown f", MIXED * 100, "ab" * 4000, tiny_shakespeare()[:100_000]):
        data = utf8(text)
        for end in {len(data), chance.randrange(len(data) + 1)}:
            stop = whole_characters(data, end)
            start = whole_characters(data, max(0, stop - chance.randrange(9)))
            asked = {"text": text, "special": special, "encodings": names, "start": start, "end": stop, "removed": "é<"}
            given = asking("edit", asked)
            assert given == as_json(library.edit(asked))
            assert [one["name"] for one in given["encodings"]] == names


def test_the_bill_is_that_of_the_library(asking, library, keep):
    for name in ("gpt2", "o200k_base", keep("steps")):
        assert asking("bill", {"encoding": name}) == as_json(library.bill({"encoding": name}))


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base", "whisper"])
def test_pieces_are_explained_as_the_library_does(asking, library, agree, name):
    chance = random.Random(name)
    agree(
        [
            ("piece", {"text": text, "special": special, "encoding": name, "at": at})
            for text in TEXTS
            for special in (False, True)
            for at in chance.sample(range(len(text.encode())), 4)
        ]
    )
    text = tiny_shakespeare()[:20_000]
    for at in (0, 10_000, 19_999):
        asked = {"text": text, "special": False, "encoding": name, "at": at}
        assert asking("piece", asked) == as_json(library.piece(asked))


@pytest.mark.parametrize("special", [False, True])
def test_dropout_draws_as_the_library_draws(agree, special):
    for text in (MIXED, TEXTS[1], tiny_shakespeare()[:20_000]):
        asked = {"text": text, "encodings": ["gpt2", "o200k_base"], "special": special}
        for percent, seed in [(10, 7), (100, 0), (35, 2**32 - 1)]:
            agree([("tokens", {**asked, "dropout": percent, "seed": seed})])
        assert agree([("tokens", asked)]) == agree([("tokens", {**asked, "dropout": 0, "seed": 9})])


def same_bits(given, wanted):
    """Completions that are the same; the logarithms of two languages may part in their last digit."""
    for one, other in zip(given.pop("bits_per_byte"), wanted.pop("bits_per_byte"), strict=True):
        assert one == pytest.approx(other, abs=2e-4)
    assert given == wanted


@pytest.mark.parametrize("seed", [-1, 0, 1, 2**31])
def test_completions_are_drawn_as_the_library_draws(asking, library, seed):
    for name, text in (("gpt2", tiny_shakespeare()[:30_000]), ("o200k_base", MIXED), ("cl100k_base", "")):
        for prompt in ("ROMEO: What is", "", "\u0fff"):
            asked = {"text": text, "special": False, "encoding": name, "prompt": prompt, "length": 40, "seed": seed}
            same_bits(asking("bigram", asked), as_json(library.bigram(asked)))


# What each kind of token, step and alphabet sees: marks, markers, white space, characters of many bytes, tokens' names.
CHANGED = [
    "abc e\u0301 <a>  ab<s> \u00e9 <s>",
    "<a>a<s>\u2581ab\u2581\u2581<a>x<a> b",
    "x abX\n\n  CAB, \u4e2d\u6587 12\ufb01 \u0130c",
    " ab<a>",
    "",
]
REFUSED = """([name, data]) => import(new URL('static/source.js', location))
    .then((source) => source.ask(name, data)).then(() => null, (error) => [error.name, error.kind, error.message])"""


@pytest.fixture(scope="module")
def keep(asking, library):
    """A tokenizer by its name in tests/text_changing.py, open in the page and in the library: the name that both have for it."""

    def open_both(name):
        told = library.put(changing(name))
        assert asking("tokenizer", {"file": told["file"]}) == as_json(told)
        return told["name"]

    return open_both


@pytest.mark.parametrize("name", CHANGING)
def test_what_is_done_to_text_first_is_done_in_the_page(agree, keep, name):
    own = keep(name)
    library = [changing(name, backend) for backend in ("rust", "python")]
    cases = [(text, special) for text in (*CHANGED, *TEXTS) for special in (False, True)]
    asked = [{"text": text, "special": special, "encodings": [own]} for text, special in cases]
    agree([("lanes", one) for one in asked])
    if "symbols" not in name:
        agree([("explanation", {"text": text, "special": special, "encoding": own}) for text, special in cases])
    pieces = []
    for (text, special), given in zip(cases, agree([("tokens", one) for one in asked]), strict=True):
        told = given["encodings"][0]
        for tok in library:
            assert told["ids"] == tok.encode(text, allowed_special="all" if special else ())
        size = sum(told["lengths"])
        places = () if "symbols" in name else range(0, size, max(1, size // 7))
        pieces += [("piece", {"text": text, "special": special, "encoding": own, "at": at}) for at in places]
    agree(pieces)


def test_lanes_of_a_long_text_that_is_changed_are_those_of_the_library(asking, library, keep):
    asked = {"text": CHANGED[0] * 2000, "special": False, "encodings": [keep("steps"), keep("always"), "gpt2"]}
    given = asking("lanes", asked)
    assert given == as_json(library.lanes(asked))
    assert not given["whole"]
    assert ["text" in lane for lane in given["lanes"]] == [True, True, False]


def test_a_trained_tokenizer_with_added_tokens_is_cut_to_every_size(asking, library, keep):
    asked = {"text": "abc ab<a>cab " * 40, "special": False, "encoding": keep("trained"), "prompt": "ab", "length": 3}
    given = asking("bigram", {**asked, "seed": -1})
    assert [one["vocab_size"] for one in given["bits_per_byte"]] == [259, 260, 261, 262, 263]
    same_bits(given, as_json(library.bigram({**asked, "seed": -1})))


@pytest.mark.parametrize(
    "pattern", ["starcoder", "qwen2", "deepseek3", r"(?#bytes)[a-z]+|Ġ", r"\w+(?#then)(?#bytes)gpt2", "[a[bc]]|."]
)
def test_patterns_in_turn_of_bytes_and_of_families_are_explained(asking, library, pattern):
    told = library.put(minitok.Tokenizer([(97, 98)], pattern=pattern))
    asking("tokenizer", {"file": told["file"]})
    text = "I'LL go, 漢字ab 2024!\n\n  é"
    asked = {"text": text, "special": False, "encodings": [told["name"], "gpt2"]}
    assert asking("lanes", asked) == as_json(library.lanes(asked))
    for at in range(0, len(text.encode()), 2):
        asked = {"text": text, "special": False, "encoding": told["name"], "at": at}
        assert asking("piece", asked) == as_json(library.piece(asked))


def test_what_is_refused(opened, library, keep):
    """In the library's words, where it refuses it, too."""
    plain = {"text": "ab", "special": False, "encodings": ["gpt2"]}
    piece = {"text": "ab", "special": False, "encoding": "gpt2", "at": 0}
    symbols = {**piece, "encoding": keep("symbols")}
    with pytest.raises(minitok.errors.VocabularyError) as refused:
        library.piece(symbols)
    for asked, kind, words in (
        (("piece", symbols), "VocabularyError", str(refused.value)),
        (
            ("piece", {**piece, "text": "a" * 300}),
            "TooLarge",
            "a piece of 300 bytes is too long to draw (limit: 256 bytes)",
        ),
        (
            ("tokens", {**plain, "text": "é" * 600_000}),
            "TooLarge",
            "the text has 1,200,000 bytes; 1,048,576 is the limit",
        ),
        (("tokens", {**plain, "encodings": ["__proto__"]}), "UnknownEncodingError", "__proto__"),
        *((("tokens", {**plain, "dropout": wrong}), None, "dropout") for wrong in (101, -1, 0.5)),
        (("tokens", {**plain, "seed": 2**32}), None, "seed"),
    ):
        told = opened.evaluate(REFUSED, list(asked))
        assert kind in {None, told[1]}
        assert words in told[2]
    # A core that fails is started anew for the next question.
    assert opened.evaluate(REFUSED, ["tokens", None])[1] == "Broken"
    assert opened.evaluate(PLAIN, ["tokens", {**plain, "text": "low"}])["bytes"] == 3


# Run in the page: all of the core, past the worker.
LOAD = """async () => {
    const [{ Core }, { unlzma }] = await Promise.all(['core/core.js', 'core/lzma.js'].map((name) => import(new URL(name, location))));
    return Core.load(unlzma(new Uint8Array(await (await fetch(new URL('core/minitok.lzma', location))).arrayBuffer())));
}"""
# The vectors of encode.json over it, bytes as hexadecimal digits.
ENCODE = """async (cases) => {
    const core = await (LOAD)();
    const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    return cases.map(({ file, text, allowed }) => {
        const tok = core.openFile(new TextEncoder().encode(file), {});
        const ids = [...tok.encode(bytes(text), allowed)];
        const again = [...tok.decodeBytes(ids)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        tok.close();
        return [ids, again];
    });
}""".replace("LOAD", LOAD)


def test_the_vectors_of_encoding(opened):
    cases = []
    wanted = []
    for case in FILES["encode"]["cases"]:
        if "ids" not in case:
            continue
        # The page allows all special tokens or none: those that a case does not allow are left out.
        allowed = case.get("allowed", [])
        special = {name: one for name, one in case.get("special_tokens", {}).items() if name in allowed}
        vocab = vocab_of(case["vocabulary"], "rust")
        text = utf8(as_text(case["text"]))
        cases.append(
            {
                "file": json.dumps(
                    {
                        "format": "minitok",
                        "version": 1,
                        "pattern": case.get("pattern", "none"),
                        "special_tokens": special,
                        "whole_pieces": vocab.whole_pieces,
                        "tokens": [
                            [token_id, base64.b64encode(token).decode()] for token_id, token in vocab.tokens.items()
                        ],
                        "merges": [list(merge) for merge in vocab.merges],
                    }
                ),
                "text": text.hex(),
                "allowed": bool(allowed),
            }
        )
        wanted.append([case["ids"], text.hex()])
    assert len(cases) == sum("ids" in case for case in FILES["encode"]["cases"]) > 20
    assert opened.evaluate(ENCODE, cases) == wanted


SPLIT = """async (cases) => {
    const core = await (LOAD)();
    const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const empty = { format: "minitok", version: 1, special_tokens: {}, byte_order: "identity", merges: [] };
    return cases.map(([pattern, text]) => {
        const tok = core.openFile(new TextEncoder().encode(JSON.stringify({ ...empty, pattern })), {});
        const found = tok.units(bytes(text), false).map((unit) => unit.end);
        tok.close();
        const ends = [...core.pieces(pattern, bytes(text))];
        if (String(found) !== String(ends)) throw new Error(`${found} is not ${ends}`);
        return ends;
    });
}""".replace("LOAD", LOAD)


def test_the_vectors_of_splitting(opened):
    found = [case for stem in ("split", "regexes") for case in FILES[stem]["cases"] if "pieces" in case]
    asked = [[case["pattern"], as_bytes(case["text"]).hex()] for case in found]
    ends = [[len(b"".join(pieces[: at + 1])) for at in range(len(pieces))] for pieces in map(pieces_of, found)]
    assert len(asked) >= 40
    assert opened.evaluate(SPLIT, asked) == ends


def pieces_of(case):
    return [as_bytes(piece) for piece in case["pieces"]]


# Run in the page: the hash of the ids of a text, as they lie in memory, and the sum of their lengths.
HASH = """async (asked) => {
    const { ask } = await import(new URL('static/source.js', location));
    const [{ ids, lengths }] = (await ask('tokens', asked)).encodings;
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', ids));
    return [[...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''), lengths.reduce((sum, length) => sum + length, 0)];
}"""


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
def test_a_megabyte_has_the_ids_of_the_library(opened, name):
    text = (tiny_shakespeare()[:700_000] + MIXED * 6000).encode()[: 1 << 20].decode("utf-8", "ignore")
    assert len(text.encode()) > 1_000_000
    ids = minitok.get_encoding(name).encode_to_numpy(text).astype("<u4")
    wanted = [hashlib.sha256(ids.tobytes()).hexdigest(), len(text.encode())]
    assert opened.evaluate(HASH, {"text": text, "special": False, "encodings": [name]}) == wanted


def test_what_is_written_anew_in_the_page_is_what_python_has(opened):
    """Random numbers, checksums, and the alternatives of a pattern."""
    drawn = """async (seeds) => {
        const { Bigram } = await import(new URL('core/bigram.js', location));
        return seeds.map((seed) => new Bigram([1, 2, 1, 3, 1, 2, 2], 4).complete([3], 200, seed).map(({ chosen }) => chosen));
    }"""
    seeds = [0, 1, 12345, 2**31, 2**32 - 1, None]
    model = Bigram([1, 2, 1, 3, 1, 2, 2], 4)
    assert opened.evaluate(drawn, seeds) == [
        [step.chosen for step in model.complete([3], 200, seed=seed)] for seed in seeds
    ]
    named = "async (texts) => texts.map((await import(new URL('core/native.js', location))).nameOf)"
    texts = ["", "a", "naïve 🦀", "\0" * 1000, "ab" * 5000]
    assert opened.evaluate(named, texts) == [f"own-{zlib.crc32(text.encode()):08x}" for text in texts]
    cut = "async (patterns) => (await import(new URL('core/explain.js', location)), patterns.map((await import(new URL('core/explain.js', location))).topLevel))"
    patterns = [case["pattern"] for case in FILES["regexes"]["cases"] if "pieces" in case]
    patterns += [r"(a|b)|(?i)[|]|\|", "a|(?i)b|c", "(?:x(?i)y|z)|w"]
    assert opened.evaluate(cut, patterns) == [[list(one) for one in top_level(pattern)] for pattern in patterns]
