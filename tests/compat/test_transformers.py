"""``transformers`` with and without minitok in it: equal outputs, whatever is asked for.

Runs with either major version of ``transformers``: ``make test-transformers`` tries both.
"""

import copy
import pickle
import warnings

import hf_files
import minitok
import pytest
import tokenizers
from hf_calls import (
    TEXTS,
    AutoTokenizer,
    Backend,
    PreTrainedTokenizerFast,
    adopt,
    install,
    outcome,
    shown,
    uninstall,
    wrap,
)
from hypothesis import given, settings
from hypothesis import strategies as st

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "add_special_tokens": st.booleans(),
        "padding": st.sampled_from([False, True, "longest", "max_length"]),
        "truncation": st.sampled_from([False, True, "longest_first", "only_first"]),
        "max_length": st.integers(6, 12),
        "stride": st.integers(0, 1),
        "pad_to_multiple_of": st.sampled_from([None, 4]),
        "padding_side": st.sampled_from(["left", "right"]),
        "return_token_type_ids": st.booleans(),
        "return_attention_mask": st.booleans(),
        "return_overflowing_tokens": st.booleans(),
        "return_special_tokens_mask": st.booleans(),
        "return_offsets_mapping": st.booleans(),
        "return_length": st.booleans(),
        "return_tensors": st.sampled_from([None, "np"]),
        "split_special_tokens": st.booleans(),
        "verbose": st.booleans(),
    },
)


@pytest.mark.parametrize("installed", [False, True], ids=["adopted", "installed"])
@pytest.mark.parametrize("name", hf_files.NAMES)
def test_calls(both, name, installed):
    stock, ours = both(name)

    @settings(max_examples=8)
    @given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3), OPTIONS)
    def check(text, texts, options):
        inputs = [
            (text,),
            (texts,),
            (text, text + "low"),
            (texts, [*reversed(texts)]),
            ([list(one) for one in texts],),
        ]
        for number, given_texts in enumerate(inputs):
            split = {"is_split_into_words": True} if number == 4 else {}
            expected, got = (outcome(lambda: tok(*given_texts, **split, **options)) for tok in (stock, ours))
            assert got == expected
        assert ours(text).input_ids == stock(text).input_ids

    with install() if installed else warnings.catch_warnings():
        check()
        for words in (["low"], "low", ["low", "lower <mask>"]):
            assert shown(ours(words)) == shown(stock(words))


@pytest.mark.parametrize("name", hf_files.NAMES)
def test_what_else_a_tokenizer_does(both, name):
    stock, ours = both(name)
    assert (len(ours), ours.vocab_size, ours.all_special_ids) == (len(stock), stock.vocab_size, stock.all_special_ids)
    assert ours.get_vocab() == stock.get_vocab()
    assert repr(ours) == repr(stock)

    @settings(max_examples=8)
    @given(TEXTS, st.lists(st.integers(0, 320), max_size=8), st.booleans())
    def check(text, ids, skip):
        assert ours.tokenize(text) == stock.tokenize(text)
        assert ours.encode(text) == stock.encode(text)
        for some in (ids, stock(text).input_ids):
            assert ours.decode(some, skip_special_tokens=skip) == stock.decode(some, skip_special_tokens=skip)
            tokens = stock.convert_ids_to_tokens(some, skip_special_tokens=skip)
            assert ours.convert_ids_to_tokens(some, skip_special_tokens=skip) == tokens
            if None not in tokens:
                assert ours.convert_tokens_to_ids(tokens) == stock.convert_tokens_to_ids(tokens)
                assert ours.convert_tokens_to_string(tokens) == stock.convert_tokens_to_string(tokens)
        assert ours.batch_decode([ids, ids[:2]]) == stock.batch_decode([ids, ids[:2]])
        chat = [
            {"role": "user", "content": text},
            {"role": "assistant", "content": "low"},
            {"role": "user", "content": "</s>"},
        ]
        for prompt in (False, True):
            options = {"add_generation_prompt": prompt}
            expected = stock.apply_chat_template(chat, return_dict=True, **options)
            assert shown(ours.apply_chat_template(chat, return_dict=True, **options)) == shown(expected)

    check()


def test_a_text_too_long_for_the_model_is_warned_of(both, caplog):
    _, ours = both("small")
    tok = copy.deepcopy(ours)
    tok.model_max_length = 2
    with install():
        assert len(tok("low", add_special_tokens=False).input_ids) <= 2
        assert not caplog.records
        assert tok("low lower wide").data == ours("low lower wide").data
        tok(["low lower wide"])
    assert len([record for record in caplog.records if "longer than the specified maximum" in record.message]) <= 1


