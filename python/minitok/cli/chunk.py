"""``minitok chunk``: a text in chunks for retrieval."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from . import options as shared
from .console import print_json
from .help import Command, declared, option
from .inputs import STDIN, TEXT_HINT, as_typed, chunks, named_inputs, reading, records

if TYPE_CHECKING:
    from minitok import Tokenizer


@click.command(cls=Command)
@declared
def command(
    *,
    tokens: int = option("The most tokens of a chunk.", "-n", default=256),
    overlap: int = option("The most tokens of a chunk to repeat at the start of the next.", least=0, default=0),
    overlap_sentences: int = option("Repeat this many sentences instead.", least=0, default=0),
    at: str = option(
        "Where chunks may end: text, code, or some of heading, paragraph, block, line, sentence, wrap, clause, space, "
        "word, with commas.",
        metavar="KINDS",
        default="text",
    ),
    fill: float = option(
        "The share of a chunk after which the best end is looked for.", least=None, metavar="PART", default=0.5
    ),
    files: shared.FilesArgument,
    tokenizers: shared.TokenizerOption,
    text: shared.TextOption,
    special: shared.SpecialOption,
    field: shared.FieldOption,
    quiet: shared.QuietOption,
    json: shared.JsonOption,
    backend: shared.BackendOption,
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
    shared.check_texts(text, files)
    tok = shared.open_tokenizer(shared.chosen(tokenizers), backend)
    options: dict[str, Any] = {"overlap": overlap, "overlap_sentences": overlap_sentences, "fill": fill}
    options["at"] = [name.strip() for name in at.split(",") if name.strip()]
    options["allowed_special"] = shared.special_names(special, tok)
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
