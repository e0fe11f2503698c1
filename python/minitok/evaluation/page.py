"""An evaluation as a page that stands by itself: tables, and a line of dots for each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil
from typing import TYPE_CHECKING

from ..explain.chips import plural, table
from ..explain.page import Section
from ..explain.page import page as page_of

if TYPE_CHECKING:
    from .record import Interval, MorphemeRow, Row, Summary

COLOURS = 8
MORPHEMES = (
    "Words that are encoded alone. Of those that are cut: MorphScore is the share of the borders of morphemes at which a token "
    "ends, precision the share of the ends of tokens that are such borders. In parentheses: 95 % intervals over words."
)


def page(
    rows: Sequence[Row],
    summaries: Sequence[Summary],
    base: str | None,
    morphemes: Sequence[MorphemeRow],
    not_nfc: Mapping[str, int],
) -> str:
    names = [summary.tokenizer for summary in summaries]
    sections = [Section("The tokenizers", summaries_table(summaries), warning(rows, not_nfc))]
    if any(row.premium is not None and row.group != base for row in rows):
        lead = f"Tokens for the same content, relative to {base}. A bar is the 95 % interval over documents."
        html = dots(rows, names, lambda row: row.premium, lambda row: row.premium_interval)
        sections.append(Section("The bill by language", html, lead))
    html = dots(rows, names, lambda row: row.bytes_per_token, lambda row: row.bytes_per_token_interval)
    sections.append(Section("Bytes per token", html, "More is better: the same text in fewer tokens."))
    lead = (
        "Tokens per word, the share of words that are one token, and the share of tokens that hold a part of a character. "
        "Words end at white space: where a script has none between them (Amharic, Burmese, Chinese, Japanese, Thai), their "
        "numbers mean little."
    )
    sections += [
        Section("Words and characters", words_table(rows), lead),
        Section("Numbers, dates, code, white space", probes_table(summaries)),
    ]
    if morphemes:
        sections.append(Section("Morphemes", morphemes_table(morphemes), MORPHEMES))
    groups = len({row.group for row in rows})
    return page_of(
        "Tokenizers, compared", sections, f"{plural(len(names), 'tokenizer')} on {plural(groups, 'group')} of texts"
    )


def warning(rows: Sequence[Row], not_nfc: Mapping[str, int]) -> str:
    """Which groups are not in NFC, as a sentence or two; nothing if all are."""
    if not not_nfc:
        return ""
    documents = {row.group: row.documents for row in rows}
    named = ", ".join(f"{group} ({count:,} of {documents[group]:,} documents)" for group, count in not_nfc.items())
    return f"Not in NFC: {named}. Text is usually typed in NFC, which has other tokens."


def figures(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text: the first column stands to the left, the others to the right."""
    return table(heads, [[escape(cell) for cell in row] for row in rows], numeric=range(1, len(heads)))


def number(value: float | None, form: str = ".2f") -> str:
    """The number, or a dash.

    >>> number(3.14159), number(None), number(0.123, ".0%")
    ('3.14', '-', '12%')
    """
    return "-" if value is None else format(value, form)


def summaries_table(summaries: Sequence[Summary]) -> str:
    """The summaries, a row each. Columns without a value for any of them are left out."""
    columns: list[tuple[str, Callable[[Summary], str]]] = [
        ("tokenizer", lambda found: found.tokenizer),
        ("ids", lambda found: f"{found.vocab_size:,}"),
        ("bytes/token", lambda found: number(found.bytes_per_token)),
        ("entropy, bits", lambda found: number(found.entropy)),
        ("Rényi efficiency", lambda found: number(found.renyi_efficiency, ".3f")),
        ("tokens in use", lambda found: number(found.used, ".1%")),
        ("Gini", lambda found: number(found.gini, ".3f")),
        ("worst tenth", lambda found: number(found.worst_tenth)),
        ("price of 1M characters", lambda found: number(found.price, ".4f")),
        ("characters in a context", lambda found: number(found.context, ",")),
    ]
    shown = [column for column in columns if any(column[1](found) != "-" for found in summaries)]
    return figures([name for name, _ in shown], [[cell(found) for _, cell in shown] for found in summaries])


