"""Documents that are encoded already, in another order, in rows of one length, or in shards: streams of blocks.

A *block* is an array of ids and the places among them where documents end; documents are whole. ``shuffled`` and ``Rows``
take blocks and give blocks; ``ShardWriter`` writes them.

**Shuffling.** The order is that of a key that each document has by its number and the seed, so it does not depend on memory or
on how the corpus was cut into parts. Keys are uniform: so the documents whose keys begin with the same bits are a bucket of
about the same size, and a bucket that fits into memory is sorted there. Two passes, in which everything is read and written
sequentially, do for some hundred gigabytes; a bucket that is too large is cut by its next bits.

**Rows.** Every row has ``length`` ids, begins with the chosen one, and is filled with whole documents, each after that id: of
those waiting, the longest that fits. Where none fits, the shortest is cut to fill the row; the rest of it waits again after
the chosen id, or is dropped.

Costs O(n) for n ids, and a key and a few array operations for each document; memory as given, or for the longest document.
"""

from __future__ import annotations

import json
import shutil
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError
from ..extras import np
from ..formats.files import link_target, write_atomically
from .formats import Writer, new_writer
from .mask import marked
from .number_file import narrowed
from .outputs import manifest_path, old_shards, shard_name
from .packed_corpus import checksum
from .reader import open_packed

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from .label import Label
    from .options import Layout
    from .packed_corpus import PackedCorpus

    Ids = npt.NDArray[Any]
    Ends = npt.NDArray[np.int64]
    Keys = npt.NDArray[np.uint64]
    Block = tuple[Ids, Ends]

# About how many ids are a block.
BLOCK = 1 << 20

# How much is sorted in memory at a time, in bytes of ids, and into how many buckets more than that is written.
MEMORY = 1 << 26
BUCKETS = 256

# How many documents wait for a row that they fit into.
WAITING = 1024


def blocks_of(corpus: PackedCorpus, dtype: str) -> Iterator[Block]:
    """Yields the documents of a packed corpus in blocks of ids of a type; they are marked if it has a mask.

    Raises FileFormatError, which names the file, for an id that does not fit.
    """
    for part in corpus.each_part():
        ids: list[Ids] = []
        masks: list[Ids] = []
        held = done = 0
        for number, document in enumerate(part):
            ids.append(document)
            if part.masked:
                masks.append(part.mask(number))
            held += len(document)
            if held >= BLOCK or len(ids) >= BLOCK or number == len(part) - 1:
                yield block_of(ids, masks, part, dtype, done)
                done += held
                ids, masks, held = [], [], 0


def block_of(ids: list[Ids], masks: list[Ids], corpus: PackedCorpus, dtype: str, first: int) -> Block:
    """A block of documents. ``first``: how many ids of the corpus are before it."""
    whole, path = np.concatenate(ids), corpus.paths[0]
    try:
        whole = narrowed(whole, np.dtype(dtype), path, first)
        if masks:
            # Bit 31 is that of the mask.
            whole = marked(narrowed(whole, np.dtype(np.int32), path, first), np.concatenate(masks))
    except ValueError as error:
        raise FileFormatError(path, str(error).removeprefix(f"{path}: ")) from None
    return whole, np.cumsum([len(document) for document in ids], dtype=np.int64)


def blocks_of_arrays(ids: Ids, offsets: npt.NDArray[Any]) -> Iterator[Block]:
    """Yields the documents of an array of ids, with their offsets, in blocks."""
    at = 0
    while at < len(offsets) - 1:
        start = int(offsets[at])
        after = int(np.searchsorted(offsets, start + BLOCK, "right")) - 1
        after = min(max(after, at + 1), at + BLOCK, len(offsets) - 1)
        ends = offsets[at + 1 : after + 1].astype(np.int64) - start
        yield np.asarray(ids[start : start + int(ends[-1])]), ends
        at = after


# -- shuffling ---------------------------------------------------------------------------------------------------------


def keys_of(seed: int, first: int, count: int) -> Keys:
    """The keys of documents by their numbers (SplitMix64).

    >>> [hex(key) for key in keys_of(0, 0, 2).tolist()]
    ['0xe220a8397b1dcdaf', '0x6e789e6aa1b965f4']
    """
    with np.errstate(over="ignore"):
        step = np.uint64(0x9E3779B97F4A7C15)
        key = (np.arange(first + 1, first + 1 + count, dtype=np.uint64)) * step + np.uint64(seed & (1 << 64) - 1)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return key ^ (key >> np.uint64(31))


def shuffled(blocks: Iterable[Block], seed: int, folder: Path, size: int) -> Iterator[Block]:
    """Yields the documents in the order of their keys. ``folder`` is for buckets of ``size`` bytes of ids in all."""

    def keyed() -> Iterator[tuple[Ids, Ends, Keys]]:
        first = 0
        for ids, ends in blocks:
            yield ids, ends, keys_of(seed, first, len(ends))
            first += len(ends)

    yield from by_keys(keyed(), folder, size, 64)


