"""The libraries that train, each set to learn what minitok learns.

All read one text file, learn with GPT-2's split and no special tokens, and are asked for the same number of merges. They
differ in what minitok can be told: which of two equally frequent pairs is merged first (``tie_break``), and which byte
each of the first 256 ids stands for (``byte_order``), which decides ties by ids. ``same_as`` names minitok's options.

tokenizers and gigabpe take each line of a file, with its end, for a text of its own, so no piece reaches across a line's end;
their merges are compared with those of minitok when it is given the lines (``documents``), and minitok is timed on the same
file as a whole.

gigabpe counts in its vocabulary only the bytes that occur, so it is asked for as many ids fewer. bpeasy and rustbpe return
tokens in order instead of merges; tokens are compared there.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
UNBOUNDED = 1 << 20  # bytes of a token, for a library that wants a bound

# Token by token, what was learnt: the bytes of each new one, left and right part apart where the library tells them.
Learnt = list[tuple[bytes, ...]]
# Training ends where the library has what it gives its user; turning that into `Learnt` is not timed.
Trained = Callable[[], Learnt]
Options = Mapping[str, str]


@dataclass(frozen=True)
class Trainer:
    """``train(file, vocab_size, threads)`` of a library, with minitok's options that mean the same, and what differs.

    ``module`` is what is imported before the clock starts.
    """

    name: str
    module: str
    train: Callable[[Path, int, int], Trained]
    same_as: Options = field(default_factory=dict)
    unequal: str = ""


def unicode_to_bytes() -> dict[str, int]:
    """GPT-2's characters for bytes."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + index): byte for index, byte in enumerate(hidden)}


def plain(pairs: list[tuple[str, str]]) -> Learnt:
    table = unicode_to_bytes()
    return [tuple(bytes(table[char] for char in half) for half in pair) for pair in pairs]


def train_minitok(file: Path, vocab_size: int, threads: int, **options: str) -> Trained:
    import minitok

    options = {"pattern": "gpt2", **options}  # that of the others
    if options.pop("documents", "file") == "lines":
        with file.open("rb") as lines:
            tok = minitok.train(lines, vocab_size, threads=threads, **options)  # type: ignore[arg-type]
    else:
        tok = minitok.train_files([file], vocab_size, threads=threads, **options)  # type: ignore[arg-type]

    def learnt() -> Learnt:
        tokens = tok.definition.vocabulary()[0]
        return [(tokens[left], tokens[right]) for left, right in tok.merges]

    return learnt


def train_gigabpe(file: Path, vocab_size: int, threads: int) -> Trained:
    import gigabpe

    seen = set()
    with file.open("rb") as chunks:
        while chunk := chunks.read(1 << 20):
            seen |= set(chunk)
    _, merges = gigabpe.train_bpe([str(file)], vocab_size - 256 + len(seen), pretokenizer="bytelevel", threads=threads)
    return lambda: plain(merges)


def train_gigatoken(file: Path, vocab_size: int, threads: int) -> Trained:
    import gigatoken

    del threads  # by the environment
    _, merges = gigatoken.train_bpe(str(file), vocab_size, [], tie_breaking="raw_token_ids")
    return lambda: [(bytes(left), bytes(right)) for left, right in merges]


def train_rustbpe(file: Path, vocab_size: int, threads: int) -> Trained:
    import rustbpe

    del threads  # by the environment
    tok = rustbpe.Tokenizer()
    tok.train_from_iterator([file.read_text(encoding="utf-8")], vocab_size, pattern=GPT2)
    return lambda: [(bytes(token),) for token, _ in tok.get_mergeable_ranks()[256:]]


def train_bpeasy(file: Path, vocab_size: int, threads: int) -> Trained:
    import bpeasy

    del threads  # by the environment
    vocab = bpeasy.train_bpe(iter([file.read_text(encoding="utf-8")]), GPT2, UNBOUNDED, vocab_size)
    return lambda: [(bytes(token),) for token in sorted(vocab, key=vocab.__getitem__)[256:]]


def train_minibperust(file: Path, vocab_size: int, threads: int) -> Trained:
    import MiniBpeRust

    del threads  # by the environment
    tok = MiniBpeRust.FastRegexTokenizer(GPT2)
    tok.train_files([file], vocab_size)
    return lambda: [(tok.vocab[left], tok.vocab[right]) for left, right in tok.merges]


def train_tokenizers(file: Path, vocab_size: int, threads: int) -> Trained:
    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    del threads  # by the environment
    tok = tokenizers.Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tok.train([str(file)], trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False))
    return lambda: plain([tuple(pair) for pair in json.loads(tok.to_str())["model"]["merges"]])


def quiet(trainer: Trainer, file: Path, vocab_size: int, threads: int) -> Trained:
    """Train without what some libraries print."""
    with contextlib.redirect_stdout(io.StringIO()):
        return trainer.train(file, vocab_size, threads)


HUGGING_FACE = {"byte_order": "gpt2", "documents": "lines"}
LINES = "each line is a text of its own"
READ = "the file is read into a str first, as the library takes texts"

TRAINERS = {
    trainer.name: trainer
    for trainer in (
        Trainer("minitok", "minitok", train_minitok),
        Trainer("gigabpe", "gigabpe", train_gigabpe, HUGGING_FACE, LINES),
        Trainer("rustbpe", "rustbpe", train_rustbpe, {}, READ),
        Trainer("gigatoken", "gigatoken", train_gigatoken),
        Trainer("minibperust", "MiniBpeRust", train_minibperust, {"tie_break": "first_seen"}),
        Trainer("bpeasy", "bpeasy", train_bpeasy, {}, READ),
        Trainer("tokenizers", "tokenizers", train_tokenizers, HUGGING_FACE, LINES),
    )
}
