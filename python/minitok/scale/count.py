"""``count_dataset`` and ``train_dataset``: a dataset to counts, and to a tokenizer, exactly."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..arguments import check_pattern
from ..backend import load_backend
from ..corpus.counting import count_pieces
from ..corpus.counts import PieceCounts, check_special, new_counter
from ..corpus.progress import start_progress
from ..foreign import shown_with
from ..reference.pretokenize import DEFAULT_PATTERN
from ..reference.published.names import pattern_named
from ..training import train
from .batches import BatchCounter, add_up
from .ray_data import Watch, map_slices, rows_in_order

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..backend import BackendName
    from ..corpus.learning import TrainingOptions
    from ..corpus.progress import Progress
    from ..tokenizer import Tokenizer

# How many counts are added up by one task.
FAN_IN = 8
# The options of training that are for counting.
COUNTING = ("pattern", "special_tokens", "backend")


def count_dataset(
    dataset: Any,
    *,
    column: str = "text",
    pattern: str = DEFAULT_PATTERN,
    special_tokens: Sequence[str] = (),
    backend: BackendName | None = None,
    rows: int = 4096,
    progress: bool | Callable[[Progress], object] = False,
) -> PieceCounts:
    """Counts the pieces of a dataset of Ray Data: what ``count_pieces`` gives for its rows, order included.

    Each task counts a batch; others add up eight neighbours, and again eight of those; the rest is added up here. Counts are
    sums, so the result does not depend on how the dataset is cut into blocks, or on what was run twice.

    Args:
        dataset: A ``ray.data.Dataset``.
        column: The column that holds the text.
        pattern: As for ``train``.
        special_tokens: As for ``train``.
        backend: ``rust`` or ``python``.
        rows: At most how many documents are a batch: blocks of the dataset are cut. Each task needs memory for a block.
        progress: Show a bar on standard error, or call a function with a ``Progress`` after each batch; ``cpu`` is the
            processor time of counting, without that of Ray.

    Raises:
        FileFormatError: A row is not text; the message names its file, if the dataset has a column ``path``.

    Costs the counting, on all processors of the cluster, and memory for the distinct pieces: of the corpus here, and of 64
    batches on a worker.
    """
    special, chosen = check_special(special_tokens), load_backend(backend).name
    pattern = pattern_named(check_pattern(pattern))
    total = new_counter(load_backend(chosen), pattern, special, 1)
    with start_progress(progress) as show:
        watch = Watch(show, "counting", dataset)
        counted = map_slices(dataset, BatchCounter(column, pattern, special, chosen), rows)
        for _ in range(2):
            counted = counted.map_batches(add_up, batch_size=FAN_IN, batch_format="numpy")
        for row in rows_in_order(counted):
            counts: PieceCounts = pickle.loads(row["counts"])  # noqa: S301 - pickled by a task
            total.add_pieces(*counts.counter.to_arrays(), counts.documents, counts.bytes)
            watch.add(row)
    return PieceCounts(total, pattern, special, chosen)


@shown_with(train)
def train_dataset(
    dataset: Any, vocab_size: int, *, column: str = "text", rows: int = 4096, **options: Unpack[TrainingOptions]
) -> Tokenizer:
    """Trains a tokenizer on a dataset of Ray Data: merge by merge what ``train`` learns from its rows.

    Counting is done by the cluster (``count_dataset``), learning here: it needs the distinct pieces in memory only.

    Args:
        dataset: A ``ray.data.Dataset``.
        vocab_size: As for ``train``.
        column: As for ``count_dataset``, like ``rows``.
        rows: See there.
        options: Those of ``train`` for counts.

    Raises:
        TrainingError: An option makes no sense; nothing has been counted then.
    """
    learning: Any = dict(options)
    counting: Any = {name: value for name in COUNTING if (value := learning.pop(name, None)) is not None}
    # What is wrong with the options is said before a corpus is counted.
    train(count_pieces([], **counting), vocab_size, **{**learning, "trace": None})
    counts = count_dataset(dataset, column=column, rows=rows, progress=options.get("progress", False), **counting)
    return train(counts, vocab_size, **learning)
