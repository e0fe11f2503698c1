"""Tokenizers of random components and added tokens against ``tokenizers``: every column of an encoding, and the text of ids."""

import importlib
import json

import hf_files
import minitok.compat.tokenizers as mine
import pytest
import tokenizers as theirs
from helpers import unless_it_panics
from hf_components import DECODERS, NORMALIZERS, PRE_TOKENIZERS, TEXTS
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

COLUMNS = ("ids", "tokens", "offsets", "word_ids", "type_ids", "special_tokens_mask")
PARTS = ("models", "normalizers", "pre_tokenizers", "decoders", "trainers")
# Names that hold each other, take white space, or are changed by normalizers.
NAMES = st.lists(
    st.sampled_from(("a", "b", "é", "e\u0301", "<", ">", " ", "  ", "\n", "lo", "A", "▁")), min_size=1, max_size=3
)
FLAG_NAMES = ("normalized", "special", "lstrip", "rstrip", "single_word")
FLAGS = st.fixed_dictionaries({name: st.booleans() for name in FLAG_NAMES})
ADDED = st.lists(st.tuples(NAMES.map("".join), FLAGS), max_size=3, unique_by=lambda row: row[0])


def characters(lib, **options):
    """A model of characters, some of which are not in the vocabulary."""
    tokens = ["?", *"abtes1. ▁éÉ中-", "st", "te", "test", "▁t", "▁test", "Ġ", "Ã", "©"]
    merges = [("s", "t"), ("t", "e"), ("te", "st"), ("▁", "t"), ("▁t", "est")][:4]
    return lib.models.BPE({token: number for number, token in enumerate(tokens)}, merges, **options)


MODELS = [
    lambda lib: lib.Tokenizer.from_str(hf_files.file("small")).model,
    characters,
    lambda lib: characters(lib, unk_token="?"),
    lambda lib: characters(lib, unk_token="?", fuse_unk=True),
]


def made(lib, model, normalizer, pre_tokenizer, decoder, added):
    tok = lib.Tokenizer(model(lib))
    if normalizer is not None:
        tok.normalizer = normalizer(lib)
    if pre_tokenizer is not None:
        tok.pre_tokenizer = pre_tokenizer(lib)
    if decoder is not None:
        tok.decoder = decoder(lib)
    tok.add_tokens([lib.AddedToken(name, **flags) for name, flags in added])
    return tok


def check(model, normalizer, pre_tokenizer, decoder, added, texts, splits):
    ours, other = (made(lib, model, normalizer, pre_tokenizer, decoder, added) for lib in (mine, theirs))
    # Of two added tokens that a normalizer makes one, either is found there; and one of nothing is found everywhere.
    late = [name for name, flags in added if flags["normalized"]]
    late = [other.normalizer.normalize_str(name) for name in late] if other.normalizer is not None else late
    assume(len(set(late)) == len(late) and "" not in late)
    for tok in (ours, other):
        tok.encode_special_tokens = splits
    for text in texts:
        expected = unless_it_panics(other.encode, text)
        if expected is None:
            continue
        found = ours.encode(text)
        for column in COLUMNS:
            assert getattr(found, column) == getattr(expected, column), column
        for skip in (True, False):
            assert ours.decode(found.ids, skip) == other.decode(found.ids, skip) or not found.ids
    assert [ours.encode(text).ids for text in texts] == [found.ids for found in ours.encode_batch(texts)]
    again = mine.Tokenizer.from_str(other.to_str())
    again.encode_special_tokens = splits
    assert [again.encode(text).ids for text in texts] == [ours.encode(text).ids for text in texts]


def word_ends(lib):
    """A model of bytes whose tokens say that a word ends, as CLIP's."""
    alphabet = sorted(lib.pre_tokenizers.ByteLevel.alphabet())
    merges = [("s", "t</w>"), ("t", "e"), ("te", "st</w>"), ("l", "o</w>")]
    tokens = [*alphabet, *(f"{char}</w>" for char in alphabet), *map("".join, merges)]
    vocab = {token: number for number, token in enumerate(tokens)}
    return lib.models.BPE(vocab, merges, end_of_word_suffix="</w>")


