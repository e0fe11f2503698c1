"""Three kinds of tokens and everything else that is done to text: both backends make the same segments, and the same ids of them."""

import pickle

import minitok
import numpy as np
import pytest
from chunk_laws import check_laws
from helpers import both
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.backend import load_backend
from minitok.definition import Definition
from minitok.errors import VocabularyError
from strategies import any_bytes

NAMES = ["<s>", "<s>x", "  ", "\n", "é", "Ab", "▁▁", "<|u|>", "ab "]
MERGES = [(0xC3, 0xA9), (32, 32), (97, 98), (60, 115), (32, 97), (258, 32)]
PARTS = [
    *NAMES,
    "<s",
    ">",
    "x",
    "a",
    "AB",
    " ",
    "\t",
    "\u00a0",
    "e\u0301",
    "\u0301",
    "\u0338",
    "É",
    "▁",
    "中",
    "_",
    "1",
    "",
]
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


@st.composite
def trusts(draw, size):
    places = sorted(draw(st.lists(st.integers(0, size), max_size=6, unique=True)))
    return list(zip(places[::2], places[1::2]))


def plain(segments):
    """Segments as values that can be compared."""
    return [
        (data, start, end, put, origins and [side.tolist() for side in origins], token_id)
        for data, start, end, put, origins, token_id in segments
    ]


@settings(max_examples=300)
@given(definitions(), texts | any_bytes, st.data())
def test_both_backends_make_the_same_segments_and_ids(definition, text, data):
    rust, python = (definition.replace(backend=backend).codec() for backend in ("rust", "python"))
    text = text.encode() if isinstance(text, str) else text
    names = list(definition.special_tokens)
    allowed = data.draw(st.sampled_from([(), tuple(names), tuple(names[:1]), None]))
    before = data.draw(st.sampled_from(["nothing", "text", "token"]))
    segments = plain(rust.segments(text, allowed, before))
    assert plain(python.segments(text, allowed, before)) == segments
    # The ranges that they come from leave no gap, but for a text of which nothing is left.
    done = 0
    for _, start, end, put, origins, _ in segments:
        assert done <= start <= end
        assert put in (0, 1)
        assert origins is None or all(start <= first <= last <= end for first, last in zip(*origins))
        assert done == start or definition.normalizer is not None
        done = end
    assert done == len(text) or definition.normalizer is not None
    ids = []
    for data_of, *_, token_id in segments:
        ids += rust.encode_prepared([data_of])[0].tolist() if token_id is None else [token_id]
    if before != "token":
        coders = [coder if before == "nothing" else coder.going_on() for coder in (rust, python)]
        for coder in coders:
            assert coder.encode(text, allowed) == ids
            assert coder.count(text, allowed) == len(ids)
            assert coder.trace(text, allowed, lambda _: None) == ids
    trust = data.draw(trusts(len(text))), data.draw(st.sampled_from([[], definition.everywhere, names]))
    assert plain(python.segments(text, names, before, trust)) == plain(rust.segments(text, names, before, trust))
    # Where all is trusted, all is found that is not made of what was put before the text.
    whole = [(0, len(text))] if text else [], []
    puts = definition.prefix in ("text", "segment") or definition.normalizer == ("prepend", "_")
    if not puts and not any("hides" in flags for flags in definition.token_flags.values()):
        assert plain(rust.segments(text, names, before, whole)) == plain(rust.segments(text, names, before))


@settings(max_examples=200)
@given(definitions(), st.lists(texts, max_size=4), st.data())
def test_every_encoder_gives_the_same_ids(definition, batch, data):
    rust, python = both(Tokenizer(definition))
    names = list(definition.special_tokens)
    allowed = data.draw(st.sampled_from([(), "all", names[:1], "no_tokens"]))
    expected = [python.encode(text, allowed_special=allowed) for text in batch]
    for tok in (rust, python):
        options = {"allowed_special": allowed}
        assert [tok.encode(text, **options) for text in batch] == expected
        assert [tok.encode(text.encode(), **options) for text in batch] == expected
        assert [tok.encode(text, threads=2, **options) for text in batch] == expected
        assert tok.encode_batch(batch, **options) == expected
        assert [tok.encode_to_numpy(text, **options).tolist() for text in batch] == expected
        ids, offsets = tok.encode_batch_to_numpy(batch, **options)
        assert [ids[start:end].tolist() for start, end in zip(offsets, offsets[1:])] == expected
        assert tok.count_batch(batch, **options) == [tok.count(text, **options) for text in batch]
        assert tok.count_batch(batch, **options) == list(map(len, expected))
        assert [list(tok.encode_iterable(list(text), **options)) for text in batch] == expected
        assert [tok.encode(text, trace=lambda _: None, **options) for text in batch] == expected


