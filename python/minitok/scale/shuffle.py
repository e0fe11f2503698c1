"""Counting by partitions on a cluster: tasks that write the batches' files, then tasks that add up a partition each.

All files are named by what they depend on, and get their names when they are complete. So a task may be run twice, and a run
that is started again finds what an earlier one has written.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from ..corpus.counting import Counting
from ..corpus.report import peak_memory
from ..errors import FileFormatError, MinitokError
from .batches import refused, texts_of_batch
from .partitions import merged_counts, reduce_partition, write_batch
from .piece_file import PieceFile
from .ray_data import Watch, map_slices, results, rows_in_order, start_ray

if TYPE_CHECKING:
    from pathlib import Path

    from ..corpus.counts import PieceCounts
    from ..corpus.progress import Show
    from .batches import Told

__all__ = ["Shuffle", "count_by_partitions"]


class Shuffle:
    """What is counted, and how it is divided: the options, checked."""

    def __init__(
        self,
        column: str,
        pattern: str,
        special: list[str],
        backend: str,
        folder: Path,
        partitions: int,
        max_memory: int,
    ) -> None:
        self.column, self.pattern, self.special, self.backend = column, pattern, special, backend
        self.folder, self.partitions, self.max_memory = folder, partitions, max_memory
        self.job = repr((pattern, sorted(special), partitions))


class PartitionCounter:
    """Counts the pieces of a batch and writes them to a file, divided into partitions."""

    def __init__(self, shuffle: Shuffle) -> None:
        self.shuffle = shuffle

    def __call__(self, batch: Any) -> Told:
        """Returns the file's name, and what is in it."""
        began = time.process_time()
        try:
            path, reused = self.count(batch)
        except MinitokError as error:
            return refused(error, ("file", "size", "documents", "bytes", "reused", "cpu", "peak"))
        written = PieceFile(path)
        return {
            "file": [f"{path.parent.name}/{path.name}"],
            "size": [path.stat().st_size],
            "documents": [written.documents],
            "bytes": [written.bytes],
            "reused": [reused],
            "cpu": [time.process_time() - began],
            "peak": [peak_memory() or 0],
            "error": [b""],
        }

    def count(self, batch: Any) -> tuple[Path, bool]:
        """The file of a batch, and whether it was there."""
        shuffle = self.shuffle
        texts = texts_of_batch(batch, shuffle.column, shuffle.backend, shuffle.job)
        path = shuffle.folder / "counted" / texts.digest[:2] / f"{texts.digest}.pieces"
        if is_whole(path, shuffle.partitions):
            return path, True
        path.parent.mkdir(parents=True, exist_ok=True)
        with Counting(shuffle.pattern, shuffle.special, shuffle.backend, 1) as counting:
            counting.counter.add_documents(texts.documents)
            write_batch(counting.counts(), path, shuffle.partitions)
        return path, False


def is_whole(path: Path, partitions: int) -> bool:
    """Whether an earlier attempt has written this file."""
    try:
        return len(PieceFile(path).records) == partitions
    except (FileNotFoundError, FileFormatError):
        return False


def count_by_partitions(dataset: Any, shuffle: Shuffle, rows: int, show: Show) -> PieceCounts:
    """Counts a dataset; its pieces stay on this machine's disk."""
    ray = start_ray()
    files, size = count_batches(dataset, shuffle, rows, show)
    digest = hashlib.blake2b("\n".join(files).encode(), digest_size=20).hexdigest()
    paths = ray.put([shuffle.folder / "counted" / file for file in files])
    sums = [shuffle.folder / "summed" / digest / f"{number}.pieces" for number in range(shuffle.partitions)]
    reduce = ray.remote(max_retries=-1)(reduced)
    tasks = {
        reduce.remote(paths, number, out, shuffle.backend, shuffle.max_memory): number
        for number, out in enumerate(sums)
    }
    cpu, done, total = 0.0, 0, sum(path.stat().st_size for path in set(ray.get(paths)))
    show("reducing", 0, total, 0.0)
    for ended, (_, (seconds, _)) in enumerate(results(tasks), 1):
        cpu += seconds
        show("reducing", total * ended // shuffle.partitions, total, cpu)
    total = sum(file.content for file in map(PieceFile, sums))

    def on_bytes(more: int) -> None:
        nonlocal done
        done += more
        show("joining", done, total)

    return merged_counts(sums, shuffle.pattern, shuffle.special, shuffle.backend, size, on_bytes)


def count_batches(dataset: Any, shuffle: Shuffle, rows: int, show: Show) -> tuple[list[str], tuple[int, int]]:
    """Counts the batches: the files of all in order, and how many documents and bytes they are of."""
    files = []
    watch = Watch(show, "counting", dataset)
    counted = map_slices(dataset, PartitionCounter(shuffle), rows)
    for row in rows_in_order(counted):
        files.append(row["file"])
        watch.add(row)
    return files, (watch.documents, watch.bytes)


def reduced(files: list[Path], number: int, out: Path, backend: str, max_memory: int) -> tuple[float, int]:
    """Adds up a partition, unless that has been done; returns the CPU seconds and the peak memory of the process."""
    began = time.process_time()
    if not is_whole(out, 1):
        reduce_partition(files, number, out, backend, max_memory)
    return time.process_time() - began, peak_memory() or 0
