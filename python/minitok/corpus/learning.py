"""Learning from what has been counted: options in, a ``Definition`` out. The algorithm is the backend's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from ..arguments import check_holes, check_int, check_string
from ..backend import load_backend
from ..definition import BYTE_ORDERS, Definition
from ..errors import TrainingError
from ..foreign import explains
from ..reference.text import utf8
from ..reference.train import TrainOptions
from .counting import Counting
from .counts import PieceCounts
from .progress import start_progress
from .report import Stopwatch, TrainingReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..backend import BackendName, Emit, Vocab
    from .progress import Progress, Show

TieBreak = Literal["smallest_ids", "first_seen", "greatest_bytes"]
TIE_BREAKS = get_args(TieBreak)
ByteOrder = Literal["identity", "gpt2"]
Alphabet = Literal["bytes", "characters"]
Prefix = Literal["first", "always", "never", "text", "segment"]


class ExtendOptions(TypedDict, total=False):
    """The options of ``extend``, for type checkers; ``minitok.train`` describes them.

    A type checker cannot take the types of ``**options`` from the signature of another function, so these stand in two places.
    A test compares them.
    """

    tie_break: TieBreak
    min_frequency: int
    max_token_length: int | None
    max_words: int | None
    barred: Sequence[str | bytes]
    threads: int | None
    progress: bool | Callable[[Progress], object]
    trace: Emit | None
    name: str | None


class TrainingOptions(ExtendOptions, total=False):
    """The options of ``minitok.train``, as for ``ExtendOptions``."""

    pattern: str | None
    special_tokens: Sequence[str]
    byte_order: ByteOrder
    superwords: int
    superword_pattern: str | None
    alphabet: Alphabet
    prefix: Prefix
    backend: BackendName | None
    max_memory: int | None


@explains
def extend(
    base: Definition,
    texts: Iterable[str | bytes] | PieceCounts,
    vocab_size: int,
    *,
    tie_break: TieBreak = "smallest_ids",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    max_words: int | None = None,
    barred: Sequence[str | bytes] = (),
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Definition:
    """See ``Tokenizer.extend``."""
    check_string(name, "name")
    if reason := base.why_not("be extended"):
        raise TrainingError(f"this tokenizer cannot be extended: {reason}")
    limits = min_frequency, max_token_length, max_words, barred
    job = Job(vocab_size, [], tie_break, "identity", *limits, least=base.vocab_size)
    with start_progress(progress) as show:
        if isinstance(texts, PieceCounts):
            check_pieces(texts, base)
            return job.extend(base, texts.with_backend(base.backend), show, trace, name, keep=True)
        special = list(base.special_tokens)
        with Counting(base.pattern, special, base.backend, threads, vocab=base.vocab) as counting:
            with job.watch.phase("counting"):
                counting.add_texts(texts, show)
                counts = counting.counts()
            return job.extend(base, counts, show, trace, name, keep=False)


@dataclass
class Job:
    """One training: its options, checked. ``least`` is the number of ids that there are without any merge learnt."""

    vocab_size: int
    special: list[str]
    tie_break: str = "smallest_ids"
    order: str = "identity"
    min_frequency: int = 1
    max_token_length: int | None = None
    max_words: int | None = None
    barred: Sequence[str | bytes] = ()
    least: int | None = None
    watch: Stopwatch = field(default_factory=Stopwatch)

    def __post_init__(self) -> None:
        what = f"256 bytes and {len(self.special)} special tokens" if self.least is None else "what it has already"
        least = 256 + len(self.special) if self.least is None else self.least
        if not least <= check_int(self.vocab_size, "vocab_size") < 1 << 31:
            raise TrainingError(f"vocab_size {self.vocab_size} is not between {least} ({what}) and 2147483647")
        if self.tie_break not in TIE_BREAKS:
            raise TrainingError(f"unknown tie_break {self.tie_break!r}; it can be {', '.join(TIE_BREAKS)}")
        if self.order not in tuple(BYTE_ORDERS):
            raise TrainingError(f"unknown byte_order {self.order!r}; it can be {', '.join(BYTE_ORDERS)}")
        check_bound("min_frequency", self.min_frequency)
        for name in ("max_token_length", "max_words"):
            if getattr(self, name) is not None:
                check_bound(name, getattr(self, name))
        self.n_merges = self.vocab_size - least
        self.byte_order = BYTE_ORDERS[self.order]
        self.strings = check_barred(self.barred)

    @property
    def options(self) -> TrainOptions:
        """What the merges depend on."""
        limits = self.min_frequency, self.max_token_length, self.max_words, self.strings
        return TrainOptions(self.n_merges, self.byte_order, self.tie_break, *limits)

    def train(
        self, counts: PieceCounts, show: Show, trace: Emit | None, name: str | None, *, keep: bool = False
    ) -> Definition:
        """Learns a tokenizer from counts. Consumes them unless ``keep`` is set."""
        merges, trained = self.learn(counts, show, trace, None, keep=keep)
        first = 256 + len(merges)
        # Learnt merges are consistent, so they are not checked as others are; that took as long as learning them.
        return Definition.of(
            load_backend(counts.backend).vocab.from_merges(self.byte_order, merges),
            counts.backend,
            pattern=counts.pattern,
            special_tokens={token: first + index for index, token in enumerate(self.special)},
            name=name,
            trained=trained,
        )

    def extend(
        self, base: Definition, counts: PieceCounts, show: Show, trace: Emit | None, name: str | None, *, keep: bool
    ) -> Definition:
        """Learn more tokens for a tokenizer."""
        first_id = base.vocab_size
        tokens, merges, whole_pieces = base.vocabulary()
        learnt, trained = self.learn(counts, show, trace, (base.vocab, first_id), keep=keep)
        # New ranks follow the existing scheme: they equal the ids if each rank is the id it makes, as in tiktoken's
        # files.
        rank = max((merge[3] for merge in merges), default=-1) + 1
        if whole_pieces and all(made == rank for _, _, made, rank in merges):
            rank = first_id
        for index, (left, right) in enumerate(learnt):
            tokens[first_id + index] = tokens[left] + tokens[right]
            merges.append((left, right, first_id + index, rank + index))
        check_holes(tokens.keys())
        vocab = load_backend(base.backend).vocab(tokens, merges, whole_pieces)
        return base.replace(vocab=vocab, name=name, trained={**trained, "extended_from": first_id})

    def learn(
        self, counts: PieceCounts, show: Show, trace: Emit | None, base: tuple[Vocab, int] | None, *, keep: bool
    ) -> tuple[list[tuple[int, int]], dict[str, Any]]:
        """The merges, and what there is to say of them."""

        def on_merge(made: int) -> None:
            show("merging", made, self.n_merges)

        with self.watch.phase("merging"):
            train = load_backend(counts.backend).train
            merges, _, ties, stop = train(counts.counter, self.options, on_merge, trace, base, keep)
        report = TrainingReport(
            stop,
            len(merges),
            ties,
            counts.documents,
            counts.bytes,
            counts.pieces,
            len(counts),
            tuple(self.watch.phases),
        )
        trained = {
            "vocab_size": self.vocab_size,
            "tie_break": self.tie_break,
            "min_frequency": self.min_frequency,
            "max_token_length": self.max_token_length,
            **({"max_words": self.max_words} if self.max_words is not None else {}),
            **({"barred": [string.decode(errors="replace") for string in self.strings]} if self.strings else {}),
            **report.to_dict(),
        }
        return merges, trained


def check_pieces(counts: PieceCounts, base: Definition) -> None:
    """Counts of the pieces that a tokenizer makes of text."""
    if counts.pattern != base.pattern or set(counts.special_tokens) != set(base.special_tokens):
        raise TrainingError(
            f"the tokenizer makes other pieces than these counts: {base.pattern!r} with the special tokens "
            f"{list(base.special_tokens)}, and {counts.pattern!r} with {counts.special_tokens}"
        )


def check_barred(barred: Sequence[str | bytes]) -> tuple[bytes, ...]:
    """The strings that no token may hold, as bytes."""
    if isinstance(barred, (str, bytes)):
        raise TypeError(f"barred must be a sequence of strings, not the one {type(barred).__name__} {barred!r}")
    strings = []
    for index, string in enumerate(barred):
        if not isinstance(string, (str, bytes)):
            raise TypeError(f"barred string {index} must be str or bytes, not {type(string).__name__}")
        if not string:
            raise TrainingError(f"barred string {index} is empty: every token holds it")
        strings.append(utf8(string))
    return tuple(strings)


def check_bound(name: str, value: int) -> None:
    """An option that is a number of things, one at least."""
    if not 1 <= check_int(value, name) < 1 << 63:
        raise TrainingError(f"{name} {value} is not between 1 and {(1 << 63) - 1}")
