"""A malformed file is refused with its name, its line if it has lines, and the reason, the same on both backends."""

import copy
import inspect
import json

import minitok
import pytest
from helpers import BACKENDS, failure_on_both
from minitok.formats import huggingface

TOK = minitok.Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}, pattern="gpt2")
BYTES = "".join(f"{__import__('base64').b64encode(bytes([byte])).decode()} {byte}\n" for byte in range(256))


def refused(tmp_path, data, *, name="file", **options):
    """The failure to load, which must be the same on both backends, without the file's name."""
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    failed = failure_on_both(lambda backend: minitok.load(path, backend=backend, **options))
    assert failed.kind is minitok.errors.FileFormatError, failed
    assert failed.message.startswith(str(path)), failed
    return failed.message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BYTES + "!!! 256\n", ":257: b'!!!' is not base64"),
        (BYTES + "YWI=\n", ":257: not a token in base64 and a rank: b'YWI='"),
        (BYTES + "YWI= 256 7\n", ":257: not a token in base64 and a rank"),
        (BYTES + "YWI= x\n", ":257: the rank b'x' is not a whole number"),
        (BYTES + "YWI= -1\n", ":257: the rank b'-1' is not a whole number"),
        (BYTES + "YWI= 99999999999\n", ":257: the rank b'99999999999' is not a whole number"),
        (BYTES + "YWI= 3000000000\n", ":257: the rank b'3000000000' is not a whole number"),
        (BYTES + "YWI= 2000000000\n", ": the id 2000000000 is too high for a vocabulary of 257 tokens"),
        (BYTES + "YQ== 256\n", ":257: the token b'a' has a rank already, 97"),
        (BYTES + "\nYWI= 97\n", ":258: the rank 97 is already on line 98"),
        (BYTES.replace("YQ== 97\n", ""), ": the byte 0x61 has no token"),
    ],
)
def test_rank_files(tmp_path, data, reason):
    assert refused(tmp_path, data, pattern="gpt2").startswith(reason)


def test_rank_files_that_are_fine(tmp_path):
    whole = BYTES + "YWI= 300\n= 256\n"
    for data in (whole, whole.replace("\n", "\r\n"), "\ufeff" + whole, whole.rstrip("\n"), whole.replace("\n", "\n\n")):
        (tmp_path / "x").write_bytes(data.encode())
        for backend in BACKENDS:
            tok = minitok.load(tmp_path / "x", pattern="gpt2", backend=backend)
            assert (tok.encode("ab"), tok.decode_bytes([256]), tok.vocab_size) == ([300], b"", 301)


def test_a_rank_file_needs_a_pattern(tmp_path):
    assert "pass pattern=" in refused(tmp_path, BYTES)


def changed(**changes):
    """A tokenizer.json with changes at dotted places."""
    content = copy.deepcopy(huggingface.dump(TOK.definition))
    for place, value in changes.items():
        at = content
        *way, last = place.split("__")
        for step in way:
            at = at[step]
        at[last] = value
    return json.dumps(content)


SPLIT = {"type": "Split", "pattern": {"Regex": r"\w+"}, "behavior": "Isolated", "invert": False}
LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
ADDED = {
    "id": 258,
    "content": "<s>",
    "single_word": False,
    "lstrip": False,
    "rstrip": False,
    "normalized": False,
    "special": True,
}


REPLACE = {"type": "Replace", "content": ""}
BYTE_VOCAB = {token: i for token, i in huggingface.dump(TOK.definition)["model"]["vocab"].items() if i < 256}


