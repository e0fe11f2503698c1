"""``minitok train``: texts to a tokenizer; or to counts, which is what training needs of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from minitok import PieceCounts, Tokenizer, count_pieces_in_files, train, train_files
from minitok.corpus.files import expand
from minitok.parity import train_parity
from minitok.reference.pretokenize import DEFAULT_PATTERN, NAMED
from minitok.reference.published.families import FAMILIES
from minitok.reference.published.names import pattern_named

from . import options as shared
from .console import print_json, say
from .help import Command, argument, declared, option
from .inputs import STDIN, check_corpus, check_output, standard_input

if TYPE_CHECKING:
    from minitok.backend import BackendName
    from minitok.corpus.report import TrainingReport

MERGING = "Merging"
SUPERWORDS = "Superwords"
COUNTS = "Counts of several machines"
# What decides merges otherwise than parity does, and what is no training.
BESIDE_PARITY = {"tie_break", "superwords", "superword_pattern", "max_words", "count_only", "from_counts"}
# Options of reading a corpus, and with them those of counting it.
OF_READING = {"separator", "field", "threads", "max_memory"}
OF_COUNTING = {
    "files",
    "out",
    "pattern",
    "special",
    "from_counts",
    "count_only",
    "backend",
    "quiet",
    "json",
    *OF_READING,
}


@click.command(cls=Command)
@declared
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    files: tuple[str, ...] = argument(
        "Files or patterns, of text or .jsonl (also .gz or .zst), .parquet or .arrow; or counts, with --counts. - is "
        "standard input.",
        "FILE...",
        required=True,
    ),
    out: Path = option(
        "The output file for the tokenizer, or with --count-only for the counts.", "--output", "-o", required=True
    ),
    vocab_size: int = option(
        "The number of ids to learn, bytes and special tokens included.", "-n", least=256, default=4096
    ),
    pattern: str | None = option(
        f"The split pattern: {', '.join([*NAMED, *FAMILIES])}, none, the name of an encoding or of an OpenAI model, or a "
        "regular expression.",
        metavar="NAME|REGEX",
        show_default=DEFAULT_PATTERN,
    ),
    special: tuple[str, ...] = option("A special token; repeatable.", metavar="NAME"),
    tie_break: Literal["smallest_ids", "first_seen", "greatest_bytes"] = option(
        "Which of equally frequent pairs is merged first.", default="smallest_ids", panel=MERGING
    ),
    byte_order: Literal["identity", "gpt2"] = option("The order of ids 0 to 255.", default="identity", panel=MERGING),
    min_frequency: int = option("The lowest count at which a pair is merged.", default=1, panel=MERGING),
    max_token_length: int | None = option("The longest token, in bytes.", panel=MERGING),
    superwords: int = option(
        "How many of the last ids may be tokens of several words.", least=0, default=0, panel=SUPERWORDS
    ),
    superword_pattern: str | None = option(
        "The pattern that superwords never cross; default: line breaks and numbers.", metavar="REGEX", panel=SUPERWORDS
    ),
    max_words: int = option("The most words that a superword has.", default=4, panel=SUPERWORDS),
    parity: Path | None = option(
        "Be fair to several languages. Files are named by language (Hindi.txt); DIR has one each, all with the same "
        "content.",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        panel=MERGING,
    ),
    name: str | None = option("A name for the tokenizer.", metavar="NAME"),
    separator: str | None = option("The text that separates documents in a file.", panel=shared.READING),
    field: shared.FieldOption,
    threads: shared.ThreadsOption,
    max_memory: int | None = option("The memory limit for counting, in MiB.", least=16, metavar="MB"),
    count_only: bool = option(
        "Write the counts of the corpus, or with --counts their sum, for a training later.", panel=COUNTS
    ),
    from_counts: bool = option("The files are counts, from --count-only: use their sum.", "--counts", panel=COUNTS),
    backend: shared.BackendOption,
    quiet: shared.QuietOption,
    json: shared.JsonOption,
) -> None:
    """Learn a vocabulary from texts, and write it to a file.

    Counts of the parts of a corpus, made on different machines, add up to those of the whole, and training on them gives
    exactly the same tokenizer.

    \b
    Examples:
      minitok train corpus.txt -n 8192 -o my.json
      minitok train 'corpus/*.txt' docs.jsonl --special "<|endoftext|>" -o my.json
      minitok train 'shards/*.jsonl.gz' --field content -o my.json
      minitok train 'corpus/*.txt' -n 65536 --superwords 32768 -o my.json
      minitok train 'corpus/*.txt' --parity same/ -o my.json
      minitok train 'corpus/0*.jsonl' --count-only -o 0.counts
      minitok train --counts 0.counts 1.counts -n 32000 -o my.json
      curl -s https://example.org/corpus.txt | minitok train - -o my.json
    """
    if count_only:
        shared.refuse_others(context, OF_COUNTING, "--count-only")
    names = {each.name for each in context.command.params}
    if from_counts:
        shared.refuse_others(context, names - OF_READING - {"parity"}, "--counts")
    if parity:
        shared.refuse_others(context, names - BESIDE_PARITY, "--parity")
    reads: dict[str, Any] = {
        "threads": threads,
        "max_memory": max_memory and max_memory << 20,
        "progress": not quiet and sys.stderr.isatty(),
    }
    options: dict[str, Any] = {
        "vocab_size": vocab_size,
        "byte_order": byte_order,
        "tie_break": tie_break,
        "min_frequency": min_frequency,
        "max_token_length": max_token_length,
        "superwords": superwords,
        "superword_pattern": superword_pattern,
        "max_words": max_words,
        "name": name,
        "backend": backend,
    }
    if not (count_only and from_counts):  # a sum may replace one of its parts
        check_output(out, files)
    if from_counts:
        counts = sum_of_counts(files, backend)
        check_same(counts, pattern, special)
        if count_only:
            save_counts(counts, out, json=json)
            return
        tok = train(counts, progress=reads["progress"], **options)
    elif files == (STDIN,) and not count_only and not parity:
        text = standard_input().read()
        documents = text.split(separator.encode()) if separator else [text]
        tok = train(documents, pattern=pattern, special_tokens=special, **options, **reads)
    elif STDIN in files:
        raise click.UsageError("standard input (-) cannot be counted, nor mixed with files")
    else:
        check_corpus(files)
        reads |= {"pattern": DEFAULT_PATTERN if pattern is None else pattern, "special_tokens": special}
        reads |= {"separator": separator, "field": field}
        if count_only:
            save_counts(count_pieces_in_files(files, backend=backend, **reads), out, json=json)
            return
        tok = train_fairly(files, parity, reads, options) if parity else train_files(files, **options, **reads)
    tok.save(out)
    show_trained(tok, out, wanted=vocab_size, json=json)


def train_fairly(files: Sequence[str], folder: Path, reads: dict[str, Any], options: dict[str, Any]) -> Tokenizer:
    """Trains with parity on files of several languages; those of the folder say which language is worst off."""

    def counted(paths: Iterable[Path]) -> dict[str, PieceCounts]:
        languages: dict[str, list[Path]] = {}
        for path in paths:
            languages.setdefault(path.name.partition(".")[0], []).append(path)
        return {
            each: count_pieces_in_files(found, backend=options["backend"], **reads) for each, found in languages.items()
        }

    kept = {name: value for name, value in options.items() if name not in BESIDE_PARITY}
    return train_parity(counted(expand(files)), dev=counted(sorted(folder.glob("[!.]*.*"))), **kept)


def sum_of_counts(files: Sequence[str], backend: BackendName | None) -> PieceCounts:
    first, *others = (PieceCounts.load(file, backend) for file in files)
    return first.merge(*others)


def check_same(counts: PieceCounts, pattern: str | None, special: tuple[str, ...]) -> None:
    """Refuses a pattern or special tokens that are not those of the counts."""
    if (pattern is not None and pattern_named(pattern) != counts.pattern) or (
        special and list(special) != counts.special_tokens
    ):
        raise click.UsageError(
            f"the counts are of the pattern {counts.pattern!r} and the special tokens {counts.special_tokens}; leave "
            "--pattern and --special out"
        )


def save_counts(counts: PieceCounts, out: Path, *, json: bool) -> None:
    """Saves the counts, and says how many there are."""
    counts.save(out)
    if json:
        about = {"documents": counts.documents, "bytes": counts.bytes, "pieces": counts.pieces, "distinct": len(counts)}
        print_json({"file": str(out), **about}, out)
        return
    counted = f"{counts.pieces:,} pieces, {len(counts):,} of them distinct, of {counts.documents:,} documents"
    say(f"{counted}: {out}", out)


def show_trained(tok: Tokenizer, out: Path, *, wanted: int, json: bool) -> None:
    """What was learnt, and where it is."""
    report = cast("TrainingReport", tok.report)  # what has just been trained has one
    if json:
        print_json(
            {
                "file": str(out),
                **(tok.definition.trained or {}),  # its `vocab_size` is what was asked for
                "vocab_size": tok.vocab_size,
                "seconds": report.seconds,
            },
            out,
        )
        return
    learnt = f"{tok.vocab_size:,} ids ({report.merges:,} merges) from {report.bytes:,} bytes"
    say(f"{learnt} in {report.seconds:.2f} s: {out}", out)
    if out.name == "tokenizer.json" or out.suffix in (".tiktoken", ".model"):
        say("This is minitok's own format; 'minitok convert' writes the one of this name.", out)
    if tok.vocab_size < wanted:
        say(f"No pair was left to merge before {wanted:,} ids.", out)
