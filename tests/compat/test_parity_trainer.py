"""``ParityBpeTrainer``: the vocabulary and the merges of ``tokenizers``, wherever that returns."""

import json
import pickle

import minitok
import minitok.compat.tokenizers as ours
import naive_parity
import pytest
import tokenizers as theirs
from helpers import outcome
from hypothesis import assume, given
from hypothesis import strategies as st
from minitok.errors import TrainingError

WORDS = st.lists(st.text("abc é\xad中", max_size=12), min_size=1, max_size=5)
OPTIONS = st.fixed_dictionaries(
    {"num_merges": st.integers(0, 40)},
    optional={
        "variant": st.just("window"),
        "window_size": st.sampled_from([1, 2, 3, 10]),
        "alpha": st.sampled_from([0.1, 0.5, 1.0, 2.0, 9.0]),
        "global_merges": st.integers(1, 9),
        "min_frequency": st.integers(0, 3),
        "max_token_length": st.integers(0, 6),
        "special_tokens": st.just(["<s>", "<t>"]),
        "initial_alphabet": st.sampled_from([["x"], ["a", "y"]]),
        "total_symbols": st.booleans(),
    },
)
TEXTS = [["low lower lowest", "new newer, newest!"] * 3, ["wide wider\twidest low", "é 中 中中 x"]]


def trained(lib, texts, dev, ratio, pre_tokenizer, normalizer=None, **options):
    """What the trained tokenizer is as a file."""
    tok = lib.Tokenizer(lib.models.BPE(unk_token="<unk>"))
    if pre_tokenizer:
        tok.pre_tokenizer = pre_tokenizer(lib.pre_tokenizers)
    if normalizer:
        tok.normalizer = normalizer(lib.normalizers)
    trainer = lib.trainers.ParityBpeTrainer(show_progress=False, **options)
    trainer.train_from_iterator(tok, [iter(each) for each in texts], dev and [iter(each) for each in dev], ratio)
    return json.loads(tok.to_str())


def check_equal(*args, **options):
    content = trained(ours, *args, **options)
    assert content == trained(theirs, *args, **options)
    return content["model"]


def byte_level(pre_tokenizers):
    return pre_tokenizers.ByteLevel(add_prefix_space=False)


def whitespace(pre_tokenizers):
    return pre_tokenizers.WhitespaceSplit()


def pieces(texts):
    codec = minitok.Tokenizer([], pattern="gpt2", backend="python").definition.codec()
    return [[piece for text in each for piece in codec.pieces(text.encode())] for each in texts or []]


def returns(texts, dev, ratio, options):
    """Whether the trainer of ``tokenizers`` is known to return: no turn is nobody's."""
    nobody = []
    naive_parity.train_parity(
        pieces(texts),
        pieces(dev),
        options["num_merges"],
        ratio=ratio,
        window=options.get("window_size", 100) if "variant" in options else None,
        alpha=options.get("alpha", 2.0),
        global_merges=options.get("global_merges", 0),
        min_frequency=max(1, options.get("min_frequency", 1)),
        max_token_length=max(2, options.get("max_token_length", 99) - 1),
        nobody=nobody,
    )
    return not nobody


@pytest.mark.parametrize("pre_tokenizer", [byte_level, whitespace])
def test_it_trains_what_tokenizers_trains(pre_tokenizer):
    compared = []

    @given(
        st.lists(st.tuples(WORDS, WORDS, st.floats(0.1, 9)), min_size=1, max_size=3), st.sampled_from("-dr"), OPTIONS
    )
    def check(languages, kind, options):
        texts = [each for each, _, _ in languages]
        dev = [each for _, each, _ in languages] if kind == "d" else None
        ratio = [each for _, _, each in languages] if kind != "-" else None
        assume(kind != "r" or all(text.strip() for each in texts for text in each[:1]))
        if pre_tokenizer is byte_level:
            assume(returns(texts, dev, ratio, options))
        else:
            # Their window passes nobody over.
            assume("variant" not in options or options.get("alpha", 2.0) >= len(texts))
        compared.append(len(check_equal(texts, dev, ratio, pre_tokenizer, **options)["merges"]))

    check()
    assert sum(compared) > 50


