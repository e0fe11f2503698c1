"""A training replayed: a page with a slider over the merges, and at each the candidates and the choice.

It shows the trace (SPEC X1), of either backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .page import Section, drawn, page, to_data

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer


def training_html(events: Iterable[Mapping[str, Any]], tokenizer: Tokenizer, title: str = "How it was learnt") -> str:
    """A web page that replays a training.

    Args:
        events: What ``train(trace=...)`` emitted: its first merges, or all of them.
        tokenizer: What was trained, or a longer training on the same texts; it gives the bytes of the ids.
        title: The title of the page.

    >>> import minitok
    >>> events = []
    >>> tok = minitok.train(["low lower lowest"], 259, trace=events.append)
    >>> training_html(events, tok).count('"count":')
    3
    """
    return page(title, [training_section(events, tokenizer)])


def training_section(events: Iterable[Mapping[str, Any]], tokenizer: Tokenizer) -> Section:
    """The replay as a part of a web page."""
    merges = [summary_of(event) for event in events]
    named = {token_id for merge in merges for one in merge["candidates"] for token_id in one[:2]}
    named.update(token_id for merge in merges for token_id in (*merge["pair"], merge["id"]))
    vocabulary = {token_id: tokenizer.token_bytes(token_id) for token_id in sorted(named)}
    return drawn("training", {"merges": merges, "vocabulary": to_data(vocabulary)})


def summary_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a page shows of a merge; of the ties, which may be thousands, only their number."""
    return {
        "id": event["id"],
        "pair": event["winner"],
        "count": event["count"],
        "ties": len(event["ties"]),
        "words": len(event["words"]),
        "candidates": [[*candidate["pair"], candidate["count"]] for candidate in event["candidates"]],
    }
