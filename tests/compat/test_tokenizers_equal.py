"""``minitok.compat.tokenizers`` gives what ``tokenizers`` gives: by options and texts from Hypothesis, over all files."""

import copy
import json
import pickle
from functools import cache

import hf_files
import minitok.compat.tokenizers as mine
import pytest
import tokenizers as theirs
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.formats.byte_level import CHARS

COLUMNS = (
    *("ids", "tokens", "offsets", "word_ids", "type_ids", "attention_mask", "special_tokens_mask"),
    *("sequence_ids", "n_sequences"),
)
BITS = [
    *[
        "low", " lower", " the", "  ", "\n", "\n\n", "\t", "é", "e\u0301", " naïve", "漢字", "かな", "😀", "👩‍👩‍👧",
        "12345", "'s",
    ],
    *[
        " ▁", "▁", "<s>", "</s>", " <mask> ", "<user>  ", "wide", "lowlow", "\ufb01", "Å", "\u1100\u1161",
        "a\u0323\u0302", "ſ",
    ],
    *["...", "\u200d", "שלום", "<0x0A>", "\x00", "\ufeff", "\u00a0", "\u0301", "<think>", "<｜User｜>", "｜DSML｜"],
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(BITS), max_size=8).map("".join)
TRUNCATION = st.none() | st.fixed_dictionaries(
    {
        "max_length": st.integers(5, 12),
        "stride": st.integers(0, 1),
        "strategy": st.sampled_from(["longest_first", "only_first", "only_second"]),
        "direction": st.sampled_from(["left", "right"]),
    }
)
PADDING = st.none() | st.fixed_dictionaries(
    {
        "length": st.sampled_from([None, 5, 16]),
        "direction": st.sampled_from(["left", "right"]),
        "pad_to_multiple_of": st.sampled_from([None, 4]),
        "pad_id": st.just(2),
        "pad_token": st.just("<pad>"),
        "pad_type_id": st.integers(0, 1),
    }
)


@cache
def both(name):
    data = hf_files.file(name)
    return mine.Tokenizer.from_str(data), theirs.Tokenizer.from_str(data)


def shown(encoding):
    """Every column of an encoding, and of what overflows."""
    columns = {name: getattr(encoding, name) for name in COLUMNS}
    return columns, len(encoding), [shown(other) for other in encoding.overflowing]


def looked_up(encoding):
    """What an encoding says of each of its first places."""
    places = range(min(len(encoding), 6) + 2)
    of_tokens = [getattr(encoding, f"token_to_{what}")(at) for what in ("chars", "word", "sequence") for at in places]
    names = ("word_to_tokens", "word_to_chars", "char_to_token", "char_to_word")
    others = [getattr(encoding, name)(at, sequence) for name in names for sequence in (0, 1) for at in places]
    return repr(encoding), of_tokens, others


def outcome(call):
    """What a call gives, or that it fails: where the strategy of truncation cannot be followed, neither can go on."""
    try:
        return call()
    except ValueError:
        return "fails"
    except BaseException as error:
        # A panic there is an error here; other failures there are bare exceptions.
        if type(error) is Exception or type(error).__name__ == "PanicException":
            return "fails"
        raise


@pytest.mark.parametrize("name", hf_files.NAMES)
def test_encodings(name):
    ours, other = both(name)

    @settings(max_examples=25)
    @given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4), TRUNCATION, PADDING, st.booleans(), st.booleans())
    def check(text, pair, words, truncation, padding, add_special_tokens, encode_special_tokens):
        results = []
        for tok in (ours, other):
            tok.encode_special_tokens = encode_special_tokens
            tok.no_truncation() if truncation is None else tok.enable_truncation(**truncation)
            tok.no_padding() if padding is None else tok.enable_padding(**padding)
            options = {"add_special_tokens": add_special_tokens}
            calls = [
                lambda: [tok.encode(text, **options)],
                lambda: [tok.encode(text, pair, **options)],
                lambda: tok.encode_batch([text, pair, (text, pair)], **options),
                lambda: tok.encode_batch([text, pair], **options),
                lambda: tok.encode_batch_fast([text, (text, pair)], **options),
                lambda: [tok.encode(words, is_pretokenized=True, **options)],
                lambda: [tok.encode(words, [pair], is_pretokenized=True, **options)],
                lambda: tok.encode_batch([tuple(words), (words, [pair])], is_pretokenized=True, **options),
            ]
            results.append([outcome(lambda: [*map(shown, call())]) for call in calls])
            results[-1] += [tok.truncation, tok.padding]
        assert results[0] == results[1]
        one, two = (outcome(lambda: looked_up(tok.encode(text, pair))) for tok in (ours, other))
        assert one == two

    check()


BYTES = st.sampled_from([b"\xff", b"\xe4", "中".encode(), "😀".encode()[:3], "\ufffd".encode(), b"a", "é".encode()])