@given(
    st.lists(st.lists(st.text("abc ", min_size=1, max_size=9), min_size=1, max_size=4), min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from([{}, {"continuing_subword_prefix": "##"}, {"end_of_word_suffix": "</w>"}]),
    st.integers(0, 5),
)
def test_characters_with_a_prefix_or_a_suffix(texts, has_dev, marks, longest):
    """Ids of symbols depend on a hash map there, but merges do not."""
    dev = [["ab ca", *each[:1]] for each in texts] if has_dev else None
    options = {**marks, "num_merges": 30, "max_token_length": longest + 2}
    found = [trained(lib, texts, dev, None, whitespace, **options)["model"] for lib in (ours, theirs)]
    assert found[0]["merges"] == found[1]["merges"]
    assert found[0]["vocab"].keys() == found[1]["vocab"].keys()


def test_other_options_and_components():
    check_equal(TEXTS, None, None, byte_level, num_merges=30, special_tokens=["<s>"], global_merges=5)
    # Characters that are left out: the rarest, which differ in count.
    check_equal([["aaab abab"], ["cc cb"]], [["ad b"], ["cb"]], None, whitespace, num_merges=9, limit_alphabet=2)
    # Without a pre-tokenizer, texts lose the white space around them.
    check_equal([[" ab\u2003ab\n", "\x1cab", " "], ["AB b"]], None, [1.0, 2.0], None, num_merges=9)
    lowercase = lambda normalizers: normalizers.Lowercase()  # noqa: E731
    check_equal([[" AB", "ab"], ["Cb"]], None, None, None, normalizer=lowercase, num_merges=9)
    check_equal([["AB ab"], ["Cb"]], None, None, byte_level, normalizer=lowercase, num_merges=9)
    # A list of texts is as good as texts.
    check_equal([[["ab", "abc"], "ab"], [["bc"]]], None, None, whitespace, num_merges=9)
    # What is no byte may be a special token or an initial character.
    check_equal([["ab ab"], ["ac"]], None, None, byte_level, num_merges=9, special_tokens=["a"])
    check_equal([["ab ab"], ["ac"]], None, None, byte_level, num_merges=9, initial_alphabet=["中"])
    # A language may have no text.
    check_equal([["ab abc"], []], [["ab"], ["bc"]], None, byte_level, num_merges=9)


def test_where_tokenizers_never_returns_this_does():
    options = {"num_merges": 20, "variant": "window", "window_size": 3, "alpha": 1.0}
    model = trained(ours, [["abcdefgh"], ["q"], ["r"]], None, None, byte_level, **options)["model"]
    assert model["merges"][-1] == ["a", "bcdefgh"]
    model = trained(ours, [["abab"], []], None, [1.0, 1.0], byte_level, num_merges=9)["model"]
    assert model["merges"] == [["a", "b"], ["ab", "ab"]]


def test_the_trainer_is_that_of_tokenizers():
    def each(lib):
        trainer = lib.trainers.ParityBpeTrainer(9, "window", ratio=[1.0, 2.5], alpha=0.5, special_tokens=["<s>"])
        yield str(trainer), repr(lib.trainers.ParityBpeTrainer(total_symbols=True)), trainer.__getstate__()
        copy = pickle.loads(pickle.dumps(trainer))
        yield copy.__getstate__(), copy.variant, [str(token) for token in copy.special_tokens]
        copy.num_merges, copy.initial_alphabet, copy.special_tokens = 5, ["b", "c"], []
        yield copy.num_merges, copy.initial_alphabet, copy.special_tokens, copy.window_size, copy.limit_alphabet
        yield outcome(setattr, copy, "variant", "base").kind
        yield outcome(lib.trainers.ParityBpeTrainer, variant="x")
        yield [name for name in dir(trainer) if not name.startswith("_") and name != "ratio"]
        yield outcome(lib.trainers.ParityBpeTrainer, initial_alphabet=["ab"]).kind
        tok = lib.Tokenizer(lib.models.BPE())
        yield outcome(trainer.train_from_iterator, tok, [])
        yield outcome(trainer.train_from_iterator, tok, [["a"]], dev_iterators=[])
        for options in ({"ratio": [1.0]}, {"ratio": [1.0, 0.0]}, {"variant": "window", "window_size": 0}):
            wrong = lib.trainers.ParityBpeTrainer(show_progress=False, **options)
            yield outcome(wrong.train_from_iterator, tok, [["a"], ["b"]]).message.removeprefix("Training error: ")

    for our, their in zip(each(ours), each(theirs), strict=True):
        assert our == their


def test_what_cannot_be_trained_is_a_training_error():
    with pytest.raises(TrainingError, match="alpha must be a positive finite number"):
        trained(ours, [["ab ab"]], None, None, byte_level, variant="window", alpha=float("inf"))
