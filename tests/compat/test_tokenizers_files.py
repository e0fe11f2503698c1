"""What a ``tokenizer.json`` says beside the model: read as ``tokenizers`` reads it, (what is refused is in ``tests/refused/compat.rows``)."""

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


def with_token(**changes):
    return TEMPLATE | {"special_tokens": {"<s>": TOKEN | changes}}


def single(*pieces):
    return TEMPLATE | {"single": list(pieces)}


@pytest.mark.parametrize(
    ("field", "state"),
    [
        ("truncation", TRUNCATION),
        ("truncation", {"max_length": 5, "strategy": "LongestFirst", "stride": 0, "more": 1}),
        ("truncation", TRUNCATION | {"strategy": "OnlyFirst", "direction": "Left", "max_length": 2}),
        ("truncation", TRUNCATION | {"max_length": 0}),
        ("truncation", TRUNCATION | {"max_length": (1 << 64) - 1}),
        ("padding", PADDING),
        ("padding", {name: value for name, value in PADDING.items() if name != "pad_to_multiple_of"}),
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
