"""Plain calls through ``transformers``, which go a short way: their results cannot be told from the others."""

import copy
import itertools
import pickle

import hf_files
import pytest
import tokenizers
from hf_calls import TEXTS, install, outcome, shown
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("name", hf_files.NAMES)
def test_plain_calls(both, name):
    """Those that go the short way: results that cannot be told from the others, before and after their encodings are read."""
    stock, ours = both(name)

    @settings(max_examples=15)
    @given(
        TEXTS,
        st.lists(TEXTS, min_size=1, max_size=3),
        st.booleans(),
        st.sampled_from([None, True, False]),
        st.integers(4, 40),
    )
    def check(text, texts, add_special_tokens, columns, length):
        for options in (
            {},
            {"add_special_tokens": add_special_tokens},
            {"return_token_type_ids": columns, "return_attention_mask": columns},
            {"truncation": True, "max_length": length, "add_special_tokens": add_special_tokens},
            {"truncation": False, "max_length": None},
        ):
            assert ours.encode(text, **options) == stock.encode(text, **options)
            assert ours.backend_tokenizer.truncation == stock.backend_tokenizer.truncation
            for given_texts in (text, texts):
                expected, got = (tok(given_texts, **options) for tok in (stock, ours))
                assert (got.data, list(got), got.n_sequences) == (expected.data, list(expected), expected.n_sequences)
                kept = pickle.loads(pickle.dumps(ours(given_texts, **options)))
                assert (type(kept), kept.data, kept[0].ids) == (type(expected), expected.data, expected[0].ids)
                got["input_ids"].clear()
                assert got.is_fast is True
                assert type(got) is type(expected)
                assert shown(got)[2:] == shown(expected)[2:]

    with install():
        check()
        pair = ours("low", "low")
        assert pair.n_sequences == 2
        before = ours("low lower")
        ours.add_tokens(["low"])
        stock.add_tokens(["low"])
        assert before.tokens() != []
        assert shown(ours("low lower")) == shown(stock("low lower"))


@pytest.mark.parametrize("name", ["roberta", "template"])
def test_plain_calls_after_changes(both, name):
    """A tokenizer may be changed between two calls, by attributes and in place."""
    stock, ours = (copy.deepcopy(tok) for tok in both(name))
    for tok in (stock, ours):
        tok.model_input_names = [*tok.model_input_names]  # Not those of the class.
    text = "low <mask></s> lower"

    def same(**options):
        for given_texts in (text, [text, "low"]):
            assert ours(given_texts, **options).data == stock(given_texts, **options).data

    changes = (
        lambda tok: tok.model_input_names.append("token_type_ids"),
        lambda tok: setattr(tok, "split_special_tokens", True),
        lambda tok: tok.model_input_names.remove("attention_mask"),
        lambda tok: tok.add_tokens(["ow"]),
        lambda tok: setattr(tok, "split_special_tokens", False),
        lambda tok: setattr(tok.backend_tokenizer, "post_processor", None),
        lambda tok: setattr(tok.backend_tokenizer, "normalizer", tokenizers.normalizers.Lowercase()),
    )
    with install():
        same()
        for change in changes:
            for tok in (stock, ours):
                change(tok)
            same()
            same(add_special_tokens=False)
            same(return_attention_mask=True)
            same()


def test_plain_calls_with_other_options_in_turn(both):
    """A plan is for one set of options and one tokenizer: each call gets its own, options compared with their types."""
    stock, ours = both("template")
    other = copy.copy(ours)
    other.model_input_names = ["input_ids"]
    other.model_max_length = 2**70
    text = "low <mask> lower"
    with install():
        for _ in range(2):
            assert ours(text).data == stock(text).data
            assert other(text).data == {"input_ids": stock(text).input_ids}
            assert ours(text, padding=True).data == stock(text, padding=True).data
            assert ours.encode(text, truncation=True, max_length=2**70) == stock.encode(text)
            assert ours.encode(text, truncation=True, max_length=4) == stock.encode(text, truncation=True, max_length=4)
            # 1 equals True, but does not name a way to truncate.
            assert [outcome(lambda: tok(text, truncation=1, max_length=4)) for tok in (stock, ours)] == ["fails"] * 2
            assert outcome(lambda: ours(text, truncation=1, max_length=2**40)) == "fails"
            assert ours(("low", "lower")).data == stock(("low", "lower")).data
            for tok, wrong in itertools.product((stock, ours), (["low", 1], None, 7)):
                with pytest.raises((TypeError, ValueError)):
                    tok(wrong)
        with pytest.raises(TypeError, match="text"):
            ours.encode()