def steps(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model__type": "WordPiece"}, "the model is WordPiece; minitok reads BPE"),
        ({"model__type": "Unigram"}, "the model is Unigram"),
        ({"model__dropout": 0.1}, "the model has dropout"),
        ({"model__continuing_subword_prefix": "##"}, "it is BPE of bytes with a continuing_subword_prefix, '##'"),
        ({"model__end_of_word_suffix": "</w>"}, "it has an end_of_word_suffix, but no token 'Ā</w>'"),
        ({"model__end_of_word_suffix": 3}, "the end_of_word_suffix is 3"),
        ({"model__end_of_word_suffix": "</w>", "model__ignore_merges": True}, "'</w>' with ignore_merges"),
        ({"model__ignore_merges": "false"}, "'ignore_merges' is 'false', not true or false"),
        ({"added_tokens": [ADDED | {"special": 1}]}, "'special' is 1, not true or false"),
        ({"normalizer": {"type": "Strip", "strip_left": "no"}}, "'strip_left' is 'no', not true or false"),
        ({"pre_tokenizer": steps(SPLIT | {"invert": []}, LEVEL)}, "'invert' is a list of 0, not true or false"),
        ({"model__vocab": None}, "'vocab' is null, not an object"),
        ({"model__vocab": {"a": -1}}, "the id of 'a' is not a whole number"),
        ({"model__vocab": {"a": True}}, "the id of 'a' is not a whole number"),
        ({"model__vocab": {"a": 1, "b": 1}}, "id 1 stands for 'a' and for 'b'"),
        (
            {"model__vocab": {"▁a": 1}, "model__merges": []},
            "the token '▁a' is not in byte-level notation: '▁' stands for no byte",
        ),
        (
            {"model__vocab": {"a": 1}, "model__merges": [], "model__unk_token": "?"},
            "the unk_token '?' is not in the vocabulary: text without a token is an error",
        ),
        (
            {"model__vocab": BYTE_VOCAB | {"ab": 2_000_000_000}, "model__merges": [], "added_tokens": []},
            "2000000000 is too high for a vocab",
        ),
        ({"model__vocab": {"a": 10**30}}, "the id of 'a' is not a whole number"),
        ({"model__merges": ["a b", "ab"]}, "merge 1 is not two tokens: 'ab'"),
        ({"model__merges": ["a b c"]}, "merge 0 is not two tokens"),
        ({"model__merges": [["a", 1]]}, "merge 0 is not two tokens"),
        ({"model__merges": ["a z"]}, "merge 0 uses the token 'az', which is not in the vocabulary"),
        ({"model__merges": ["a b", "a b"]}, "the pair (97, 98) is merged twice"),
        ({"normalizer": {"type": "ByteLevel"}}, "the normalizer is ByteLevel; minitok has BertNormalizer, Lowercase"),
        (
            {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AA=="}},
            "the normalizer Precompiled replaces",
        ),
        ({"normalizer": {"type": "Sequence"}}, "the normalizer Sequence has no list of normalizers"),
        ({"normalizer": {"type": "Prepend"}}, "the normalizer Prepend has no text"),
        ({"normalizer": {"type": "Replace"}}, "the normalizer Replace has no pattern"),
        (
            {"normalizer": REPLACE | {"pattern": {"String": ""}}},
            "the normalizer Replace has the pattern an object with 'String'",
        ),
        ({"normalizer": REPLACE | {"pattern": {"Regex": "^a"}}}, "the normalizer Replace has a '^'"),
        ({"normalizer": REPLACE | {"pattern": {"Regex": "a*"}}}, "the normalizer Replace can match the empty text"),
        ({"normalizer": {"form": "NFC"}}, "the normalizer has no type"),
        ({"pre_tokenizer": None}, "no pre_tokenizer: the tokens are characters"),
        ({"pre_tokenizer": {"type": "Metaspace"}}, "the pre_tokenizer has a step Metaspace"),
        ({"pre_tokenizer": steps(SPLIT, {"type": "ByteLevel"})}, "has add_prefix_space after other steps"),
        ({"pre_tokenizer": steps(LEVEL, LEVEL)}, "has ByteLevel twice"),
        ({"pre_tokenizer": SPLIT}, "no step ByteLevel"),
        ({"pre_tokenizer": steps({"type": "UnicodeScripts"}, LEVEL)}, "has a step UnicodeScripts"),
        (
            {"pre_tokenizer": steps(SPLIT, SPLIT | {"behavior": "Removed"}, LEVEL)},
            "drops text (Split) after other steps",
        ),
        ({"pre_tokenizer": steps(SPLIT, {"type": "Whitespace"}, LEVEL)}, "drops text (Whitespace) after other steps"),
        ({"pre_tokenizer": steps(SPLIT | {"behavior": "Kept"}, LEVEL)}, "Split has the behavior 'Kept'"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Glob": "a"}}, LEVEL)}, "Split has no Regex"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": "^a"}}, LEVEL)}, "Split has a '^'"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": r"(a){1,3}+"}}, LEVEL)}, "a possessive '{...}+'"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": "(a"}}, LEVEL)}, "pattern"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": r"\xE9"}}, LEVEL)}, "Split has '\\\\xE', which other"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": r"[a-z--[b]]"}}, LEVEL)}, "Split has '[a-z--'"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": r"\pL+"}}, LEVEL)}, "Split has an escape"),
        ({"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": r"\R+"}}, LEVEL)}, "Split has an escape"),
        (
            {"pre_tokenizer": steps(SPLIT | {"pattern": {"Regex": "b|a*"}, "behavior": "Contiguous"}, LEVEL)},
            "may match nothing, or more",
        ),
        ({"decoder": {"type": "WordPiece"}}, "the decoder is WordPiece"),
        ({"post_processor": {"type": "Sentence"}}, "the post_processor is Sentence"),
        ({"added_tokens": [ADDED | {"id": "1"}]}, "the id of the added token '<s>' is not a whole number"),
        ({"added_tokens": [ADDED, ADDED | {"id": 3}]}, "the added token '<s>' has two ids"),
        ({"added_tokens": [ADDED | {"content": ""}]}, "a special token is empty"),
        ({"added_tokens": [3]}, "an added token has no content"),
    ],
)
def test_tokenizer_json(tmp_path, changes, reason):
    assert reason in refused(tmp_path, changed(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model__dropout": 0.0, "model__unk_token": "<s>", "model__continuing_subword_prefix": ""},
        {"normalizer": {"type": "Sequence", "normalizers": []}},
        {"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}},
        {"post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing"}]}},
        {"padding": {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": None}},
        # How long a text may be, and how long a row is, is for the caller to say.
        {"padding": {"strategy": {"Fixed": 3}}, "truncation": {"max_length": 3}},
        {"decoder": {"type": "Sequence", "decoders": [{"type": "ByteLevel"}, {"type": "Fuse"}]}},
    ],
)
def test_tokenizer_json_that_is_fine(tmp_path, changes, backend):
    (tmp_path / "x").write_text(changed(**changes))
    assert minitok.load(tmp_path / "x", backend=backend) == TOK.replace(backend=backend)


