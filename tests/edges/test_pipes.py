"""A tokenizer out of a pipe: each format is read from one to its end, but for GGUF, which needs a file."""

import os
import threading
from contextlib import suppress
from functools import partial

import minitok
import pytest
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


def loaded_from_pipe(path, pipe, **options):
    """What loading a file gives if its content comes out of a pipe."""

    def write():
        with suppress(BrokenPipeError):
            pipe.write_bytes(path.read_bytes())

    os.mkfifo(pipe)
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    found = outcome(minitok.load, pipe, **options)
    writer.join(30)
    assert not writer.is_alive(), "the pipe was not read to its end"
    return found


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
