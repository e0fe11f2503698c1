"""``minitok evaluate``: tokenizers judged on the same texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.text import Text

from minitok.corpus.files import expand
from minitok.errors import MinitokError
from minitok.evaluation import evaluate
from minitok.evaluation.morphemes import read_words
from minitok.evaluation.page import number, warning
from minitok.evaluation.texts import groups_of
from minitok.formats.files import write_atomically

from .console import output, plain_table, print_json, report
from .inputs import check_output
from .options import COMPARED, BackendOption, JsonOption, QuietOption, ThreadsOption, TokenizersOption, open_tokenizer

if TYPE_CHECKING:
    from minitok.evaluation import Evaluation
    from minitok.evaluation.record import Row


def command(
    files: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[FILE|FOLDER]...",
            help="Files, or a folder with a folder for each language; by default the Universal Declaration of Human Rights in "
            "34 languages.",
            show_default=False,
        ),
    ] = None,
    tokenizers: TokenizersOption = None,
    fields: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--field",
            metavar="NAME",
            help="The field of records that holds the text; several are parallel.",
            show_default=False,
        ),
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Each line of a text is a document: for parallel texts.")
    ] = False,
    base: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--base", help="The group to compare the others with; default: English, if present.", show_default=False
        ),
    ] = None,
    price: Annotated[
        Optional[list[float]],  # noqa: UP045
        typer.Option(
            "--price",
            min=0,
            metavar="N",
            help="The price of a million tokens: one for all, or one for each tokenizer in turn.",
            show_default=False,
        ),
    ] = None,
    context: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--context", min=1, help="The context length, in tokens.", show_default=False),
    ] = None,
    morphemes: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--morphemes",
            metavar="FILE",
            help="Words with a bar between their morphemes, as in un|break|able, one a line: a file for each language.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--html", metavar="FILE", help="Write a page with pictures to this file.", show_default=False),
    ] = None,
    threads: ThreadsOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Judge tokenizers on the same texts: size, fairness to languages, use of the vocabulary, numbers, code, morphemes.

    Examples:

      minitok evaluate

      minitok evaluate -e gpt2 -t my.json corpus/ --html report.html

      minitok evaluate talks.parquet --field en --field de --base en

      minitok evaluate --morphemes english.txt --morphemes turkish.txt
    """
    named = tokenizers or COMPARED
    toks = dict(zip(short(named), (open_tokenizer(name, backend) for name in named)))
    prices = price or []
    if len(prices) not in (0, 1, len(toks)):
        raise typer.BadParameter(f"give one --price, or one for each of the {len(toks)} tokenizers, not {len(prices)}")
    if html is not None:
        check_output(html, [*(file for file in files or [] if not Path(file).is_dir()), *(morphemes or [])])
    paths = [path for file in files or [] for path in ([Path(file)] if file and Path(file).is_dir() else expand(file))]
    try:
        found = evaluate(
            toks,
            groups_of(paths, fields or ["text"], lines=lines) if paths else None,
            base=base,
            prices=dict(zip(toks, prices * len(toks) if len(prices) == 1 else prices)),
            context=context,
            morphemes=read_words(expand(morphemes or [])),
            threads=threads,
            progress=not quiet,
        )
    except ValueError as error:
        if isinstance(error, (MinitokError, UnicodeError)):
            raise
        raise typer.BadParameter(str(error)) from None
    if json:
        print_json(found.to_dict())
    else:
        show(found)
    if html is not None:
        write_atomically(html, found.to_html().encode())
        report(f"wrote {html}")


def short(named: list[str]) -> list[str]:
    """The names of files without their folders, unless two would then be one.

    >>> short(["gpt2", "models/llama.model"]), short(["a/tokenizer.json", "b/tokenizer.json"])
    (['gpt2', 'llama.model'], ['a/tokenizer.json', 'b/tokenizer.json'])
    """
    names = [Path(name).name for name in named]
    return names if len(set(names)) == len(names) else named


def show(found: Evaluation) -> None:
    """The summaries, a figure for each group (what it pays, or bytes per token where groups are not parallel), morphemes."""
    console = output()
    table = plain_table("<tokenizer", "ids", "bytes/token", "Rényi", "in use", "Gini", "worst tenth")
    for held in found.summaries:
        table.add_row(
            Text(held.tokenizer),
            f"{held.n_vocab:,}",
            number(held.bytes_per_token, ".2f"),
            number(held.renyi_efficiency, ".3f"),
            f"{held.used:.1%}",
            number(held.gini, ".3f"),
            number(held.worst_tenth, ".2f"),
        )
    console.print(table)
    if found.not_nfc:
        console.print(Text(warning(found.rows, found.not_nfc)))
    for held in found.summaries:
        if held.price is not None:
            console.print(Text(f"{held.tokenizer}: a million characters cost {held.price:.4f}"))
        if held.context is not None:
            console.print(Text(f"{held.tokenizer}: a context holds {held.context:,} characters"))
    by_group: dict[str, list[Row]] = {}
    for row in found.rows:
        by_group.setdefault(row.group, []).append(row)
    parallel = any(row.premium is not None and row.group != found.base for row in found.rows)
    console.print()
    console.print(f"tokens relative to {found.base}" if parallel else "bytes per token")
    table = plain_table("<group", *(held.tokenizer for held in found.summaries))
    for group, rows in by_group.items():
        table.add_row(Text(group), *(number(row.premium if parallel else row.bytes_per_token, ".2f") for row in rows))
    console.print(table)
    if found.morphemes:
        console.print()
        console.print("morphemes")
        table = plain_table("<group", "<tokenizer", "words", "one token", "MorphScore", "precision")
        for each in found.morphemes:
            table.add_row(
                Text(each.group),
                Text(each.tokenizer),
                f"{each.words:,}",
                number(each.one_token, ".0%"),
                number(each.morphscore, ".2f"),
                number(each.precision, ".2f"),
            )
        console.print(table)
