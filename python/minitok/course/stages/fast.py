"""Stage 10: training that touches only what a merge changes, judged by steps, never by seconds."""

from __future__ import annotations

from typing import Any

from ...data import tiny_shakespeare
from ...training import train as train_minitok
from ..bench import Bench
from ..report import Failure
from ..session import Raised
from . import train
from .stage import Stage

SIZE = 60_000
MERGES = 200
# Counting every pair anew for each merge takes about 12 million steps here; keeping the counts and looking through all of them
# for the highest takes under 3 million, and with a heap it is under 1 million.
BUDGET = 6_000_000
# The submission's process counts, and could lie. The system says how long it ran: far longer than its steps can take is a lie.
SECONDS_PER_STEP = 2e-6
SLACK = 1.0
UNCOUNTED = (
    "The steps that were counted are few, but the program ran far longer than that takes: it works where steps are not "
    "counted, inside a function of a library, say. Write the loop yourself."
)


def run(bench: Bench) -> Failure | None:
    bench.need("train")
    train.settle(bench)
    plays = tiny_shakespeare()
    start = bench.random.randrange(len(plays) - SIZE)
    text = plays[start : start + SIZE]
    failure = bench.search(
        lambda one: train.check(bench, *one), [("ababab ab abc bc", 4, None), (text[:3000], 40, None)]
    )
    return failure or check_steps(bench, text)


def check_steps(bench: Bench, text: str) -> Failure | None:
    """Count the steps of one training of Shakespeare, and compare its merges."""
    size = 256 + MERGES
    tok = train_minitok([text], size, pattern="gpt2", tie_break=bench.ties or "smallest_ids")
    expected = {(left, right): 256 + rank for rank, (left, right) in enumerate(tok.merges)}
    call = f"{bench.label('train')}({SIZE:,} characters of Shakespeare, {size}), counting its steps"
    bench.asking = (call, f"at most {BUDGET:,} steps")
    bench.calls += 1
    slow = (
        "Do not count every pair again for each merge: keep each distinct piece once with its frequency, keep the counts of "
        "all pairs, and after a merge change only the counts of pairs in the pieces that hold it. To know these pieces without "
        "looking through all, keep for each pair the set of those that hold it."
    )
    before = bench.session.cpu_seconds()
    try:
        merges, steps = counted(bench.session.ask("count", text, size, BUDGET))
    except Raised as error:
        return Failure(call, f"raised {error}", f"at most {BUDGET:,} steps")
    if steps is None:
        return Failure(call, f"more than {BUDGET:,} steps", f"at most {BUDGET:,} steps", slow)
    if bench.session.cpu_seconds() - before > SLACK + steps * SECONDS_PER_STEP:
        return Failure(call, "more time than its steps take", f"at most {BUDGET:,} steps", UNCOUNTED)
    bench.remarks.append(f"{steps:,} steps, of {BUDGET:,}")
    return bench.compare(
        call,
        lambda: train.ordered(merges, expected),
        expected,
        lambda yours: train.why(yours, expected, text, size, train.ties_of(bench), "gpt2", ()),
        shown=train.show_merges_made,
    )


def counted(answer: Any) -> tuple[Any, int | None]:
    """The merges and the steps of an answer."""
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], (int, type(None))):
        return answer
    return answer, None


STAGE = Stage(10, "fast", 0, run, ("minitok", "cs336", "minbpe"), extra=True)
