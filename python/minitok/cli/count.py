"""``minitok count``: how many tokens, as ``wc`` counts words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from minitok.arguments import allowed_tokens, refused_tokens
from minitok.spans.streaming import count_iterable

from . import options as shared
from .console import print_columns, print_json
from .help import Command, declared
from .inputs import STDIN, TEXT_HINT, as_typed, chunks, named_inputs, reading, records

if TYPE_CHECKING:
    from minitok import Tokenizer

# Tokens as ``shared.special_names`` gives them.
Named = list[str] | str
# The bytes of UTF-8 that begin no character.
CONTINUATION = bytes(range(0x80, 0xC0))


@dataclass
class Counted:
    """What a file has."""

    file: str
    tokens: int = 0
    lines: int = 0
    characters: int = 0
    bytes: int = 0

    def row(self) -> dict[str, Any]:
        """As data, with the bytes a token stands for; None without tokens."""
        return {**asdict(self), "bytes_per_token": self.bytes / self.tokens if self.tokens else None}


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
) -> None:
    """Count the tokens, lines, characters and bytes of files, in bounded memory.

    In .jsonl, .parquet and .arrow files, the text of each record is counted separately. Compressed files (.gz, .zst) are
    decompressed.

    \b
    Examples:
      minitok count README.md 'docs/*.md'
      minitok count -e gpt-4 --text "Hello, world"
      minitok count -e cl100k_base < prompt.txt
      minitok count -t my.json --json corpus.txt docs.jsonl.gz
    """
    shared.check_texts(text, files)
    named = shared.chosen(tokenizers)
    tok = shared.open_tokenizer(named, backend)
    found = shared.special_names(special, tok), shared.special_names(disallow, tok)
    names = named_inputs(files, hint=TEXT_HINT) if text is None else []
    counted = [] if text is None else [count_text(tok, STDIN, [as_typed(text)], found)]
    with reading(names, quiet=quiet) as read:
        for name in names:
            batches = records(name, field, tok.definition.backend, read)
            if batches is None:
                counted.append(count_text(tok, name, chunks(name, read), found))
            else:
                counted.append(count_records(tok, name, batches, found))
    total = Counted("total")
    for one in counted:
        total.tokens += one.tokens
        total.lines += one.lines
        total.characters += one.characters
        total.bytes += one.bytes
    if json:
        print_json({"tokenizer": named, "files": [one.row() for one in counted], "total": total.row()})
        return
    rows = []
    for one in [*counted, *([total] if len(counted) > 1 else [])]:
        ratio = one.row()["bytes_per_token"]
        numbers = (f"{number:,}" for number in (one.tokens, one.lines, one.characters, one.bytes))
        rows.append([*numbers, "-" if ratio is None else f"{ratio:.2f}", "" if one.file == STDIN else one.file])
    print_columns(("tokens", "lines", "characters", "bytes", "bytes/token", "file"), rows)


def count_text(tok: Tokenizer, name: str, text: Iterable[bytes], found: tuple[Named, Named]) -> Counted:
    """Count what is in one text, which comes in parts. ``found``: the tokens that are allowed, and those that are not."""
    counted = Counted(name)
    (allowed, disallowed), held = found, tok.definition
    names = allowed_tokens(allowed, held.special_tokens, held.added_tokens)
    refused = refused_tokens(disallowed, allowed, held.control_tokens, held.special_tokens, held.added_tokens)
    counted.tokens = count_iterable(held.codec(), (looked_at(counted, part) for part in text), names, refused)
    return counted


def count_records(tok: Tokenizer, name: str, batches: Iterable[list[bytes]], found: tuple[Named, Named]) -> Counted:
    """Count what is in the texts of a file, each by itself."""
    counted, (allowed, disallowed) = Counted(name), found
    for texts in batches:
        seen = [looked_at(counted, text) for text in texts]
        counted.tokens += sum(tok.count_batch(seen, allowed_special=allowed, disallowed_special=disallowed))
    return counted


def looked_at(counted: Counted, part: bytes) -> bytes:
    """The part, when all but its tokens has been counted."""
    counted.lines += part.count(b"\n")
    counted.characters += len(part.translate(None, CONTINUATION))
    counted.bytes += len(part)
    return part
