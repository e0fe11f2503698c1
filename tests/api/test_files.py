"""minitok's own files: complete or absent, with every id; a malformed one is refused with its name, line and reason."""

import json
import os
from pathlib import Path

import minitok
import pytest
from helpers import BACKENDS, Failure, outcome
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from strategies import any_text, merge_lists, patterns, rank_tables, special_ids


def saved(tmp_path, **changes):
    """A good file, with some fields changed; None leaves a field out."""
    content = {
        "format": "minitok", "version": 1, "name": "n", "pattern": "gpt2", "special_tokens": {"<s>": 257}, "trained": None,
        "byte_order": "identity", "merges": [[97, 98]],
    }  # fmt: skip
    content = {key: value for key, value in {**content, **changes}.items() if value is not KeyError}
    path = tmp_path / "my.json"
    path.write_text(json.dumps(content))
    return path


def test_the_good_file_is_good(tmp_path, backend):
    tok = minitok.load(saved(tmp_path), backend=backend)
    assert (tok.encode("ab<s>", allowed_special="all"), tok.definition.name, tok.definition.backend) == (
        [256, 257],
        "n",
        backend,
    )


@given(
    merge_lists(), rank_tables(), patterns, st.sampled_from([bytes(range(256)), bytes(range(255, -1, -1))]), any_text
)
def test_tokenizers_of_merges_and_of_ranks_with_holes_come_back(tmp_path_factory, merges, ranks, pattern, order, text):
    path = tmp_path_factory.mktemp("native") / "t.json"
    special = special_ids(merges)
    for tok in (
        Tokenizer(merges, pattern=pattern, byte_order=order, special_tokens=special, trained={"stop": "x"}),
        Tokenizer.from_ranks(ranks, pattern=pattern, special_tokens={"<s>": 1 << 20}),
    ):
        tok.save(path)
        for backend in BACKENDS:
            again = minitok.load(path, backend=backend)
            assert (again, again.vocab_size) == (tok, tok.vocab_size)
            assert again.definition.trained == tok.definition.trained
            assert again.encode(text, allowed_special="all") == tok.encode(text, allowed_special="all")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": KeyError}, "version null"),
        ({"pattern": KeyError}, "no 'pattern'"), ({"pattern": 3}, "'pattern' is a number, not a string"), ({"pattern": "(a"}, "a group that is not closed"),
        ({"special_tokens": []}, "'special_tokens' is a list"), ({"special_tokens": {"<s>": "1"}}, "'<s>'"),
        ({"special_tokens": {"<s>": True}}, "'<s>'"), ({"merges": {}}, "'merges' is an object, not a list"),
        ({"merges": [[97]]}, "merge 0 is not 2 numbers"), ({"merges": [[97, 98], [97, "b"]]}, "merge 1 holds something other than a whole number"),
        ({"merges": [[97, 98.0]]}, "merge 0 holds"), ({"merges": [[97, -1]]}, "merge 0 holds"), ({"merges": [[97, 1 << 40]]}, "merge 0 holds"),
        ({"merges": [[97, 256]]}, "256 is not a token before it"), ({"merges": [[97, 98], [97, 98]]}, "is merged twice"),
        ({"byte_order": "other"}, "unknown byte_order 'other'"), ({"byte_order": [1, 2]}, "byte_order is not 256 numbers"),
        ({"byte_order": [0] * 256}, "not a permutation"), ({"byte_order": KeyError}, "byte_order"),
        ({"tokens": [[0, "!!"]], "whole_pieces": True}, "not base64"), ({"tokens": [[0]], "whole_pieces": True}, "a token is not an id"),
        ({"tokens": [], "whole_pieces": True, "merges": []}, "has no token"), ({"tokens": []}, "merge 0 is not 4 numbers"),
        ({"tokens": [[0, "YQ=="], [0, "Yg=="]], "whole_pieces": True, "merges": []}, "the token 0 appears twice"),
        ({"added_tokens": ["<a>"]}, "is a list, not an object"), ({"late_tokens": "<s>"}, "'late_tokens' is a string, not a list"),
        ({"late_tokens": [3]}, "3"), ({"late_tokens": ["<x>"]}, "the late token '<x>' has no id"),
        ({"token_flags": {"<s>": "lstrip"}}, "is a string, not a list"), ({"token_flags": {"<s>": ["strip"]}}, "the token '<s>' has the flag 'strip'"),
        ({"normalizer": "nfc"}, "unknown normalizer 'nfc'; expected one of NFC, "), ({"normalizer": ["NFC", 3]}, "normalizer"),
        ({"normalizer": ["replace", "(", ""]}, "a group that is not closed"), ({"prefix": "here"}, "unknown prefix 'here'; expected one of never, "),
        ({"prefix": ""}, "unknown prefix ''"), ({"prefix": 1}, "'prefix' is a number, not a string"), ({"words": "("}, "a group that is not closed"), ({"words": ""}, "the pattern of words is empty"), ({"word_end": ""}, "the end of a word is empty"),
        ({"tokens": [], "whole_pieces": True, "merges": [], "fallback": [1]}, "fallback is not 256 numbers"),
        ({"name": 3}, "'name' is a number, not a string"), ({"trained": "yes"}, "'trained' is a str"),
    ],
    ids=lambda value: repr(value)[:50],
)  # fmt: skip
def test_a_malformed_file_is_refused_with_its_reason(tmp_path, changes, reason, backend):
    path = saved(tmp_path, **changes)
    failed = outcome(minitok.load, path, backend=backend)
    assert failed.kind is minitok.errors.FileFormatError
    assert failed.message.startswith(f"{path}: ")
    assert reason in failed.message


def test_an_empty_name_is_kept(tmp_path, backend):
    path = saved(tmp_path, name="")
    tok = minitok.load(path, backend=backend)
    assert tok.definition.name == ""
    tok.save(path)
    assert minitok.load(path, backend=backend) == tok


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = saved(tmp_path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, broken, fail)
        if hasattr(Path, broken):
            patched.setattr(Path, broken, fail)
        assert outcome(Tokenizer([(99, 99)]).save, path) == Failure(
            OSError, f"[Errno 28] no space left on device: '{path}'"
        )
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    Tokenizer([(99, 99)]).save(path)
    assert minitok.load(path).merges == [(99, 99)]


def test_a_tokenizer_that_cannot_be_written_leaves_no_file(tmp_path):
    assert outcome(minitok.Tokenizer, [], trained={"what": object()}).kind is TypeError
    whole = Tokenizer([(97, 98)]).replace(normalizer="NFC")
    assert outcome(whole.save, tmp_path / "new.model", format="minbpe").kind is minitok.errors.VocabularyError
    assert outcome(Tokenizer([]).save, tmp_path / "no" / "new.json").kind is FileNotFoundError
    assert list(tmp_path.iterdir()) == []


def test_saving_keeps_the_permissions_of_the_old_file(tmp_path):
    path = saved(tmp_path)
    path.chmod(0o640)
    Tokenizer([]).save(path)
    assert path.stat().st_mode & 0o777 == 0o640
