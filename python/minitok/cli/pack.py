"""``minitok pack``: a corpus to files of ids, for training; packed parts to a whole; and whether packed files are whole."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from minitok.errors import MinitokError

from .console import output, print_json
from .options import (
    BackendOption,
    JsonOption,
    QuietOption,
    SeparatorOption,
    ThreadsOption,
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


class Format(str, Enum):
    """Which trainer reads the files."""

    numbers = "numbers"
    megatron = "megatron"
    datatrove = "datatrove"
    columns = "columns"


class Rest(str, Enum):
    """What becomes of the rest of a document that is cut."""

    keep = "keep"
    drop = "drop"


def command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files or patterns, of text, .jsonl, .parquet or .arrow, also .gz or .zst; or packed files, with --check "
            "and --join.",
        ),
    ],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where the ids go: .bin, .npy, .ds, .parquet or .arrow.",
            show_default=False,
        ),
    ] = None,
    tokenizer: TokenizerOption = None,
    dtype: Annotated[
        DType, typer.Option(help="How an id is written; auto is uint16 if all ids fit.", rich_help_panel="Layout")
    ] = DType.auto,
    end: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--end",
            metavar="NAME",
            help="A special token to put after each document.",
            show_default=False,
            rich_help_panel="Documents",
        ),
    ] = None,
    special: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--special",
            metavar="NAME",
            help="A special token to find in the text, or 'all'; repeatable.",
            rich_help_panel="Documents",
        ),
    ] = None,
    separator: SeparatorOption = None,
    field: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="The field of a JSON line, or the column, that holds the text, or with --learn the messages; by default "
            "text, or messages.",
            show_default=False,
            rich_help_panel="Documents",
        ),
    ] = None,
    learn: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="ROLE",
            help="Pack conversations, with a mask of what this role says: assistant, say; or 'generation', what the chat "
            "template marks.",
            show_default=False,
            rich_help_panel="Documents",
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        Optional[Format],  # noqa: UP045
        typer.Option(
            help="The format of the files; by default that of the suffix.", show_default=False, rich_help_panel="Layout"
        ),
    ] = None,
    shuffle: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0, metavar="SEED", help="Shuffle the documents.", show_default=False, rich_help_panel="Layout"
        ),
    ] = None,
    rows: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=2,
            metavar="LENGTH",
            help="Rows of this many ids; needs --begin.",
            show_default=False,
            rich_help_panel="Layout",
        ),
    ] = None,
    begin: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME", help="The special token that rows begin with.", show_default=False, rich_help_panel="Layout"
        ),
    ] = None,
    rest: Annotated[
        Rest, typer.Option(help="The rest of a document that is cut to fill a row.", rich_help_panel="Layout")
    ] = Rest.keep,
    shards: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="TOKENS",
            help="Shards of at most this many ids.",
            show_default=False,
            rich_help_panel="Layout",
        ),
    ] = None,
    part: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="K/N",
            help="Only part K of N, for one of N processes.",
            show_default=False,
            rich_help_panel="Several processes",
        ),
    ] = None,
    ray: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="ADDRESS",
            help="Pack on this cluster of Ray; 'local' starts one.",
            show_default=False,
            rich_help_panel="Several processes",
        ),
    ] = None,
    join: Annotated[
        bool, typer.Option("--join", help="The files are packed parts: join them.", rich_help_panel="Packed files")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="The files are packed: see whether they are whole.", rich_help_panel="Packed files"
        ),
    ] = False,
    threads: ThreadsOption = None,
    anew: Annotated[bool, typer.Option("--anew", help="Start over instead of continuing an interrupted run.")] = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Encode a corpus to files of ids on disk, with an index of its documents.

    The same command continues an interrupted run. Files get their names when they are complete.

    Examples:

      minitok pack 'corpus/*.jsonl' -e gpt2 --end "<|endoftext|>" -o train.bin

      minitok pack books.txt -t my.json --separator "<|endoftext|>" -o books.npy

      minitok pack 'corpus/*.parquet' --shuffle 1 --format megatron --shards 1000000000 -o train.bin

      minitok pack chats.jsonl -t model/ --learn assistant -o train.bin

      minitok pack 'corpus/*.jsonl' --part 2/8 -o train.bin

      minitok pack 'corpus/*.jsonl' --ray head:6379 --format megatron -o train.bin

      minitok pack 'train.part-*.bin' --join --shuffle 1 -o train.ds

      minitok pack --check train.bin
    """
    if check:
        check_all(files, tokenizer, backend, json=json)
        return
    if out is None:
        raise typer.BadParameter("say where the ids go, with --output")
    layout: dict[str, Any] = {
        "format": format and format.value,
        "shuffle": shuffle,
        "row_length": rows,
        "rest": rest.value,
        "shard_tokens": shards,
    }
    tok = None if join and begin is None else open_tokenizer(chosen(tokenizer), backend)
    if tok is not None:
        special_names([name for name in (end, begin) if name is not None], tok)
    try:
        if join or tok is None:
            packed = join_all(files, out, {**layout, "begin_row": tok and tok.special_tokens[begin or ""]})
        else:
            options: dict[str, Any] = {
                "dtype": id_type(dtype, tok),
                "separator": separator or None,
                "field": field,
                "learn": learn,
                "end_of_document": end,
                "allowed_special": special_names(special or [], tok),
                "begin_row": begin,
                "resume": not anew,
                **layout,
            }
            shown = not quiet and sys.stderr.isatty()
            if ray is not None:
                packed = on_ray(tok, files, out, ray, {**options, "progress": shown})
            else:
                packed = tok.encode_files(files, out, part=part_of(part), threads=threads, progress=shown, **options)
    except ValueError as error:
        if isinstance(error, MinitokError):
            raise
        raise typer.BadParameter(str(error)) from None
    tell(packed, json=json)


