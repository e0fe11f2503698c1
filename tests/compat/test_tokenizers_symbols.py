"""``compat.tokenizers`` with an unknown token: the quick tour of ``tokenizers``, GPT-1 and NLLB, beside the library itself."""

from __future__ import annotations

import importlib

import pytest
import tokenizers
from minitok.compat import tokenizers as ours
from minitok.errors import FileFormatError

TEXTS = ["the cat sat on the mat, the cats too", "low lower lowest; new newer newest", "ein Bär über Öl", "一二 cat"]
SAMPLES = [
    *TEXTS,
    "",
    "  ",
    "unknown ☃☃ x☃y 七八",
    "[CLS] the [UNK] cat",
    "The CAT's mat. é",
    "☃",
    "a\tb\n☃ c",
    "lowestnewest",
]


def both():
    """The two libraries, as modules of the same names."""
    return [
        {name: importlib.import_module(f"{lib.__name__}.{name}") for name in PARTS} | {"lib": lib}
        for lib in (tokenizers, ours)
    ]


PARTS = ("models", "normalizers", "pre_tokenizers", "decoders", "trainers", "processors")


def quicktour(models, pre_tokenizers, trainers, processors, lib, **_):
    tok = lib.Tokenizer(models.BPE(unk_token="[UNK]"))
    trainer = trainers.BpeTrainer(special_tokens=["[UNK]", "[CLS]", "[SEP]"], vocab_size=90, show_progress=False)
    tok.pre_tokenizer = pre_tokenizers.Whitespace()
    tok.train_from_iterator(TEXTS, trainer)
    tok.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(name, tok.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tok


def gpt1(models, normalizers, pre_tokenizers, decoders, trainers, lib, **_):
    tok = lib.Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tok.normalizer = normalizers.BertNormalizer()
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.decoder = decoders.BPEDecoder(suffix="</w>")
    # So few merges that no tie decides, and no symbol's id.
    tok.train_from_iterator(
        ["aab " * 9, "abc " * 20, "b " * 50, "xé"],
        trainers.BpeTrainer(special_tokens=["<unk>"], end_of_word_suffix="</w>", vocab_size=9, show_progress=False),
    )
    return tok


def nllb(models, normalizers, pre_tokenizers, decoders, trainers, lib, **_):
    tok = lib.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tok.normalizer = normalizers.NFKC()
    tok.pre_tokenizer, tok.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    trainer = trainers.BpeTrainer(special_tokens=["<s>", "<unk>"], vocab_size=80, show_progress=False)
    tok.train_from_iterator(TEXTS, trainer)
    return tok


def dropping(models, pre_tokenizers, trainers, lib, **_):
    tok = lib.Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tok.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=60, show_progress=False))
    return tok


KINDS = (quicktour, gpt1, nllb, dropping)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_training_encoding_and_decoding_are_those_of_tokenizers(kind):
    theirs, mine = (kind(**parts) for parts in both())
    if kind is gpt1:  # The ids of symbols with a suffix are those of a hash map there.
        assert mine.get_vocab().keys() == theirs.get_vocab().keys()
        mine = ours.Tokenizer.from_str(theirs.to_str())
    assert mine.to_str() == theirs.to_str()
    for text in SAMPLES:
        found, expected = mine.encode(text), theirs.encode(text)
        for column in ("ids", "tokens", "offsets", "word_ids", "special_tokens_mask"):
            assert getattr(found, column) == getattr(expected, column), (column, text)
        if found.ids:
            for skip in (False, True):
                assert mine.decode(found.ids, skip_special_tokens=skip) == theirs.decode(
                    found.ids, skip_special_tokens=skip
                )
    again = ours.Tokenizer.from_str(theirs.to_str())
    assert [again.encode(text).ids for text in SAMPLES] == [theirs.encode(text).ids for text in SAMPLES]


@pytest.mark.parametrize(
    "options", [{}, {"fuse_unk": True}, {"continuing_subword_prefix": "##"}, {"ignore_merges": True}]
)
@pytest.mark.parametrize("unk", [{}, {"unk_token": "?"}])
def test_a_model_tokenizes_pieces(options, unk):
    vocab = {"?": 0, "a": 1, "##b": 2, "b": 3, "a##b": 4, "ab": 5, "é": 6}
    merges = [("a", "##b")]
    theirs, mine = (lib.models.BPE(vocab, merges, **options, **unk) for lib in (tokenizers, ours))
    for piece in ("ab", "a", "éab", "xyab", "☃", "abxa", "a☃☃é"):
        expected = [token.as_tuple() for token in theirs.tokenize(piece)]
        assert [token.as_tuple() for token in mine.tokenize(piece)] == expected


def test_a_tokenizer_without_its_unknown_token_is_refused():
    tok = ours.Tokenizer(ours.models.BPE({"a": 0}, [], unk_token="[UNK]"))
    with pytest.raises(FileFormatError, match="the unk_token '\\[UNK\\]' is not in the vocabulary"):
        tok.encode("a")
