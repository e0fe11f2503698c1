"""What is asked of Ray Data: the rows of a dataset in its order, and errors as they were raised.

A task that dies with its worker or its node is run again by Ray. So what a task does must be the same when it is done twice: it
returns counts, or writes a file whose name depends on its content only. An error of minitok's is a result, too: it comes as a
row, so that the first one in the order of the dataset is raised, whichever task was first.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError, MinitokError

if TYPE_CHECKING:
    from ..corpus.progress import Show


def start_ray(address: str | None = None) -> Any:
    """Returns ``ray``, joined to a cluster, or started on this machine, if nobody has done so."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ImportError("minitok.scale needs Ray: pip install 'minitok[ray]'") from error
    if not ray.is_initialized():
        ray.init(address=address, log_to_driver=False)
    return ray


class Slicer:
    """Calls a function with slices of a block, of about equal size and of at most ``rows`` rows."""

    def __init__(self, function: Callable[[Any], Any], rows: int) -> None:
        self.function, self.rows = function, rows

    def __call__(self, block: Any) -> Iterator[Any]:
        """Yields what the function returns, slice by slice."""
        slices = -(-block.num_rows // self.rows)
        for number in range(slices):
            begin, end = (block.num_rows * at // slices for at in (number, number + 1))
            yield self.function(block.slice(begin, end - begin))


def map_slices(dataset: Any, function: Callable[[Any], Any], rows: int, workers: int | None = None) -> Any:
    """Applies a function to slices of the blocks, in tasks.

    Ray joins tasks that take whole blocks with those that read: a text goes from the file to the function in one process. With
    a ``batch_size``, or with actors, each block would be copied to the object store and read from there.
    """
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise ValueError(f"rows must be a positive int, not {rows!r}")
    compute = start_ray().data.TaskPoolStrategy(workers)
    return dataset.map_batches(
        Slicer(function, rows), batch_size=None, batch_format="pyarrow", zero_copy_batch=True, compute=compute
    )


def rows_in_order(dataset: Any) -> Iterator[dict[str, Any]]:
    """Executes a dataset and yields its rows in its order; raises the error that the first failed row holds."""
    options = dataset.context.execution_options
    before, options.preserve_order = options.preserve_order, True
    try:
        for row in dataset.iter_rows():
            if row["error"]:
                raise pickle.loads(row["error"])  # noqa: S301 - pickled by `failed`
            yield row
    finally:
        options.preserve_order = before


def results(tasks: dict[Any, int]) -> Iterator[tuple[int, Any]]:
    """Yields the number and the result of each task as it ends; tasks that are not wanted any more are cancelled."""
    import ray

    remaining = list(tasks)
    try:
        while remaining:
            ended, remaining = ray.wait(remaining)
            for task in ended:
                yield tasks[task], ray.get(task)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    finally:
        for task in remaining:
            ray.cancel(task)


class Watch:
    """Reports the progress of a dataset. How many bytes there will be is estimated from its rows, if Ray knows how many."""

    def __init__(self, show: Show, phase: str, dataset: Any) -> None:
        self.show, self.phase = show, phase
        # Ray knows it from the metadata of Parquet, for example; where it does not, reading all to count is not worth it.
        count = getattr(dataset, "_meta_count", lambda: None)
        self.rows: int | None = count()
        self.bytes = self.documents = 0
        self.cpu = 0.0
        show(phase, 0, None, 0.0)

    def add(self, row: dict[str, Any]) -> None:
        """Reports what a row says that a batch took."""
        self.bytes += row["bytes"]
        self.documents += row["documents"]
        self.cpu += row["cpu"]
        known = self.rows is not None and self.documents > 0
        self.show(self.phase, self.bytes, self.bytes * (self.rows or 0) // self.documents if known else None, self.cpu)


def failed(error: MinitokError) -> bytes:
    """An error as the value of a row; no error is no bytes."""
    return pickle.dumps(error)


def texts_of(batch: Any, column: str) -> Any:
    """The column of a batch as one array."""
    if column not in batch.column_names:
        raise FileFormatError("dataset", f"no column {column!r}; it has {', '.join(map(repr, batch.column_names))}")
    array = batch.column(column)
    return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
