"""BPE of characters with byte fallback from ``tokenizer.json``, by hand; ``tests/compat/test_random_files.py`` has files of any options."""

import json

import minitok
import pytest
from helpers import by_values
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


def test_everything_a_tokenizer_does(small, tmp_path):
    assert small.encode("hi hi!") == [260, 260, 33]
    assert small.decode([260, 260, 33]) == "hi hi!"
    assert small.token_bytes(260) == b" hi"
    assert small.tokenize("hi") == [b" hi"]
    assert not small.definition.lossless
    assert small.definition.prefix == "first"
    assert small.definition.normalize("hi") == " hi"
    assert small.encode_with_offsets("hi hi!") == ([260, 260, 33], [(0, 2), (2, 5), (5, 6)])
    assert small.encode_with_offsets(" hi") == ([260], [(0, 2)])
    assert small.truncate_text("hi hi hi", 2) == "hi hi"
    assert "".join(chunk.text for chunk in small.chunk("hi hi hi hi 中丮", 4)) == "hi hi hi hi 中丮"
    told = small.explain("hi 丮")
    assert [token.id for token in told.tokens] == small.encode("hi 丮")
    assert [token.token for token in told.tokens] == small.tokenize("hi 丮")
    small.save(tmp_path / "it.json")
    assert minitok.load(tmp_path / "it.json", backend=small.definition.backend) == small


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
    for definition in (huggingface.parse(content, "it", backend), by_values(content, backend)):
        tok = minitok.Tokenizer(definition)
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


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ({"content": "<s>", "rstrip": True}, "takes spaces, and Metaspace never puts one"),
        ({"content": "<s>", "lstrip": True}, "takes spaces, and Metaspace never puts one"),
        ({"content": " "}, "has a space or a marker, and Metaspace comes after it"),
        ({"content": "▁s"}, "has a space or a marker, and Metaspace comes after it"),
    ],
)
def test_a_normalized_token_that_a_metaspace_that_puts_no_space_leaves_otherwise_is_refused(small, token, reason):
    content = huggingface.dump(small.definition)
    content["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True}
    content["added_tokens"] = [{"id": 262, "normalized": True} | token]
    with pytest.raises(minitok.errors.FileFormatError, match=reason):
        by_values(content, "rust")
    # Where markers come first, these tokens are found among them, which a file with such a Metaspace cannot express.
    content["added_tokens"] = []
    plain = by_values(content, "rust")
    flags = {token["content"]: [flag for flag in ("lstrip", "rstrip") if token.get(flag)]}
    fields = {"added_tokens": {token["content"]: 300}, "late_tokens": [token["content"]], "token_flags": flags}
    with pytest.raises(minitok.errors.VocabularyError, match=reason):
        huggingface.dump(plain.replace(**fields))


def behind_marks(small, pattern, behavior="Isolated", *, invert=False):
    content = huggingface.dump(small.definition) | {"normalizer": MARKS}
    content["decoder"]["decoders"] = content["decoder"]["decoders"][:3]
    content["pre_tokenizer"] = {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}
    return content


@pytest.mark.parametrize(
    "pattern",
    [
        r"[\x00-\x7f]+",
        r"\x20+",
        r"[\u2500-\u25FF]",
        r"[\u2581-\u2583]",
        r"\p{S}",
        r"[^\x20-z]",
        "[^x]|[▁-█]",
        r"\s",
        "[ h]",
    ],
)
def test_a_set_that_tells_a_space_from_a_marker_is_refused(small, pattern):
    with pytest.raises(minitok.errors.FileFormatError, match="distinguishes a space from a marker"):
        by_values(behind_marks(small, {"Regex": pattern}), small.definition.backend)


@pytest.mark.parametrize(
    "pattern", [r"\p{L}+", "[^▁]+", "▁*h", "[hi▁]", r"\p{Han}|[a-z]", r"(?:▁|\u4E2D)\b", "[^x▁]i", r"[^▁\x20]"]
)
def test_a_set_that_tells_none_has_the_ids_of_tokenizers(small, pattern):
    content = behind_marks(small, {"Regex": pattern})
    theirs = Tokenizer.from_str(json.dumps(content))
    for definition in (
        huggingface.parse(content, "it", small.definition.backend),
        by_values(content, small.definition.backend),
    ):
        tok = minitok.Tokenizer(definition)
        for text in ["hi hi", "  hi▁hi中 中i", "xi i hi!", "", "Ahi 1 ."]:
            assert tok.encode(text) == ids_of(theirs, text)


@pytest.mark.parametrize("behavior", ["Isolated", "Removed", "MergedWithNext", "Contiguous"])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("text", [" ", "h"])
def test_what_drops_text_behind_markers_is_refused(small, behavior, invert, text):
    content = behind_marks(small, {"String": text}, behavior, invert=invert)
    if behavior == "Removed" and (invert or text != " "):
        with pytest.raises(minitok.errors.FileFormatError, match="drops text"):
            by_values(content, small.definition.backend)
        return
    theirs = Tokenizer.from_str(json.dumps(content))
    tok = minitok.Tokenizer(by_values(content, small.definition.backend))
    assert tok.encode("hi hi  hi") == ids_of(theirs, "hi hi  hi")


@pytest.mark.parametrize(
    ("step", "refused"),
    [
        ({"type": "Strip", "strip_left": True, "strip_right": False}, True),
        ({"type": "Replace", "pattern": {"String": "x"}, "content": ""}, True),
        ({"type": "Replace", "pattern": {"String": "xy"}, "content": "h"}, True),
        ({"type": "Replace", "pattern": {"String": "xh"}, "content": "hih"}, True),
        ({"type": "Replace", "pattern": {"Regex": "x+"}, "content": "hh"}, True),
        ({"type": "Replace", "pattern": {"String": "x"}, "content": "hih"}, False),
        ({"type": "Replace", "pattern": {"String": "x"}, "content": "h"}, False),
        ({"type": "Lowercase"}, False),
    ],
)
def test_a_space_at_the_first_text_behind_what_can_move_it_is_refused(small, step, refused):
    content = huggingface.dump(small.definition) | {"normalizer": step}
    if refused:
        with pytest.raises(minitok.errors.FileFormatError, match="prepend_scheme first"):
            by_values(content, small.definition.backend)
        return
    theirs = Tokenizer.from_str(json.dumps(content))
    tok = minitok.Tokenizer(by_values(content, small.definition.backend))
    for text in ["xhi hi", "hi", "Xi"]:
        assert tok.encode(text) == ids_of(theirs, text)


def test_a_long_text_in_blocks_is_the_whole(small):
    text = "hi hi>中丮 hi<s>hi▁ hi\n" * (20_000 if small.definition.backend == "rust" else 2_000)
    for allowed in ((), "all"):
        ids = small.encode(text, allowed_special=allowed)
        chunks = [text[at : at + 4097] for at in range(0, len(text), 4097)]
        assert list(small.encode_iterable(chunks, allowed_special=allowed)) == ids


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pre_tokenizer": {"type": "Digits"}}, "minitok has ByteFallback and Fuse, where spaces are no markers"),
        ({"normalizer": {"type": "Sequence", "normalizers": [MARKS, {"type": "NFC"}]}}, "markers must come last"),
        ({"pre_tokenizer": {"type": "Metaspace", "replacement": "_"}}, "the replacement '_'"),
        ({"decoder": {"type": "WordPiece"}}, "the decoder has a step WordPiece"),
        ({"decoder": {"type": "Strip", "content": " ", "start": 2, "stop": 0}}, "Strip drops something other"),
    ],
)
def test_what_minitok_does_not_do_is_refused_by_name(small, change, reason):
    content = huggingface.dump(small.definition) | change
    with pytest.raises(minitok.errors.FileFormatError, match=reason):
        huggingface.parse(content, "it")


def test_a_vocabulary_with_some_bytes_is_refused(small):
    content = huggingface.dump(small.definition)
    del content["model"]["vocab"]["<0x41>"]
    with pytest.raises(minitok.errors.FileFormatError, match="no token '<0x41>'"):
        huggingface.parse(content, "it")
