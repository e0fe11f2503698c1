"""What a ``tokenizer.json`` says beside the model: read as ``tokenizers`` reads it, or refused with the name of the field."""

import json

import minitok
import pytest
from minitok.compat.tokenizers import Tokenizer
from minitok.formats import huggingface
from tokenizers import Tokenizer as Theirs

TRUNCATION = {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0}
PADDING = {
    "strategy": "BatchLongest",
    "direction": "Right",
    "pad_to_multiple_of": None,
    "pad_id": 0,
    "pad_type_id": 0,
    "pad_token": "[PAD]",
}
S, A, B = (
    {"SpecialToken": {"id": "<s>", "type_id": 0}},
    {"Sequence": {"id": "A", "type_id": 0}},
    {"Sequence": {"id": "B", "type_id": 1}},
)
TOKEN = {"id": "<s>", "ids": [257], "tokens": ["<s>"]}
TEMPLATE = {"type": "TemplateProcessing", "single": [S, A], "pair": [S, A, B], "special_tokens": {"<s>": TOKEN}}
BERT = {"type": "BertProcessing", "sep": ["</s>", 258], "cls": ["<s>", 257]}
ROBERTA = BERT | {"type": "RobertaProcessing", "trim_offsets": True, "add_prefix_space": True}


def file_with(**fields):
    tok = minitok.Tokenizer([(97, 98)], pattern=r"\w+|\W", special_tokens={"<s>": 257, "</s>": 258})
    return json.dumps(huggingface.dump(tok.definition) | fields)


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


def with_token(**changes):
    return TEMPLATE | {"special_tokens": {"<s>": TOKEN | changes}}


def single(*pieces):
    return TEMPLATE | {"single": list(pieces)}


MALFORMED = [
    ("truncation", {}, "the truncation has no 'max_length'"),
    ("truncation", 3, "the truncation is not an object: 3"),
    ("truncation", without(TRUNCATION, "stride"), "the truncation has no 'stride'"),
    ("truncation", without(TRUNCATION, "strategy"), "the truncation has no 'strategy'"),
    ("truncation", TRUNCATION | {"strategy": "x"}, "the 'strategy' of the truncation must be one of LongestFirst, "),
    ("truncation", TRUNCATION | {"strategy": ["x"]}, "the 'strategy' of the truncation must be one of LongestFirst, "),
    ("truncation", TRUNCATION | {"direction": "right"}, "the 'direction' of the truncation must be one of Left, Right"),
    ("truncation", TRUNCATION | {"stride": -1}, "the 'stride' of the truncation is not a whole number"),
    *(
        ("truncation", TRUNCATION | {"max_length": wrong}, "the 'max_length' of the truncation is not a whole number")
        for wrong in ("x", 2.5, 2.0, True, -5, None, 1 << 64)
    ),
    ("padding", {}, "the padding has no 'strategy'"),
    ("padding", [], "the padding is not an object"),
    *(("padding", without(PADDING, name), f"the padding has no {name!r}") for name in ("pad_id", "pad_token", "direction")),
    ("padding", PADDING | {"strategy": "Fixed"}, "the 'strategy' of the padding is neither BatchLongest nor Fixed"),
    ("padding", PADDING | {"strategy": {}}, "the 'strategy' of the padding is neither BatchLongest nor Fixed"),
    *(
        ("padding", PADDING | {"strategy": {"Fixed": wrong}}, "the 'Fixed' of the strategy of the padding is not a whole")
        for wrong in (-3, "x", 1 << 64)
    ),
    *(
        ("padding", PADDING | {name: wrong}, f"the {name!r} of the padding is not a")
        for name, wrong in [
            ("pad_to_multiple_of", -3),
            ("pad_to_multiple_of", "a"),
            ("pad_id", -1),
            ("pad_id", 1 << 32),
            ("pad_type_id", 1 << 32),
            ("pad_token", 3),
        ]
    ),
    ("padding", PADDING | {"direction": "x"}, "the 'direction' of the padding must be one of Left, Right"),
    *(
        ("post_processor", without(TEMPLATE, name), f"the post_processor TemplateProcessing has no {name!r}")
        for name in ("single", "pair", "special_tokens")
    ),
    ("post_processor", TEMPLATE | {"special_tokens": [TOKEN]}, "the 'special_tokens' of the post_processor"),
    *(("post_processor", with_token(ids=[wrong]), "an id of the special token '<s>'") for wrong in (-1, "a", 1 << 32)),
    ("post_processor", with_token(tokens=[1]), "a token of the special token '<s>'"),
    ("post_processor", TEMPLATE | {"single": "$A"}, "the 'single' of the post_processor TemplateProcessing is not a list"),
    *(
        ("post_processor", single(wrong), "a piece of the 'single' of the post_processor TemplateProcessing is neither")
        for wrong in ("$A", {}, S | A)
    ),
    ("post_processor", single({"Sequence": {"id": "C", "type_id": 0}}), "TemplateProcessing has no Sequence 'C'"),
    ("post_processor", single({"Sequence": {"id": "A", "type_id": -1}}), "the 'type_id' of the Sequence of the 'single'"),
    ("post_processor", single({"SpecialToken": {"id": "<s>"}}), "the SpecialToken of the 'single'"),
    ("post_processor", {"type": "Sequence", "processors": [BERT, without(BERT, "sep")]}, "BertProcessing has no 'sep'"),
    *(
        ("post_processor", BERT | {"sep": wrong}, "the 'sep' of the post_processor BertProcessing")
        for wrong in (["x"], [1, "x"], "xy", ["x", -1])
    ),
]  # fmt: skip


