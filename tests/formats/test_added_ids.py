"""The ids of added tokens in a ``tokenizer.json``: those of ``tokenizers``, which does not use the ones in the file."""

import json
import warnings

import minitok
import pytest
from helpers import BACKENDS, outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.formats.byte_level import to_chars
from tokenizers import Tokenizer

LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
MARKS = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": False}
LETTERS = {to_chars(bytes([byte])): byte for byte in range(256)}
OPTIONS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
NAMES = ["<a>", "<b>", "<é>", "[C]", "a", "ab", "<s>", "  ", "<>"]


def file_of(added, more=(), *, characters=False):
    """A file with these added tokens, as pairs of a name and an id, and these tokens beside those of bytes."""
    vocab = {f"<0x{byte:02X}>": byte for byte in range(256)} if characters else dict(LETTERS)
    return {
        "added_tokens": [{"id": token_id, "content": name, **OPTIONS} for name, token_id in added],
        "pre_tokenizer": MARKS if characters else LEVEL,
        "model": {"type": "BPE", "byte_fallback": characters, "vocab": vocab | dict(more), "merges": []},
    }


def ids_there(content):
    """The ids that ``tokenizers`` gives the added tokens."""
    theirs = Tokenizer.from_str(json.dumps(content))
    return {token["content"]: theirs.token_to_id(token["content"]) for token in content["added_tokens"]}


@st.composite
def files(draw):
    """A file of bytes or of characters, with gaps in its ids or without, most of whose added tokens have their ids there."""
    characters = draw(st.booleans())
    names = draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=True))
    ids = draw(st.sampled_from([range(256, 280), range(257, 280), [256, 300, 301, 400]]))
    tokens = draw(st.lists(st.sampled_from(["<a>", "<b>", "<é>", "a", "ab", "<s>", "<>", "x"]), max_size=3))
    more = dict(zip(["▁", *tokens] if characters else tokens, ids, strict=False))
    content = file_of([(name, 0) for name in names], () if characters else more, characters=characters)
    if characters:
        content["model"]["vocab"] |= {name.replace(" ", "▁"): token_id for name, token_id in more.items()}
    there = ids_there(content)
    for token in content["added_tokens"]:
        token["id"] = draw(st.sampled_from([*[there[token["content"]]] * 6, 5, 256, 257]))
    return content


@settings(deadline=None)
@given(files())
def test_ids_are_those_of_tokenizers(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("added") / "tokenizer.json"
    data = json.dumps(content)
    path.write_text(data)
    there = ids_there(content)
    in_file = {token["content"]: token["id"] for token in content["added_tokens"]}
    for backend in BACKENDS:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                tok = minitok.load(path, backend=backend)
            except minitok.errors.FileFormatError:
                # Where the ids of the model have gaps, tokenizers gives one id to two tokens.
                assert set(there.values()) & set(content["model"]["vocab"].values())
                continue
        assert tok.special_tokens == there
        if len({*there.values()}) == len(there):
            text = "".join(there)
            assert tok.encode(text, allowed_special="all") == Tokenizer.from_str(data).encode(text).ids
        differ = [name for name in there if there[name] != in_file[name]]
        assert len(told) == bool(differ)
        for name, warning in zip(differ, told, strict=False):
            message = f"{name!r} has the id {in_file[name]} in the file, and {there[name]} here, as in tokenizers"
            assert message + f", and {len(differ) - 1} more have others" * (len(differ) > 1) in str(warning.message)
        # What it is saved as, if it can be, says the ids that it has.
        if outcome(tok.save, path.with_name("again.json"), format="huggingface") is None:
            assert minitok.load(path.with_name("again.json"), backend=backend) == tok


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("normalizer", [None, {"type": "Lowercase"}])
def test_an_added_token_that_is_a_whole_piece(backend, special, normalizer, tmp_path):
    """With ``ignore_merges``, text has it without a merge: where special tokens are split, and where a normalizer makes it."""
    content = file_of([("ab", 256)], {"ab": 256}) | {"normalizer": normalizer, "decoder": LEVEL}
    content["added_tokens"][0]["special"] = special
    content["pre_tokenizer"] = {**LEVEL, "use_regex": True}
    content["model"]["ignore_merges"] = True
    content = json.dumps(content)
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    tok = minitok.load(path, backend=backend)
    theirs = Tokenizer.from_str(content)
    tok.save(tmp_path / "again.json", format="huggingface")
    for read in (tok, minitok.load(tmp_path / "again.json", backend=backend)):
        for text in ("ab", "AB", "xab", "ab ab", "abab", "aB"):
            for splits, allowed in ((True, ()), (False, "all")):
                theirs.encode_special_tokens = splits
                assert read.encode(text, allowed_special=allowed) == theirs.encode(text).ids, (text, splits)
