"""``minitok decode``: ids back to text."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from minitok.errors import FileFormatError

from . import options as shared
from .console import print_json
from .help import Command, declared, option
from .inputs import STDIN, named_inputs, opened

if TYPE_CHECKING:
    from minitok import Tokenizer

BETWEEN = re.compile(rb"[\s,\[\]]+")
# A number with more digits is no id; Python does not even read one with thousands of them.
DIGITS = 20


@click.command(cls=Command)
@declared
def command(
    *,
    files: shared.FilesArgument,
    tokenizers: shared.TokenizerOption,
    lines: bool = option("Decode each line as a separate text, and write it on a line."),
    json: shared.JsonOption,
    backend: shared.BackendOption,
) -> None:
    """Turn ids back into text, byte for byte: all ids of a file, on however many lines, into one text.

    Ids are numbers between white space, commas or brackets: what minitok encode writes, with --json or without. With --json
    each text is a JSON string, in which bytes that are not UTF-8 become U+FFFD.

    \b
    Examples:
      echo "72 105 33" | minitok decode -t my.json
      minitok encode --lines < in.txt | minitok decode --lines
    """
    tok = shared.open_tokenizer(shared.chosen(tokenizers), backend)
    for name in named_inputs(files, hint="ids are read from files or from standard input"):
        parts = id_lines(name)
        if lines:
            for ids in parts:
                if json:
                    print_json(tok.decode(ids))
                else:
                    sys.stdout.buffer.write(tok.decode_bytes(ids) + b"\n")
        elif json:
            print_json(tok.decode([token_id for ids in parts for token_id in ids]))
        else:
            sys.stdout.buffer.writelines(decoded(tok, parts))


def decoded(tok: Tokenizer, parts: Iterable[list[int]]) -> Iterator[bytes]:
    """Yields the bytes of one text whose ids come in parts.

    Decoding a part by itself may drop a space from its start, as from the start of any text: only that of the whole is dropped.

    >>> from minitok import train
    >>> tok = train(["ab cd"], 300, alphabet="characters", prefix="text")
    >>> ids = tok.encode("ab cd")
    >>> b"".join(decoded(tok, [[token_id] for token_id in ids]))
    b'ab cd'
    """
    begun = False
    for ids in parts:
        data = tok.decode_bytes(ids)
        first = next((token_id for token_id in ids if tok.token_bytes(token_id)), None)
        if begun and first is not None:
            token = tok.token_bytes(first)
            yield token[: len(token) - len(tok.decode_bytes([first]))]
        begun = begun or first is not None
        yield data


def id_lines(name: str) -> Iterator[list[int]]:
    """Yields the ids on each line; anything but a number is an error that says where."""
    with opened(name) as file:
        for number, line in enumerate(file, 1):
            words = [word for word in BETWEEN.split(line) if word]
            for word in words:
                if not (word.isdigit() and word.isascii() and len(word.lstrip(b"0")) <= DIGITS):
                    where = "standard input" if name == STDIN else name
                    shown = word[:40].decode("utf-8", "backslashreplace")
                    raise FileFormatError(where, f"not an id: {shown!r}", number)
            yield [int(word.lstrip(b"0") or b"0") for word in words]
