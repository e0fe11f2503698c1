"""``minitok train``: texts to a tokenizer."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Optional, cast

import typer

from minitok import Tokenizer, train, train_files
from minitok.corpus.report import TrainingReport
from minitok.reference.pretokenize import DEFAULT_PATTERN
from minitok.reference.published.names import pattern_named

from .console import output, print_json
from .count_pieces import merged
from .inputs import STDIN, check_corpus, check_output
from .options import (
    READING,
    BackendOption,
    FieldOption,
    JsonOption,
    MaxMemoryOption,
    PatternOption,
    QuietOption,
    SeparatorOption,
    ThreadsOption,
)

MERGING = "Merging"
SUPERWORDS = "Superwords"


class TieBreak(str, Enum):
    """Which of equally frequent pairs is merged first."""

    smallest_ids = "smallest_ids"
    first_seen = "first_seen"
    greatest_bytes = "greatest_bytes"


class ByteOrder(str, Enum):
    """Ids 0 to 255."""

    identity = "identity"
    gpt2 = "gpt2"


def command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files or patterns, of text or .jsonl (also .gz or .zst), .parquet or .arrow; or counts, with --counts. - is "
            "standard input.",
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The output file for the tokenizer.")],
    vocab_size: Annotated[
        int,
        typer.Option(
            "--vocab-size", "-n", min=256, help="The number of ids to learn, bytes and special tokens included."
        ),
    ] = 4096,
    pattern: PatternOption = None,
    special: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--special", metavar="NAME", help="A special token; repeatable."),
    ] = None,
    tie_break: Annotated[
        TieBreak, typer.Option(help="Which of equally frequent pairs is merged first.", rich_help_panel=MERGING)
    ] = TieBreak.smallest_ids,
    byte_order: Annotated[
        ByteOrder, typer.Option(help="The order of ids 0 to 255.", rich_help_panel=MERGING)
    ] = ByteOrder.identity,
    min_frequency: Annotated[
        int, typer.Option(min=1, help="The lowest count at which a pair is merged.", rich_help_panel=MERGING)
    ] = 1,
    max_token_length: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="The longest token, in bytes.", show_default=False, rich_help_panel=MERGING),
    ] = None,
    superwords: Annotated[
        int,
        typer.Option(
            min=0, help="How many of the last ids may be tokens of several words.", rich_help_panel=SUPERWORDS
        ),
    ] = 0,
    superword_pattern: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="The pattern that superwords never cross; default: line breaks and numbers.",
            show_default=False,
            rich_help_panel=SUPERWORDS,
        ),
    ] = None,
    max_words: Annotated[
        int, typer.Option(min=1, help="The most words that a superword has.", rich_help_panel=SUPERWORDS)
    ] = 4,
    separator: SeparatorOption = None,
    field: FieldOption = "text",
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="A name for the tokenizer.", show_default=False),
    ] = None,
    threads: ThreadsOption = None,
    max_memory: MaxMemoryOption = None,
    counts: Annotated[
        bool,
        typer.Option(
            "--counts",
            help="The files are counts, as count-pieces writes them: train on their sum.",
            rich_help_panel=READING,
        ),
    ] = False,
    backend: BackendOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Learn a vocabulary from texts, and write it to a file.

    Examples:

      minitok train corpus.txt -n 8192 -o my.json

      minitok train 'corpus/*.txt' docs.jsonl --special "<|endoftext|>" -o my.json

      minitok train 'shards/*.jsonl.gz' --field content -o my.json

      minitok train 'corpus/*.txt' -n 65536 --superwords 32768 -o my.json

      minitok train --counts part-1.counts part-2.counts -n 32000 -o my.json

      curl -s https://example.org/corpus.txt | minitok train - -o my.json
    """
    options: dict[str, Any] = {
        "special_tokens": special or [],
        "tie_break": tie_break.value,
        "byte_order": byte_order.value,
        "min_frequency": min_frequency,
        "max_token_length": max_token_length,
        "superwords": superwords,
        "superword_pattern": superword_pattern,
        "max_words": max_words,
        "backend": backend.value if backend else None,
        "threads": threads,
        "max_memory": max_memory and max_memory << 20,
        "name": name,
        "progress": not quiet and sys.stderr.isatty(),
    }
    check_output(out, files)
    if counts:
        tok = from_counts(files, vocab_size, pattern, options)
    elif files == [STDIN]:
        options["pattern"] = pattern
        text = sys.stdin.buffer.read()
        documents = text.split(separator.encode()) if separator else [text]
        tok = train(documents, vocab_size, **options)
    elif STDIN in files:
        raise typer.BadParameter("standard input (-) cannot be mixed with files")
    else:
        check_corpus(files)
        options["pattern"] = DEFAULT_PATTERN if pattern is None else pattern
        tok = train_files(files, vocab_size, separator=separator, field=field, **options)
    tok.save(out)
    tell(tok, out, wanted=vocab_size, json=json)


def from_counts(files: list[str], vocab_size: int, pattern: str | None, options: dict[str, Any]) -> Tokenizer:
    """Trains on the sum of counts, which have their pattern and special tokens."""
    counts = merged(files, options.pop("backend"))
    special = options.pop("special_tokens")
    if (pattern is not None and pattern_named(pattern) != counts.pattern) or (
        special and special != counts.special_tokens
    ):
        raise typer.BadParameter(
            f"the counts are of the pattern {counts.pattern!r} and the special tokens {counts.special_tokens}; leave "
            "--pattern and --special out"
        )
    for name in ("threads", "max_memory"):
        options.pop(name)
    return train(counts, vocab_size, **options)


def tell(tok: Tokenizer, out: Path, *, wanted: int, json: bool) -> None:
    """What was learnt, and where it is."""
    report = cast("TrainingReport", tok.report)  # what has just been trained has one
    if json:
        print_json(
            {"file": str(out), "n_vocab": tok.n_vocab, **(tok.definition.trained or {}), "seconds": report.seconds}, out
        )
        return
    learnt = f"{tok.n_vocab:,} ids ({report.merges:,} merges) from {report.bytes:,} bytes"
    output(out).print(f"{learnt} in {report.seconds:.2f} s: {out}", soft_wrap=True, markup=False)
    if out.name == "tokenizer.json" or out.suffix in (".tiktoken", ".model"):
        output(out).print(
            "This is minitok's own format; 'minitok convert' writes the one of this name.", soft_wrap=True
        )
    if tok.n_vocab < wanted:
        output(out).print(f"No pair was left to merge before {wanted:,} ids.", soft_wrap=True)
