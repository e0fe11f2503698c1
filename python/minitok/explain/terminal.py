"""Tokens in colour and traces step by step, for a terminal: Rich renderables.

In colour, each token has a background colour. Without colour (a pipe, a file, ``NO_COLOR``), a thin bar separates tokens
instead, so that the same output can be read either way.

White space and bytes that are not a character are made visible; see ``visible.py``.

Costs O(n) for n bytes shown. When not to use it: for megabytes; a terminal is for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from .visible import PALETTE, palette_index, visible

__all__ = ["PALETTE", "MergeSteps", "TokenText", "TrainSteps", "palette_index", "visible"]

INK = "#1b1b1b"
STYLES = tuple(Style(color=INK, bgcolor=ground) for ground in PALETTE)

BAR = "│"


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
        """As ``rich.text.Text``, with backgrounds or with bars."""
        text = Text(no_wrap=False, overflow="fold")
        for number, (shown, index) in enumerate(self.spans()):
            if number and not colour and not text.plain.endswith("\n"):
                text.append(BAR)
            text.append(shown, STYLES[index] if colour else None)
        return text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text(colour=has_colour(console))


def has_colour(console: Console) -> bool:
    """Whether what is printed there will have colours."""
    return console.color_system is not None and not console.no_color


def step_table(*columns: tuple[str, str]) -> Table:
    """A table of steps: no lines but the one under its head."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=name != "parts", overflow="fold")  # type: ignore[arg-type]
    return table


@dataclass(frozen=True)
class MergeSteps:
    """How one piece is encoded: the events of one ``"piece"`` in the trace, a row a merge.

    ``token_bytes`` gives the bytes of an id.
    """

    events: Sequence[Mapping[str, Any]]
    token_bytes: Callable[[int], bytes]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colour = has_colour(console)
        table = step_table(("step", "right"), ("rank", "right"), ("merged", "left"), ("of", "right"), ("parts", "left"))
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
        table = step_table(
            ("id", "right"),
            ("pair", "left"),
            ("token", "left"),
            ("count", "right"),
            ("next best", "left"),
            ("count", "right"),
        )
        for event in self.events:
            token = TokenText([event["id"]], [self.token_bytes(event["id"])]).text(colour=has_colour(console))
            row: list[str | Text] = [str(event["id"]), self.pair(event["winner"]), token, f"{event['count']:,}"]
            for second in event["candidates"][1:2]:
                row += [self.pair(second["pair"]), f"{second['count']:,}"]
            table.add_row(*row)
        yield table
