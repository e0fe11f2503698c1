"""``train`` and its kin: what they accept, and what they say when done. The learning is the backend's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .backend import load_backend
from .corpus.counting import CorpusFiles, Counting
from .corpus.counts import check_special
from .corpus.learning import TIE_BREAKS, Job, check_counts
from .progress import start_progress
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from .backend import Emit
    from .corpus.counts import PieceCounts
    from .progress import Progress

__all__ = ["TIE_BREAKS", "train", "train_files", "train_from_counts"]


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
    max_memory: int | None = None,
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
        max_memory: How many bytes counting may take, 16 MiB at least; what does not fit goes to a temporary folder. Merging
            needs the distinct pieces in memory all the same: some 10 bytes for each of their bytes. The reference has no
            such bound.
        progress: True for a bar (needs Rich), or a function that is called with a ``Progress``.
        trace: Called with each merge as data; see ``minitok.reference.trace``. Slow.
        name: A name for the tokenizer.

    Returns:
        The tokenizer; its ``report`` says, among other things, why training stopped: ``vocab_size`` was reached, or
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
    job = Job(vocab_size, check_special(special_tokens), tie_break, byte_order, min_frequency, max_token_length)
    with Counting(pattern, special_tokens, backend, threads, max_memory) as counting, start_progress(progress) as show:
        with job.watch.phase("counting"):
            counting.add_texts(texts, show)
            counts = counting.counts()
        return Tokenizer.from_definition(job.train(counts, show, trace, name))


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
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Tokenizer:
    """Learn a tokenizer from files, in memory that does not grow with them.

    Args:
        paths: Files, or patterns of them (``corpus/*.txt``), in this order; those of a pattern sorted. ``.jsonl``:
            a document is the ``field`` of each line. ``.parquet``: of each row (needs ``minitok[parquet]``). Anything
            else is text: a file is one document. ``.gz`` or ``.zst`` (needs ``minitok[zstd]``) behind it: the same,
            compressed.
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
        max_memory: See ``train``.
        progress: See ``train``.
        trace: See ``train``.
        name: See ``train``.

    Raises:
        FileNotFoundError: A file is not there, or a pattern matches none.
        FileFormatError: A line is no JSON, or has no such field; or compressed data is damaged. The message says where.
        TrainingError: As ``train``; and its other errors.
    """
    files = CorpusFiles(paths, separator, field)
    job = Job(vocab_size, check_special(special_tokens), tie_break, byte_order, min_frequency, max_token_length)
    with Counting(pattern, special_tokens, backend, threads, max_memory) as counting, start_progress(progress) as show:
        with job.watch.phase("counting"):
            counting.add_files(files, show)
            counts = counting.counts()
        return Tokenizer.from_definition(job.train(counts, show, trace, name))


def train_from_counts(
    counts: PieceCounts,
    vocab_size: int,
    *,
    tie_break: str = "smallest_ids",
    byte_order: str = "identity",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    backend: str | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Tokenizer:
    """Learn a tokenizer from what has been counted: the second half of ``train``, equal to it to the last id.

    Args:
        counts: From ``count_pieces`` or ``count_pieces_in_files``, loaded or merged; they say the pattern and the special
            tokens, too. They stay as they are, and can be trained on again.
        vocab_size: See ``train``; so with the other options.
        tie_break: See ``train``.
        byte_order: See ``train``.
        min_frequency: See ``train``.
        max_token_length: See ``train``.
        backend: That of the counts without it.
        progress: See ``train``.
        trace: See ``train``.
        name: See ``train``.

    >>> from minitok import count_pieces
    >>> counts = count_pieces(["low lower"]).merge(count_pieces(["lowest"]))
    >>> train_from_counts(counts, 259) == train(["low lower", "lowest"], 259)
    True
    """
    check_counts(counts)
    if backend is not None:
        counts = counts.with_backend(load_backend(backend).name)
    job = Job(vocab_size, counts.special_tokens, tie_break, byte_order, min_frequency, max_token_length)
    with start_progress(progress) as show:
        return Tokenizer.from_definition(job.train(counts, show, trace, name, keep=True))
