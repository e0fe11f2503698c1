"""Tokens in colour and traces step by step, for a terminal: Rich renderables.

A thin bar separates tokens, so that the output can be read without colour (a pipe, a file, ``NO_COLOR``); in colour, each token
has a background, too.

White space and bytes that are not a character are made visible; see ``visible.py``.

Costs O(n) for n bytes shown. When not to use it: for megabytes; a terminal is for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.style import Style, StyleType
from rich.table import Table
from rich.text import Text

from .visible import PALETTE, palette_index, visible

__all__ = ["PALETTE", "FittingTable", "MergeSteps", "TokenText", "TrainSteps", "palette_index", "visible"]

INK = "#1b1b1b"
STYLES = tuple(Style(color=INK, bgcolor=ground) for ground in PALETTE)

BAR = "│"
# The letters of a word that are not broken, and the columns that a table takes besides each of its own.
WORD = 12
GAP = 3


@dataclass(frozen=True)
class TokenText:
    """A text by its tokens: ``ids``, and the bytes of each."""

    ids: Sequence[int]
    tokens: Sequence[bytes]

    def spans(self) -> Iterator[tuple[str, int]]:
        """Each token made visible, with its place in the palette."""
        before: int | None = None
        for token_id, token in zip(self.ids, self.tokens):
            before = palette_index(token_id, before)
            yield visible(token), before

    def text(self, *, colour: bool) -> Text:
        """As ``rich.text.Text``, with bars, and with backgrounds in colour."""
        text = Text(no_wrap=False, overflow="fold")
        for number, (shown, index) in enumerate(self.spans()):
            if number and not text.plain.endswith("\n"):
                text.append(BAR, "dim" if colour else None)
            text.append(shown, STYLES[index] if colour else None)
        return text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text(colour=has_colour(console))


def has_colour(console: Console) -> bool:
    """Whether what is printed there will have colours."""
    return console.color_system is not None and not console.no_color


@dataclass
class FittingTable:
    """A table in which no number is ever cut, with no lines but the one under its head.

    Numbers stand to the right; a column named ``<...`` is text, to the left, and wrapped where the line ends. Where the line is
    too short, the ``optional`` columns are left out, the first one first; and if that is not enough, each row becomes a list of
    its columns.
    """

    columns: Sequence[str]
    optional: Sequence[str] = ()
    rows: list[tuple[list[Text], StyleType | None]] = field(default_factory=list)

    def add_row(self, *cells: str | Text, style: StyleType | None = None) -> None:
        """Adds a row; cells that are left out are empty."""
        texts = [Text(cell) if isinstance(cell, str) else cell for cell in cells]
        self.rows.append((texts + [Text()] * (len(self.columns) - len(texts)), style))

    def natural(self, column: int) -> int:
        """How wide a column would be without wrapping."""
        lines = [line for cells, _ in self.rows for line in cells[column].plain.split("\n")]
        return max(map(cell_len, [self.columns[column].removeprefix("<"), *lines]))

    def least(self, column: int) -> int:
        """How wide a column must be: as wide as its numbers; for text, as its words, up to a few letters."""
        name = self.columns[column]
        if not name.startswith("<"):
            return self.natural(column)
        words = [word for cells, _ in self.rows for word in cells[column].plain.split()]
        return max(map(cell_len, [name.removeprefix("<"), *(word[:WORD] for word in words)]))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        kept = list(range(len(self.columns)))
        left_out = [self.columns.index(name) for name in self.optional]
        while self.needed(kept) > options.max_width and left_out:
            kept.remove(left_out.pop(0))
        if self.needed(kept) > options.max_width:
            yield from self.lists()
        else:
            yield self.table(kept, options.max_width)

    def needed(self, kept: Sequence[int]) -> int:
        """How wide a table of some columns is at least."""
        return sum(map(self.least, kept)) + GAP * len(kept)

    def table(self, kept: Sequence[int], width: int) -> Table:
        """The table of some columns; what is not needed for numbers and words goes to the texts, the shorter ones first."""
        spare = width - self.needed(kept)
        widths = {}
        for count, column in enumerate(sorted(kept, key=self.natural)):
            more = min(self.natural(column) - self.least(column), spare // max(1, len(kept) - count))
            widths[column] = self.least(column) + more
            spare -= more
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for column in kept:
            name = self.columns[column]
            justify: JustifyMethod = "left" if name.startswith("<") else "right"
            table.add_column(name.removeprefix("<"), justify=justify, width=widths[column], overflow="fold")
        for cells, style in self.rows:
            table.add_row(*(cells[column] for column in kept), style=style)
        return table

    def lists(self) -> Iterator[Text]:
        """Each row as a list of its columns."""
        names = [name.removeprefix("<") for name in self.columns]
        longest = max(map(cell_len, names))
        for cells, style in self.rows:
            for name, cell in zip(names, cells):
                if cell.plain:
                    yield Text.assemble((f"{name:<{longest}}  ", "bold"), cell, style=style or "", overflow="fold")
            yield Text()


@dataclass(frozen=True)
class MergeSteps:
    """How one piece is encoded: the events of one ``"piece"`` in the trace, a row a merge.

    ``token_bytes`` gives the bytes of an id.
    """

    events: Sequence[Mapping[str, Any]]
    token_bytes: Callable[[int], bytes]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colour = has_colour(console)
        table = FittingTable(("step", "rank", "<merged", "of", "<parts"))
        for event in self.events:
            parts = self.parts(event["ids"], colour=colour)
            if event["event"] == "piece":
                table.add_row("", "", "", "", parts)
            else:
                left, right = (visible(self.token_bytes(token_id)) for token_id in event["pair"])
                merged = f"{left} + {right}"
                table.add_row(str(event["step"]), str(event["rank"]), merged, str(len(event["candidates"])), parts)
        yield table

    def parts(self, ids: Sequence[int], *, colour: bool) -> Text:
        return TokenText(ids, [self.token_bytes(token_id) for token_id in ids]).text(colour=colour)


@dataclass(frozen=True)
class TrainSteps:
    """How merges were chosen: ``"train_merge"`` events, a row a merge, with the pair that came second."""

    events: Sequence[Mapping[str, Any]]
    token_bytes: Callable[[int], bytes]

    def pair(self, pair: Sequence[int]) -> str:
        return " + ".join(visible(self.token_bytes(token_id)) for token_id in pair)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = FittingTable(
            ("id", "<pair", "<token", "count", "<next best", "next count"), ("<next best", "next count")
        )
        for event in self.events:
            token = TokenText([event["id"]], [self.token_bytes(event["id"])]).text(colour=has_colour(console))
            row: list[str | Text] = [str(event["id"]), self.pair(event["winner"]), token, f"{event['count']:,}"]
            for second in event["candidates"][1:2]:
                row += [self.pair(second["pair"]), f"{second['count']:,}"]
            table.add_row(*row)
        yield table
