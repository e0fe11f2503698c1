"""``minitok explain``: why a text has its ids."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from minitok.explain.chips import plural
from minitok.explain.report import Report
from minitok.formats.files import check_folder, write_atomically

from . import options as shared
from .console import output, say
from .help import Command, argument, declared, option
from .inputs import as_typed, standard_input

if TYPE_CHECKING:
    pass


@click.command(cls=Command)
@declared
def command(
    *,
    text: str = argument("The text; - reads standard input.", "TEXT"),
    tokenizers: shared.TokenizerOption,
    special: shared.SpecialOption,
    html: Path | None = option("Also write a web page."),
    engine: bool = option("Also show how each pattern is run, and what it cuts otherwise."),
    json: shared.JsonOption,
    backend: shared.BackendOption,
) -> None:
    """Show why a text has its ids: pieces, merges, and the merges that were blocked.

    \b
    Examples:
      minitok explain "I'LL parseHTTPRequest 1234567"
      minitok explain "naïve 🦀" -e gpt2 --html why.html
      minitok explain "lowest" -t my.json --json
    """
    if html:
        check_folder(html)
    tok = shared.open_tokenizer(shared.chosen(tokenizers), backend)
    data = standard_input().read() if text == "-" else as_typed(text)
    explained = tok.explain(data, allowed_special=shared.special_names(special, tok))
    if html:
        write_atomically(html, explained.to_html().encode())
    if json:
        sys.stdout.write(explained.to_json() + "\n")
    elif html:
        say(f"{plural(len(explained.tokens), 'token')} explained in {html}")
    else:
        output().print(Report(explained, engine))