def by_keys(blocks: Iterable[tuple[Ids, Ends, Keys]], folder: Path, size: int, bits: int) -> Iterator[Block]:
    """Yields the documents in the order of the lowest ``bits`` of their keys; the others are the same for all."""
    if size <= MEMORY or bits < 8:
        yield from in_memory(blocks)
        return
    buckets: dict[int, Bucket] = {}
    used = bits - 8
    for ids, ends, keys in blocks:
        numbers = (keys >> np.uint64(used)) & np.uint64(BUCKETS - 1)
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(BUCKETS + 1))
        for number in np.unique(numbers).tolist():
            chosen = order[bounds[number] : bounds[number + 1]]
            bucket = buckets.setdefault(number, Bucket(folder, f"{bits}-{number}"))
            at = 0
            for part, part_ends in select(ids, ends, chosen):
                bucket.write(part, part_ends, keys[chosen[at : at + len(part_ends)]])
                at += len(part_ends)
    for number in sorted(buckets):
        bucket = buckets.pop(number)
        yield from by_keys(bucket.read(), folder, bucket.size, used)
        bucket.remove()


def in_memory(blocks: Iterable[tuple[Ids, Ends, Keys]]) -> Iterator[Block]:
    held = list(blocks)
    if not held:
        return
    ids = np.concatenate([ids for ids, _, _ in held])
    lengths = np.concatenate([np.diff(ends, prepend=0) for _, ends, _ in held])
    keys = np.concatenate([keys for _, _, keys in held])
    del held
    yield from select(ids, np.cumsum(lengths, dtype=np.int64), np.argsort(keys, kind="stable"))


def select(ids: Ids, ends: Ends, order: npt.NDArray[np.int64]) -> Iterator[Block]:
    """Yields the documents of those numbers, in that order."""
    lengths = np.diff(ends, prepend=0)[order]
    starts = ends[order] - lengths
    sums = np.cumsum(lengths)
    at = done = 0
    while at < len(order):
        after = max(at + 1, int(np.searchsorted(sums, done + BLOCK, "right")))
        new_ends = sums[at:after] - done
        # Each id's place: where its document begins, and how far it is in it.
        places = np.repeat(starts[at:after] - (new_ends - lengths[at:after]), lengths[at:after])
        places += np.arange(len(places))
        yield ids[places], new_ends
        at, done = after, int(sums[after - 1])


class Bucket:
    """Documents on disk: their ids in one file, their keys and lengths in another."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path, self.table = folder / f"bucket-{name}", folder / f"bucket-{name}.keys"
        self.dtype = np.dtype("<u4")
        self.size = 0

    def write(self, ids: Ids, ends: Ends, keys: Keys) -> None:
        # Opened anew each time, as there may be more buckets than files that can be open.
        with self.path.open("ab") as file:
            file.write(ids.data)
        with self.table.open("ab") as file:
            file.write(np.stack([keys, np.diff(ends, prepend=0).astype(np.uint64)], axis=1).data)
        self.dtype = ids.dtype
        self.size += ids.nbytes

    def read(self) -> Iterator[tuple[Ids, Ends, Keys]]:
        table = np.memmap(self.table, np.uint64, "r").reshape(-1, 2)
        ids = np.memmap(self.path, self.dtype, "r") if self.size else np.zeros(0, self.dtype)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(table[:, 1], dtype=np.int64)])
        at = 0
        for block, ends in blocks_of_arrays(ids, offsets):
            yield block, ends, np.array(table[at : at + len(ends), 0])
            at += len(ends)

    def remove(self) -> None:
        self.path.unlink()
        self.table.unlink()


# -- rows --------------------------------------------------------------------------------------------------------------


class RowFiller:
    """Fills rows of one length with whole documents where they fit.

    >>> rows = RowFiller(4, 0, keep_rest=True)
    >>> blocks = [(np.array([1, 2, 3, 4, 5, 6, 7]), np.array([3, 5, 6, 7]))]
    >>> [ids.reshape(-1, 4).tolist() for ids, _ in rows.fill(blocks)], rows.dropped
    ([[[0, 1, 2, 3], [0, 4, 5, 0], [0, 6, 0, 7]]], 0)
    """

    def __init__(self, length: int, begin: int, *, keep_rest: bool) -> None:
        self.length, self.keep_rest = length, keep_rest
        self.begin = np.array([begin], np.min_scalar_type(begin))
        # Length, number and ids of the documents that wait, the shortest first.
        self.waiting: list[tuple[int, int, Ids]] = []
        self.number = self.held = 0
        self.dropped = 0

    def fill(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yields blocks in which every row is a document."""
        rows: list[Ids] = []
        for ids, ends in blocks:
            for start, end in zip([0, *ends.tolist()], ends.tolist()):
                self.wait(ids[start:end])
                while len(self.waiting) >= WAITING and self.held >= self.length:
                    rows.append(self.row())
                if len(rows) * self.length >= BLOCK:
                    yield self.block(rows)
                    rows = []
        # A row that nothing is left to fill is dropped.
        while self.held >= self.length:
            rows.append(self.row())
        self.dropped += self.held
        if rows:
            yield self.block(rows)

    def wait(self, ids: Ids) -> None:
        """Lets a document wait, after the id that rows begin with."""
        insort(self.waiting, (len(ids) + 1, self.number, np.concatenate([self.begin, ids])), key=lambda item: item[:2])
        self.number += 1
        self.held += len(ids) + 1

    def row(self) -> Ids:
        """Fills a row from what waits, of which there is enough."""
        parts: list[Ids] = []
        room = self.length
        while room:
            fits = bisect_right(self.waiting, room, key=lambda item: item[0])
            length, _, ids = self.waiting.pop(max(0, fits - 1))
            self.held -= length
            parts.append(ids[:room])
            if length > room and self.keep_rest:
                self.wait(ids[room:])
            elif length > room:
                self.dropped += length - room
            room -= min(room, length)
        return np.concatenate(parts)

    def block(self, rows: list[Ids]) -> Block:
        return np.concatenate(rows), np.arange(1, len(rows) + 1, dtype=np.int64) * self.length


