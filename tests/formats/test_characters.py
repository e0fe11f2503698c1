"""BPE of characters with byte fallback from ``tokenizer.json``: the ids of ``tokenizers``, whatever the file's options."""

import json
import pickle

import minitok
import pytest
from helpers import by_values
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.formats import huggingface
from tokenizers import Tokenizer

CHARS = ["▁", "a", "b", ">", "é", "中", "\n"]
TEXTS = st.lists(st.sampled_from([*CHARS, " ", "  ", "x", "丮", "😀", "<0x41>", "<s>", "</s>", "<u>", "\t"])).map(
    "".join
)
SPACES = {
    "prepend": {"normalizers": ["prepend", "replace"], "cutter": None},
    "replace": {"normalizers": ["replace"], "cutter": {"type": "Split", "pattern": {"String": " "}}},
    **{
        f"{scheme} {split}": {"normalizers": [], "cutter": {"prepend_scheme": scheme, "split": split}}
        for scheme in ("first", "always", "never")
        for split in (False, True)
    },
}
MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
STEPS = {
    "prepend": {"type": "Prepend", "prepend": "▁"},
    "replace": MARKS,
}


@st.composite
def files(draw):
    """A file of that kind: some characters, merges of what is there, and added tokens with any flags."""
    vocab = {token: i for i, token in enumerate(["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))])}
    tokens = [*draw(st.lists(st.sampled_from(CHARS), unique=True, min_size=2)), "▁"]
    tokens = list(dict.fromkeys(tokens))
    merges = []
    for left, right in draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=25)):
        pair = tokens[left % len(tokens)], tokens[right % len(tokens)]
        if list(pair) not in merges and len("".join(pair)) < 9:
            merges.append(list(pair))
            tokens += [] if "".join(pair) in tokens else ["".join(pair)]
    vocab |= {token: 259 + i for i, token in enumerate(tokens)}
    spaces = SPACES[draw(st.sampled_from(sorted(SPACES)))]
    normalizers = [STEPS[name] for name in spaces["normalizers"]]
    cutter = spaces["cutter"] and {"type": "Metaspace", "replacement": "▁"} | spaces["cutter"]
    if cutter and cutter["type"] == "Split":
        cutter = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    drops = spaces["normalizers"] == ["prepend", "replace"] or (cutter or {}).get("prepend_scheme") in (
        "first",
        "always",
    )
    strip = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if drops else []
    flag = st.booleans()
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": i, "content": content, "special": special}
            | {"single_word": draw(flag), "lstrip": draw(flag), "rstrip": draw(flag), "normalized": False}
            for content, i, special in [("<s>", 1, True), ("</s>", 2, True), ("<u>", 259 + len(tokens), False)]
        ],
        "normalizer": {"type": "Sequence", "normalizers": normalizers} if normalizers else None,
        "pre_tokenizer": cutter,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                *strip,
            ],
        },
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": merges,
        },
    }


def ids_of(theirs, text):
    return theirs.encode(text, add_special_tokens=False).ids


@settings(deadline=None)
@given(files(), st.lists(TEXTS, min_size=1, max_size=12))
def test_ids_are_those_of_tokenizers(content, texts):
    theirs = Tokenizer.from_str(json.dumps(content))
    for backend in ("rust", "python"):
        tok = minitok.Tokenizer(huggingface.parse(content, "it", backend=backend))
        found = tok.encode_batch(texts, allowed_special="all")
        assert found == [ids_of(theirs, text) for text in texts]
        assert [tok.encode(text, allowed_special="all") for text in texts] == found
        assert [tok.encode_to_numpy(text, allowed_special="all").tolist() for text in texts] == found
        assert tok.count_batch(texts, allowed_special="all") == list(map(len, found))
        for text, ids in zip(texts, found, strict=True):
            assert list(tok.encode_iterable([text[:3], text[3:]], allowed_special="all")) == ids
            if "�" not in tok.decode(ids):
                assert tok.decode(ids) == theirs.decode(ids, skip_special_tokens=False)
            stream = tok.stream_decoder()
            assert "".join([*map(stream.push, ids), stream.finish()]) == tok.decode(ids)


@settings(deadline=None, max_examples=50)
@given(files(), st.lists(TEXTS, min_size=1, max_size=8))
def test_what_is_written_has_the_same_ids(content, texts):
    tok = minitok.Tokenizer(huggingface.parse(content, "it"))
    written = huggingface.dump(tok.definition)
    theirs = Tokenizer.from_str(json.dumps(written))
    again = minitok.Tokenizer(huggingface.parse(written, "it"))
    assert again == tok
    assert pickle.loads(pickle.dumps(tok)) == tok
    assert tok.replace(backend="python") == tok
    for text in texts:
        assert tok.encode(text, allowed_special="all") == ids_of(theirs, text)


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
    content["normalizer"] = {"type": "Sequence", "normalizers": [STEPS[name] for name in SPACES[spaces]["normalizers"]]}
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


@pytest.mark.parametrize("backend", ["rust", "python"])
@pytest.mark.parametrize("flag", ["lstrip", "rstrip"])
@pytest.mark.parametrize("spaces", ["replace", "prepend", "always False"])
def test_markers_are_no_white_space_for_normalized_tokens(small, spaces, flag, backend):
    content = huggingface.dump(small.definition)
    normalizers, cutter = SPACES[spaces]["normalizers"], SPACES[spaces]["cutter"]
    content["normalizer"] = {"type": "Sequence", "normalizers": [STEPS[name] for name in normalizers]}
    is_metaspace = "prepend_scheme" in (cutter or {})
    content["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁"} | cutter if is_metaspace else None
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": True, flag: True}
    content["added_tokens"] = [{"id": 262, "content": "<s>"} | flags]
    theirs = Tokenizer.from_str(json.dumps(content))
    tok = minitok.Tokenizer(by_values(content, backend))
    for text in ["hi  <s>  hi", "hi \n<s>\n hi", "hi\n\t<s>\n\n hi", "<s> ", "hi▁<s>▁hi", "hi\u3000<s>\u3000"]:
        assert tok.encode(text, allowed_special="all") == ids_of(theirs, text)
        assert tok.encode_segments([(text, True)]) == ids_of(theirs, text)


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
        ({"type": "Replace", "pattern": {"Regex": "x+"}, "content": "hh"}, True),
        ({"type": "Replace", "pattern": {"String": "x"}, "content": "h"}, False),
        ({"type": "Lowercase"}, False),
    ],
)
def test_a_space_at_the_first_text_behind_what_can_remove_it_is_refused(small, step, refused):
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
        (
            {
                "normalizer": MARKS,
                "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\s"}, "behavior": "Isolated"},
            },
            "distinguishes a space from a marker",
        ),
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
