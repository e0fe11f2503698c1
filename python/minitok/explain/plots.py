"""Figures about vocabularies. Needs Matplotlib: ``pip install 'minitok[plots]'``.

Each function returns a new ``Figure`` (no global state, no window opens); what is drawn is computed in ``measures``. Most
colour-blind people can distinguish the colours of lines and bars; with ``dark=True`` a figure suits a dark page.

>>> from minitok import train
>>> figure = lengths(train(["low lower lowest"], 262))
>>> figure.axes[0].get_xlabel()
'length of a token (bytes)'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

try:
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:  # pragma: no cover
    raise ModuleNotFoundError("plots need Matplotlib: pip install 'minitok[plots]'", name=error.name) from error

from .bigram import bits_by_size
from .measures import bytes_per_token, merge_counts, sizes, token_lengths, use

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..tokenizer import Tokenizer

__all__ = ["bits", "compression", "languages", "lengths", "merges", "unused"]

COLOURS = ("#2a78b5", "#e07b39", "#4f9a54", "#9a5fb0", "#c44f52")
LIGHT = {"paper": "#fdfdfc", "ink": "#1d2126", "line": "#d9dde2"}
DARK = {"paper": "#15181c", "ink": "#e3e6ea", "line": "#343a42"}


def blank(title: str, x: str, y: str, *, dark: bool, size: tuple[float, float] = (6.4, 3.8)) -> tuple[Figure, Axes]:
    """A figure with one set of axes, named."""
    look = DARK if dark else LIGHT
    figure = Figure(figsize=size, layout="constrained", facecolor=look["paper"])
    axes = figure.add_subplot(facecolor=look["paper"])
    axes.set_title(title, loc="left", fontsize=11, color=look["ink"])
    axes.set_xlabel(x, color=look["ink"])
    axes.set_ylabel(y, color=look["ink"])
    axes.tick_params(which="both", colors=look["ink"])
    axes.grid(visible=True, color=look["line"], linewidth=0.7)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(look["line"])
    return figure, axes


def legend(axes: Axes, *, dark: bool) -> None:
    """A legend in the colours of the page."""
    axes.legend(frameon=False, labelcolor=(DARK if dark else LIGHT)["ink"])


def compression(
    tokenizer: Tokenizer,
    seen: Iterable[str | bytes],
    unseen: Iterable[str | bytes],
    vocab_sizes: Sequence[int] | None = None,
    *,
    dark: bool = False,
) -> Figure:
    """Bytes per token against vocabulary size, on text it was trained on and on text it was not.

    One training is enough: each size is the tokenizer, truncated (SPEC T9). Costs an encoding of the texts for each size.
    """
    chosen = sizes(tokenizer) if vocab_sizes is None else list(vocab_sizes)
    figure, axes = blank(
        "A larger vocabulary says more with a token", "vocabulary size (ids)", "bytes per token", dark=dark
    )
    texts = {"seen in training": list(seen), "unseen": list(unseen)}
    for (name, held), colour, marker in zip(texts.items(), COLOURS, "os"):
        axes.plot(chosen, bytes_per_token(tokenizer, held, chosen), marker + "-", ms=4, label=name, color=colour)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylim(bottom=0)
    legend(axes, dark=dark)
    return figure


def merges(events: Iterable[Mapping[str, Any]], *, dark: bool = False) -> Figure:
    """How often each merge's pair occurred when it was chosen, against the number of the merge; both logarithmic."""
    counts = merge_counts(events)
    figure, axes = blank("Each merge is worth less than the one before", "merge", "places merged", dark=dark)
    axes.loglog(range(1, len(counts) + 1), counts, color=COLOURS[0], linewidth=1.8)
    return figure


def lengths(tokenizer: Tokenizer, *, dark: bool = False, longest: int = 24) -> Figure:
    """How many tokens there are of each length; those longer than ``longest`` share the last bar."""
    counts = token_lengths(tokenizer)
    bars = [sum(n for size, n in counts.items() if min(size, longest) == at) for at in range(1, longest + 1)]
    while len(bars) > 1 and not bars[-1]:
        bars.pop()
    figure, axes = blank("How long tokens are", "length of a token (bytes)", "tokens", dark=dark)
    axes.bar(range(1, len(bars) + 1), bars, color=COLOURS[0])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.grid(visible=False)
    if max(counts) > longest:
        ticks = [at for at in range(1, longest - 1) if at % 4 == 0]
        axes.set_xticks([1, *ticks, longest], ["1", *map(str, ticks), f"≥ {longest}"])
    return figure


def unused(tokenizer: Tokenizer, texts: Iterable[str | bytes], *, dark: bool = False) -> Figure:
    """The share of tokens that the texts never use, in twenty equal ranges of ids."""
    counts = list(use(tokenizer, texts).values())
    step = max(1, -(-len(counts) // 20))
    parts = [counts[start : start + step] for start in range(0, len(counts), step)]
    shares = [100 * part.count(0) / len(part) for part in parts]
    never = counts.count(0)
    title = f"{never:,} of {len(counts):,} tokens never occur in this text"
    figure, axes = blank(title, "token id, in the order of learning", "never used (%)", dark=dark)
    axes.bar([start * step for start in range(len(parts))], shares, width=step * 0.9, align="edge", color=COLOURS[1])
    axes.set_ylim(0, 100)
    axes.xaxis.grid(visible=False)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def bits(tokenizer: Tokenizer, text: bytes, vocab_sizes: Sequence[int] | None = None, *, dark: bool = False) -> Figure:
    """Bits per byte of the last tenth of a text under a bigram model of the rest, against vocabulary size."""
    chosen = sizes(tokenizer) if vocab_sizes is None else list(vocab_sizes)
    figure, axes = blank(
        "Larger tokens let the smallest model look further", "vocabulary size (ids)", "bits per byte", dark=dark
    )
    axes.plot(chosen, bits_by_size(tokenizer, text, chosen), "o-", ms=4, color=COLOURS[3])
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylim(bottom=0)
    return figure


class Billed(Protocol):
    """A row of an evaluation: a language under a tokenizer, and its tokens relative to those of the base."""

    @property
    def tokenizer(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def premium(self) -> float | None: ...


def languages(rows: Iterable[Billed], *, dark: bool = False) -> Figure:
    """The bill by language: tokens for the same content relative to the base, under each tokenizer (``evaluate(...).rows``)."""
    bill: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.premium is not None:
            bill.setdefault(row.tokenizer, {})[row.group] = row.premium
    first, last = (list(bill.values())[at] for at in (0, -1))
    order = sorted(first, key=lambda language: (first[language], last[language]))
    size = 6.4, 1.4 + 0.27 * len(order)
    figure, axes = blank("The same content, in tokens", "tokens, relative to the base", "", dark=dark, size=size)
    for (name, relative), colour, marker in zip(bill.items(), COLOURS * len(bill), "osD^v" * len(bill)):
        axes.plot([relative[language] for language in order], order, marker, ms=6, label=name, color=colour)
    axes.axvline(1, color=(DARK if dark else LIGHT)["ink"], linewidth=0.8)
    axes.set_xlim(left=0)
    legend(axes, dark=dark)
    return figure