# -- shards ------------------------------------------------------------------------------------------------------------


class ShardWriter(Writer):
    """Writes shards of at most ``shard_tokens`` ids, numbered from 0, and a manifest once all of them are complete.

    Documents are not cut: one that is longer than a shard has one for itself.
    """

    def __init__(self, path: Path, label: Label, layout: Layout, shard_tokens: int, described: dict[str, Any]) -> None:
        self.path, self.label, self.layout, self.most = path, label, layout, shard_tokens
        self.described = described
        self.shards: list[dict[str, Any]] = []
        self.files: list[Path] = []
        self.current: Writer | None = None

    def append(self, ids: Ids, ends: npt.NDArray[np.int64]) -> None:
        done, number = 0, 0
        while number < len(ends):
            current = self.current or self.begin()
            after = int(np.searchsorted(ends, done + self.most - current.tokens, "right"))
            if after <= number and current.documents:
                self.end()
                continue
            after = max(after, number + 1)
            stop = int(ends[after - 1])
            current.append(ids[done:stop], ends[number:after] - done)
            done, number = stop, after

    def begin(self) -> Writer:
        name = shard_name(self.path, len(self.shards))
        layout, label = self.layout, replace(self.label, shard=(len(self.shards) + 1, 0))
        self.current = new_writer(self.path.with_name(name), layout.format, label, masked=layout.masked)
        return self.current

    def end(self, *, last: bool = False) -> None:
        """Completes a shard. The last one says how many there are."""
        current = self.current or self.begin()
        if last:
            current.label = replace(current.label, shard=(len(self.shards) + 1,) * 2)
        # A manifest never stands over the shards of two runs, wherever this one ends.
        link_target(manifest_path(self.path)).unlink(missing_ok=True)
        files = current.finish()
        self.current = None
        self.files += files
        self.tokens += current.tokens
        self.documents += current.documents
        self.learned += current.learned
        self.shards.append(
            {
                "files": [file.name for file in files],
                "crc32": [checksum(file) for file in files],
                "tokens": current.tokens,
                "documents": current.documents,
            }
        )

    def finish(self) -> list[Path]:
        self.end(last=True)
        self.remove_old()
        manifest = manifest_path(self.path)
        about = {"dtype": self.label.dtype, "format": self.layout.format, "source": self.label.source}
        totals = {"tokens": self.tokens, "documents": self.documents, **about}
        described = {"minitok packed": 1, **totals, **self.described, "shards": self.shards}
        write_atomically(manifest, json.dumps(described, indent=1).encode())
        return [manifest, *self.files]

    def remove_old(self) -> None:
        """Removes the shards of an earlier run that had more of them, which a pattern would find next to these.

        What does not say that it is a shard stays.
        """
        for path in old_shards(self.path, len(self.shards)):
            with suppress(FileFormatError, FileNotFoundError):
                corpus = open_packed(path)
                if any(label and label.shard for _, label in corpus.labels):
                    for file in [*corpus.paths, path.with_name(path.name + ".metadata")]:
                        link_target(file).unlink(missing_ok=True)

    def close(self) -> None:
        if self.current:
            self.current.close()


def write_arranged(
    blocks: Iterator[Block], size: int, out: Path, label: Label, layout: Layout, described: dict[str, Any]
) -> tuple[Writer, list[Path], int]:
    """Writes ``size`` bytes of ids in a layout; returns what wrote them, the files, and how many ids are dropped."""
    folder = out.with_name(out.name + ".buckets")
    rows = None
    if layout.row_length is not None and layout.begin is not None:
        rows = RowFiller(layout.row_length, layout.begin, keep_rest=layout.rest == "keep")
    try:
        if layout.shuffle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            blocks = shuffled(blocks, layout.shuffle, folder, size)
        if rows is not None:
            blocks = rows.fill(blocks)
        if layout.shard_tokens is None:
            writer = new_writer(out, layout.format, label, masked=layout.masked)
        else:
            writer = ShardWriter(out, label, layout, layout.shard_tokens, described)
        try:
            for ids, ends in blocks:
                writer.append(ids, ends)
            files = writer.finish()
        finally:
            writer.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return writer, files, rows.dropped if rows else 0
