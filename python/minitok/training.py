"""``train`` and ``train_files``: what they accept, and how progress is shown. The learning is the backend's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .arguments import check_pattern, thread_count
from .backend import load_backend
from .corpus import documents_of, expand
from .errors import TrainingError
from .formats.native import ORDERS
from .progress import Progress, start_progress
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from .backend import PieceCounter

    Emit = Callable[[dict[str, Any]], object]

__all__ = ["TIE_BREAKS", "train", "train_files"]

TIE_BREAKS = ("smallest_ids", "first_seen", "greatest_bytes")

# How many bytes of documents are handed to the backend at a time.
BATCH = 1 << 22


def train(
    texts: Iterable[str | bytes],
    vocab_size: int,
    *,
    pattern: str = "gpt2",
    special_tokens: Sequence[str] = (),
    tie_break: str = "smallest_ids",
    byte_order: str = "identity",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    backend: str | None = None,
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Tokenizer:
    """Learn a tokenizer from texts.

    The result depends on the texts and the options only: not on threads, chunks or the backend.

    Args:
        texts: Any iterable of ``str`` or ``bytes``; each is one document, and no merge crosses from one to the next.
            It is read once, and never held as a whole.
        vocab_size: The number of ids: 256 bytes, the merges, and the special tokens.
        pattern: How text is cut before merging: ``gpt2``, ``cl100k``, ``o200k``, ``none``, or a regular expression.
        special_tokens: Names; their ids come after the last merge. Cut out of the texts before counting.
        tie_break: Of the pairs with the highest count: ``smallest_ids`` (as Hugging Face and rustbpe), ``first_seen``
            (as minbpe) or ``greatest_bytes`` (as CS336).
        byte_order: Ids 0 to 255 in the order of bytes (``identity``) or of GPT-2's files (``gpt2``).
        min_frequency: A pair that occurs less often is not merged; training stops when no other is left.
        max_token_length: A token longer than this, in bytes, is not made.
        backend: ``rust`` or ``python``.
        threads: How many to use at most; the number of processors without it.
        progress: True for a bar (needs Rich), or a function that is called with a ``Progress``.
        trace: Called with each merge as data; see ``minitok.reference.trace``. Slow.
        name: A name for the tokenizer.

    Returns:
        The tokenizer; its ``trained`` says, among other things, why training stopped: ``vocab_size`` was reached, or
        no pair reached ``min_frequency``.

    Raises:
        TrainingError: Options that cannot be met.
        PatternError: The pattern is not one that both backends read alike.
        TypeError: A text is neither str nor bytes; the message says which.

    Costs O(n) time to count n bytes and memory for the distinct pieces only; see docs/algorithms.md.

    >>> tok = train(["low lower lowest"], vocab_size=259)
    >>> tok.merges
    [(108, 111), (256, 119), (32, 257)]
    """
    job = Job(
        vocab_size, pattern, special_tokens, tie_break, byte_order, min_frequency, max_token_length, backend, threads
    )
    with start_progress(progress) as show:
        job.count(texts, show)
        return job.learn(show, trace, name)


def train_files(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    vocab_size: int,
    *,
    separator: str | bytes | None = None,
    field: str = "text",
    pattern: str = "gpt2",
    special_tokens: Sequence[str] = (),
    tie_break: str = "smallest_ids",
    byte_order: str = "identity",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    backend: str | None = None,
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Tokenizer:
    """Learn a tokenizer from files, in memory that does not grow with them.

    Args:
        paths: Files, or patterns of them (``corpus/*.txt``), in this order; those of a pattern sorted. ``.jsonl``:
            a document is the ``field`` of each line. ``.parquet``: of each row (needs ``minitok[parquet]``). Anything
            else is text: a file is one document.
        vocab_size: As for ``train``; so are the options that follow ``field``.
        separator: Cuts a text file into documents; it is no part of them.
        field: The field of a JSON line, or the column of a Parquet file, that holds the text.
        pattern: See ``train``.
        special_tokens: See ``train``.
        tie_break: See ``train``.
        byte_order: See ``train``.
        min_frequency: See ``train``.
        max_token_length: See ``train``.
        backend: See ``train``.
        threads: See ``train``.
        progress: See ``train``.
        trace: See ``train``.
        name: See ``train``.

    Raises:
        FileNotFoundError: A file is not there, or a pattern matches none.
        FileFormatError: A line is no JSON, or a line or file has no such field; the message says where.
        TrainingError: As ``train``; and its other errors.
    """
    files = expand(paths)
    if separator is not None and not separator:
        raise TrainingError("the separator is empty; leave it out for one document a file")
    cut = separator.encode() if isinstance(separator, str) else separator
    job = Job(
        vocab_size, pattern, special_tokens, tie_break, byte_order, min_frequency, max_token_length, backend, threads
    )
    with start_progress(progress) as show:
        job.count_files(files, cut, field, show)
        return job.learn(show, trace, name)


class Job:
    """One training: its options, checked, and what has been counted so far."""

    def __init__(
        self,
        vocab_size: int,
        pattern: str,
        special_tokens: Sequence[str],
        tie_break: str,
        byte_order: str,
        min_frequency: int,
        max_token_length: int | None,
        backend: str | None,
        threads: int | None,
    ) -> None:
        self.special = check_special(special_tokens)
        least = 256 + len(self.special)
        if isinstance(vocab_size, bool) or not isinstance(vocab_size, int):
            raise TypeError(f"vocab_size must be int, not {type(vocab_size).__name__}")
        if not least <= vocab_size < 1 << 31:
            raise TrainingError(
                f"vocab_size {vocab_size} is not between {least} (256 bytes and {len(self.special)} special tokens) "
                "and 2147483647"
            )
        if tie_break not in TIE_BREAKS:
            raise TrainingError(f"unknown tie_break {tie_break!r}; it can be {', '.join(TIE_BREAKS)}")
        if byte_order not in ORDERS:
            raise TrainingError(f"unknown byte_order {byte_order!r}; it can be {', '.join(ORDERS)}")
        check_bound("min_frequency", min_frequency)
        if max_token_length is not None:
            check_bound("max_token_length", max_token_length)
        self.pattern = check_pattern(pattern)
        self.threads = thread_count(threads)
        self.n_merges = vocab_size - least
        self.byte_order = ORDERS[byte_order]
        self.tie_break = tie_break
        self.min_frequency = min_frequency
        self.max_token_length = max_token_length
        self.backend = load_backend(backend)
        self.documents = self.bytes = 0
        self.started = time.perf_counter()
        self.counter: PieceCounter = self.backend.piece_counter(
            self.backend.pattern(pattern),
            self.backend.special_tokens({token: index for index, token in enumerate(self.special)}),
            self.threads,
        )

    def count(self, texts: Iterable[str | bytes], show: Callable[[Progress], object]) -> None:
        """Count the pieces of some documents, a few megabytes at a time."""
        batch: list[str | bytes] = []
        size = 0
        for text in checked(texts):
            batch.append(text)
            size += len(text)
            self.documents += 1
            if size >= BATCH:
                self.add(batch, size, show)
                batch, size = [], 0
        self.add(batch, size, show)

    def add(self, batch: list[str | bytes], size: int, show: Callable[[Progress], object]) -> None:
        self.counter.add(batch)
        self.bytes += size
        show(Progress("counting", self.bytes, None))

    def count_files(
        self, files: list[Path], separator: bytes | None, field: str, show: Callable[[Progress], object]
    ) -> None:
        """Count the pieces of some files."""
        total = sum(file.stat().st_size for file in files)

        def on_chunk(read: int) -> None:
            self.bytes += read
            show(Progress("counting", self.bytes, total))

        for file in files:
            documents = documents_of(file, field)
            if documents is not None:
                self.count(documents, show)
            else:
                self.counter.add_file(file, separator, on_chunk)
                self.documents += 1

    def learn(self, show: Callable[[Progress], object], trace: Emit | None, name: str | None) -> Tokenizer:
        """Learn the merges from what has been counted."""

        def on_merge(made: int) -> None:
            show(Progress("merging", made, self.n_merges))

        merges, _, stop = self.backend.train(self.counter, self, on_merge, trace)
        first = 256 + len(merges)
        return Tokenizer(
            merges,
            pattern=self.pattern,
            special_tokens={token: first + index for index, token in enumerate(self.special)},
            byte_order=self.byte_order,
            name=name,
            trained={
                "vocab_size": 256 + self.n_merges + len(self.special),
                "stop": stop,
                "tie_break": self.tie_break,
                "min_frequency": self.min_frequency,
                "max_token_length": self.max_token_length,
                "bytes": self.bytes,
                "seconds": round(time.perf_counter() - self.started, 3),
            },
            backend=self.backend.name,
        )


def check_bound(name: str, value: int) -> None:
    """An option that is a number of things, one at least."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be int, not {type(value).__name__}")
    if not 1 <= value < 1 << 63:
        raise TrainingError(f"{name} {value} is not between 1 and {(1 << 63) - 1}")


def check_special(special_tokens: Sequence[str]) -> list[str]:
    """The names of the special tokens, each once."""
    if isinstance(special_tokens, str):
        raise TypeError(f"special_tokens must be a sequence of str, not the one str {special_tokens!r}")
    names = list(special_tokens)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(f"special token {index} must be str, not {type(name).__name__}")
        if name in names[:index]:
            raise TrainingError(f"the special token {name!r} is given twice")
        if any("\ud800" <= char <= "\udfff" for char in name):
            raise TrainingError(f"the special token {name!r} holds a lone surrogate")
    return names


def checked(texts: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """The texts, if each of them is one."""
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"texts must be an iterable of str or bytes, not one {type(texts).__name__}")
    for index, text in enumerate(texts):
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"text {index} must be str or bytes, not {type(text).__name__}")
        yield text