def test_an_added_token_that_is_not_special(tmp_path, backend):
    (tmp_path / "x").write_text(changed(added_tokens=[ADDED | {"special": False}]))
    tok = minitok.load(tmp_path / "x", backend=backend)
    assert (tok.special_tokens, tok.definition.added_tokens) == ({}, TOK.special_tokens)
    assert tok.encode("<s>a") == TOK.encode("<s>a", allowed_special="all")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "minbpe or tiktoken: the file is empty"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "'git lfs pull' fetches"),
        ("<!DOCTYPE html><title>404</title>", ": it is a page of HTML"),
        (b"\x1f\x8b\x08\x00", ": it is compressed"),
        ('{"tokenizer_class": "LlamaTokenizer"}', ": it holds the settings of a model"),
        ("hello", "not a tokenizer of"),
        ("hello world\nand more\n", "not a tokenizer of"),
        ("From 1991\n", "a tiktoken rank file does not contain its split pattern: pass pattern="),
        (b"\xff\xfe\x00", "not a tokenizer of"),
        ("{", ":1: not JSON"),
        ('{\n"a":\n', ":3: not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"a": ' * 100_000, "not JSON"),
        ('{"model": {}, "model": {}}', "'model' appears twice"),
        ("[]", "not a tokenizer of minitok, Hugging Face"),
        ('{"name": "x", "version": "1.0"}', "not a tokenizer of minitok, Hugging Face"),
        ('{"format": "other"}', "not a minitok file"),
        ('{"a": 0, "b": 1}', "one of GPT-2's two files: name the folder"),
        ("#version: 0.2\na b\n", "one of GPT-2's two files: name the folder"),
        (
            '{"config": {"pattern": "."}, "vocab": [], "special_tokens": []}',
            "no 'default_num_special_tokens'",
        ),
        ('{"model": 3}', "'model' is a number, not an object"),
        (
            '{"format": "minitok", "version": 1, "pattern": "gpt2", "special_tokens": {}, "whole_pieces": false, "tokens": [[2000000000, "YQ=="]], "merges": []}',
            "the id 2000000000 is too high for a vocabulary of 1 tokens",
        ),
        ('{"model": ' + "9" * 10_000 + "}", "'model' is a number, not an object"),
        ('{"format": "minitok", "version": 1' + "0" * 300 + "}", "of the format; this minitok reads version 1"),
        (b'{"a": "\xff"}', "not JSON"),
        (
            '{"model": {"type": "BPE", "vo',
            ":1: not JSON: the file ends within the string at column 27, so it is cut off",
        ),
        ('{"model": {\n"type": ', ":2: not JSON: the file ends at column 9, so it is cut off"),
        ('{"model": x}', ":1: not JSON: unexpected 'x}' at column 11"),
    ],
)
def test_any_file(tmp_path, data, reason):
    assert reason in refused(tmp_path, data)


