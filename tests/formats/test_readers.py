"""What a file holds does not depend on who reads it, and a damaged one is read or refused."""

import base64
import importlib.util
import json
import struct
import warnings
from functools import cache
from pathlib import Path

import minitok
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from minitok.errors import MinitokError
from minitok.formats import native
from minitok.formats.byte_level import to_chars
from minitok.formats.detect import read_plainly
from minitok.formats.extension import read_by_extension

BYTES = [bytes([byte]) for byte in range(256)]
WORDS = st.lists(
    st.binary(min_size=2, max_size=4) | st.text("ab中", min_size=2, max_size=5).map(str.encode), unique=True
)


def outcome(make):
    """A definition without its vocabulary's object, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = make()
    except (MinitokError, TypeError) as error:
        # With junk before it, a file of ranks may look like a model, which says its pattern itself.
        assert isinstance(error, MinitokError) or str(error).endswith("omit both arguments")
        return type(error), str(error)
    return made and made.content()


def loaded(data, **given):
    """What a file holds, or why it is refused."""
    return outcome(lambda: read_by_extension("it", data=data, **given))


def read_or_refused(read):
    """What is read is the same to the reference, as a file of minitok's own; else it is refused."""
    once = cache(read)
    found = outcome(once)
    if not isinstance(found[0], type):
        assert outcome(lambda: read_plainly(native.dump(once()).encode(), "it", None, None)) == found


def same_in_reference(data, **given):
    """A file of a format that the reference reads is the same to it, or refused there, too."""
    ours, theirs = loaded(data, **given), outcome(lambda: read_plainly(data, "it", given.get("pattern"), None))
    if theirs is not None:  # It may no longer look like such a file.
        assert ours[0] is theirs[0] if isinstance(ours[0], type) else ours == theirs


def damaged(draw, data):
    """The data as it is, or with a few bytes of it changed, lost or put in."""
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        junk = draw(st.sampled_from([b"", b" ", b"\n", b"\r", b"=", b"0", b"-", b"\xff", b'"', b",", b"{", b"\\u00e9"]))
        data = data[:at] + junk + data[at + draw(st.integers(0, 3)) :]
    return data


@st.composite
def rank_files(draw):
    tokens = draw(st.permutations(BYTES))[: draw(st.sampled_from([256, 256, 256, 255]))] + draw(WORDS)
    ids = draw(st.sampled_from([list(range(len(tokens))), list(range(7, 7 + 3 * len(tokens), 3))]))
    lines = [base64.b64encode(token) + b" %d" % rank for token, rank in zip(tokens, ids, strict=True)]
    return damaged(draw, draw(st.sampled_from([b"\n", b"\r\n"])).join(lines) + draw(st.sampled_from([b"", b"\n"])))


@given(rank_files())
@example(b"\nA\n" + b"A" * 63 + b"== 0\n")
def test_rank_files(data):
    same_in_reference(data, pattern="gpt2")


@st.composite
def tokenizer_json(draw):
    """A file of bytes or of characters, with either notation of merges, and added tokens that may be among the tokens."""
    in_characters = draw(st.booleans())
    names = [f"<0x{byte:02X}>" for byte in range(256)] if in_characters else list(map(to_chars, BYTES))
    first = ["a", "b", "▁", "中"] if in_characters else names
    vocab = {name: i for i, name in enumerate(dict.fromkeys([*names, *first]))}
    tokens, merges = list(first[:4] if in_characters else map(to_chars, [b"a", b"b", b" ", b"\xe4"])), []
    for left, right in draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=12)):
        pair = tokens[left % len(tokens)], tokens[right % len(tokens)]
        merges.append(list(pair) if draw(st.booleans()) else " ".join(pair))
        tokens.append("".join(pair))
        vocab.setdefault("".join(pair), len(vocab) + draw(st.sampled_from([0, 0, 0, 1000])))
    name = draw(st.sampled_from(["<s>", "ab", "<0x05>"]))
    added = [{"id": draw(st.sampled_from([vocab.get(name, len(vocab)), 5])), "content": name}]
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": draw(st.booleans())}
    content = {
        "added_tokens": draw(st.sampled_from([[], added])),
        "pre_tokenizer": space if in_characters else level,
        "model": {
            "type": "BPE",
            "byte_fallback": in_characters,
            "ignore_merges": not in_characters and draw(st.booleans()),
            "vocab": vocab,
            "merges": merges,
        },
    }
    data = json.dumps(content, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))).encode()
    return damaged(draw, data)


