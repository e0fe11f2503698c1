"""The ids of added tokens in a ``tokenizer.json``: those of ``tokenizers``, which does not use the ones in the file."""

import json
import warnings

import minitok
import pytest
from helpers import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.formats.byte_level import CHARS, to_chars
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


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("added", "text", "ids", "first"),
    [
        ([("a", 300)], "bab", [98, 97, 98], "'a' has the id 300 in the file, and 97 here, as in tokenizers$"),
        ([("<a>", 300)], "b<a>", [98, 256], "'<a>' has the id 300 in the file, and 256 here"),
        ([("<a>", 257), ("<b>", 256)], "<a><b>", [256, 257], "'<a>' has .* in tokenizers, and 1 more have others"),
        ([("<a>", 256), ("<b>", 256)], "<a><b>", [256, 257], "'<b>' has the id 256 in the file, and 257 here"),
        ([("<a>", 97)], "<a>a", [256, 97], "'<a>' has the id 97 in the file, and 256 here"),
    ],
)
def test_another_id_in_the_file_is_not_used(tmp_path, added, text, ids, first, backend):
    data = json.dumps(file_of(added))
    assert Tokenizer.from_str(data).encode(text).ids == ids
    (tmp_path / "tokenizer.json").write_text(data)
    with pytest.warns(UserWarning, match=first):
        tok = minitok.load(tmp_path / "tokenizer.json", backend=backend)
    assert tok.encode(text, allowed_special="all") == ids
    # What it is saved as says the ids that it has.
    tok.save(tmp_path / "again.json", format="huggingface")
    assert minitok.load(tmp_path / "again.json", backend=backend) == tok


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
    path.write_text(json.dumps(content))
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
        assert len(told) == (there != in_file)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("normalizer", [None, {"type": "Lowercase"}])
def test_an_added_token_that_is_a_whole_piece(backend, special, normalizer, tmp_path):
    """With ``ignore_merges``, text has it without a merge: where special tokens are split, and where a normalizer makes it."""
    vocab = {char: number for number, char in enumerate(CHARS)} | {"ab": 256}
    token = {"id": 256, "content": "ab", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    content = json.dumps(
        {
            "version": "1.0",
            "normalizer": normalizer,
            "added_tokens": [{**token, "special": special}],
            "pre_tokenizer": {**LEVEL, "use_regex": True},
            "decoder": LEVEL,
            "model": {"type": "BPE", "vocab": vocab, "merges": [], "ignore_merges": True},
        }
    )
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