@pytest.mark.parametrize("name", hf_files.NAMES)
def test_decoding(name):
    """Of any ids, of texts, and of bytes that become text late or never: whole, and by streams that some ids begin."""
    ours, other = both(name)
    other.no_truncation()  # which another test may have set
    size = other.get_vocab_size()
    of_byte = [other.token_to_id(shown) for shown in CHARS]
    if None in of_byte:
        of_byte = [other.token_to_id(f"<0x{byte:02X}>") for byte in range(256)]
    marks = [other.token_to_id("<s>"), other.token_to_id("low"), size + 3]
    of_bytes = st.lists(BYTES, max_size=40).map(b"".join).map(lambda data: [of_byte[byte] for byte in data])
    any_ids = st.lists(st.integers(0, min(size + 3, 400)) | st.integers(0, size + 3), max_size=12)

    @given(
        any_ids | of_bytes | TEXTS.map(lambda text: other.encode(text).ids),
        st.lists(st.integers(0, 100), max_size=3),
        st.booleans(),
        st.integers(0, 60),
    )
    def check(ids, places, skip, begun):
        for place, token_id in zip(places, marks):
            ids = [*ids[:place], token_id, *ids[place:]]
        ids = [token_id for token_id in ids if token_id is not None]
        assert ours.decode(ids, skip) == other.decode(ids, skip)
        assert ours.decode_batch([ids, ids[:2]], skip) == other.decode_batch([ids, ids[:2]], skip)
        streams = [lib.decoders.DecodeStream(ids=ids[:begun], skip_special_tokens=skip) for lib in (mine, theirs)]
        for token_id in ids[begun:]:
            stepped = [outcome(lambda: stream.step(tok, token_id)) for stream, tok in zip(streams, (ours, other))]
            assert stepped[0] == stepped[1]
            if stepped[0] == "fails":
                break

    check()


@pytest.mark.parametrize("name", hf_files.NAMES)
def test_the_vocabulary_and_the_file(name):
    ours, other = both(name)
    for tok in (ours, other):
        tok.no_truncation()
        tok.no_padding()
    for with_added in (True, False):
        assert ours.get_vocab(with_added) == other.get_vocab(with_added)
        assert ours.get_vocab_size(with_added) == other.get_vocab_size(with_added)
    for token in ("<s>", "low", "Ġ", "nothing like it", "<｜User｜>", ""):
        assert ours.token_to_id(token) == other.token_to_id(token)
    for token_id in (0, 3, 300, 10**6):
        assert ours.id_to_token(token_id) == other.id_to_token(token_id)
    added = [tok.get_added_tokens_decoder() for tok in (ours, other)]
    assert {i: token.__getstate__() for i, token in added[0].items()} == {
        i: token.__getstate__() for i, token in added[1].items()
    }
    assert [*map(repr, added[0].values())] == [*map(repr, added[1].values())]
    assert [ours.num_special_tokens_to_add(pair) for pair in (False, True)] == [
        other.num_special_tokens_to_add(pair) for pair in (False, True)
    ]
    for step in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        assert repr(getattr(ours, step)) == repr(getattr(other, step)) or "..." in repr(getattr(other, step))
    for tok in (ours, other):
        tok.enable_truncation(9, stride=1)
        tok.enable_padding(length=12)
    assert json.loads(ours.to_str()) == json.loads(other.to_str())
    if name != "deepseek":
        assert ours.to_str() == other.to_str()
        assert ours.to_str(pretty=True) == other.to_str(pretty=True)
        assert json.loads(theirs.Tokenizer.from_str(ours.to_str()).to_str()) == json.loads(other.to_str())


def test_copies_and_pickles():
    ours, other = (lib.Tokenizer.from_str(hf_files.file("template")) for lib in (mine, theirs))
    ours.enable_truncation(8)
    text = "low <user> lower e\u0301"
    encoding = ours.encode(text, "wide")
    assert shown(pickle.loads(pickle.dumps(encoding))) == shown(encoding)
    for again in (pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours), copy.copy(ours)):
        assert shown(again.encode(text, "wide")) == shown(encoding)
        assert again.to_str() == ours.to_str()
    apart = copy.deepcopy(ours)
    apart.add_tokens(["lowest"])
    apart.post_processor = None
    apart.no_truncation()
    assert shown(ours.encode(text, "wide")) == shown(encoding)
    assert pickle.dumps(ours) == pickle.dumps(pickle.loads(pickle.dumps(ours)))
    assert ours.truncation == other.truncation or ours.truncation["max_length"] == 8
    # Those of tokenizers forget that special tokens are split.
    ours.encode_special_tokens = True
    ids = ours.encode("low</s>").ids
    assert ours.token_to_id("</s>") not in ids[:-1]
    for again in (pickle.loads(pickle.dumps(ours)), copy.copy(ours), copy.deepcopy(ours)):
        assert (again.encode("low</s>").ids, again.encode_special_tokens) == (ids, True)


@given(
    st.lists(TEXTS, max_size=3), st.integers(1, 9), st.integers(0, 1), st.sampled_from(["left", "right"]), st.booleans()
)
def test_encodings_are_changed_alike(texts, length, stride, direction, growing):
    ours, other = both("small")
    for tok in (ours, other):
        tok.no_truncation()
        tok.no_padding()
    results = []
    for kind, tok in ((mine.Encoding, ours), (theirs.Encoding, other)):
        merged = kind.merge([tok.encode(text) for text in texts], growing_offsets=growing)
        merged.set_sequence_id(1)
        before = shown(merged)
        merged.truncate(length, stride=min(stride, length - 1), direction=direction)
        cut = shown(merged)
        merged.pad(length + 3, direction=direction, pad_id=2, pad_token="<pad>", pad_type_id=1)
        processed = shown(tok.post_process(merged, tok.encode("low")))
        results.append((before, cut, shown(merged), processed, shown(kind())))
    assert results[0] == results[1]
