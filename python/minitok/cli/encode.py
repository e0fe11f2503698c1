"""``minitok encode``: text to ids."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

import click

from . import options as shared
from .console import print_json
from .help import Command, declared, option
from .inputs import TEXT_HINT, as_typed, chunks, named_inputs, opened, reading, records

# How many ids are written at a time.
BLOCK = 1 << 14


@click.command(cls=Command)
@declared
def command(
    *,
    files: shared.FilesArgument,
    tokenizers: shared.TokenizerOption,
    text: shared.TextOption,
    special: shared.SpecialOption,
    field: shared.FieldOption,
    quiet: shared.QuietOption,
    json: shared.JsonOption,
    backend: shared.BackendOption,
    disallow: shared.DisallowOption,
    lines: bool = option("Each line is a separate text, without its line break."),
) -> None:
    """Turn text into ids: one line of them for each file, or for each record of .jsonl, .parquet and .arrow.

    A special token's name in the text is text, unless --special names it. Added tokens are found in every text. For text from
    strangers, --disallow all refuses special tokens, and added tokens that may mark something.

    \b
    Examples:
      minitok encode --text "Hello, world"
      minitok encode -e gpt-4 --text "Hello, world"
      minitok encode -t my.json 'corpus/*.txt' > ids.txt
      echo "Hello" | minitok encode -t my.json | minitok decode -t my.json
    """
    shared.check_texts(text, files)
    tok = shared.open_tokenizer(shared.chosen(tokenizers), backend)
    found: Any = {
        "allowed_special": shared.special_names(special, tok),
        "disallowed_special": shared.special_names(disallow, tok),
    }
    if text is not None:
        texts = as_typed(text).split(b"\n") if lines else [as_typed(text)]
        for ids in tok.encode_batch(texts, **found):
            write(ids, json=json)
        return
    names = named_inputs(files, hint=TEXT_HINT)
    with reading(names, quiet=quiet or sys.stdout.isatty()) as read:
        for name in names:
            batches = records(name, field, tok.definition.backend, read)
            if batches is not None:
                for texts in batches:
                    for ids in tok.encode_batch(texts, **found):
                        write(ids, json=json)
            elif lines:
                with opened(name) as file:
                    for line in file:
                        read(len(line))
                        write(tok.encode(line.rstrip(b"\r\n"), **found), json=json)
            else:
                # In memory bounded by the chunks, however long the file is.
                write(tok.encode_iterable(chunks(name, read), **found), json=json)


def write(ids: Iterable[int], *, json: bool) -> None:
    """One line of ids, or one JSON list."""
    if json and isinstance(ids, list):
        print_json(ids)
        return
    between = ", " if json else " "
    sys.stdout.write("[" if json else "")
    left = iter(ids)
    begun = False
    while block := list(islice(left, BLOCK)):
        sys.stdout.write((between if begun else "") + between.join(map(str, block)))
        begun = True
    sys.stdout.write("]\n" if json else "\n")
