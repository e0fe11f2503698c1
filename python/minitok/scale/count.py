"""``count_dataset`` and ``train_dataset``: a dataset to counts, and to a tokenizer, exactly."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import check_pattern
from ..backend import load_backend
from ..corpus.counting import check_memory, count_pieces
from ..corpus.counts import PieceCounts, check_special, new_counter
from ..corpus.progress import start_progress
from ..reference.pretokenize import DEFAULT_PATTERN
from ..reference.published.names import pattern_named
from ..training import train
from .batches import BatchCounter, add_up
from .ray_data import Watch, map_slices, rows_in_order
from .shuffle import Shuffle, count_by_partitions

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from ..backend import BackendName
    from ..corpus.progress import Progress, Show
    from ..tokenizer import Tokenizer

__all__ = ["count_dataset", "train_dataset"]

# How many counts are added up by one task.
FAN_IN = 8
# How many partitions there are, and what a worker may use for one, unless something else is asked for.
PARTITIONS = 64
MAX_MEMORY = 1 << 30


def count_dataset(
    dataset: Any,
    *,
    column: str = "text",
    pattern: str = DEFAULT_PATTERN,
    special_tokens: Sequence[str] = (),
    backend: BackendName | None = None,
    rows: int = 4096,
    folder: str | os.PathLike[str] | None = None,
    partitions: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
) -> PieceCounts:
    """Counts the pieces of a dataset of Ray Data: what ``count_pieces`` gives for its rows, order included.

    Without a folder, counts stay in memory: each task counts a batch; others add up eight neighbours, and again eight of
    those; the rest is added up here.

    With a folder, they need not fit into the memory of any node: each task writes the counts of a batch, divided into
    partitions by a hash of the piece; others add up a partition each; the partitions are merged here, on disk, by the order of
    first appearance. A run that is started again finds the files that an earlier one has written. They can be removed when
    the counts are there.

    Counts are sums, so the result does not depend on how the dataset is cut into blocks, or on what was run twice.

    Args:
        dataset: A ``ray.data.Dataset``.
        column: The column that holds the text.
        pattern: As for ``train``.
        special_tokens: As for ``train``.
        backend: ``rust`` or ``python``.
        rows: At most how many documents are a batch: blocks of the dataset are cut. Each task needs memory for a block.
        folder: A folder that all nodes see, for the counts of the batches and of the partitions.
        partitions: Into how many partitions pieces are divided, 64 by default: how many workers can add up at once.
        max_memory: How many bytes a worker may use to add up a partition, at least 16 MiB, 1 GiB by default; what does not
            fit goes to a temporary folder of its node.
        progress: Show a bar on standard error, or call a function with a ``Progress`` after each batch; ``cpu`` is the
            processor time of counting, without that of Ray.

    Raises:
        FileFormatError: A row is not text; the message names its file, if the dataset has a column ``path``.
        ValueError: ``partitions`` or ``max_memory`` without ``folder``.

    Costs the counting, on all processors of the cluster. Without a folder: memory for the distinct pieces of the corpus here,
    and of 64 batches on a worker. With one: space there for the distinct pieces of each batch, with 20 bytes each; here, disk
    for those of the corpus, with 12 bytes each.
    """
    special, chosen = check_special(special_tokens), load_backend(backend).name
    pattern = pattern_named(check_pattern(pattern))
    check_memory(max_memory)
    if folder is None:
        if partitions is not None or max_memory is not None:
            raise ValueError("partitions and max_memory need a folder that all nodes see: give folder=")
        with start_progress(progress) as show:
            return count_in_memory(dataset, BatchCounter(column, pattern, special, chosen), rows, show)
    if partitions is not None and not 1 <= partitions <= 1 << 16:
        raise ValueError(f"partitions {partitions} is not between 1 and 65536")
    where, count = Path(folder).absolute(), partitions or PARTITIONS
    shuffle = Shuffle(column, pattern, special, chosen, where, count, max_memory or MAX_MEMORY)
    with start_progress(progress) as show:
        return count_by_partitions(dataset, shuffle, rows, show)


def count_in_memory(dataset: Any, counter: BatchCounter, rows: int, show: Show) -> PieceCounts:
    """Counts a dataset whose distinct pieces fit into the memory of this process."""
    total = new_counter(load_backend(counter.backend), counter.pattern, counter.special, 1)
    watch = Watch(show, "counting", dataset)
    counted = map_slices(dataset, counter, rows)
    for _ in range(2):
        counted = counted.map_batches(add_up, batch_size=FAN_IN, batch_format="numpy")
    for row in rows_in_order(counted):
        counts: PieceCounts = pickle.loads(row["counts"])  # noqa: S301 - pickled by a task
        total.add_pieces(*counts.counter.to_arrays(), counts.documents, counts.bytes)
        watch.add(row)
    return PieceCounts(total, counter.pattern, counter.special, counter.backend)


def train_dataset(
    dataset: Any,
    vocab_size: int,
    *,
    column: str = "text",
    pattern: str = DEFAULT_PATTERN,
    special_tokens: Sequence[str] = (),
    backend: BackendName | None = None,
    rows: int = 4096,
    folder: str | os.PathLike[str] | None = None,
    partitions: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    **options: Any,
) -> Tokenizer:
    """Trains a tokenizer on a dataset of Ray Data: merge by merge what ``train`` learns from its rows.

    Counting is done by the cluster (``count_dataset``), learning here: it needs the distinct pieces in memory only.

    Args:
        dataset: A ``ray.data.Dataset``.
        vocab_size: As for ``train``.
        column: As for ``count_dataset``, like the options that follow.
        pattern: See there.
        special_tokens: See there.
        backend: See there.
        rows: See there.
        folder: See there.
        partitions: See there.
        max_memory: See there.
        progress: See there.
        options: The other options of ``train``.

    Raises:
        TrainingError: An option makes no sense; nothing has been counted then.
    """
    # What is wrong with the options is said before a corpus is counted.
    nothing = count_pieces([], pattern=pattern, special_tokens=special_tokens, backend=backend)
    train(nothing, vocab_size, **{**options, "trace": None})
    counts = count_dataset(
        dataset,
        column=column,
        pattern=pattern,
        special_tokens=special_tokens,
        backend=backend,
        rows=rows,
        folder=folder,
        partitions=partitions,
        max_memory=max_memory,
        progress=progress,
    )
    return train(counts, vocab_size, progress=progress, **options)
