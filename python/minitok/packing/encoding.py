"""Files to ids: a batch of documents at a time, on several threads, in the order of the files.

A thread takes a batch from reading to ids: it parses some lines of JSON and encodes what they hold while both are in its cache.
Batches of several files are under way at once, so that many small files keep all threads busy, too. What comes out is in order.

Costs: the encoding; memory for a few batches of some megabytes on each thread, or for the longest document.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from ..backend.documents import with_ends
from ..corpus.files import batches, read_chunks, split_documents
from ..corpus.records import batches_of
from ..extras import np
from ..reference.more.dropout import HEAD
from ..spans.streaming import checked, safe_blocks

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from ..backend import Backend, Codec
    from ..corpus.records import Batch
    from .options import Options

    Value = TypeVar("Value")

# How much text is a batch, in bytes: enough that what Python does for it costs little, and both fit into a cache.
BATCH = 1 << 20
# How much of a file of records. Twice as much costs more: then the system takes back the memory of the ids each time.
RECORDS = 1 << 21


@dataclass(frozen=True)
class EncodedBlock:
    """The ids of some documents, where each of them ends, and how many bytes of text they are.

    ``file`` is the number of files that are finished with this; it is 0 within a file.
    """

    ids: npt.NDArray[Any]
    ends: npt.NDArray[np.int64]
    bytes: int
    finished: int = 0


NOTHING = EncodedBlock(np.zeros(0, np.uint32), np.zeros(0, np.int64), 0)


def encode_in_order(
    codec: Codec, backend: Backend, files: Iterable[tuple[int, Path]], options: Options
) -> Iterator[EncodedBlock]:
    """Yields what numbered files hold, in order, with a last part for each file that says that it is finished."""
    # The reference holds the GIL all the time.
    threads = options.threads if backend.name == "rust" else 1
    yield from in_order(work_on(options.coder(codec), backend, files, options), threads)


def in_order(work: Iterable[Callable[[], Value]], threads: int) -> Iterator[Value]:
    """Calls the functions on several threads and yields their results in order; the first error in that order is raised.

    >>> list(in_order([lambda: 1, lambda: 2, lambda: 3], 2))
    [1, 2, 3]
    """
    if threads == 1:
        for function in work:
            yield function()
        return
    pool = ThreadPoolExecutor(threads, "minitok-pack")
    try:
        pending: deque[Future[Value]] = deque()
        remaining = results(work)
        while True:
            pending.extend(pool.submit(function) for function in islice(remaining, 2 * threads - len(pending)))
            if not pending:
                return
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def results(work: Iterable[Callable[[], Value]]) -> Iterator[Callable[[], Value]]:
    """The functions; an error while they are made becomes the last of them, so that it is raised in its turn."""
    try:
        yield from work
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - raised in its turn
        failed = error

        def fail() -> Value:
            raise failed

        yield fail


def work_on(
    codec: Codec, backend: Backend, files: Iterable[tuple[int, Path]], options: Options
) -> Iterator[Callable[[], EncodedBlock]]:
    """Yields what encodes the files, part by part."""
    for number, file in files:
        yield from work_on_file(codec, backend, file, options)
        finished = EncodedBlock(NOTHING.ids, NOTHING.ends, 0, number)
        yield lambda finished=finished: finished  # type: ignore[misc]


def work_on_file(codec: Codec, backend: Backend, file: Path, options: Options) -> Iterator[Callable[[], EncodedBlock]]:
    """Yields what encodes a file, part by part."""
    records = batches_of(file, options.field, backend, RECORDS)
    if records is not None:
        for batch, _ in records:
            yield records_encoder(codec, batch, options)
        return
    chunks = read_chunks(file)
    if options.separator is None:
        yield from whole_encoders(codec, chunks, options)
        return
    for texts in batches(split_documents(chunks, options.separator), BATCH):
        yield texts_encoder(codec, texts, options)


def records_encoder(codec: Codec, batch: Batch, options: Options) -> Callable[[], EncodedBlock]:
    def encode() -> EncodedBlock:
        ids, ends, size = batch.encode(codec, options.allowed, options.end, options.dtype)
        return EncodedBlock(ids, ends.astype(np.int64), size)

    return encode


def texts_encoder(codec: Codec, texts: list[bytes], options: Options) -> Callable[[], EncodedBlock]:
    """What encodes some documents."""

    def encode() -> EncodedBlock:
        ids, offsets = with_ends(*codec.encode_batch_to_numpy(texts, options.allowed, 1), options.end)
        return EncodedBlock(ids, offsets[1:].astype(np.int64), sum(map(len, texts)))

    return encode


def whole_encoders(codec: Codec, chunks: Iterable[bytes], options: Options) -> Iterator[Callable[[], EncodedBlock]]:
    """Yields what encodes a text that is one document, block by block."""
    if options.refused:
        chunks = checked(codec, chunks, options.refused)
    head, chunks = head_of(chunks)
    start = 0
    for text, coder in safe_blocks(codec, chunks, options.allowed, BATCH):
        if options.dropout is not None:
            coder = coder.dropping(*options.dropout, head, start)  # noqa: PLW2901 - the same with the place of the block
        yield block_encoder(coder, text, options)
        start += len(text)
    end = np.array([] if options.end is None else [options.end], np.uint32)
    last = EncodedBlock(end, np.array([len(end)]), 0)
    yield lambda: last


def head_of(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a text, as many as its key is made of (SPEC E11), and the whole text.

    >>> head, chunks = head_of([b"ab", b"cd"])
    >>> head, list(chunks)
    (b'abcd', [b'abcd'])
    """
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    return head[:HEAD], chain([head] if head else [], chunks)


def block_encoder(codec: Codec, text: bytes, options: Options) -> Callable[[], EncodedBlock]:
    def encode() -> EncodedBlock:
        # A text without a safe cut is one long block.
        threads = 1 if len(text) < 2 * BATCH else options.threads
        return EncodedBlock(codec.encode_to_array(text, options.allowed, threads), NOTHING.ends, len(text))

    return encode
