"""``minitok pack``: a corpus to one file of ids, for training."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .console import output, print_json
from .options import (
    BackendOption,
    JsonOption,
    TokenizerOption,
    chosen,
    open_tokenizer,
    special_names,
)

if TYPE_CHECKING:
    from minitok import Tokenizer
    from minitok.corpus.packing import Packed


class DType(str, Enum):
    """How an id is written."""

    auto = "auto"
    uint16 = "uint16"
    uint32 = "uint32"


def command(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Files or patterns, of text, .jsonl or .parquet, also .gz or .zst."),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the ids go: .bin or .npy.")],
    tokenizer: TokenizerOption = None,
    dtype: Annotated[DType, typer.Option(help="How an id is written; auto is uint16 if all ids fit.")] = DType.auto,
    end: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--end", metavar="NAME", help="A special token to put after each document.", show_default=False),
    ] = None,
    special: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--special", metavar="NAME", help="A special token to find in the text, or 'all'; repeatable."),
    ] = None,
    separator: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Cuts a text file into documents.", show_default=False),
    ] = None,
    field: Annotated[str, typer.Option(help="The field of a JSON line, or the column, that holds the text.")] = "text",
    threads: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="How many threads; by default one per processor.", show_default=False),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Start over instead of continuing an interrupted run.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Encode a corpus to one array of ids on disk, with an index of its documents.

    The same command continues an interrupted run. Files get their names when they are complete.

    Examples:

      minitok pack 'corpus/*.jsonl' -e gpt2 --end "<|endoftext|>" -o train.bin

      minitok pack books.txt -t my.json --separator "<|endoftext|>" -o books.npy

      minitok pack 'shards/*.parquet' --field content -o train.bin
    """
    if out.suffix not in (".bin", ".npy") or out.name.endswith(".idx.npy"):
        raise typer.BadParameter(f"{out.name!r} must end in .bin or .npy (and not in .idx.npy, which is the index)")
    tok = open_tokenizer(chosen(tokenizer), backend)
    if end is not None:
        special_names([end], tok)
    packed = tok.encode_files(
        files,
        out,
        dtype=id_type(dtype, tok),
        separator=separator or None,
        field=field,
        end_of_document=end,
        allowed_special=special_names(special or [], tok),
        threads=threads,
        progress=not quiet and sys.stderr.isatty(),
        resume=not anew,
    )
    tell(packed, json=json)


def id_type(wanted: DType, tok: Tokenizer) -> str:
    """How ids are written: as wanted, if all fit, or as small as may be.

    >>> from minitok import get_encoding
    >>> id_type(DType.auto, get_encoding("gpt2")), id_type(DType.auto, get_encoding("cl100k_base"))
    ('uint16', 'uint32')
    """
    fits = tok.n_vocab <= 1 << 16
    if wanted is DType.uint16 and not fits:
        raise typer.BadParameter(f"uint16 holds ids up to 65,535, and this tokenizer has {tok.n_vocab:,}")
    return ("uint16" if fits else "uint32") if wanted is DType.auto else wanted.value


def tell(packed: Packed, *, json: bool) -> None:
    """What was written, and where it is."""
    if json:
        print_json({**asdict(packed), "ids": str(packed.ids), "offsets": str(packed.offsets)})
        return
    show = output()
    what = f"{packed.tokens:,} ids ({packed.dtype}) of {packed.documents:,} documents, {packed.bytes:,} bytes"
    show.print(f"{what}: {packed.ids}", soft_wrap=True, markup=False)
    show.print(f"Where each document begins: {packed.offsets}", soft_wrap=True, markup=False)
    if packed.resumed_files:
        show.print(f"Files that an earlier run had finished: {packed.resumed_files:,}")