def on_ray(tok: Tokenizer, files: list[str], out: Path, address: str, options: dict[str, Any]) -> Packed:
    """Packs on a cluster."""
    from minitok.scale import encode_files_on_ray

    return encode_files_on_ray(tok, files, out, address=None if address == "local" else address, **options)


def part_of(named: str | None) -> tuple[int, int] | None:
    """The part that an option names.

    >>> part_of("2/8"), part_of(None)
    ((2, 8), None)
    """
    if named is None:
        return None
    number, _, count = named.partition("/")
    if not (number.isdecimal() and count.isdecimal()):
        raise typer.BadParameter(f"--part is like 2/8, the second of eight, not {named!r}")
    return int(number), int(count)


def join_all(files: list[str], out: Path, layout: dict[str, Any]) -> Packed:
    """Joins packed corpora; a pattern stands for its files."""
    from minitok import join_packed
    from minitok.corpus.packing import packed_files

    return join_packed(packed_files(files), out, **layout)


def check_all(files: list[str], tokenizer: list[str] | None, backend: Any, *, json: bool) -> None:
    """Sees whether packed corpora are whole; the first that is not is an error that names its file."""
    from minitok import open_packed
    from minitok.corpus.packing import packed_files

    n_vocab = open_tokenizer(chosen(tokenizer), backend).n_vocab if tokenizer else None
    found = []
    for file in packed_files(files):
        corpus = open_packed(file)
        corpus.check(n_vocab)
        about = {"file": str(file), "format": corpus.format, "documents": len(corpus), "tokens": corpus.tokens}
        found.append({**about, "dtype": str(corpus.dtype), "masked": corpus.masked})
        if not json:
            form = f"{corpus.format}, with a mask" if corpus.masked else corpus.format
            what = f"{corpus.tokens:,} ids ({corpus.dtype}) of {len(corpus):,} documents, {form}, whole"
            output().print(f"{file}: {what}", soft_wrap=True, markup=False)
    if json:
        print_json(found)


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
        files = [str(file) for file in packed.files]
        print_json({**asdict(packed), "ids": str(packed.ids), "offsets": str(packed.offsets), "files": files})
        return
    show = output()
    size = f", {packed.bytes:,} bytes" if packed.bytes else ""
    what = f"{packed.tokens:,} ids ({packed.dtype}) of {packed.documents:,} documents{size}"
    show.print(f"{what}: {packed.ids}", soft_wrap=True, markup=False)
    if packed.offsets != packed.ids:
        show.print(f"Where each document begins: {packed.offsets}", soft_wrap=True, markup=False)
    if packed.learned is not None:
        show.print(f"Ids to learn: {packed.learned:,}")
    if packed.dropped:
        show.print(f"Ids that no row had room for: {packed.dropped:,}")
    if packed.resumed_files:
        show.print(f"Files that an earlier run had finished: {packed.resumed_files:,}")