@settings(max_examples=100)
@given(definitions(), texts, st.integers(8, 20))
def test_offsets_and_parts_of_a_text(definition, text, most):
    for tok in both(Tokenizer(definition)):
        for allowed in ((), "all", "no_tokens"):
            ids, spans = tok.encode_with_offsets(text, allowed_special=allowed)
            assert ids == tok.encode(text, allowed_special=allowed)
            assert all(before[1] <= behind[1] for before, behind in zip(spans, spans[1:]))
            check_laws(tok, text, most, allowed_special=allowed)
            if definition.words is None and definition.normalizer is None and definition.prefix is None:
                assert text.startswith(tok.truncate_text(text, 3, allowed_special=allowed))


# -- everything public, with one tokenizer by hand -------------------------------------------------------------------

ADDED = {"  ": 301, "<b>": 302}


@pytest.fixture
def tok(backend):
    return Tokenizer([(97, 98)], special_tokens={"<s>": 300}, added_tokens=ADDED, backend=backend)


def test_what_is_allowed(tok):
    text = "ab<s>  <b>"
    assert tok.encode(text) == [256, 60, 115, 62, 301, 302]
    assert tok.encode(text, allowed_special="all") == [256, 300, 301, 302]
    assert tok.encode(text, allowed_special="no_tokens") == [256, *b"<s>  <b>"]
    assert tok.encode(text, allowed_special=["<b>"]) == tok.encode(text)


def test_what_it_holds(tok):
    assert (tok.special_tokens, tok.definition.added_tokens) == ({"<s>": 300}, ADDED)
    assert tok.definition.found_tokens == {"<s>": 300, **ADDED}
    assert tok.vocab_size == 303
    assert (tok.token_bytes(301), tok.decode([301, 302, 300])) == (b"  ", "  <b><s>")
    assert tok.definition.lossless
    assert tok.tokenize("a  b") == [b"a", b"  ", b"b"]


def test_a_tokenizer_is_its_added_tokens(tok, tmp_path):
    other = Tokenizer([(97, 98)], special_tokens={"<s>": 300, **ADDED}, backend=tok.definition.backend)
    assert tok != other
    assert tok.definition.digest() != other.definition.digest()
    assert pickle.loads(pickle.dumps(tok)) == tok
    tok.save(tmp_path / "a.json")
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    for again in (minitok.load(tmp_path / "a.json"), minitok.load(tmp_path / "tokenizer.json"), *both(tok)):
        assert again == tok
        assert again.encode("<s>  <b>") == tok.encode("<s>  <b>")
    for form in ("tiktoken", "gpt2", "minbpe"):
        with pytest.raises(VocabularyError, match="the added token '  ' is found in every text"):
            tok.save(tmp_path / "x", format=form)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"added_tokens": {"<s>": 301}}, "the token '<s>' is both a special and an added one"),
        ({"added_tokens": {"": 301}}, "a special token is empty"),
        ({"added_tokens": {"ab": 97}}, "the special token 'ab' has the id 97 of the token b'a'"),
        ({"added_tokens": {"x": -1}}, "the id -1 of the added token 'x' is not between 0 and"),
        ({"added_tokens": {"\ud800": 301}}, "the added token '\\\\ud800' contains a lone surrogate"),
        ({"late_tokens": ["x"]}, "the late token 'x' has no id"),
        ({"token_flags": {"<s>": ["x"]}}, "expected one of single_word, lstrip, rstrip, hides"),
    ],
)
def test_what_contradicts_itself(fields, message, backend):
    with pytest.raises(VocabularyError, match=message):
        Definition.from_merges([(97, 98)], special_tokens={"<s>": 300}, backend=backend, **fields)


