"""``minitok explain``: why a text has its ids."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from minitok.explain.chips import plural
from minitok.explain.report import Report
from minitok.formats.files import check_folder, write_atomically

from .console import output
from .inputs import as_typed
from .options import BackendOption, TokenizerOption, chosen, open_tokenizer, special_names


def command(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text; - reads standard input.")],
    tokenizer: TokenizerOption = None,
    special: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--special", metavar="NAME", help="A special token to find in the text, or 'all'; repeatable."),
    ] = None,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--html", metavar="FILE", help="Also write a web page.", show_default=False),
    ] = None,
    engine: Annotated[bool, typer.Option("--engine", help="Also show how each pattern is run.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, which Explanation.from_json reads.")] = False,
    backend: BackendOption = None,
) -> None:
    """Show why a text has its ids: pieces, merges, and the merges that were blocked.

    Examples:

      minitok explain "I'LL parseHTTPRequest 1234567"

      minitok explain "naïve 🦀" -e gpt2 --html why.html

      minitok explain "lowest" -t my.json --json
    """
    if html:
        check_folder(html)
    tok = open_tokenizer(chosen(tokenizer), backend)
    data = sys.stdin.buffer.read() if text == "-" else as_typed(text)
    told = tok.explain(data, allowed_special=special_names(special or [], tok))
    if html:
        write_atomically(html, told.to_html().encode())
    if json:
        sys.stdout.write(told.to_json() + "\n")
    elif html:
        output().print(f"{plural(len(told.tokens), 'token')} explained in {html}", markup=False, soft_wrap=True)
    else:
        output().print(Report(told, engine))
