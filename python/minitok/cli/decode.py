"""``minitok decode``: ids back to text."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from minitok.errors import FileFormatError

from .console import print_json
from .inputs import STDIN, named_inputs, opened
from .options import BackendOption, JsonOption, RequiredTokenizerOption, chosen, open_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator

BETWEEN = re.compile(rb"[\s,\[\]]+")


def command(
    tokenizer: RequiredTokenizerOption,
    files: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[FILE]...", help="Files or patterns; by default standard input.", show_default=False),
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Each line is a separate text, and is written as a line.")
    ] = False,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Turn ids back into text, byte for byte.

    Ids are numbers between white space, commas or brackets: what minitok encode writes, with --json or without. With --json
    each text is a JSON string, in which bytes that are not UTF-8 become U+FFFD.

    Examples:

      echo "72 105 33" | minitok decode -t my.json

      minitok encode -t my.json --lines < in.txt | minitok decode -t my.json --lines
    """
    tok = open_tokenizer(chosen(tokenizer), backend)
    for name in named_inputs(files or []):
        whole: list[int] = []
        for ids in id_lines(name):
            if not lines:
                # One text, over all the lines: no memory is needed unless it is to be one JSON string.
                whole += ids if json else []
                sys.stdout.buffer.write(b"" if json else tok.decode_bytes(ids))
            elif json:
                print_json(tok.decode(ids))
            else:
                sys.stdout.buffer.write(tok.decode_bytes(ids) + b"\n")
        if json and not lines:
            print_json(tok.decode(whole))


def id_lines(name: str) -> Iterator[list[int]]:
    """Yields the ids on each line; anything but a number is an error that says where."""
    with opened(name) as file:
        for number, line in enumerate(file, 1):
            words = [word for word in BETWEEN.split(line) if word]
            for word in words:
                if not (word.isdigit() and word.isascii()):
                    where = "standard input" if name == STDIN else name
                    shown = word[:40].decode("utf-8", "backslashreplace")
                    raise FileFormatError(where, f"not an id: {shown!r}", number)
            yield [int(word) for word in words]
