"""The public names; and names of patterns, encodings and models, which mean the same everywhere."""

import dataclasses
import inspect
from types import SimpleNamespace
from typing import get_args, get_type_hints

import minitok
import pytest
from click.testing import CliRunner
from commands import run
from helpers import BACKENDS
from minitok import errors
from minitok.cli.app import app
from minitok.corpus.learning import ExtendOptions, TrainingOptions, extend
from minitok.definition import KINDS, Definition
from minitok.definition.fields import CHECKS, Changes, Fields
from minitok.definition.uses import AGAINST, Use, limits_of
from minitok.encodings.published import PUBLISHED
from minitok.formats.native import IN_FILE
from minitok.packing import PackOptions
from minitok.reference.published import names
from minitok.reference.published.characters import Symbols


def test_every_published_encoding_has_its_pattern():
    assert {name: published.pattern for name, published in PUBLISHED.items()} == names.table().encodings


def test_the_command_takes_the_names_of_encodings_and_models(tmp_path):
    (tmp_path / "a.txt").write_text("low lower lowest, I'LL 12345 don't")
    for name, pattern in [("o200k_base", "o200k"), ("gpt-4", "cl100k")]:
        out = tmp_path / f"{name}.json"
        assert run("train", tmp_path / "a.txt", "-o", out, "--pattern", name, "-n", "260").exit_code == 0
        assert minitok.load(out).pattern == pattern
    assert minitok.get_encoding("gpt-4") is minitok.get_encoding("cl100k_base")
    for command in [["encode", "--text", "Hello"], ["explain", "Hello"], ["evaluate", "--text", "Hello"], ["inspect"]]:
        assert run(*command, "-e", "gpt-4").exit_code == 0, command


# What ``import minitok`` offers. A name more, or one less, is a decision: docs/stability.md says what is promised of them.
NAMES = """
    BACKEND PieceCounts Tokenizer count_pieces count_pieces_in_files encoding_for_model encoding_name_for_model errors get_encoding
    join_packed list_encoding_names load open_packed patterns train train_files
"""
# The members of a ``Tokenizer``, in the order of its file. There are at most 40.
MEMBERS = """
    definition from_ranks
    encode encode_to_numpy encode_batch encode_batch_to_numpy encode_segments encode_chat conversation encode_with_offsets encode_iterable
    tokenize encode_files
    count count_batch
    decode decode_bytes decode_batch decode_with_offsets stream_decoder
    session truncate_text chunk
    vocab vocab_size pattern special_tokens merges token_bytes token_id report explain
    shrink extend prune replace add_tokens save memory_usage free_memory
"""


def test_the_package_offers_these_names():
    assert sorted(minitok.__all__) == sorted(NAMES.split())
    assert set(dir(minitok)) == {*NAMES.split(), "__version__"}
    assert all(hasattr(minitok, name) for name in dir(minitok))
    raised = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert raised == set(errors.__all__)


def test_a_tokenizer_has_these_members():
    members = [name for name in dir(minitok.Tokenizer) if not name.startswith("_") and hasattr(minitok.Tokenizer, name)]
    assert members == sorted(MEMBERS.split())
    assert len(members) <= 40


def test_a_field_of_a_definition_is_declared_once():
    """Type checkers see the fields in ``Fields``, everything else in the class."""
    assert Fields.__annotations__.keys() == KINDS.keys()
    assert Changes.__annotations__.keys() == {*KINDS, "vocab", "backend"}
    every = {**KINDS, "vocab": "", "backend": "", "reopen": "", "_codec": ""}
    assert every.keys() == {each.name for each in dataclasses.fields(Definition)}
    assert set(KINDS.values()) <= IN_FILE.keys() & CHECKS.keys()


@pytest.mark.parametrize(("function", "declared"), [(minitok.train, TrainingOptions), (extend, ExtendOptions)])
def test_options_of_training_are_the_same_for_type_checkers(function, declared):
    options = [each for each in inspect.signature(function).parameters.values() if each.kind is each.KEYWORD_ONLY]
    assert {each.name: each.annotation for each in options} == {
        name: each.__forward_arg__ for name, each in declared.__annotations__.items()
    }


def test_each_limit_is_in_the_way_of_something():
    vocab = SimpleNamespace(symbols=Symbols(joining=("spaces", b"")), fallback=True, drops_bytes=True)
    every = {"normalizer": "NFC", "prefix": "first", "words": "x", "word_end": "</w>"}
    tokens = {"added_tokens": {"a": 1}, "late_tokens": {"a"}, "token_flags": {"a": {"lstrip"}}}
    assert limits_of(vocab, **every, **tokens).keys() == frozenset().union(*AGAINST.values())
    assert AGAINST.keys() == set(get_args(Use))


def test_replacing_a_field_keeps_the_others(backend):
    tok = minitok.Tokenizer([(97, 98)], name="mine", special_tokens={"<s>": 300, "<t>": 301}, backend=backend)
    tok = tok.replace(token_flags={"<s>": ["lstrip"], "<t>": ["rstrip"]}, late_tokens=["<s>", "<t>"], name="mine")
    assert tok.replace() == tok
    assert tok.replace(chat="x").definition.name == tok.replace(trained={"a": 1}).definition.name == "mine"
    assert tok.replace(chat="x").definition.codec() is tok.definition.codec()
    assert tok.replace(pattern="none").definition.name is None
    fewer = tok.replace(special_tokens={"<s>": 400}).definition
    assert (fewer.special_tokens, fewer.token_flags, fewer.late_tokens) == ({"<s>": 400}, {"<s>": {"lstrip"}}, {"<s>"})
    for other in BACKENDS:
        moved = tok.replace(backend=other)
        assert (moved, moved.definition.name, moved.definition.backend) == (tok, "mine", other)
        assert tok.replace(backend=other, name="yours").definition.name == "yours"


def test_the_command_has_every_option_of_packing():
    shown = get_type_hints(PackOptions, include_extras=True)
    flags = {shown[name].__metadata__[0].flag for name in PackOptions.__annotations__}
    text = CliRunner().invoke(app, ["pack", "--help"], env={"COLUMNS": "200"}).stdout
    assert len(flags) == 16
    assert all(f"{flag} " in text for flag in flags)