def words(lib):
    """Words of bytes."""
    steps = lib.pre_tokenizers
    cut = steps.Split(lib.Regex(r"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"), "removed", invert=True)
    return steps.Sequence([cut, steps.ByteLevel(add_prefix_space=False, use_regex=False)])


def of_llama(lib):
    return lib.normalizers.Sequence([lib.normalizers.Prepend("▁"), lib.normalizers.Replace(" ", "▁")])


@st.composite
def pipelines(draw):
    """The arguments of ``check``: half of the texts are made of the names of added tokens."""
    added = draw(ADDED)
    named = st.lists(NAMES.map("".join) | st.sampled_from([name for name, _ in added] or [""]), max_size=6).map("".join)
    pre_tokenizer = draw(st.none() | st.just(words) | st.sampled_from(PRE_TOKENIZERS))
    return {
        "model": draw(st.sampled_from([*MODELS, word_ends] if pre_tokenizer is words else MODELS)),
        "normalizer": draw(st.none() | st.sampled_from([*NORMALIZERS, of_llama])),
        "pre_tokenizer": pre_tokenizer,
        "decoder": draw(st.none() | st.sampled_from(DECODERS)),
        "added": added,
        "texts": draw(st.lists(TEXTS | named, min_size=1, max_size=3)),
        "splits": draw(st.booleans()),
    }


NOTHING = {
    "model": MODELS[0],
    "normalizer": None,
    "pre_tokenizer": words,
    "decoder": None,
    "added": [],
    "splits": False,
}


LATE = {
    "normalizer": lambda lib: lib.normalizers.Lowercase(),
    "pre_tokenizer": lambda lib: lib.pre_tokenizers.ByteLevel(add_prefix_space=False),
    "decoder": lambda lib: lib.decoders.ByteLevel(),
}


@settings(suppress_health_check=list(HealthCheck))
@given(pipelines())
# The marks that end words are text to this decoder.
@example({**NOTHING, "model": word_ends, "decoder": lambda lib: lib.decoders.ByteLevel(), "texts": ["a b"]})
# Behind an added token stands a segment without a word.
@example(
    {**NOTHING, "added": [(name, {"normalized": False}) for name in "ab"], "texts": ["a ", "a\u00a0 ", "a b", " "]}
)
# Added tokens are named as they are found: a late one is not the token of the model with its id.
@example({**NOTHING, **LATE, "normalizer": of_llama, "added": [("a", {"normalized": True})], "texts": ["aa"]})
@example({**NOTHING, **LATE, "added": [("AÉ", {"normalized": True})], "texts": ["aéAÉ"]})
@example({**NOTHING, **LATE, "added": [("AÉ", {"normalized": False})], "texts": ["aéAÉ"]})
def test_any_tokenizer(pipeline):
    check(**pipeline)


def test_an_empty_added_token_of_a_file_has_no_id():
    tok = made(theirs, MODELS[0], None, None, None, [("<a>", {}), ("<b>", {})])
    tok.pre_tokenizer = theirs.pre_tokenizers.ByteLevel(add_prefix_space=False)
    content = json.loads(tok.to_str())
    content["added_tokens"].insert(1, {**content["added_tokens"][0], "content": ""})
    for token_id, token in enumerate(content["added_tokens"], content["added_tokens"][0]["id"]):
        token["id"] = token_id
    found = [lib.Tokenizer.from_str(json.dumps(content)).encode("<b><a>").ids for lib in (mine, theirs)]
    assert found[0] == found[1]


