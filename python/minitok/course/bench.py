"""What a stage works with: the submission's process, random numbers from the seed, and the comparison of one call."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from .report import Failure
from .search import search
from .session import Raised, Session
from .showing import show
from .worker.wire import Unknown

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ..corpus.learning import TieBreak

__all__ = ["Bench", "NotWritten", "seed_number"]

Input = TypeVar("Input")
# The functions as their authors call them.
LABELS = {
    "minbpe": {
        "count_pairs": "get_stats",
        "merge_pair": "merge",
        "train": "train",
        "encode_piece": "_encode_chunk",
        "load": "load",
        "save": "save",
    },
    "cs336": {"train": "run_train_bpe", "encode_piece": "Tokenizer.encode", "encode": "Tokenizer.encode"},
}


class NotWritten(Exception):  # noqa: N818
    """A function that the stage needs is not there."""


def seed_number(seed: int | str, *names: str) -> int:
    """A whole number that depends on a seed and names, the same on every machine.

    >>> seed_number(7, "encode") == seed_number("7", "encode") != seed_number(8, "encode")
    True
    """
    text = "/".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def raised_why(error: Raised) -> str:
    """A hint for what was raised."""
    if error.kind == "NotImplementedError":
        return "This has not been written yet."
    if error.kind == "MemoryError":
        return "It asked for more memory than a stage may use (1 GiB)."
    if error.kind == "RecursionError":
        return "A function that calls itself for every step is too deep for a long text: use a loop."
    if error.kind == "UnicodeDecodeError":
        return 'Bytes that are not valid UTF-8 are not an error: they become U+FFFD, by errors="replace".'
    if error.kind == "IndexError":
        return "An index is past the end: the last id has no neighbour to its right."
    if error.kind == "ArgumentChangedError":
        return "An argument belongs to the caller, which continues to use it: change a copy."
    if error.kind == "SystemExit":
        return "A function is to return its result, not to end the program."
    return ""


class Bench:
    """One stage's place of work.

    Args:
        start: Starts a new process of the submission.
        session: The first one.
        seed: Of this stage.
        ties: The rule for ties, where it is known by now.
    """

    def __init__(self, start: Callable[[], Session], session: Session, seed: int, ties: TieBreak | None) -> None:
        self.start = start
        self.session = session
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - chooses examples
        self.names: str = session.names
        self.ties = ties
        self.calls = 0
        self.remarks: list[str] = []
        self.points_lost = 0
        self.own_ties = True  # the rule for ties is the submission's own, not asked for
        # What is being asked: said if the process ends meanwhile.
        self.asking = ("the file", "")
        self.printed: list[str] | None = None  # by the call that is reported, if it was made in a process of its own

    @property
    def course_names(self) -> bool:
        """Whether the submission uses the course's own names, which promise more than minbpe's and CS336's."""
        return self.names == "minitok"

    @property
    def splits(self) -> bool:
        """Whether the submission cuts text into pieces; minbpe's ``BasicTokenizer`` alone does not."""
        return bool(self.names != "minbpe" or self.has("splits"))

    def need_pieces(self) -> None:
        """Raises NotWritten where text is not cut into pieces yet."""
        if not self.splits:
            raise NotWritten("RegexTokenizer")

    def label(self, function: str) -> str:
        """The function as its author calls it."""
        return LABELS.get(self.names, {}).get(function, function)

    def has(self, function: str) -> bool:
        return function in self.session.functions

    def need(self, *functions: str) -> None:
        """Raises NotWritten for the first of the functions that is not there."""
        for function in functions:
            if not self.has(function):
                raise NotWritten(self.label(function))

    def quietly(self, function: str, *arguments: Any) -> Any:
        """What a function of the submission returns; None where it raises."""
        self.calls += 1
        try:
            return self.session.call(function, *arguments)
        except Raised:
            return None

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """A new process for a while: nothing of the calls before is in its memory."""
        kept, self.session = self.session, self.start()
        try:
            yield
        finally:
            self.session.end()
            self.session = kept

    def compare(
        self,
        call: str,
        ask: Callable[[], Any],
        expected: Any,
        why: Callable[[Any], str] = lambda _: "",
        shown: Callable[[Any], str] = show,
        link: Callable[[Any], str | None] = lambda _: None,
        raised: Callable[[Raised], str] = raised_why,
    ) -> Failure | None:
        """Ask the submission, and compare. ``why`` says where its answer parts from the right one; ``raised`` why it raised."""
        self.asking = (call, shown(expected))
        self.calls += 1
        self.session.mark()
        try:
            yours = ask()
        except Raised as error:
            message = (
                f"changes what it is given: {error.message}"
                if error.kind == "ArgumentChangedError"
                else f"raised {error}"
            )
            return Failure(call, message, shown(expected), raised(error), link(None))
        if type(expected) is list and isinstance(yours, (tuple, bytes)):
            yours = list(yours)
        if same(yours, expected):
            return None
        if isinstance(yours, Unknown):
            return Failure(call, show(yours), shown(expected), f"Return {kind_of(expected)}, not {yours.type_name}.")
        message = (
            said(shown, yours, show(yours))
            if isinstance(yours, type(expected))
            else f"{show(yours)} ({type(yours).__name__})"
        )
        return Failure(call, message, shown(expected), said(why, yours, ""), said(link, yours, None))

    def search(
        self,
        check: Callable[[Input], Failure | None],
        examples: Iterable[Input],
        strategy: SearchStrategy[Input] | None = None,
        tries: int = 45,
    ) -> Failure | None:
        """The failure on the smallest input found. If a new process gets that right, memory of earlier calls is to blame."""
        found = search(check, examples, strategy, seed=self.seed, tries=tries)
        if found is None:
            return None
        value, failure = found
        with self.fresh():
            again = check(value)
            printed = self.session.last_lines()
        if again is not None:
            self.printed = printed
            return again
        remembers = (
            "Called alone, in a new process, it is right. So it remembers something from the calls before: a global variable, "
            "a cache whose key leaves an argument out, or a default argument that is changed."
        )
        return Failure(
            failure.call, failure.yours, failure.expected, f"{failure.why}\n{remembers}".strip(), failure.link
        )


Told = TypeVar("Told")


def said(say: Callable[[Any], Told], yours: Any, otherwise: Told) -> Told:
    """What is said of an answer; ``otherwise`` of one that holds anything, which nobody expects."""
    try:
        return say(yours)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
        return otherwise


def kind_of(value: Any) -> str:
    """A type as a student writes it.

    >>> kind_of([1, 2]), kind_of({}), kind_of(["a"])
    ('a list of int', 'a dict', 'a list of str')
    """
    inner = {type(item).__name__ for item in value} if isinstance(value, list) else set()
    return f"a {type(value).__name__}{f' of {inner.pop()}' if len(inner) == 1 else ''}"


def same(yours: Any, expected: Any) -> bool:
    """Equal, with equal types of the numbers inside, and with dictionaries in any order."""
    return bool(type(yours) is type(expected) and yours == expected and plain(yours))


def plain(value: Any) -> bool:
    """No booleans where numbers are meant."""
    if isinstance(value, (list, tuple)):
        return not any(isinstance(item, bool) for item in value)
    return True


def parts_at(yours: Sequence[Any], expected: Sequence[Any]) -> int:
    """The first index at which two sequences differ."""
    pairs = enumerate(zip(yours, expected))
    return next((at for at, (left, right) in pairs if left != right), min(len(yours), len(expected)))