@pytest.mark.parametrize("name", ["roberta", "template", "metaspace"])
def test_saved_and_pickled(both, name, tmp_path):
    stock, ours = both(name)
    text = "low <mask> lower wide\n<s>e\u0301"
    expected = shown(stock(text, "low", return_offsets_mapping=True))
    ours.save_pretrained(tmp_path / "ours")
    stock.save_pretrained(tmp_path / "stock")
    assert (tmp_path / "ours" / "tokenizer.json").read_bytes() == (tmp_path / "stock" / "tokenizer.json").read_bytes()
    for again in (
        AutoTokenizer.from_pretrained(str(tmp_path / "ours")),
        pickle.loads(pickle.dumps(ours)),
        copy.deepcopy(ours),
    ):
        assert shown(again(text, "low", return_offsets_mapping=True)) == expected
    # What a tokenizer has done does not change what it is: its fingerprint stays the same.
    state = pickle.dumps(ours.backend_tokenizer)
    ours.batch_decode(ours([text, "low"])["input_ids"])
    ours.get_vocab()
    assert pickle.dumps(ours.backend_tokenizer) == pickle.dumps(pickle.loads(state)) == state


def test_tokens_added_after_loading(folders):
    stock = AutoTokenizer.from_pretrained(folders["template"])
    with install():
        ours = AutoTokenizer.from_pretrained(folders["template"])
    text = "low<new>lower <call> wide"
    for tok in (stock, ours):
        assert tok.add_tokens(["<new>", "lower"]) == 2
        token = tokenizers.AddedToken("<call>", lstrip=True)
        tok.add_special_tokens({"additional_special_tokens": [token]})
        tok.pad_token = "<new>"
    assert shown(ours([text, "low"], padding=True)) == shown(stock([text, "low"], padding=True))
    assert ours.decode(ours(text).input_ids, skip_special_tokens=True) == stock.decode(
        stock(text).input_ids, skip_special_tokens=True
    )
    assert (ours.added_tokens_encoder, len(ours)) == (stock.added_tokens_encoder, len(stock))
    for tok in (stock, ours):
        tok.backend_tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="<new> $A", special_tokens=[("<new>", tok.convert_tokens_to_ids("<new>"))]
        )
        tok.backend_tokenizer.normalizer = tokenizers.normalizers.NFC()
    assert shown(ours(text)) == shown(stock(text))


def test_a_new_tokenizer_is_trained(both):
    stock, ours = both("small")
    trained = [tok.train_new_from_iterator([hf_files.CORPUS], 300, show_progress=False) for tok in (stock, ours)]
    assert trained[0].get_vocab() == trained[1].get_vocab()
    assert trained[0]("low lower").input_ids == trained[1]("low lower").input_ids


def test_installed_and_uninstalled(folders):
    def methods():
        fast = PreTrainedTokenizerFast
        return fast.__init__, fast.__call__, fast._from_pretrained.__func__

    before = methods()
    install()
    install()
    assert type(AutoTokenizer.from_pretrained(folders["small"])._tokenizer) is Backend
    assert type(PreTrainedTokenizerFast(tokenizer_file=f"{folders['small']}/tokenizer.json")._tokenizer) is Backend
    uninstall()
    assert methods() == before
    tok = AutoTokenizer.from_pretrained(folders["small"])
    assert type(tok._tokenizer) is tokenizers.Tokenizer
    assert adopt(tok)
    assert type(tok._tokenizer) is Backend
    assert not adopt("no tokenizer")
    with pytest.raises(KeyError), install():
        raise KeyError
    assert "__call__" not in vars(PreTrainedTokenizerFast)


def test_what_minitok_does_not_read_stays(tmp_path):
    tok = tokenizers.Tokenizer(tokenizers.models.WordPiece({"low": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tok.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tok.save(str(tmp_path / "tokenizer.json"))
    with install():
        with pytest.warns(UserWarning, match="WordPiece"):
            fast = PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"), unk_token="[UNK]")
        assert type(fast._tokenizer) is tokenizers.Tokenizer
        assert fast("low low").input_ids == [0, 0]
        assert fast(["low low"]).input_ids == [[0, 0]]
        # The reason is said once: any warning would be an error here.
        PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"), unk_token="[UNK]")


def test_wrapped():
    tok = minitok.train(hf_files.CORPUS, 320, special_tokens=["<s>", "<pad>"])
    fast = wrap(tok, bos_token="<s>", pad_token="<pad>", model_max_length=8)
    assert isinstance(fast, PreTrainedTokenizerFast)
    text = "low lower <s>"
    assert fast(text).input_ids == tok.encode(text, allowed_special="all")
    assert fast(["low", "low lower"], padding=True, return_tensors="np").attention_mask.tolist() == [[1, 0], [1, 1]]
    assert (fast.pad_token_id, fast.model_max_length) == (tok.special_tokens["<pad>"], 8)
    assert fast.decode(fast(text).input_ids) == text
    assert pickle.loads(pickle.dumps(fast))(text).input_ids == fast(text).input_ids