class Halves:
    """A pre-tokenizer in Python."""

    def pre_tokenize(self, text):
        text.split(
            lambda _, piece: (
                [piece[: len(str(piece)) // 2], piece[len(str(piece)) // 2 :]] if len(str(piece)) > 1 else [piece]
            )
        )


class Loud:
    """A normalizer in Python."""

    def normalize(self, text):
        text.uppercase()
        text.lowercase()
        text.replace("test", "tests")


TRAINED = [
    (None, None),
    (NORMALIZERS[0], lambda lib: lib.pre_tokenizers.ByteLevel()),
    (lambda lib: lib.normalizers.Lowercase(), lambda lib: lib.pre_tokenizers.ByteLevel(add_prefix_space=False)),
    (None, lambda lib: lib.pre_tokenizers.UnicodeScripts()),
    (lambda lib: lib.normalizers.BertNormalizer(), lambda lib: lib.pre_tokenizers.BertPreTokenizer()),
    (lambda lib: lib.normalizers.NFKC(), lambda lib: lib.pre_tokenizers.Metaspace()),
    (lambda lib: lib.normalizers.ByteLevel(), lambda lib: lib.pre_tokenizers.WhitespaceSplit()),
    (None, lambda lib: lib.pre_tokenizers.PreTokenizer.custom(Halves())),
    (lambda lib: lib.normalizers.Normalizer.custom(Loud()), lambda lib: lib.pre_tokenizers.Whitespace()),
]


@pytest.mark.parametrize("steps", TRAINED)
@settings(max_examples=8, deadline=None)
@given(
    texts=st.lists(st.sampled_from([*hf_files.CORPUS, "aaaa bbbb", "abab\nabab"]), min_size=1, max_size=4),
    vocab_size=st.integers(0, 320),
    min_frequency=st.integers(0, 3),
    max_token_length=st.none() | st.integers(2, 5),
    whole_alphabet=st.booleans(),
)
def test_training(steps, texts, whole_alphabet, **options):
    results = []
    for lib in (mine, theirs):
        tok = made(lib, lambda lib: lib.models.BPE(), *steps, None, [])
        trainer = lib.trainers.BpeTrainer(
            special_tokens=["<s>", "</s>", "<s>"],
            initial_alphabet=lib.pre_tokenizers.ByteLevel.alphabet() if whole_alphabet else ["é"],
            show_progress=False,
            **options,
        )
        tok.train_from_iterator(texts, trainer)
        results.append((tok.get_vocab(), tok.model.__getstate__()))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", ["mine", "theirs"])
def test_implementations(name, tmp_path):
    lib = {"mine": mine, "theirs": theirs}[name]
    implementations = importlib.import_module(f"{lib.__name__}.implementations")
    texts = ["A first sentence", "Another sentence", "And a last one"]
    for kind, expected in (
        ("ByteLevelBPETokenizer", ["A", "Ġsentence"]),
        ("CharBPETokenizer", ["A</w>", "sentence</w>"]),
        ("SentencePieceBPETokenizer", ["▁A", "▁sentence"]),
    ):
        tok = getattr(lib, kind)()
        tok.train_from_iterator(texts, show_progress=False)
        assert tok.encode("A sentence").tokens == expected
        assert tok.decode(tok.encode("A sentence").ids) == "A sentence"
        assert isinstance(tok, implementations.BaseTokenizer)
        assert repr(tok).startswith(f"Tokenizer(vocabulary_size={tok.get_vocab_size()}, model=")
        files = tok.save_model(str(tmp_path), kind)
        again = getattr(lib, kind).from_file(*files)
        assert again.encode("A sentence").tokens == expected
        (tmp_path / "text.txt").write_text("\n".join(texts))
        tok.train(str(tmp_path / "text.txt"), vocab_size=40, min_frequency=1)
        assert tok.get_vocab_size() == 40 if kind != "ByteLevelBPETokenizer" else 256
    lower = lib.ByteLevelBPETokenizer(lowercase=True, unicode_normalizer="nfkc")
    assert lower.normalize("ﬁ É") == "fi é"


@pytest.mark.parametrize(
    "options", [{}, {"fuse_unk": True}, {"continuing_subword_prefix": "##"}, {"ignore_merges": True}]
)
@pytest.mark.parametrize("unk", [{}, {"unk_token": "?"}])
def test_a_model_tokenizes_pieces(options, unk):
    vocab = {"?": 0, "a": 1, "##b": 2, "b": 3, "a##b": 4, "ab": 5, "é": 6}
    merges = [("a", "##b")]
    other, ours = (lib.models.BPE(vocab, merges, **options, **unk) for lib in (theirs, mine))
    for piece in ("ab", "a", "éab", "xyab", "☃", "abxa", "a☃☃é"):
        expected = [token.as_tuple() for token in other.tokenize(piece)]
        assert [token.as_tuple() for token in ours.tokenize(piece)] == expected
