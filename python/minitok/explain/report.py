"""An ``Explanation`` for a terminal: a Rich renderable.

Needs Rich. Costs O(n) for what is shown. Not for: long texts; ``Explanation.to_html`` folds what is too long to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from ..definition.fields import short_pattern
from .chips import plural
from .explanation import Explanation
from .model import Blocked, Lane, LanePiece, Piece
from .terminal import BAR, STYLES, FittingTable, TokenText, has_colour
from .visible import visible

# How far a tree is indented.
INDENT = "  "


@dataclass(frozen=True)
class Tree:
    """The merges under one part of a piece, a line each. Where the line is short, the deepest branches begin further left."""

    report: Report
    piece: Piece
    root: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # A deep tree is walked with a list: parts wait with what stands before them and before those under them.
        waiting = [(self.root, INDENT, INDENT)]
        while waiting:
            at, before, under = waiting.pop()
            label = self.report.label(self.piece, at)
            room = max(0, options.max_width - len(label))
            yield Text.assemble((before[-room:] if len(before) > room else before, "dim"), label, overflow="fold")
            part = self.piece.parts[at]
            sides = [side for side in (part.left, part.right) if side is not None]
            # What is only a byte stands in its parent's label already.
            if any(self.piece.parts[side].rank is not None for side in sides):
                branches = zip(sides, ["├── ", "└── "][-len(sides) :], ["│   ", "    "][-len(sides) :])
                waiting += reversed([(side, under + branch, under + below) for side, branch, below in branches])


@dataclass(frozen=True)
class Report:
    """All of an explanation: tokens, pieces, merge trees, blocked merges.

    >>> import minitok
    >>> why = minitok.Tokenizer([(104, 105)]).explain("hi!")
    >>> Console(width=60, highlight=False).print(Report(why).heading())
    2 tokens for 3 bytes, pattern o200k
    """

    explanation: Explanation
    # Whether to say how each pattern is run, and what it cuts otherwise.
    engine: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tokens = self.explanation.tokens
        yield self.heading()
        yield Text()
        yield TokenText([token.id for token in tokens], [token.token for token in tokens])
        yield self.table()
        yield Text("Pieces by pattern", "bold")
        for lane in self.explanation.lanes:
            yield self.lane(lane, colour=has_colour(console))
        yield Text("\nMerges", "bold")
        yield from self.trees()
        blocked = [one for piece in self.explanation.pieces for one in piece.blocked]
        if blocked:
            yield Text("\nBlocked: in the vocabulary, but stopped", "bold")
            yield self.blocked(blocked)

    def heading(self) -> Text:
        """How many tokens, and of what."""
        name = f"{self.explanation.encoding}, " if self.explanation.encoding else ""
        tokens, size = plural(len(self.explanation.tokens), "token"), plural(len(self.explanation.text), "byte")
        return Text(f"{tokens} for {size}, {name}pattern {short_pattern(self.explanation.pattern)}")

    def table(self) -> RenderableType:
        """A row for each token."""
        table = FittingTable(("id", "<token", "<bytes", "at byte", "at char", "<piece"), ("<bytes", "<piece"))
        for piece in self.explanation.pieces:
            for token in piece.tokens:
                table.add_row(
                    str(token.id),
                    Text(visible(token.token).rstrip("\n")),
                    Text(token.token.hex(" ")),
                    f"{token.start}-{token.end}",
                    f"{token.first_char}-{token.last_char}",
                    Text(why(piece)),
                )
        return table

    def lane(self, lane: Lane, *, colour: bool) -> RenderableType:
        """The pieces that one pattern makes, and then the alternatives that made them."""
        pieces, labels = Text(overflow="fold"), []
        for number, piece in enumerate(lane.pieces):
            shown = visible(self.explanation.text[piece.start : piece.end]).replace("\n", "")
            index = piece.alternative.index if piece.alternative else len(STYLES) - 1
            pieces.append(BAR if number else "", "dim" if colour else None)
            pieces.append(shown, STYLES[index % len(STYLES)] if colour else None)
            labels.append(why(piece))
        name = Text(f"{short_pattern(lane.pattern)}: {len(lane.pieces)} ")
        machine = [f"cut {lane.scanned}"] if lane.scanned and self.engine else []
        if lane.differs is not None and self.engine:
            shortest = visible(lane.differs.encode()).replace("\n", "")
            machine.append(f"differs from {short_pattern(self.explanation.lanes[0].pattern)} on {shortest}")
        below = "\n".join([", ".join(labels), "; ".join(machine)]).rstrip()
        return Padding(Text.assemble(name, pieces, "\n", (below, "dim")), (0, 0, 0, 2), expand=False)

    def trees(self) -> Iterator[RenderableType]:
        """A tree for each token that merges make."""
        for piece in self.explanation.pieces:
            for token in piece.tokens:
                if token.part is not None and piece.parts[token.part].rank is not None:
                    yield Tree(self, piece, token.part)

    def label(self, piece: Piece, at: int) -> Text:
        part = piece.parts[at]
        shown = visible(self.explanation.vocabulary[part.id]).replace("\n", "")
        return Text.assemble(shown, (f"  id {part.id}" + ("" if part.rank is None else f", rank {part.rank}"), "dim"))

    def blocked(self, blocked: list[Blocked]) -> RenderableType:
        """A row for each merge that did not happen."""
        table = FittingTable(("<token", "<of", "rank", "<because"))

        def named(token_id: int) -> str:
            return visible(self.explanation.vocabulary[token_id]).replace("\n", "")

        for one in blocked:
            because = "a piece ends between them" if one.by is None else f"'{named(one.by)}' was merged first"
            sides = Text(f"{named(one.left)} + {named(one.right)}")
            table.add_row(Text(named(one.id)), sides, str(one.rank), Text(because))
        return table


def why(piece: Piece | LanePiece) -> str:
    """What made a piece, in a word or two."""
    if piece.special or piece.added:
        return "special token" if piece.special else "added token"
    return piece.alternative.label if piece.alternative else "what no alternative matches"
