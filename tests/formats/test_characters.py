"""BPE of characters with byte fallback from ``tokenizer.json``, by hand; ``tests/compat/test_random_files.py`` has files of any options."""

import json

import minitok
import pytest
from minitok.formats import huggingface
from tokenizers import Tokenizer

MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
# By how spaces become markers, the steps of the normalizer.
STEPS = {"replace": [MARKS], "prepend": [{"type": "Prepend", "prepend": "▁"}, MARKS], "always": []}


def ids_of(theirs, text):
    return theirs.encode(text, add_special_tokens=False).ids


@pytest.fixture
def small(backend):
    vocab = {f"<0x{byte:02X}>": byte for byte in range(256)}
    vocab |= {token: 256 + i for i, token in enumerate(["▁", "h", "i", "hi", "▁hi", "中"])}
    content = {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False},
        "added_tokens": [{"id": 262, "content": "<s>", "special": True}],
        "model": {
            "type": "BPE",
            "byte_fallback": True,
            "vocab": vocab,
            "merges": [["h", "i"], ["▁", "hi"]],
        },
    }
    return minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("backend", ["rust", "python"])
@pytest.mark.parametrize("spaces", ["replace", "prepend"])
def test_markers_of_added_tokens_are_spaces(small, spaces, normalized, backend):
    content = huggingface.dump(small.definition) | {"pre_tokenizer": None}
    content["normalizer"] = {"type": "Sequence", "normalizers": STEPS[spaces]}
    content["decoder"]["decoders"] = content["decoder"]["decoders"][:3]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": normalized, "special": False}
    content["added_tokens"] = [{"id": 262 + i, "content": name} | flags for i, name in enumerate(["▁▁", "▁hi▁"])]
    content["model"]["vocab"].pop("<s>", None)
    theirs = Tokenizer.from_str(json.dumps(content))
    tok = minitok.Tokenizer(huggingface.parse(content, "it", backend))
    for text in ["hi▁▁hi", "hi  hi", "▁hi▁hi", "▁▁", "   ", "hi ▁hi▁"]:
        ids = tok.encode(text, allowed_special="all")
        assert ids == ids_of(theirs, text)
        decoded = theirs.decode(ids)
        assert tok.decode(ids) == (decoded.removeprefix(" ") if spaces == "prepend" else decoded)
    # Where Prepend is a normalizer, its space is a part of a normalized token.
    before = b" " if spaces == "prepend" and normalized else b""
    assert [tok.token_bytes(token_id) for token_id in (262, 263)] == [before + b"  ", before + b" hi "]
    decoded = theirs.decode([256, 262, 263])
    assert tok.decode([256, 262, 263]) == (decoded.removeprefix(" ") if spaces == "prepend" else decoded)


def behind_marks(small, pattern, behavior="Isolated", *, invert=False):
    content = huggingface.dump(small.definition) | {"normalizer": MARKS}
    content["decoder"]["decoders"] = content["decoder"]["decoders"][:3]
    content["pre_tokenizer"] = {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}
    return content


@pytest.mark.parametrize(
    "pattern", [r"\p{L}+", "[^▁]+", "▁*h", "[hi▁]", r"\p{Han}|[a-z]", r"(?:▁|\u4E2D)\b", "[^x▁]i", r"[^▁\x20]"]
)
def test_a_set_that_tells_none_has_the_ids_of_tokenizers(small, pattern):
    same_ids(small, behind_marks(small, {"Regex": pattern}))


def same_ids(small, content):
    theirs = Tokenizer.from_str(json.dumps(content))
    tok = minitok.Tokenizer(huggingface.parse(content, "it", small.definition.backend))
    for text in ["hi hi", "  hi▁hi中 中i", "xi i hi!", "", "Ahi 1 ."]:
        assert tok.encode(text) == ids_of(theirs, text)


@pytest.mark.parametrize("behavior", ["Isolated", "MergedWithNext", "Contiguous"])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("text", [" ", "h"])
def test_a_text_behind_markers_cuts_as_there(small, behavior, invert, text):
    same_ids(small, behind_marks(small, {"String": text}, behavior, invert=invert))


def test_spaces_behind_markers_are_dropped_as_there(small):
    same_ids(small, behind_marks(small, {"String": " "}, "Removed"))


def test_a_long_text_in_blocks_is_the_whole(small):
    text = "hi hi>中丮 hi<s>hi▁ hi\n" * (20_000 if small.definition.backend == "rust" else 2_000)
    for allowed in ((), "all"):
        ids = small.encode(text, allowed_special=allowed)
        chunks = [text[at : at + 4097] for at in range(0, len(text), 4097)]
        assert list(small.encode_iterable(chunks, allowed_special=allowed)) == ids
