"""Three kinds of tokens and everything else that is done to text: both backends make the same segments, and the same ids of them."""

import pickle

import minitok
import pytest
from helpers import BACKENDS, both
from hypothesis import given
from hypothesis import strategies as st
from kinds import definitions, texts
from minitok import Tokenizer
from minitok.backend import load_backend
from minitok.definition import Definition
from minitok.errors import VocabularyError
from strategies import any_bytes


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
        for text, wanted in zip(batch, expected, strict=True):
            ids, spans = tok.encode_with_offsets(text, **options)
            assert (ids, spans) == (wanted, sorted(spans, key=lambda span: span[1]))


def loaded(tok, folder):
    """The tokenizer from a file of each format that can say what it is, on both backends, and whether it says all of it."""
    told = {"pattern": tok.pattern, "special_tokens": tok.special_tokens}
    for form in ("minitok", "huggingface", "tiktoken", "gpt2", "minbpe"):
        path = folder / ("tokenizer.json" if form == "huggingface" else form)
        try:
            tok.save(path, format=form)
        except VocabularyError:
            assert form != "minitok"
            continue
        options = told if form in ("tiktoken", "gpt2") else {}
        for backend in BACKENDS:
            yield minitok.load(path, backend=backend, **options), form == "minitok"


@given(definitions(), st.lists(texts, max_size=3))
def test_a_tokenizer_of_any_kind_comes_back(tmp_path_factory, definition, batch):
    """From a pickle, from another backend, and from every format that does not say why it cannot hold it."""
    tok = Tokenizer(definition)
    expected = tok.encode_batch(batch, allowed_special="all")
    folder = tmp_path_factory.mktemp("kinds")
    whole = [(again, True) for again in (pickle.loads(pickle.dumps(tok)), *both(tok))]
    for again, is_whole in [*whole, *loaded(tok, folder)]:
        assert again.encode_batch(batch, allowed_special="all") == expected
        assert again.special_tokens == tok.special_tokens
        if is_whole:
            assert (again, hash(again), again.definition.trained) == (tok, hash(tok), tok.definition.trained)


# -- everything public, with one tokenizer by hand -------------------------------------------------------------------

ADDED = {"  ": 301, "<b>": 302}


@pytest.fixture
def tok(backend):
    return Tokenizer([(97, 98)], special_tokens={"<s>": 300}, added_tokens=ADDED, backend=backend)


def test_added_tokens_are_found_and_kept(tok):
    text = "ab<s>  <b>"
    assert tok.encode(text) == tok.encode(text, allowed_special=["<b>"]) == [256, 60, 115, 62, 301, 302]
    assert tok.encode(text, allowed_special="all") == [256, 300, 301, 302]
    assert tok.encode(text, allowed_special="no_tokens") == [256, *b"<s>  <b>"]
    other = Tokenizer([(97, 98)], special_tokens={"<s>": 300, **ADDED}, backend=tok.definition.backend)
    assert tok != other
    assert tok.definition.digest() != other.definition.digest()
    longer, more = tok.extend(["cdcd  cd<b>cd"], 304), tok.add_tokens(["<t>"], special=True)
    assert longer.definition.added_tokens == more.definition.added_tokens == ADDED
    assert (longer.merges[-1], longer.encode("cd  <b>")) == ((99, 100), [303, 301, 302])
    assert more.special_tokens == {"<s>": 300, "<t>": 303}


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
