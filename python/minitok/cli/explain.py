"""``minitok explain``: why a text has its ids."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from minitok.explain.chips import plural
from minitok.explain.report import Report
from minitok.formats.files import check_folder, write_atomically

from .console import output, say
from .help import Command, option
from .inputs import as_typed, standard_input
from .options import FILE, backend_option, chosen, open_tokenizer, special_names, special_option, tokenizer_option

if TYPE_CHECKING:
    from pathlib import Path

    from minitok.backend import BackendName


@click.command(cls=Command)
@click.argument("text", metavar="TEXT", help="The text; - reads standard input.")
@tokenizer_option
@special_option
@option("--html", type=FILE, metavar="FILE", help="Also write a web page.")
@option("--engine", is_flag=True, help="Also show how each pattern is run, and what it cuts otherwise.")
@option("--json", is_flag=True, help="Print JSON.")
@backend_option
def command(
    text: str,
    tokenizers: tuple[str, ...],
    special: tuple[str, ...],
    html: Path | None,
    backend: BackendName | None,
    *,
    engine: bool,
    json: bool,
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
    tok = open_tokenizer(chosen(tokenizers), backend)
    data = standard_input().read() if text == "-" else as_typed(text)
    explained = tok.explain(data, allowed_special=special_names(special, tok))
    if html:
        write_atomically(html, explained.to_html().encode())
    if json:
        sys.stdout.write(explained.to_json() + "\n")
    elif html:
        say(f"{plural(len(explained.tokens), 'token')} explained in {html}")
    else:
        output().print(Report(explained, engine))