def test_an_added_token_may_be_a_token_of_the_vocabulary(backend):
    tok = Tokenizer([(97, 98), (256, 256)], pattern="none", added_tokens={"abab": 257}, backend=backend)
    assert tok.encode("xabababa") == [120, 257, 256, 97]
    assert tok.encode("xabababa", allowed_special="no_tokens") == [120, 257, 256, 97]
    assert tok.encode("aabab") == [97, 257]
    assert tok.decode([257]) == "abab"


@pytest.mark.parametrize(
    ("flag", "lossless"), [("lstrip", False), ("rstrip", False), ("single_word", True), ("hides", True)]
)
def test_a_token_that_takes_white_space_loses_it(flag, lossless, backend):
    flags = {"<s>": [flag]}
    made = Definition.from_merges([(97, 98)], special_tokens={"<s>": 300}, token_flags=flags, backend=backend)
    assert made.lossless is lossless
    codec = made.codec()
    texts = [b"a <s> b", b"a<s>b", b" <s>", b"<s>\n"]
    assert all(codec.decode_bytes(codec.encode(text, ["<s>"])) == text for text in texts) is lossless


def test_explanations_show_added_tokens(tok):
    explained = tok.explain("ab  <s>")
    assert [token.id for token in explained.tokens] == tok.encode("ab  <s>")
    assert explained.to_html()
    assert str(explained)


def test_conversations(tok):
    spans = [("<s>", True), ("<s>  <b>", False), ("<b>", True)]
    assert tok.encode_segments(spans) == [300, *b"<s>", 301, *b"<b>", 302]
    assert tok.encode_segments(spans, merge_across=True) == [300, *b"<s>", 301, *b"<b>", 302]


def test_files_are_packed_with_added_tokens(tok, tmp_path):
    (tmp_path / "a.txt").write_text("ab  <b><s>")
    tok.encode_files(tmp_path / "a.txt", tmp_path / "a.bin", dtype="uint16")
    assert np.fromfile(tmp_path / "a.bin", "<u2").tolist() == [256, 301, 302, *b"<s>"]


def test_training_goes_on_or_is_refused(tok):
    longer = tok.extend(["cdcd  cd<b>cd"], 304)
    assert longer.definition.added_tokens == ADDED
    assert longer.merges[-1] == (99, 100)
    assert longer.encode("cd  <b>") == [303, 301, 302]


def test_pruning_keeps_added_tokens(tok):
    small, _ = tok.prune(["ab  <b> ab"], vocab_size=260)
    assert small.definition.added_tokens.keys() == ADDED.keys()
    assert small.decode(small.encode("ab  <b>")) == "ab  <b>"


def test_special_tokens_are_added_beside_added_tokens(tok):
    more = tok.add_tokens(["<t>"], special=True)
    assert more.definition.added_tokens == ADDED
    assert more.special_tokens == {"<s>": 300, "<t>": 303}
    with pytest.raises(VocabularyError):
        tok.add_tokens({"<b>": 999}, special=True)


@pytest.mark.parametrize("name", ["rust", "python"])
def test_names_are_found_in_the_order_given(name):
    """Of two late tokens that look the same, the first; whoever asks, and in whatever order."""
    made = load_backend(name)
    special = made.special_tokens({"A": 300, "a": 301}, ["A", "a"], ["a", "A"], {})
    codec = made.codec(
        made.vocab.from_merges(bytes(range(256)), []), made.pattern("none"), special, made.normalizer(["lowercase"])
    )
    assert codec.encode("aA") == [300, 300]
    trust = [(0, 2)], ["a", "A"]
    assert [segment[5] for segment in codec.segments("aA", [], "nothing", ([], ["a", "A"]))] == [300, 300]
    assert [segment[5] for segment in codec.segments("aA", [], "nothing", trust)] == [300, 300]
