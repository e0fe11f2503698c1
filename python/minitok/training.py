"""``train`` and its kin: what they accept, and what they say when done. The learning is the backend's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .backend import load_backend
from .counts import CorpusFiles, Counting, PieceCounts, check_special
from .errors import TrainingError
from .formats.native import ORDERS
from .progress import start_progress
from .report import Stopwatch, TrainingReport
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from .backend import Vocab
    from .progress import Progress, Show

    Emit = Callable[[dict[str, Any]], object]

__all__ = ["TIE_BREAKS", "extend", "train", "train_files", "train_from_counts"]

TIE_BREAKS = ("smallest_ids", "first_seen", "greatest_bytes")


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
        return job.train(counts, show, trace, name)


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
        return job.train(counts, show, trace, name)


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
        return job.train(counts, show, trace, name, keep=True)


def extend(
    tok: Tokenizer,
    texts: Iterable[str | bytes] | PieceCounts,
    vocab_size: int,
    *,
    tie_break: str = "smallest_ids",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    trace: Emit | None = None,
    name: str | None = None,
) -> Tokenizer:
    """See ``Tokenizer.extend``."""
    if tok.normalizer or tok.late_special:
        raise TrainingError(
            "a tokenizer with a normalizer, or late special tokens, is not extended: its pieces are not counted"
        )
    job = Job(vocab_size, [], tie_break, "identity", min_frequency, max_token_length, least=tok.n_vocab)
    with start_progress(progress) as show:
        if isinstance(texts, PieceCounts):
            check_pieces(texts, tok)
            return job.extend(tok, texts.with_backend(tok.backend), show, trace, name, keep=True)
        with Counting(tok.pattern, list(tok.special_tokens), tok.backend, threads) as counting:
            with job.watch.phase("counting"):
                counting.add_texts(texts, show)
                counts = counting.counts()
            return job.extend(tok, counts, show, trace, name, keep=False)


class Job:
    """One training: its options, checked. ``least`` is the number of ids that there are without any merge learnt."""

    def __init__(
        self,
        vocab_size: int,
        special: list[str],
        tie_break: str,
        byte_order: str,
        min_frequency: int,
        max_token_length: int | None,
        least: int | None = None,
    ) -> None:
        what = f"256 bytes and {len(special)} special tokens" if least is None else "what it has already"
        least = 256 + len(special) if least is None else least
        if isinstance(vocab_size, bool) or not isinstance(vocab_size, int):
            raise TypeError(f"vocab_size must be int, not {type(vocab_size).__name__}")
        if not least <= vocab_size < 1 << 31:
            raise TrainingError(f"vocab_size {vocab_size} is not between {least} ({what}) and 2147483647")
        if tie_break not in TIE_BREAKS:
            raise TrainingError(f"unknown tie_break {tie_break!r}; it can be {', '.join(TIE_BREAKS)}")
        if byte_order not in ORDERS:
            raise TrainingError(f"unknown byte_order {byte_order!r}; it can be {', '.join(ORDERS)}")
        check_bound("min_frequency", min_frequency)
        if max_token_length is not None:
            check_bound("max_token_length", max_token_length)
        self.special = special
        self.vocab_size = vocab_size
        self.n_merges = vocab_size - least
        self.byte_order = ORDERS[byte_order]
        self.tie_break = tie_break
        self.min_frequency = min_frequency
        self.max_token_length = max_token_length
        self.watch = Stopwatch()

    def train(
        self, counts: PieceCounts, show: Show, trace: Emit | None, name: str | None, *, keep: bool = False
    ) -> Tokenizer:
        """Learn a tokenizer from what has been counted. Unless it is to ``keep`` the counts, it uses them up."""
        merges, trained = self.learn(counts, show, trace, None, keep=keep)
        first = 256 + len(merges)
        # What was learnt is in order: it is not checked as merges from elsewhere are, which took as long as learning them.
        return Tokenizer._from_vocab(  # noqa: SLF001
            load_backend(counts.backend).vocab.from_merges(self.byte_order, merges),
            pattern=counts.pattern,
            special_tokens={token: first + index for index, token in enumerate(self.special)},
            name=name,
            trained=trained,
            backend=counts.backend,
        )

    def extend(
        self, tok: Tokenizer, counts: PieceCounts, show: Show, trace: Emit | None, name: str | None, *, keep: bool
    ) -> Tokenizer:
        """Learn more tokens for a tokenizer."""
        first_id = tok.n_vocab
        tokens, merges, whole_pieces = tok.vocabulary()
        learnt, trained = self.learn(counts, show, trace, (tok._vocab, first_id), keep=keep)  # noqa: SLF001
        # Ranks go on as they were: with the ids where each rank is the id it makes, as in tiktoken's files.
        rank = max((merge[3] for merge in merges), default=-1) + 1
        if whole_pieces and all(made == rank for _, _, made, rank in merges):
            rank = first_id
        for index, (left, right) in enumerate(learnt):
            tokens[first_id + index] = tokens[left] + tokens[right]
            merges.append((left, right, first_id + index, rank + index))
        return Tokenizer.from_vocabulary(
            tokens,
            merges,
            whole_pieces,
            pattern=tok.pattern,
            special_tokens=tok.special_tokens,
            name=name,
            trained={**trained, "extended_from": first_id},
            backend=tok.backend,
        )

    def learn(
        self, counts: PieceCounts, show: Show, trace: Emit | None, base: tuple[Vocab, int] | None, *, keep: bool
    ) -> tuple[list[tuple[int, int]], dict[str, Any]]:
        """The merges, and what there is to say of them."""

        def on_merge(made: int) -> None:
            show("merging", made, self.n_merges)

        with self.watch.phase("merging"):
            train = load_backend(counts.backend).train
            merges, _, ties, stop = train(counts._counter, self, on_merge, trace, base, keep)  # noqa: SLF001
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
            **report.to_dict(),
        }
        return merges, trained


def check_counts(counts: object) -> None:
    """Counted pieces, and nothing else."""
    if not isinstance(counts, PieceCounts):
        raise TypeError(f"counts must be PieceCounts, as count_pieces makes them, not {type(counts).__name__}")


def check_pieces(counts: PieceCounts, tok: Tokenizer) -> None:
    """Counts of the pieces that a tokenizer makes of text."""
    if counts.pattern != tok.pattern or set(counts.special_tokens) != set(tok.special_tokens):
        raise TrainingError(
            f"the tokenizer makes other pieces than these counts: {tok.pattern!r} with the special tokens "
            f"{list(tok.special_tokens)}, and {counts.pattern!r} with {counts.special_tokens}"
        )


def check_bound(name: str, value: int) -> None:
    """An option that is a number of things, one at least."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be int, not {type(value).__name__}")
    if not 1 <= value < 1 << 63:
        raise TrainingError(f"{name} {value} is not between 1 and {(1 << 63) - 1}")