def dots(
    rows: Sequence[Row], names: Sequence[str], value: Callable[[Row], float | None], span: Callable[[Row], Interval]
) -> str:
    """A line for each group, with a dot for each tokenizer and its interval; the groups with the largest values first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if value(row) is not None:
            groups.setdefault(row.group, []).append(row)
    ends = (max(value(row) or 0, (span(row) or (0, 0))[1]) for held in groups.values() for row in held)
    most = ceil(max(ends, default=0)) or 1
    step = ceil(most / 8)
    marks = range(0, most + 1, step)

    def place(at: float) -> str:
        return f"{2 + 95 * at / most:.2f}%"

    def drawn(row: Row) -> str:
        colour, found, ends = names.index(row.tokenizer) % COLOURS, value(row) or 0.0, span(row)
        title = (
            f"<title>{escape(row.tokenizer)}: {found:.2f}{f', {ends[0]:.2f} to {ends[1]:.2f}' if ends else ''}</title>"
        )
        bar = (
            f'<line class="span d{colour}" x1="{place(ends[0])}" x2="{place(ends[1])}" y1="8" y2="8"/>' if ends else ""
        )
        return f'{bar}<circle class="d{colour}" cx="{place(found)}" cy="8" r="4">{title}</circle>'

    ticks = "".join(f'<line x1="{place(at)}" x2="{place(at)}" y1="0" y2="16"/>' for at in marks)
    numbers = "".join(f'<text x="{place(at)}" y="13">{at}</text>' for at in marks)

    def line(held: Sequence[Row]) -> str:
        return f'<svg role="img" aria-label="{escape(label(held))}">{ticks}{"".join(map(drawn, held))}</svg>'

    def label(held: Sequence[Row]) -> str:
        return ", ".join(f"{row.tokenizer} {value(row) or 0:.2f}" for row in held)

    key = "".join(
        f'<span class="key"><svg aria-hidden="true"><circle class="d{at % COLOURS}" cx="6" cy="6" r="5"/></svg>'
        f"{escape(name)}</span>"
        for at, name in enumerate(names)
    )
    ordered = sorted(groups.items(), key=lambda item: -max(value(row) or 0 for row in item[1]))
    drawings = "".join(f"<tr><td>{escape(group)}</td><td>{line(held)}</td></tr>" for group, held in ordered)
    heads = f"<thead><tr><td></td><th><svg>{numbers}</svg></th></tr></thead>"
    lines = f'<div class="scroll"><table class="dots">{heads}<tbody>{drawings}</tbody></table></div>'
    found = figures(["", *names], [[group, *(number(value(row)) for row in held)] for group, held in ordered])
    return f"<p>{key}</p>{lines}<details><summary>The figures</summary>{found}</details>"


def words_table(rows: Sequence[Row]) -> str:
    """Words and characters by group and tokenizer."""
    cells = [
        [
            row.group,
            row.tokenizer,
            number(row.tokens_per_word),
            number(row.whole_words, ".0%"),
            number(row.broken, ".0%"),
            f"{row.tokens:,}",
        ]
        for row in rows
    ]
    return figures(["", "tokenizer", "tokens/word", "whole words", "broken characters", "tokens"], cells)


def morphemes_table(rows: Sequence[MorphemeRow]) -> str:
    """Morphemes by group and tokenizer."""

    def cell(value: float | None, ends: Interval, form: str = ".2f") -> str:
        return number(value, form) + (f" ({ends[0]:{form}} to {ends[1]:{form}})" if ends else "")

    cells = [
        [
            row.group,
            row.tokenizer,
            f"{row.words:,}",
            cell(row.one_token, row.one_token_interval, ".0%"),
            cell(row.morphscore, row.morphscore_interval),
            cell(row.precision, row.precision_interval),
        ]
        for row in rows
    ]
    return figures(["", "tokenizer", "words", "one token", "MorphScore", "precision"], cells)


def probes_table(summaries: Sequence[Summary]) -> str:
    """A row for each probe, a column for each tokenizer."""

    def cut(found: dict[str, float]) -> str:
        return f"{found['tokens']:.2f} tokens, {found['alike']:.0%} cut alike"

    probes = [summary.probes for summary in summaries]
    cells = [
        [f"{digits}-digit numbers", *(cut(found["numbers"][digits]) for found in probes)]
        for digits in probes[0]["numbers"]
    ]
    cells += [
        ["dates such as 2024-02-29", *(cut(found["dates"]) for found in probes)],
        ["indents of 1 to 16 spaces that are one token", *(f"{found['indents']:.0%}" for found in probes)],
        ["most spaces in one token", *(str(found["spaces"]) for found in probes)],
        ["most newlines in one token", *(str(found["newlines"]) for found in probes)],
        ["tokens per identifier", *(f"{found['identifiers']:.2f}" for found in probes)],
    ]
    return figures(["", *(summary.tokenizer for summary in summaries)], cells)
