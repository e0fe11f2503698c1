"""Tokenizers and corpora out of a pipe: each is read to its end, but for GGUF, Parquet and Arrow, which need a file."""

import gzip
import json
import os
import threading
from contextlib import suppress
from functools import partial

import minitok
import pytest
from backports import zstd
from commands import run
from helpers import Failure, outcome
from hostile_files import BYTES, byte_vocab, gguf_file, huggingface_file, sentencepiece_file, tekken_file, tiktoken_file

WORDS = [*BYTES, b"ab", b" a"]
TOK = minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 257})
FILES = {
    "native": TOK.save,
    "tokenizer.json": lambda path: huggingface_file(path, byte_vocab() | {"ab": 256}, ["a b"]),
    "tekken.json": lambda path: tekken_file(path, WORDS),
    "minbpe": partial(TOK.save, format="minbpe"),
    "tiktoken": lambda path: tiktoken_file(path, WORDS),
    "SentencePiece": lambda path: sentencepiece_file(path, [b"a", b"b", b"ab"]),
    "nothing": lambda path: path.write_bytes(b""),
    "two bytes": lambda path: path.write_bytes(b"GG"),
    "no minbpe": lambda path: path.write_bytes(b"minbpe v1\n\n0\n97 98\n97\n"),
}


def from_pipe(call, content, pipe):
    """What a call gives if a pipe with that content is there."""

    def write():
        with suppress(BrokenPipeError):
            pipe.write_bytes(content)

    os.mkfifo(pipe)
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    found = outcome(call, pipe)
    writer.join()  # for ever, if the pipe is not read to its end
    return found


def loaded_from_pipe(path, pipe, **options):
    return from_pipe(partial(minitok.load, **options), path.read_bytes(), pipe)


@pytest.mark.parametrize("kind", FILES)
def test_what_comes_out_of_a_pipe_is_what_a_file_holds(tmp_path, backend, kind):
    path, pipe = tmp_path / "file", tmp_path / "pipe"
    FILES[kind](path)
    options = {"backend": backend, **({"pattern": "gpt2"} if kind == "tiktoken" else {})}
    expected = outcome(minitok.load, path, **options)
    if isinstance(expected, Failure):
        expected = Failure(expected.kind, expected.message.replace(str(path), str(pipe)))
    found = loaded_from_pipe(path, pipe, **options)
    assert found == expected
    assert isinstance(found, Failure) == (kind in ("nothing", "two bytes", "no minbpe"))


def test_gguf_is_not_read_from_a_pipe(tmp_path, backend):
    path, pipe = tmp_path / "file", tmp_path / "pipe"
    gguf_file(path, [*BYTES, b"ab"], b"x" * 100_000)
    reason = "GGUF is read in parts, which a pipe or a device does not allow: name a regular file"
    found = loaded_from_pipe(path, pipe, backend=backend)
    assert found == Failure(minitok.errors.FileFormatError, f"{pipe}: {reason}")


LINES = "".join(json.dumps({"text": text}) + "\n" for text in ("ab a", "", "a ab" * 50)).encode()
CORPORA = {
    "it": b"ab a\nab",
    "it.jsonl": LINES,
    "it.gz": gzip.compress(b"ab a\nab"),
    "it.jsonl.zst": zstd.compress(LINES),
    "damaged.jsonl": LINES + b"[",
    "damaged.gz": gzip.compress(b"ab a\nab")[:-9],
    "empty.gz": b"",
}
CALLS = {
    "train": lambda path, backend: minitok.train_files(path, 258, threads=1, backend=backend).merges,
    "pack": lambda path, backend: minitok.open_packed(
        TOK.replace(backend=backend).encode_files(path, path.with_name("out.bin"), threads=1).ids
    )[:],
    "count": lambda path, backend: run("count", "-e", "gpt2", "--json", "--backend", backend, path).output,
}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("call", CALLS)
def test_a_corpus_out_of_a_pipe_is_what_a_file_holds(tmp_path, backend, name, call):
    read = partial(CALLS[call], backend=backend)
    (tmp_path / "pipes").mkdir()
    (tmp_path / name).write_bytes(CORPORA[name])
    expected = outcome(read, tmp_path / name)
    found = from_pipe(read, CORPORA[name], tmp_path / "pipes" / name)
    assert shown(found) == shown(expected).replace(f"{tmp_path}{os.sep}", f"{tmp_path / 'pipes'}{os.sep}")
    if name.startswith("it"):
        assert not isinstance(found, Failure)
        assert call != "count" or json.loads(found)["total"]["tokens"] > 3
    else:
        assert name in shown(found)


def shown(found):
    return found.message if isinstance(found, Failure) else str(found)


@pytest.mark.parametrize(("name", "kind"), [("it.parquet", "Parquet"), ("it.arrow", "Arrow")])
@pytest.mark.parametrize("call", ["train", "pack"])
def test_columns_are_not_read_from_a_pipe(tmp_path, backend, name, kind, call):
    os.mkfifo(tmp_path / name)
    reason = f"{kind} is read in parts, which a pipe or a device does not allow: name a regular file"
    found = outcome(CALLS[call], tmp_path / name, backend)
    assert found == Failure(minitok.errors.FileFormatError, f"{tmp_path / name}: {reason}")