GPT2 = {chr(number): number for number in range(33, 127)}


@pytest.mark.parametrize(
    ("merges", "reason"),
    [
        ("#version: 0.2\na b\nab\n", ":3: not two tokens with a space between them: 'ab'"),
        ("a b\na b c\n", ":2: not two tokens"),
        ("a b\n\na b\n", ":3: the merge 'a b' is already on line 1"),
        ("a z\n", ":1: the token 'az' is not in"),
        (b"a b\n\xff c\n", ":2: not UTF-8"),
        ("a b\n# #\n", ":2: the token '##' is not in"),
        ("#version: 0.2 pattern: o200k\na b\n", ":1: not a pattern in quotation marks"),
        ('#version: 0.2 pattern: "\na b\n', ":1: not a pattern in quotation marks"),
        ("#version: 0.2 pattern: 5\na b\n", ":1: not a pattern in quotation marks"),
        ("#version: 0.2 pattern: " + "[" * 100_000, ":1: not a pattern in quotation marks"),
    ],
)
def test_merges_txt(tmp_path, merges, reason):
    TOK.save(tmp_path, format="gpt2")
    (tmp_path / "merges.txt").write_bytes(merges if isinstance(merges, bytes) else merges.encode())
    for backend in BACKENDS:
        with pytest.raises(minitok.errors.FileFormatError) as caught:
            minitok.load(tmp_path, backend=backend)
        assert str(caught.value).startswith(str(tmp_path / "merges.txt") + reason)


@pytest.mark.parametrize(
    ("vocab", "reason"),
    [
        ("[1]", ": not tokens and ids but a list"),
        ('{"a": 1.5}', ": the id of 'a' is not a whole number"),
        ('{"a": 1, "a": 2}', ": 'a' appears twice"),
        ('{"a": 1, "b": 1}', ": id 1 stands for 'a' and for 'b'"),
        ('{"a": 1', ":1: not JSON"),
    ],
)
def test_vocab_json(tmp_path, vocab, reason):
    TOK.save(tmp_path, format="gpt2")
    (tmp_path / "vocab.json").write_text(vocab)
    with pytest.raises(minitok.errors.FileFormatError) as caught:
        minitok.load(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "vocab.json") + reason)


