"""``minitok pack``: a corpus to files of ids, for training; packed parts to a whole; and whether packed files are whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import click

from minitok.errors import FileFormatError, MinitokError
from minitok.explain.chips import plural
from minitok.packing import LayoutOptions, PackOptions, join_packed, open_packed, packed_files
from minitok.packing.label import check_whole, named

from . import options as shared
from .console import print_json, say
from .help import Command, argument, declared, option

if TYPE_CHECKING:
    from minitok import Tokenizer
    from minitok.backend import BackendName
    from minitok.packing import Packed, PackedCorpus

# Which options there are besides those of packing itself.
OF_CHECKING = {"files", "check", "tokenizers", "quiet", "json", "backend"}
OF_JOINING = {"files", "join", "out", "dtype", *LayoutOptions.__annotations__, *OF_CHECKING} - {"check"}


@click.command(cls=Command)
@declared
@shared.options_of(PackOptions)
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    files: tuple[str, ...] = argument(
        "Files or patterns, of text or .jsonl (also .gz or .zst), .parquet or .arrow; or packed files, with --check and "
        "--join.",
        "FILE...",
        required=True,
    ),
    out: Path | None = option("The output file: .bin, .npy, .ds, .parquet or .arrow.", "--output", "-o"),
    tokenizers: shared.TokenizerOption,
    part: str | None = option(
        "Pack only part K of N, for one of N processes.", metavar="K/N", panel="Several processes"
    ),
    ray: str | None = option(
        "Pack on this Ray cluster; 'local' starts one.", metavar="ADDRESS", panel="Several processes"
    ),
    join: bool = option("The files are packed parts: join them.", panel="Packed files"),
    check: bool = option("The files are packed: check that they are complete.", panel="Packed files"),
    threads: shared.ThreadsOption,
    no_resume: bool = option("Start over instead of continuing an interrupted run."),
    quiet: shared.QuietOption,
    json: shared.JsonOption,
    backend: shared.BackendOption,
    **options: Any,
) -> None:
    """Encode a corpus to files of ids on disk, with an index of its documents.

    The same command continues an interrupted run. Output files appear under their names only when complete.

    \b
    Examples:
      minitok pack 'corpus/*.jsonl' -e gpt2 --end "<|endoftext|>" -o train.bin
      minitok pack books.txt -t my.json --separator "<|endoftext|>" -o books.npy
      minitok pack 'corpus/*.parquet' --shuffle 1 --format megatron -o train.bin
      minitok pack 'corpus/*.parquet' --shards 1000000000 -o train.bin
      minitok pack chats.jsonl -t model/ --learn assistant -o train.bin
      minitok pack 'corpus/*.jsonl' --part 2/8 -o train.bin
      minitok pack 'corpus/*.jsonl' --ray head:6379 --format megatron -o train.bin
      minitok pack 'train.part-*.bin' --join --shuffle 1 -o train.ds
      minitok pack --check train.bin
    """
    mode = "--check" if check else "--join" if join else ""
    shared.refuse_others(context, {"--check": OF_CHECKING, "--join": OF_JOINING}.get(mode), mode)
    if check:
        check_all(files, tokenizers, backend, json=json)
        return
    if out is None:
        raise click.BadParameter("give the output file with --output")
    options = {name: value for name, value in options.items() if value not in (None, ())}
    begin = options.get("begin_row")
    tok = None if join and begin is None else shared.open_tokenizer(shared.chosen(tokenizers), backend)
    if tok is not None:
        shared.special_names([name for name in (options.get("end_of_document"), begin) if name is not None], tok)
    try:
        if join or tok is None:
            if tok is not None:
                check_tokenizer(open_packed(files), tok)
                options["begin_row"] = tok.special_tokens[str(begin)]
            layout = {name: value for name, value in options.items() if name in OF_JOINING}
            packed = join_packed(files, out, **layout)
        else:
            for name in options.keys() & {"allowed_special", "disallowed_special"}:
                options[name] = shared.special_names(options[name], tok)
            run: dict[str, Any] = {"resume": not no_resume, "progress": not quiet and sys.stderr.isatty()}
            with resumable():
                if ray is not None:
                    packed = on_ray(tok, files, out, ray, {**options, **run})
                else:
                    packed = tok.encode_files(files, out, part=part_of(part), threads=threads, **run, **options)
    except ValueError as error:
        if isinstance(error, MinitokError):
            raise
        raise click.BadParameter(with_flags(str(error))) from None
    show_packed(packed, json=json)


@contextmanager
def resumable() -> Iterator[None]:
    """Says, when the work is interrupted, that it can go on."""
    try:
        yield
    except KeyboardInterrupt:
        how = "what is done is kept: the same command, without --no-resume, does the rest"
        raise KeyboardInterrupt(f"interrupted; {how}") from None


def with_flags(message: str) -> str:
    """The message, with options by the names that they have here.

    >>> with_flags("row_length and begin_row must be given together")
    '--rows and --begin must be given together'
    """
    for name, hint in get_type_hints(PackOptions, include_extras=True).items():
        if "_" in name:
            message = message.replace(name, get_args(hint)[-1].flag)
    return message


def on_ray(tok: Tokenizer, files: Sequence[str], out: Path, address: str, options: dict[str, Any]) -> Packed:
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
        raise click.BadParameter(f"--part must be like 2/8, the second of eight, not {named!r}")
    return int(number), int(count)


def check_all(files: Sequence[str], tokenizers: Sequence[str], backend: BackendName | None, *, json: bool) -> None:
    """Sees whether packed corpora are whole; the first that is not is an error that names its file.

    Of several files, those that are parts or shards of a run must be all of it.
    """
    tok = shared.open_tokenizer(shared.chosen(tokenizers), backend) if tokenizers else None
    found: list[dict[str, Any]] = []
    labels = []
    for file in packed_files(files):
        corpus = open_packed(file)
        check_tokenizer(corpus, tok)
        corpus.check(None if tok is None else tok.vocab_size)
        if corpus.format != "shards":  # a manifest has seen to that
            labels += [(path, label) for path, label in corpus.labels if label]
        about: dict[str, Any] = {"file": str(file), "format": corpus.format}
        about |= {"documents": len(corpus), "tokens": corpus.tokens}
        found.append({**about, "dtype": str(corpus.dtype), "masked": corpus.masked})
        if not json:
            form = f"{corpus.format}, with a mask" if corpus.masked else corpus.format
            what = f"{corpus.tokens:,} ids ({corpus.dtype}) of {plural(len(corpus), 'document')}, {form}, whole"
            one = corpus.labels[0][1] if len(corpus.labels) == 1 else None
            piece = f": {named(one)}" if one and one.place[2] else ""
            say(f"{file}{piece}: {what}")
    if len(found) > 1:
        labels.sort(key=lambda item: (item[1].source, item[1].layout, (item[1].part or (0, 0))[1], item[1].place[0]))
        check_whole(labels)
    if json:
        print_json(found)


def check_tokenizer(corpus: PackedCorpus, tok: Tokenizer | None) -> None:
    """Raises if a file says that its ids are of another tokenizer."""
    for path, label in corpus.labels if tok is not None else ():
        if tok is not None and label and label.tokenizer not in ("", tok.definition.digest()):
            raise FileFormatError(path, "its ids are from another tokenizer than the one given")


def show_packed(packed: Packed, *, json: bool) -> None:
    """What was written, and where it is."""
    if json:
        files = [str(file) for file in packed.files]
        print_json({**asdict(packed), "ids": str(packed.ids), "offsets": str(packed.offsets), "files": files})
        return
    size = f", {packed.bytes:,} bytes" if packed.bytes else ""
    what = f"{packed.tokens:,} ids ({packed.dtype}) of {plural(packed.documents, 'document')}{size}"
    say(f"{what}: {packed.ids}")
    if packed.offsets != packed.ids:
        say(f"Where each document begins: {packed.offsets}")
    if packed.learned is not None:
        say(f"Ids to learn: {packed.learned:,}")
    if packed.dropped:
        say(f"Ids that no row had room for: {packed.dropped:,}")
    if packed.resumed_files:
        say(f"Files that an earlier run had finished: {packed.resumed_files:,}")
