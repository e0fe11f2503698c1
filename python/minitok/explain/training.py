"""A training replayed: a page with a slider over the merges, and at each the candidates, the ties and the choice.

It shows the trace (SPEC X1), of either backend. When not to use it: for thousands of merges; a page of 200 has 500 kB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .chips import bar, chips, mark_up, plural, stepper, table
from .page import Section, page

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

__all__ = ["training_html", "training_section"]

TIES_SHOWN = 12


def training_html(events: Iterable[Mapping[str, Any]], tokenizer: Tokenizer, title: str = "How it was learnt") -> str:
    """A web page that replays a training.

    Args:
        events: What ``train(trace=...)`` emitted: its first merges, or all of them.
        tokenizer: What was trained, or a longer training on the same texts; it gives the bytes of the ids.
        title: The title of the page.

    >>> import minitok
    >>> events = []
    >>> tok = minitok.train(["low lower lowest"], 259, trace=events.append)
    >>> training_html(events, tok).count("<li data-frame")
    3
    """
    return page(title, [training_section(list(events), tokenizer)])


def training_section(events: Sequence[Mapping[str, Any]], tokenizer: Tokenizer) -> Section:
    """The replay as a part of a web page."""
    frames = [step_html(event, tokenizer.token_bytes) for event in events]
    return Section(
        "Training",
        stepper("merges", frames) if frames else "<p>No merges.</p>",
        "Each step counts all pairs of neighbours, and merges the most frequent one into a new id. "
        "If several are equally frequent, a rule decides.",
    )


def step_html(event: Mapping[str, Any], token_bytes: Callable[[int], bytes]) -> str:
    """One merge: the choice, the candidates with their counts, and the ties."""

    def named(pair: Sequence[int]) -> str:
        return " + ".join(f"<b>{mark_up(token_bytes(side))}</b>" for side in pair)

    said = (
        f"<p>{named(event['winner'])} make id {event['id']}: {plural(event['count'], 'place')}, "
        f"in {plural(len(event['words']), 'distinct piece')}.</p>{chips([event['id']], token_bytes)}"
    )
    most = max(event["count"], 1)
    ties = event["ties"]
    rows = [
        (
            named(candidate["pair"]),
            f"{candidate['count']:,}",
            bar(candidate["count"], most),
            "chosen" if candidate["pair"] == event["winner"] else "tie" if candidate["pair"] in ties else "",
        )
        for candidate in event["candidates"]
    ]
    said += table(("pair", "count", "", ""), rows, numeric=(1,))
    if len(ties) > 1:
        more = f" and {len(ties) - TIES_SHOWN:,} more" if len(ties) > TIES_SHOWN else ""
        said += f"<p>{len(ties)} pairs share the highest count: {', '.join(map(named, ties[:TIES_SHOWN]))}{more}.</p>"
    return said