def test_merges_with_windows_line_ends_and_a_mark(tmp_path):
    TOK.save(tmp_path, format="gpt2")
    text = (tmp_path / "merges.txt").read_text()
    (tmp_path / "merges.txt").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert minitok.load(tmp_path) == TOK


@pytest.mark.parametrize("missing", ["vocab.json", "merges.txt"])
def test_a_folder_with_one_file_of_two_names_the_other(tmp_path, missing):
    TOK.save(tmp_path, format="gpt2")
    (tmp_path / missing).unlink()
    with pytest.raises(FileNotFoundError, match=missing.replace(".", r"\.")):
        minitok.load(tmp_path)


def test_a_folder_of_nothing(tmp_path):
    with pytest.raises(minitok.errors.FileFormatError, match=r"the folder has none of tokenizer\.json"):
        minitok.load(tmp_path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("minbpe v2\n", ":1: not a minbpe model"),
        ("minbpe v1\n", ":2: the file ends before the special tokens"),
        ("minbpe v1\n\nx\n", ":3: not a whole number"),
        ("minbpe v1\n\n1\n<s> x\n", ":4: not a whole number"),
        ("minbpe v1\n\n3\n<s> 300\n", ":5: not a whole number"),
        ("minbpe v1\n\n0\n97 98\n97\n", ":5: not 2 whole numbers"),
        ("minbpe v1\n\n0\n97 98\n258 1\n", ":5: 258 is not a token before this merge"),
        ("minbpe v1\n\n0\n97 98\n97 98\n", ": the pair (97, 98) is merged twice"),
        ("minbpe v1\n(a\n0\n", ": pattern"),
        (b"minbpe v1\n\xff\n0\n", ": not UTF-8"),
    ],
)
def test_minbpe(tmp_path, data, reason):
    assert refused(tmp_path, data).startswith(reason)


def test_options_are_for_files_that_need_them(tmp_path):
    TOK.save(tmp_path / "a.json")
    with pytest.raises(TypeError, match="omit both arguments"):
        minitok.load(tmp_path / "a.json", pattern="gpt2")


@pytest.mark.parametrize("data", ["{AA== 0\nAQ== 1\n", "["])
def test_a_malformed_file_is_refused_as_such_where_options_are_given(tmp_path, data):
    assert "not JSON" in refused(tmp_path, data, pattern="gpt2")


def test_errors_hold_path_line_and_reason(tmp_path):
    (tmp_path / "x").write_text(BYTES + "!!! 256\n")
    with pytest.raises(minitok.errors.FileFormatError) as caught:
        minitok.load(tmp_path / "x", pattern="gpt2")
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "x"), 257)


def test_a_rank_file_is_refused_by_name_where_a_byte_has_no_token(tmp_path):
    path = tmp_path / "tokenizer.json"
    vocab = {token: token_id for token, token_id in BYTE_VOCAB.items() if token != "$"}
    path.write_text(changed(model__vocab=vocab, model__merges=[], added_tokens=[]), encoding="utf-8")
    tok = minitok.load(path)
    with pytest.raises(minitok.errors.VocabularyError, match="cannot be written as a rank file: the byte 0x24 has no"):
        tok.save(tmp_path / "ranks.tiktoken", format="tiktoken")


def test_a_long_pattern_is_cut_short_in_the_repr():
    tok = minitok.Tokenizer([], pattern="|".join(f"a{{{number}}}" for number in range(1, 100)))
    assert len(repr(tok)) < 200
    assert "a{1}|a{2}" in repr(tok)
    assert len(str(inspect.signature(minitok.Tokenizer))) < 600
