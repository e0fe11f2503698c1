"""``count_dataset`` and ``train_dataset``: a dataset to counts, and to a tokenizer, exactly."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from ..arguments import check_pattern
from ..backend import load_backend
from ..corpus.counting import count_pieces
from ..corpus.counts import PieceCounts, check_special
from ..training import train_from_counts
from .batches import BatchCounter, add_up
from .ray_data import rows_in_order, start_ray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tokenizer import Tokenizer

__all__ = ["count_dataset", "train_dataset"]

# How many counts are added up by one task.
FAN_IN = 8


def count_dataset(
    dataset: Any,
    *,
    column: str = "text",
    pattern: str = "gpt2",
    special_tokens: Sequence[str] = (),
    backend: str | None = None,
    rows: int = 4096,
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
        rows: How many documents are a batch.

    Raises:
        FileFormatError: A row is not text; the message names its file, if the dataset has a column ``path``.

    Costs the counting, on all processors of the cluster; memory for the distinct pieces of the corpus here, and of eight
    sums on a worker.
    """
    special, chosen = check_special(special_tokens), load_backend(backend).name
    check_pattern(pattern)
    counter = BatchCounter(column, pattern, special, chosen)
    sums: list[PieceCounts] = []
    start_ray()
    counted = dataset.map_batches(counter, batch_size=rows, batch_format="pyarrow", zero_copy_batch=True)
    for _ in range(2):
        counted = counted.map_batches(add_up, batch_size=FAN_IN, batch_format="numpy")
    for row in rows_in_order(counted):
        sums.append(pickle.loads(row["counts"]))  # noqa: S301 - pickled by a task
        if len(sums) > FAN_IN:
            sums = [sums[0].merge(*sums[1:])]
    nothing = count_pieces([], pattern=pattern, special_tokens=special, backend=chosen)
    return nothing.merge(*sums)


def train_dataset(
    dataset: Any,
    vocab_size: int,
    *,
    column: str = "text",
    pattern: str = "gpt2",
    special_tokens: Sequence[str] = (),
    backend: str | None = None,
    rows: int = 4096,
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
        options: The other options of ``train_from_counts``.
    """
    counts = count_dataset(
        dataset, column=column, pattern=pattern, special_tokens=special_tokens, backend=backend, rows=rows
    )
    return train_from_counts(counts, vocab_size, **options)
