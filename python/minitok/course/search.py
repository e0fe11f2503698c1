"""Finding the smallest input on which a submission and minitok part: a few by hand, then Hypothesis, which shrinks.

The same seed gives the same inputs. What a submission takes in time never decides what is looked at.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from ..errors import BackendError
from .session import Stopped

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from .report import Failure

__all__ = ["search", "smallest"]

Input = TypeVar("Input")
# After a failure, this many more calls at most to shrink it.
SHRINKING = 500


class Enough(BaseException):
    """Ends a search; not an Exception, which Hypothesis would take for a failure of the test."""


def search(  # noqa: C901 - examples, then Hypothesis, with the two ways in which it ends early
    check: Callable[[Input], Failure | None],
    examples: Iterable[Input],
    strategy: SearchStrategy[Input] | None = None,
    *,
    seed: int = 0,
    tries: int = 45,
) -> tuple[Input, Failure] | None:
    """The first of the examples that fails; or the smallest failing input that Hypothesis finds; or None."""
    for example in examples:
        failure = check(example)
        if failure is not None:
            return example, failure
    if strategy is None:
        return None
    try:
        from hypothesis import HealthCheck, Phase, Verbosity, errors, find, settings
    except ImportError as error:
        raise BackendError("grading needs Hypothesis: pip install hypothesis") from error

    found: list[tuple[Input, Failure]] = []
    stopped: list[Stopped] = []
    calls = 0

    def fails(value: Input) -> bool:
        nonlocal calls
        calls += bool(found)
        if calls > SHRINKING:
            raise Enough
        try:
            failure = check(value)
        except Stopped as error:
            stopped.append(error)
            raise Enough from None
        if failure is not None:
            found.append((value, failure))
        return failure is not None

    quiet = settings(
        max_examples=tries,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    try:
        smallest = find(strategy, fails, settings=quiet, random=random.Random(seed))  # noqa: S311 - a seed for examples
    except (errors.NoSuchExample, errors.Unsatisfiable):
        smallest = None
    except (Enough, errors.Flaky):
        smallest = None
    if not found:
        if stopped:
            raise stopped[0]
        return None
    # The last found is the smallest, unless the search was ended early; then the shortest is.
    last = [pair for pair in found if pair[0] == smallest]
    return last[-1] if last else min(found, key=lambda pair: len(repr(pair[0])))


def smallest(parts: list[Input], fails: Callable[[list[Input]], bool]) -> list[Input]:
    """A list that fails, without the parts that make no difference: first halves are left out, then less, at last one by one.

    >>> smallest(list("abcdefgh"), lambda parts: "c" in parts and "f" in parts)
    ['c', 'f']
    """
    left, size = SHRINKING, len(parts) // 2
    while size and left > 0:
        at = 0
        while at < len(parts) and left > 0:
            fewer = parts[:at] + parts[at + size :]
            left -= 1
            if fails(fewer):
                parts = fewer
            else:
                at += size
        size //= 2
    return parts