@st.composite
def tekken_files(draw):
    """A small ``tekken.json``."""
    words = [*BYTES, *draw(WORDS)]
    rows = [{"rank": i, "token_bytes": base64.b64encode(word).decode()} for i, word in enumerate(words)]
    shown = draw(st.sampled_from([{}, {"token_str": None}, {"token_str": "é"}]))
    config = {
        "pattern": "[ab]+|[^ab]",
        "default_vocab_size": draw(st.sampled_from([259, 266, 280])),
        "default_num_special_tokens": 3,
    }
    content = {"config": config, "vocab": [row | shown for row in rows]}
    return damaged(draw, json.dumps(content, indent=draw(st.sampled_from([None, 1]))).encode())


def message(number, wire, value):
    """A field of a protocol buffer."""
    length = bytes([len(value) % 128 | 128, len(value) // 128]) if wire == 2 else b""
    return bytes([number << 3 | wire]) + length + value


@st.composite
def models(draw):
    """A small ``.model``."""
    kinds = [("<unk>", 2), *((f"<0x{byte:02X}>", 6) for byte in range(256)), ("<x>", draw(st.sampled_from([3, 4, 5])))]
    words = draw(st.lists(st.text("ab▁中", min_size=2, max_size=4), unique=True))
    kinds += [(text, 1) for text in [*draw(st.sampled_from(["ab▁中", "ab▁"])), *words]]
    pieces = b""
    for index, (text, kind) in enumerate(kinds):
        score = struct.pack("<f", -draw(st.sampled_from([index, index, index, 7])))
        fields = message(1, 2, text.encode()) + message(2, 5, score) + message(3, 0, bytes([kind]))
        pieces += message(1, 2, fields)
    trainer = message(3, 0, b"\2") + b"\x98\2\1" + message(4, 0, b"\xff" * 9 + b"\1")
    normalizer = message(4, 0, b"\0") + draw(st.sampled_from([b"", message(3, 0, b"\0")]))
    return damaged(draw, pieces + message(2, 2, trainer) + message(3, 2, normalizer))


@pytest.mark.parametrize("files", [tokenizer_json, tekken_files, models], ids=lambda files: files.__name__)
@given(st.data())
def test_files_of_others(files, data):
    read_or_refused(lambda: read_by_extension("it", data=data.draw(files())))


TOKS = [
    minitok.Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}),
    minitok.Tokenizer.from_ranks({token: i for i, token in enumerate([*BYTES, b"bc", b"abcd", b"ab"])}, pattern="gpt2"),
    minitok.train(["a cat sat on a mat. été"] * 9, 290, special_tokens=["<|end|>"]),
]


@given(st.data())
def test_native_files(data):
    tok = data.draw(st.sampled_from(TOKS))
    same_in_reference(damaged(data.draw, native.dump(tok.definition).encode()))