@pytest.mark.parametrize(("field", "state", "reason"), MALFORMED)
def test_what_tokenizers_does_not_read_is_refused(field, state, reason, tmp_path):
    text = file_with(**{field: state})
    with pytest.raises(Exception, match=r"\w"):
        Theirs.from_str(text)
    (tmp_path / "tokenizer.json").write_text(text)
    for read in (
        lambda: Tokenizer.from_str(text),
        lambda: Tokenizer.from_buffer(text.encode()),
        lambda: Tokenizer.from_file(str(tmp_path / "tokenizer.json")),
    ):
        with pytest.raises(minitok.errors.FileFormatError) as failed:
            read()
        assert reason in failed.value.reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (single({"SpecialToken": {"id": "<x>", "type_id": 0}}), "has no SpecialToken '<x>'"),
        (with_token(ids=[1, 2]), "the special token '<s>' of the post_processor TemplateProcessing must have as many"),
        (single(B), "the 'single' of the post_processor TemplateProcessing has no Sequence 'B'"),
    ],
)
def test_what_tokenizers_reads_and_panics_at_or_refuses_elsewhere_is_refused(state, reason):
    with pytest.raises(minitok.errors.FileFormatError, match=reason):
        Tokenizer.from_str(file_with(post_processor=state))


@pytest.mark.parametrize(
    ("field", "state"),
    [
        ("truncation", TRUNCATION),
        ("truncation", without(TRUNCATION, "direction") | {"more": 1}),
        ("truncation", TRUNCATION | {"strategy": "OnlyFirst", "direction": "Left", "max_length": 2}),
        ("truncation", TRUNCATION | {"max_length": 0}),
        ("truncation", TRUNCATION | {"max_length": (1 << 64) - 1}),
        ("padding", PADDING),
        ("padding", without(PADDING, "pad_to_multiple_of")),
        ("padding", PADDING | {"strategy": {"Fixed": 12}, "direction": "Left", "pad_id": (1 << 32) - 1}),
        ("padding", PADDING | {"pad_to_multiple_of": 0}),
        ("post_processor", TEMPLATE),
        ("post_processor", single()),
        ("post_processor", TEMPLATE | {"pair": [A]}),
        ("post_processor", with_token(ids=[], tokens=[])),
        ("post_processor", with_token(ids=[(1 << 32) - 1])),
        ("post_processor", BERT),
        ("post_processor", {"type": "Sequence", "processors": [TEMPLATE]}),
    ],
)
def test_what_tokenizers_reads_is_read(field, state):
    text = file_with(**{field: state})
    theirs, ours = Theirs.from_str(text), Tokenizer.from_str(text)
    assert (ours.truncation, ours.padding) == (theirs.truncation, theirs.padding)
    assert ours.encode("ab ab ab").ids == theirs.encode("ab ab ab").ids


@pytest.mark.parametrize("first", [BERT, ROBERTA, TEMPLATE])
def test_processors_that_both_add_tokens(first):
    state = file_with(post_processor={"type": "Sequence", "processors": [first, BERT]})
    mine, theirs = Tokenizer.from_str(state), Theirs.from_str(state)
    for pair in (None, "b"):
        found, expected = mine.encode("ab", pair), theirs.encode("ab", pair)
        for column in ("ids", "type_ids", "special_tokens_mask", "sequence_ids"):
            assert getattr(found, column) == getattr(expected, column)


def test_separators_of_files_are_no_white_space_of_offsets():
    vocab = {name: number for number, name in enumerate(["<unk>", "\x1c", "a", " ", "\x1ca"])}
    model = {"type": "BPE", "vocab": vocab, "merges": [["\x1c", "a"]], "unk_token": "<unk>"}
    steps = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    state = json.dumps({"model": model, "post_processor": steps})
    mine, theirs = Tokenizer.from_str(state), Theirs.from_str(state)
    assert mine.encode("\x1ca a").offsets == theirs.encode("\x1ca a").offsets
