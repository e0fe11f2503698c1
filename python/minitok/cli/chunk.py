"""``minitok chunk``: a text in chunks for retrieval."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .console import print_json
from .help import Command, number_option, option
from .inputs import STDIN, TEXT_HINT, as_typed, chunks, named_inputs, reading, records
from .options import check_texts, chosen, open_tokenizer, special_names, texts_options

if TYPE_CHECKING:
    from minitok import Tokenizer
    from minitok.backend import BackendName


@click.command(cls=Command)
@number_option("--tokens", "-n", default=256, help="The most tokens of a chunk.")
@number_option("--overlap", least=0, default=0, help="The most tokens of a chunk to repeat at the start of the next.")
@number_option("--overlap-sentences", least=0, default=0, help="Repeat this many sentences instead.")
@option(
    "--at",
    metavar="KINDS",
    default="text",
    help="Where chunks may end: text, code, or some of heading, paragraph, block, line, sentence, wrap, clause, space, word, "
    "with commas.",
)
@option(
    "--fill",
    type=float,
    metavar="PART",
    default=0.5,
    help="The share of a chunk after which the best end is looked for.",
)
@texts_options
def command(
    files: tuple[str, ...],
    tokenizers: tuple[str, ...],
    text: str | None,
    special: tuple[str, ...],
    field: str,
    backend: BackendName | None,
    tokens: int,
    at: str,
    *,
    quiet: bool,
    json: bool,
    **options: Any,
) -> None:
    """Cut documents into chunks of a limited number of tokens, at headings, paragraphs, sentences and words.

    With --json, each chunk is a line of JSON: its file, its number in the file, its offsets in characters, the number of its
    tokens, the kind of border at its end, and its text. In .jsonl, .parquet and .arrow files, each record is a document.

    \b
    Examples:
      minitok chunk README.md
      minitok chunk 'docs/*.md' --tokens 512 --overlap 64 --json > chunks.jsonl
      minitok chunk main.py --at code
      minitok chunk notes.txt --at paragraph,sentence -e text-embedding-3-small
    """
    check_texts(text, files)
    tok = open_tokenizer(chosen(tokenizers), backend)
    options["at"] = [name.strip() for name in at.split(",") if name.strip()]
    options["allowed_special"] = special_names(special, tok)
    names = named_inputs(files, hint=TEXT_HINT) if text is None else []
    if text is not None:
        write(tok, as_typed(text), tokens, options, {"file": STDIN}, json=json)
    with reading(names, quiet=quiet or sys.stdout.isatty()) as read:
        for name in names:
            batches = records(name, field, tok.definition.backend, read)
            if batches is None:
                write(tok, b"".join(chunks(name, read)), tokens, options, {"file": name}, json=json)
                continue
            texts = (text for batch in batches for text in batch)
            for number, data in enumerate(texts):
                write(tok, data, tokens, options, {"file": name, "record": number}, json=json)


def write(
    tok: Tokenizer, data: bytes, most: int, options: dict[str, Any], place: dict[str, str | int], *, json: bool
) -> None:
    """Writes the chunks of a document. ``place``: where the document is."""
    where = " record ".join(str(part) for part in place.values() if part != STDIN)
    try:
        found = tok.chunk(data.decode(), most, **options)
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{where or 'the text'} is not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise click.BadParameter(f"{where}: {error}" if where else str(error)) from None
    for number, chunk in enumerate(found):
        if json:
            part = {"start": chunk.start, "end": chunk.end, "tokens": chunk.tokens, "border": chunk.border}
            print_json({**place, "number": number, **part, "text": chunk.text})
            continue
        tokens = f"{chunk.tokens:,} {'token' if chunk.tokens == 1 else 'tokens'}"
        title = ", ".join([*([where] if where else []), f"chunk {number}", tokens, f"ends at {chunk.border}"])
        sys.stdout.write(f"── {title} ──\n{chunk.text}")
        sys.stdout.write("" if chunk.text.endswith("\n") else "\n")
