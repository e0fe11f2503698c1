"""``minitok evaluate``: tokenizers judged on the same texts."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from minitok.corpus.files import expand
from minitok.errors import MinitokError
from minitok.explain.chips import plural
from minitok.explain.terminal import TokenText
from minitok.formats.files import write_atomically

from . import options as shared
from .console import output, plain_table, print_json, report
from .help import Command, declared, option
from .inputs import as_typed, check_output

if TYPE_CHECKING:
    from minitok import Tokenizer
    from minitok.evaluation import Evaluation
    from minitok.evaluation.record import Row

# The options that go with a text.
OF_A_TEXT = {"text", "tokenizers", "json", "backend", "quiet"}
# Files that have the same name whatever the model.
ALIKE = {"tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json"}
DRAWN = (".pdf", ".svg", ".png")
# The ids of a longer text, in bytes, are counted but not shown.
SHOWN = 2000


@click.command(cls=Command)
@declared
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    files: tuple[str, ...] = shared.files_argument(
        "Files, or a folder with a folder for each language; by default the Universal Declaration of Human Rights in 34 "
        "languages."
    ),
    tokenizers: tuple[str, ...] = shared.tokenizer_named(f"; repeatable. Default: {', '.join(shared.COMPARED)}."),
    text: shared.TextOption,
    fields: tuple[str, ...] = option(
        "The field of records that holds the text; several are parallel.", "--field", metavar="NAME"
    ),
    lines: bool = option("Each line of a text is a document: for parallel texts."),
    base: str | None = option("The group to compare the others with; default: English, if present.", metavar="NAME"),
    prices: tuple[float, ...] = option(
        "The price of a million tokens: one for all, or one for each tokenizer in turn.", "--price", least=0
    ),
    window: int | None = option("The context length, in tokens.", "--context"),
    morphemes: tuple[str, ...] = option(
        "Words with a bar between their morphemes, as in un|break|able, one a line: a file for each language.",
        metavar="FILE",
    ),
    html: Path | None = option("Write a page with pictures to this file."),
    csv: Path | None = option("Write the figures of each group to this file."),
    latex: Path | None = option("Write a table for a paper to this file."),
    plot: Path | None = option("Draw what each group pays: .pdf, .svg or .png; needs Matplotlib."),
    threads: shared.ThreadsOption,
    quiet: shared.QuietOption,
    json: shared.JsonOption,
    backend: shared.BackendOption,
) -> None:
    """Compare tokenizers on the same texts: size, fairness to languages, use of the vocabulary, numbers, code, morphemes.

    With --text, show how each of them cuts that text: how many tokens, and which.

    \b
    Examples:
      minitok evaluate
      minitok evaluate --text "Unforgettable, naïve café"
      minitok evaluate -e gpt2 -t my.json corpus/ --html report.html
      minitok evaluate --csv rows.csv --latex table.tex --plot figure.pdf
      minitok evaluate talks.parquet --field en --field de --base en
      minitok evaluate --morphemes english.txt --morphemes turkish.txt
    """
    shared.check_texts(text, files)
    if text is not None:
        shared.refuse_others(context, OF_A_TEXT, "--text")
    named = tokenizers or shared.COMPARED
    toks = dict(zip(short(named), (shared.open_tokenizer(name, backend) for name in named)))
    if text is not None:
        show_text(toks, as_typed(text), json=json)
        return
    if len(prices) not in (0, 1, len(toks)):
        raise click.BadParameter(f"give one --price, or one for each of the {len(toks)} tokenizers, not {len(prices)}")
    forms: dict[Path | None, Callable[[Evaluation, Path], bytes]] = {
        html: lambda found, _: found.to_html().encode(),
        csv: lambda found, _: found.to_csv().encode(),
        latex: lambda found, _: found.to_latex().encode(),
        plot: drawn,
    }
    written = {file: form for file, form in forms.items() if file is not None}
    for file in written:
        check_output(file, [*(name for name in files if not Path(name).is_dir()), *morphemes])
    if plot is not None and plot.suffix not in DRAWN:
        raise click.BadParameter(
            f"a figure is {', '.join(DRAWN[:-1])} or {DRAWN[-1]}, not {plot.suffix or plot.name!r}"
        )
    paths = [path for file in files for path in ([Path(file)] if file and Path(file).is_dir() else expand(file))]
    # NumPy comes with these.
    from minitok.evaluation import evaluate
    from minitok.evaluation.morphemes import read_words
    from minitok.evaluation.texts import groups_of

    try:
        found = evaluate(
            toks,
            groups_of(paths, fields or ("text",), lines=lines) if paths else None,
            base=base,
            prices=dict(zip(toks, prices * len(toks) if len(prices) == 1 else prices)),
            context=window,
            morphemes=read_words(expand(morphemes)),
            threads=threads,
            progress=not quiet,
        )
    except ValueError as error:
        if isinstance(error, (MinitokError, UnicodeError)):
            raise
        raise click.BadParameter(str(error)) from None
    if json:
        print_json(found.to_dict())
    else:
        show(found)
    for file, form in written.items():
        write_atomically(file, form(found, file))
        report(f"wrote {file}")


def drawn(found: Evaluation, file: Path) -> bytes:
    """The figure, in the format that the name of the file says."""
    buffer = io.BytesIO()
    try:
        found.figure().savefig(buffer, format=file.suffix[1:], bbox_inches="tight")
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return buffer.getvalue()


def short(named: tuple[str, ...]) -> list[str]:
    """The names of files without their folders, unless two would then be one. A `tokenizer.json` has the name of its folder.

    >>> short(("gpt2", "models/llama.model")), short(("models/Qwen3/tokenizer.json", "a/tokenizer.json"))
    (['gpt2', 'llama.model'], ['Qwen3', 'a'])
    """
    paths = [Path(name) for name in named]
    names = [path.parent.name if path.name in ALIKE and path.parent.name else path.name for path in paths]
    return names if len(set(names)) == len(names) else list(named)


def show_text(toks: dict[str, Tokenizer], data: bytes, *, json: bool) -> None:
    """How each tokenizer cuts one text: the figures, the fewest tokens in bold, and the tokens of a short text in colour."""
    rows = [row_of(named, tok, data) for named, tok in toks.items()]
    if json:
        print_json({"bytes": len(data), "tokenizers": rows})
        return
    console = output()
    fewest = min(row["tokens"] for row in rows)
    table = plain_table("<tokenizer", "ids", "tokens", "bytes/token", "more tokens")
    for row in rows:
        ratio, more = row["bytes_per_token"], row["tokens"] - fewest
        table.add_row(
            Text(row["tokenizer"]),
            f"{row['vocab_size']:,}",
            f"{row['tokens']:,}",
            "-" if ratio is None else f"{ratio:.2f}",
            f"+{more / fewest:.1%}" if more else "",
            style=None if more else "bold",
        )
    console.print(table)
    for row, (named, tok) in zip(rows, toks.items()):
        if row.get("ids"):
            console.print(Text.assemble((named, "bold"), f"  {plural(row['tokens'], 'token')}"))
            console.print(TokenText(row["ids"], tok.tokenize(data)))
            console.print()


def row_of(named: str, tok: Tokenizer, data: bytes) -> dict[str, Any]:
    """What one tokenizer makes of the text; its ids, if it is short."""
    tokens = tok.count(data)
    return {
        "tokenizer": named,
        "vocab_size": tok.vocab_size,
        "tokens": tokens,
        "bytes_per_token": len(data) / tokens if tokens else None,
        **({"ids": tok.encode(data)} if len(data) <= SHOWN else {}),
    }


def show(found: Evaluation) -> None:
    """The summaries, a figure for each group (what it pays, or bytes per token where groups are not parallel), morphemes."""
    from minitok.evaluation.page import number, warning

    console = output()
    table = plain_table("<tokenizer", "ids", "bytes/token", "Rényi", "in use", "Gini", "worst tenth")
    for held in found.summaries:
        table.add_row(
            Text(held.tokenizer),
            f"{held.vocab_size:,}",
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
