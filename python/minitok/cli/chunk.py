"""``minitok chunk``: a text in chunks for retrieval."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from .console import print_json
from .inputs import STDIN, TEXT_HINT, as_typed, chunks, named_inputs, reading, records
from .options import (
    TEXT_AND_FILES,
    BackendOption,
    FieldOption,
    JsonOption,
    QuietOption,
    TextOption,
    TokenizerOption,
    chosen,
    open_tokenizer,
    special_names,
)

if TYPE_CHECKING:
    from minitok import Tokenizer


def command(
    files: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[FILE]...", help="Files or patterns; by default standard input.", show_default=False),
    ] = None,
    tokenizer: TokenizerOption = None,
    tokens: Annotated[int, typer.Option("--tokens", "-n", min=1, help="The most tokens of a chunk.")] = 256,
    overlap: Annotated[
        int, typer.Option("--overlap", min=0, help="The most tokens that the next chunk begins with again.")
    ] = 0,
    overlap_sentences: Annotated[
        int, typer.Option("--overlap-sentences", min=0, help="As many sentences are repeated instead.")
    ] = 0,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="KINDS",
            help="Where chunks may end: text, code, or some of heading, paragraph, block, line, sentence, wrap, clause, space, "
            "word, with commas.",
        ),
    ] = "text",
    fill: Annotated[
        float,
        typer.Option("--fill", metavar="PART", help="A chunk ends at the best place behind this part of it."),
    ] = 0.5,
    text: TextOption = None,
    special: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--special", metavar="NAME", help="A special token to find in the text, or 'all'; repeatable."),
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    field: FieldOption = "text",
    backend: BackendOption = None,
) -> None:
    """Cut documents into chunks of a limited number of tokens, at headings, paragraphs, sentences and words.

    With --json, each chunk is a line of JSON: its file, its number there, where it stands in characters, its tokens, what it
    ends at, and its text. In .jsonl, .parquet and .arrow files, each record is a document.

    Examples:

      minitok chunk README.md

      minitok chunk 'docs/*.md' --tokens 512 --overlap 64 --json > chunks.jsonl

      minitok chunk main.py --at code

      minitok chunk notes.txt --at paragraph,sentence -e text-embedding-3-small
    """
    if text is not None and files:
        raise typer.BadParameter(TEXT_AND_FILES)
    tok = open_tokenizer(chosen(tokenizer), backend)
    options = {
        "at": [name.strip() for name in at.split(",") if name.strip()],
        "overlap": overlap,
        "overlap_sentences": overlap_sentences,
        "fill": fill,
        "allowed_special": special_names(special or [], tok),
    }
    names = named_inputs(files or [], hint=TEXT_HINT) if text is None else []
    if text is not None:
        write(tok, as_typed(text), tokens, options, {"file": STDIN}, json=json)
    with reading(names, quiet=quiet or sys.stdout.isatty()) as read:
        for name in names:
            batches = records(name, field, tok.backend, read)
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
        raise typer.BadParameter(f"{where or 'the text'} is not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise typer.BadParameter(f"{where}: {error}" if where else str(error)) from None
    for number, chunk in enumerate(found):
        if json:
            part = {"start": chunk.start, "end": chunk.end, "tokens": chunk.tokens, "border": chunk.border}
            print_json({**place, "number": number, **part, "text": chunk.text})
            continue
        tokens = f"{chunk.tokens:,} {'token' if chunk.tokens == 1 else 'tokens'}"
        title = ", ".join([*([where] if where else []), f"chunk {number}", tokens, f"ends at {chunk.border}"])
        sys.stdout.write(f"── {title} ──\n{chunk.text}")
        sys.stdout.write("" if chunk.text.endswith("\n") else "\n")
