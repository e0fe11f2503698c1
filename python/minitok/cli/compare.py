"""``minitok compare``: one text under several tokenizers, side by side."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer
from rich.text import Text

from minitok import Tokenizer
from minitok.explain.chips import plural
from minitok.explain.terminal import TokenText

from .console import output, plain_table, print_json
from .inputs import TEXT_HINT, as_typed, chunks, named_inputs
from .options import COMPARED, BackendOption, JsonOption, TokenizersOption, open_tokenizer

# A longer text, in bytes, is counted but not shown.
SHOWN = 2000


def command(
    files: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[FILE]...", help="Files or patterns, as one text; by default standard input.", show_default=False
        ),
    ] = None,
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--text", help="This text instead of files.", show_default=False),
    ] = None,
    tokenizers: TokenizersOption = None,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Compare how several tokenizers cut one text: how many tokens, and which.

    Examples:

      minitok compare --text "Unforgettable, naïve café"

      minitok compare -e cl100k_base -e o200k_base README.md

      minitok compare -t my.json -e gpt2 --json corpus.txt
    """
    if text is not None and files:
        raise typer.BadParameter("give --text or files, not both")
    toks = [(named, open_tokenizer(named, backend)) for named in tokenizers or COMPARED]
    if text is not None:
        data = as_typed(text)
    else:
        data = b"".join(chunk for name in named_inputs(files or [], hint=TEXT_HINT) for chunk in chunks(name))
    rows = [compared(named, tok, data) for named, tok in toks]
    if json:
        print_json({"bytes": len(data), "tokenizers": rows})
        return
    show(rows, toks, data)


def compared(named: str, tok: Tokenizer, data: bytes) -> dict[str, Any]:
    """What one tokenizer makes of the text; its ids, if it is short."""
    tokens = tok.count(data)
    return {
        "tokenizer": named,
        "n_vocab": tok.n_vocab,
        "tokens": tokens,
        "bytes_per_token": len(data) / tokens if tokens else None,
        **({"ids": tok.encode(data)} if len(data) <= SHOWN else {}),
    }


def show(rows: list[dict[str, Any]], toks: list[tuple[str, Tokenizer]], data: bytes) -> None:
    """The figures as a table, the fewest tokens in bold, and the tokens of a short text in colour."""
    console = output()
    fewest = min(row["tokens"] for row in rows)
    table = plain_table("<tokenizer", "ids", "tokens", "bytes/token", "more tokens")
    for row in rows:
        ratio, more = row["bytes_per_token"], row["tokens"] - fewest
        table.add_row(
            Text(row["tokenizer"]),
            f"{row['n_vocab']:,}",
            f"{row['tokens']:,}",
            "-" if ratio is None else f"{ratio:.2f}",
            f"+{more / fewest:.1%}" if more else "",
            style=None if more else "bold",
        )
    console.print(table)
    for row, (named, tok) in zip(rows, toks):
        if row.get("ids"):
            console.print(Text.assemble((named, "bold"), f"  {plural(row['tokens'], 'token')}"))
            console.print(TokenText(row["ids"], tok.tokenize(data)))
            console.print()
