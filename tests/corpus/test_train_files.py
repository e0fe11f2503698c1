"""``train_files`` learns what ``train`` learns from the same documents, wherever the chunks of a file end."""

import inspect
import json
import os
import random

import minitok
import pytest
from helpers import BACKENDS, failure_on_both
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SPECIALS, any_bytes

CHUNK = 1 << 20


def same(tok, expected):
    return (tok.merges, tok.special_tokens, tok.definition.trained["stop"]) == (
        expected.merges,
        expected.special_tokens,
        expected.definition.trained["stop"],
    )


def text_of(size, seed=0):
    """Words, digits, contractions, accents and white space, without the separators of these tests."""
    rng = random.Random(seed)
    parts = ["the", " cat", "'s", " 12345", "é", " слово", "\n", "\r\n", "  ", "\t", "!?", " don't", "漢字", " A"]
    out = bytearray()
    while len(out) < size:
        out += rng.choice(parts).encode()
    return bytes(out)


@settings(max_examples=20)
@given(
    st.lists(any_bytes, max_size=5),
    st.sampled_from([None, b"\n", b"--", b"<s>", "é".encode()]),
    st.lists(st.sampled_from(SPECIALS), max_size=2, unique=True),
)
def test_small_files_are_their_documents(tmp_path_factory, parts, separator, special):
    data = (separator or b"").join(parts)
    path = tmp_path_factory.mktemp("corpus") / "a.txt"
    path.write_bytes(data)
    documents = data.split(separator) if separator else [data]
    for backend in BACKENDS:
        options = {"vocab_size": 290, "special_tokens": special, "backend": backend}
        assert same(minitok.train_files(path, separator=separator, **options), minitok.train(documents, **options))


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k"])
@pytest.mark.parametrize("shift", [-7, -1, 0, 1, 5])
def test_nothing_is_lost_at_the_edge_of_a_chunk(tmp_path, pattern, shift):
    middle = b" it's<|endoftext|>word  \n\n 1234567\xc3\xa9\xe2\x82!!\r\nend"
    head = text_of(CHUNK)[: CHUNK - len(middle) // 2 + shift]
    data = head + middle + text_of(5000, seed=1)
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    options = {"vocab_size": 310, "pattern": pattern, "special_tokens": ["<|endoftext|>"], "backend": "rust"}
    assert same(minitok.train_files(path, **options), minitok.train([data], **options))


@pytest.mark.parametrize("separator", [b"<doc>", b"\n\n", b" "])
@pytest.mark.parametrize("shift", [0, 1, 2, 4])
def test_a_separator_across_the_edge_of_a_chunk_separates(tmp_path, separator, shift):
    head = text_of(CHUNK)[: CHUNK - shift].replace(separator, b"x" * len(separator))
    data = head + separator + b"first" * 3 + separator + separator + b" last" * 3
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    options = {"vocab_size": 300, "special_tokens": ["<doc", "oc>"], "backend": "rust"}
    assert same(
        minitok.train_files(path, separator=separator, **options), minitok.train(data.split(separator), **options)
    )


@pytest.mark.parametrize(("shift", "on_python"), [(0, None), (3, b"<s>"), (9, b"\n")])
def test_both_backends_read_a_large_file_alike(tmp_path, shift, on_python):
    data = (b"low lower <s> lowest\n" * 60_000)[: CHUNK + 2000 + shift]
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    for separator in (None, b"<s>", b"\n"):
        toks = [
            minitok.train_files(path, 280, separator=separator, special_tokens=["er <"], backend=backend)
            for backend in (BACKENDS if separator == on_python else ["rust"])
        ]
        assert same(toks[0], toks[-1])
        documents = data.split(separator) if separator else [data]
        assert same(toks[0], minitok.train(documents, 280, special_tokens=["er <"], backend="rust"))


@pytest.mark.parametrize("pattern", ["none", "gpt2", r"[a-z]+|\s"])
def test_one_long_line_without_a_cut_is_read(tmp_path, pattern):
    path = tmp_path / "long.txt"
    data = b"ab-" * (CHUNK // 2)
    path.write_bytes(data)
    options = {"vocab_size": 258, "pattern": pattern, "backend": "rust"}
    assert same(minitok.train_files(path, **options), minitok.train([data], **options))


def test_json_lines_are_documents(tmp_path, backend):
    path = tmp_path / "a.jsonl"
    documents = ["ab ab", "é\u2028\ud83d\ude00", "", "\n<s>"]
    path.write_text("\n\n".join(json.dumps({"text": text, "other": 1}) for text in documents) + "\n")
    options = {"vocab_size": 280, "backend": backend}
    assert same(minitok.train_files(path, **options), minitok.train(documents, **options))
    path.write_bytes(b'{"body": "ab ab ab"}\r\n')
    assert minitok.train_files(path, field="body", **options).merges[0] == (97, 98)


def test_files_are_documents_in_order(tmp_path, backend):
    for name, text in (("b.txt", "xa"), ("a.txt", "bx"), ("c.md", "zz")):
        (tmp_path / name).write_text(text)
    options = {"vocab_size": 300, "pattern": "none", "tie_break": "first_seen", "backend": backend}
    assert same(minitok.train_files(tmp_path / "*.txt", **options), minitok.train(["bx", "xa"], **options))
    assert same(
        minitok.train_files([tmp_path / "c.md", tmp_path / "a.txt"], **options), minitok.train(["zz", "bx"], **options)
    )


def test_a_file_that_vanishes_while_counting_is_the_systems_error(tmp_path):
    def vanish(backend):
        first, second = tmp_path / "1.txt", tmp_path / "2.txt"
        for path in (first, second):
            path.write_text("text")
        return minitok.train_files(
            [first, second], 300, progress=lambda _: second.unlink(missing_ok=True), backend=backend
        )

    failed = failure_on_both(vanish)
    assert failed.kind is FileNotFoundError
    assert str(tmp_path / "2.txt") in failed.message


def test_a_file_that_shrinks_while_it_is_read_is_read_to_its_end(tmp_path, backend):
    path = tmp_path / "a.txt"
    whole = (64 if backend == "rust" else 2) * CHUNK  # Rust reads in larger chunks
    path.write_bytes(b" x" * (whole // 2))
    tok = minitok.train_files(path, 256, progress=lambda _: os.truncate(path, CHUNK), backend=backend)
    assert CHUNK <= tok.definition.trained["bytes"] < whole


def test_progress_ends_at_the_size_of_the_files(tmp_path, backend):
    path = tmp_path / "a.txt"
    size = 1_200_000 if backend == "rust" else 120_000
    path.write_bytes(b"ab " * (size // 3))
    heard = []
    minitok.train_files(path, 258, progress=heard.append, backend=backend)
    counting = [(at.done, at.total) for at in heard if at.phase == "counting"]
    assert counting[-1] == (size, size)


def test_files_take_every_option_of_texts(tmp_path, backend):
    shown, options = (inspect.signature(call).parameters for call in (minitok.train_files, minitok.train))
    assert set(shown) - set(options) == {"paths", "separator", "field"}
    assert {name: each.default for name, each in shown.items() if name in options} == {
        name: each.default for name, each in options.items() if name != "texts"
    }
    (tmp_path / "a.txt").write_text("ab ab|中")
    (tmp_path / "b.jsonl").write_text('{"text": "ab"}\n')
    same = {"vocab_size": 265, "alphabet": "characters", "backend": backend}
    files = [tmp_path / "a.txt", tmp_path / "b.jsonl"]
    assert minitok.train_files(files, separator="|", **same) == minitok.train(["ab ab", "中", "ab"], **same)
    assert minitok.train_files(files[0], **same) == minitok.train(["ab ab|中"], **same)
