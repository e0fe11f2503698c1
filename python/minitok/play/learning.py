"""A training that reports what it does while it runs, and can be stopped.

The training runs in a thread and passes its news to the event loop, at most a few times a second. The first merges are
reported with their trace (SPEC X1): candidates, counts, ties. A traced step looks at every pair again, which is too slow for
thousands of merges, so the rest is learnt without a trace, from the same counts; that training begins with the same merges
(SPEC T9).

Texts of several languages are learnt from twice, plainly and with parity, for the bill of each language before and after.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from ..corpus.counting import count_pieces
from ..data import human_rights
from ..errors import MinitokError
from ..parity import train_parity
from ..training import train

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from concurrent.futures import Executor

    from ..corpus.progress import Progress
    from ..tokenizer import Tokenizer

__all__ = ["Plan", "TrainingStopped", "compare", "learn", "lines"]

TRACED = 512
# Of the 30 articles of the declaration, these say which language is worst off; the bill is that of the others.
DEVELOPMENT = 20
# Seconds between two lines of news.
PACE = 0.05


class TrainingStopped(MinitokError):  # noqa: N818
    """The training was stopped, by the reader or by the clock."""


@dataclass(frozen=True)
class Plan:
    """What to learn: a text, the number of ids, the options of both halves of ``train``, and the time limit.

    ``languages``: the texts of several languages, of which ``text`` consists, by the names that the declaration has for them.
    """

    text: bytes
    vocab_size: int
    counting: dict[str, Any]
    learning: dict[str, Any]
    seconds: float
    languages: dict[str, bytes] = field(default_factory=dict)


def learn(plan: Plan, tell: Callable[[dict[str, Any]], object], stop: Flag) -> Tokenizer:
    """Trains, and reports progress. Raises TrainingStopped soon after ``stop`` is set, or when the time is over.

    >>> told = []
    >>> tok = learn(Plan(b"low lower lowest", 258, {}, {}, 60), told.append, Flag())
    >>> [merge["id"] for line in told for merge in line.get("merges", ())]
    [256, 257]
    """
    reporter = Reporter(plan, tell, stop)
    counts = count_pieces([plan.text], progress=reporter.on_progress, **plan.counting)
    traced = min(plan.vocab_size, 256 + TRACED + len(counts.special_tokens))
    tok = train(counts, traced, progress=reporter.check, trace=reporter.on_merge, **plan.learning)
    reporter.flush()
    if len(tok.merges) == TRACED and plan.vocab_size > traced:
        tok = train(counts, plan.vocab_size, progress=reporter.on_progress, **plan.learning)
    return tok


def compare(plan: Plan, tell: Callable[[dict[str, Any]], object], stop: Flag) -> tuple[Tokenizer, Tokenizer]:
    """Trains on the texts of the languages plainly, and with parity; reports progress and ends as ``learn`` does."""
    reporter = Reporter(plan, tell, stop)
    counting = {"progress": reporter.on_progress, **plan.counting}
    texts = {language: count_pieces([text], **counting) for language, text in plan.languages.items()}
    dev = {language: count_pieces(human_rights()[language][:DEVELOPMENT], **counting) for language in texts}
    name = plan.learning.get("name")
    plain = train(
        count_pieces(plan.languages.values(), **counting),
        plan.vocab_size,
        progress=reporter.on_progress,
        **{**plan.learning, "name": name and f"{name}, plain"},
    )
    return plain, train_parity(texts, plan.vocab_size, dev=dev, progress=reporter.on_progress, name=name)


def bill(toks: Iterable[Tokenizer], languages: Iterable[str]) -> dict[str, list[int]]:
    """Returns how many tokens the last articles of the declaration have in each language, under each tokenizer.

    >>> {language: len(counts) for language, counts in bill([], ["Greek", "Thai"]).items()}
    {'Greek': 0, 'Thai': 0}
    """
    articles = {language: human_rights()[language][DEVELOPMENT:] for language in languages}
    return {language: [sum(tok.count_batch(texts)) for tok in toks] for language, texts in articles.items()}


class Reporter:
    """Is called at every step of a training; reports some of them, and ends the training when it must end."""

    def __init__(self, plan: Plan, tell: Callable[[dict[str, Any]], object], stop: Flag) -> None:
        self.plan, self.tell, self.stop = plan, tell, stop
        self.over = time.monotonic() + plan.seconds
        self.told_at = 0.0
        self.merges: list[dict[str, Any]] = []

    def check(self, _: object = None) -> None:
        """Raise TrainingStopped if the training must end."""
        if self.stop.is_set():
            raise TrainingStopped("stopped")
        if time.monotonic() > self.over:
            raise TrainingStopped(f"not done in {self.plan.seconds:g} seconds")

    def on_merge(self, event: dict[str, Any]) -> None:
        """A merge of the trace."""
        self.check()
        self.merges.append(news(event))
        if time.monotonic() - self.told_at > PACE:
            self.flush()

    def flush(self) -> None:
        """Reports the merges that have not been reported yet."""
        if self.merges:
            self.tell({"merges": self.merges})
            self.merges = []
        self.told_at = time.monotonic()

    def on_progress(self, at: Progress) -> None:
        """How far the training without a trace is."""
        self.check()
        if time.monotonic() - self.told_at > PACE:
            self.tell({"phase": at.phase, "done": at.done, "total": at.total or len(self.plan.text)})
            self.told_at = time.monotonic()


def news(event: dict[str, Any]) -> dict[str, Any]:
    """Returns what a page shows of a merge; of the ties, which may be thousands, only their number."""
    return {
        "id": event["id"],
        "pair": event["winner"],
        "count": event["count"],
        "ties": len(event["ties"]),
        "words": len(event["words"]),
        "candidates": [[*candidate["pair"], candidate["count"]] for candidate in event["candidates"]],
    }


async def lines(
    plan: Plan, executor: Executor, finish: Callable[[Tokenizer], dict[str, Any]]
) -> AsyncGenerator[bytes, None]:
    """Yields the news of a training as lines of JSON; the last has the ``tokenizer``, or the ``error`` that ended it.

    Of texts in several languages, the last has two ``tokenizers``, plain and with parity, and the ``bill``.

    A reader who goes away stops the training.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    stop = Flag()

    def put(line: dict[str, Any] | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, line)

    def run() -> None:
        try:
            if plan.languages:
                both = compare(plan, put, stop)
                put({"bill": bill(both, plan.languages), "tokenizers": [finish(tok) for tok in both]})
            else:
                put({"tokenizer": finish(learn(plan, put, stop))})
        except (MinitokError, TypeError) as error:
            put({"error": str(error)})
        except Exception:
            put({"error": "the training failed"})
            raise
        finally:
            put(None)

    done = loop.run_in_executor(executor, run)
    try:
        while (line := await queue.get()) is not None:
            yield json.dumps(line).encode() + b"\n"
        await done
    finally:
        stop.set()
