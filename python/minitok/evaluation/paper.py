"""An evaluation for a paper: its rows as CSV, its figures by group as a table of LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .record import Row, Summary

# What LaTeX takes for a command, and how it is written as text.
WRITTEN = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    char: f"\\{char}" for char in "&%$#_{}"
}
DASH = "--"


def csv_of(rows: Sequence[Row]) -> str:
    """A line for each row; an interval is two columns, and what has no value is empty.

    >>> csv_of([])
    ''
    """
    lines = []
    for row in rows:
        line: dict[str, object] = {}
        for name, value in asdict(row).items():
            if name.endswith("_interval"):
                line[f"{name[: -len('interval')]}low"], line[f"{name[: -len('interval')]}high"] = value or ("", "")
            else:
                line[name] = "" if value is None else value
        lines.append(line)
    written = io.StringIO()
    if lines:
        writer = csv.DictWriter(written, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return written.getvalue()


def latex_of(rows: Sequence[Row], summaries: Sequence[Summary]) -> str:
    """A table with a line for each group and a column for each tokenizer, for the package booktabs.

    It says what the groups pay, relative to the base, or bytes per token where they are not parallel; below, the figures over
    all groups.
    """
    names = [held.tokenizer for held in summaries]
    is_parallel = any(row.premium is not None for row in rows)
    value = {(row.group, row.tokenizer): row.premium if is_parallel else row.bytes_per_token for row in rows}
    groups = list(dict.fromkeys(row.group for row in rows))

    def line(head: str, cells: Sequence[str]) -> str:
        return f"{' & '.join([escaped(head), *cells])} \\\\"

    def figures(head: str, values: Sequence[float | None]) -> str:
        return line(head, [DASH if one is None else f"{one:.2f}" for one in values])

    body = [figures(group, [value.get((group, name)) for name in names]) for group in groups]
    below = [figures("bytes per token", [held.bytes_per_token for held in summaries])]
    if is_parallel:
        below += [
            figures("Gini", [held.gini for held in summaries]),
            figures("worst tenth", [held.worst_tenth for held in summaries]),
        ]
    lines = [
        f"\\begin{{tabular}}{{l{'r' * len(names)}}}",
        "\\toprule",
        line("tokens, relative to the base" if is_parallel else "bytes per token", [escaped(name) for name in names]),
        "\\midrule",
        *body,
        "\\midrule",
        *below,
        "\\bottomrule",
        "\\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> print(escaped("o200k_base, 50 %"))
    o200k\_base, 50 \%
    """
    return re.sub(r"[\\~^&%$#_{}]", lambda found: WRITTEN[found[0]], text)
