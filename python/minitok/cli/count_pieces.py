"""``minitok count-pieces``: a corpus to counts, which is what training needs of it; counts of many machines to their sum."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from minitok import PieceCounts, count_pieces_in_files
from minitok.reference.pretokenize import DEFAULT_PATTERN

from .console import output, print_json
from .inputs import check_output
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

if TYPE_CHECKING:
    from minitok.backend import BackendName

__all__ = ["command", "merged"]


def command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files or patterns, of text or .jsonl (also .gz or .zst), .parquet or .arrow; or counts, with --merge.",
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The output file for the counts.")],
    pattern: PatternOption = None,
    special: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--special", metavar="NAME", help="A special token, never merged with text; repeatable."),
    ] = None,
    separator: SeparatorOption = None,
    field: FieldOption = "text",
    merge: Annotated[
        bool,
        typer.Option("--merge", help="The files are counts: add them up, in this order.", rich_help_panel=READING),
    ] = False,
    threads: ThreadsOption = None,
    max_memory: MaxMemoryOption = None,
    backend: BackendOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Count the pieces of a corpus, for 'minitok train --counts'.

    Counts of the parts of a corpus, made on different machines, add up to those of the whole, and training on them gives
    exactly the same tokenizer. The output of --merge may overwrite one of its inputs.

    Examples:

      minitok count-pieces 'corpus/0*.jsonl' --special "<|endoftext|>" -o 0.counts

      minitok count-pieces --merge 0.counts 1.counts -o all.counts

      minitok train --counts all.counts -n 32000 -o my.json
    """
    chosen: Any = backend and backend.value
    if merge:
        counts = merged(files, chosen)
    else:
        check_output(out, files)
        counts = count_pieces_in_files(
            files,
            pattern=DEFAULT_PATTERN if pattern is None else pattern,
            special_tokens=special or [],
            separator=separator or None,
            field=field,
            threads=threads,
            max_memory=max_memory and max_memory << 20,
            backend=chosen,
            progress=not quiet and sys.stderr.isatty(),
        )
    counts.save(out)
    if json:
        about = {"documents": counts.documents, "bytes": counts.bytes, "pieces": counts.pieces, "distinct": len(counts)}
        print_json({"file": str(out), **about}, out)
        return
    counted = f"{counts.pieces:,} pieces, {len(counts):,} of them distinct, of {counts.documents:,} documents"
    output(out).print(f"{counted}: {out}", soft_wrap=True, markup=False)


def merged(files: list[str], backend: BackendName | None) -> PieceCounts:
    """The sum of the counts in files."""
    first, *others = (PieceCounts.load(file, backend) for file in files)
    return first.merge(*others)