@given(st.data())
def test_files_of_minbpe(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("files") / "minbpe.model"
    TOKS[data.draw(st.sampled_from([0, 2]))].save(path, format="minbpe")
    path.write_bytes(damaged(data.draw, path.read_bytes()))
    read_or_refused(lambda: read_by_extension(path))


@given(st.data())
def test_files_of_gpt2(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("files")
    TOKS[data.draw(st.sampled_from([0, 2]))].save(folder, format="gpt2")
    for file in (folder / "vocab.json", folder / "merges.txt"):
        file.write_bytes(damaged(data.draw, file.read_bytes()))
    special = data.draw(st.sampled_from([None, {}, {"<s>": 258}, {"ab": 256}]))
    read_or_refused(lambda: read_by_extension(folder, special_tokens=special))


def backwards(value):
    """The same, with the fields of each object in the opposite order."""
    if isinstance(value, dict):
        return {name: backwards(field) for name, field in reversed(value.items())}
    return list(map(backwards, value)) if isinstance(value, list) else value


TEKKEN = {
    "config": {"pattern": "[ab]+|[^ab]", "default_vocab_size": 261, "default_num_special_tokens": 3},
    "vocab": [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate([*BYTES, b"ab", b"abc"])
    ],
}


def test_fields_stand_in_any_order(tmp_path):
    """Merges may come before the tokens that they are of, and what tells the format last."""
    files = [native.dump(tok.definition) for tok in TOKS] + [json.dumps(TEKKEN)]
    for tok in TOKS:
        tok.save(tmp_path / "it", format="huggingface")
        files.append((tmp_path / "it").read_text())
    for file in files:
        read = loaded(file.encode())
        assert not isinstance(read[0], type)
        assert loaded(json.dumps(backwards(json.loads(file))).encode()) == read


@pytest.mark.parametrize(
    ("file", "row", "odd"),
    [
        (native.dump(TOKS[0].definition), "[256, 99]", "[256.0, 99]"),
        (native.dump(TOKS[1].definition), '[0, "AA=="]', '[-0, "AA\\u003d="]'),
        (json.dumps(TEKKEN), '"token_bytes": "/w=="', '"token_bytes": "\\/w\\u003d=", "more": [{"rank": 7}]'),
    ],
)
def test_a_row_of_a_table_that_no_program_writes_is_read_as_a_value(file, row, odd):
    assert row in file
    read = loaded(file.replace(row, odd).encode())
    if ".0" in odd:
        assert "merge 1 holds something other than a whole number from 0 to 2147483647: 256.0" in read[1]
    else:
        assert read == loaded(file.encode())


def test_numbers_are_kept_or_refused(tmp_path):
    tok = minitok.train(["ab ab"], 257)
    held = {"seed": 2**64 - 1, "more": -(2**65), "part": 1e300}
    native.save(tok.definition.replace(trained=held), tmp_path / "it.json")
    assert minitok.load(tmp_path / "it.json").definition.trained == held
    (tmp_path / "it.json").write_text((tmp_path / "it.json").read_text().replace("1e+300", "1e999"))
    with pytest.raises(MinitokError, match="'trained' holds a number that is too large"):
        minitok.load(tmp_path / "it.json")


@pytest.mark.parametrize("merges", ["97 98\r\r\n\r\r\n256 97", "97 98\n\n\n256 97\n"])
def test_lines_of_minbpe_that_hold_nothing(merges):
    assert read_by_extension("it", data=f"minbpe v1\n\n0\n{merges}".encode()).merges == [(97, 98), (256, 97)]


def test_files_of_programs(tmp_path):
    """So that the tests above compare files that are read, too."""
    for tok in (*TOKS, minitok.get_encoding("r50k_base")):
        assert loaded(native.dump(tok.definition).encode()) == outcome(lambda tok=tok: tok.definition)
        for format in ("huggingface", "minbpe", "tiktoken"):  # noqa: A001 - its name
            if (tok, format) in ((TOKS[1], "minbpe"), (TOKS[0], "tiktoken"), (TOKS[2], "tiktoken")) or (
                tok.definition.name and format == "minbpe"
            ):
                continue
            tok.save(tmp_path / "it", format=format)
            pattern = tok.pattern if format == "tiktoken" else None
            assert loaded((tmp_path / "it").read_bytes(), pattern=pattern)[0] == tok.definition.vocab.tokens
    folder = Path(importlib.util.find_spec("mistral_common").origin).parent / "data"
    for name in ("mistral_instruct_tokenizer_240323.model.v3", "tekken_240718.json"):
        assert not isinstance(loaded((folder / name).read_bytes())[0], type)


@pytest.mark.parametrize(
    "words", [[b"bc", b"abcd"], [b"abc", b"bc"], ["中国".encode(), "a中国".encode(), "国中".encode()]]
)
def test_every_split_is_there_when_asked_for(words):
    """Where a token is not made by one merge of lower ranks, the extension merges by fewer pairs than the vocabulary shows."""
    ranks = {token: rank for rank, token in enumerate([*BYTES, *words])}
    toks = [minitok.Tokenizer.from_ranks(ranks, pattern="none", backend=backend) for backend in ("rust", "python")]
    for text in (*words, b"abcde", b"abcbcd", "中国中国a中国中".encode()):
        assert toks[0].encode(text) == toks[1].encode(text)
    assert toks[0].definition.content() == toks[1].definition.content()
    with pytest.raises(MinitokError):
        minitok.Tokenizer.from_ranks(ranks | {b"c" * 9: 98}, pattern="none")
