"""Counting a corpus: texts or files in, ``PieceCounts`` out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypedDict

from ..arguments import check_iterable, check_pattern, thread_count
from ..backend import load_backend
from ..errors import TrainingError
from ..foreign import explains, shown_with
from ..reference.pretokenize import DEFAULT_PATTERN
from ..reference.published.names import pattern_named
from .compression import COMPRESSED, opened
from .counts import PieceCounts, Scratch, check_special, counter_parts
from .files import batches, expand, read_chunks, split_documents
from .progress import start_progress
from .records import batches_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Unpack

    from ..backend import BackendName, Vocab
    from .progress import Progress, Show

# How many bytes of documents are passed to the backend at a time.
BATCH = 1 << 22

# The least that counting with bounded memory needs for its buffers, in bytes; rust/fast/count has the same number.
MIN_MEMORY = 1 << 24


class CountOptions(TypedDict, total=False):
    """The options of ``count_pieces``; ``minitok.train`` describes them."""

    pattern: str
    special_tokens: Sequence[str]
    backend: BackendName | None
    threads: int | None
    max_memory: int | None
    progress: bool | Callable[[Progress], object]


@explains
def count_pieces(
    texts: Iterable[str | bytes] | CorpusFiles,
    *,
    pattern: str = DEFAULT_PATTERN,
    special_tokens: Sequence[str] = (),
    backend: BackendName | None = None,
    threads: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
) -> PieceCounts:
    """Counts the pieces of texts: the first half of ``train``, with its options.

    ``train``, called with the counts, is the other half. Errors are those of ``train``. Costs O(n) time for n bytes, and memory
    for the distinct pieces only.

    >>> from minitok import train
    >>> counts = count_pieces(["low lower lowest"])
    >>> train(counts, vocab_size=259) == train(["low lower lowest"], vocab_size=259)
    True
    """
    with (
        Counting(pattern_named(pattern), special_tokens, backend, threads, max_memory) as counting,
        start_progress(progress) as show,
    ):
        counting.add(texts, show)
        return counting.counts()


@explains
@shown_with(count_pieces)
def count_pieces_in_files(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    separator: str | bytes | None = None,
    field: str = "text",
    **options: Unpack[CountOptions],
) -> PieceCounts:
    """Counts the pieces of files: the first half of ``train_files``, with its options, errors and costs.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("low lower low")
    >>> count_pieces_in_files(path).to_dict()
    {b'low': 1, b' lower': 1, b' low': 1}
    """
    return count_pieces(CorpusFiles(paths, separator, field), **options)


class CorpusFiles:
    """The files of a corpus, and how documents are found in them."""

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        separator: str | bytes | None,
        field: str,
    ) -> None:
        self.files: list[Path] = expand(paths)
        if separator is not None and not separator:
            raise TrainingError("the separator is empty; omit it to make each file one document")
        self.separator = separator.encode() if isinstance(separator, str) else separator
        self.field = field

    def __iter__(self) -> Iterator[bytes]:
        """Yields the documents, of which one at a time is in memory, or a batch of records."""
        for file in self.files:
            batches = batches_of(file, self.field, load_backend("python"), BATCH)
            if batches is not None:
                for batch, _ in batches:
                    yield from batch(1).to_list()
            elif self.separator is not None:
                yield from split_documents(read_chunks(file), self.separator)
            else:
                yield b"".join(read_chunks(file))


class Counting:
    """The counting of one corpus: its options, checked, and what has been counted so far.

    With ``vocab``, the pieces are for training on from this vocabulary.
    """

    def __init__(
        self,
        pattern: str,
        special_tokens: Sequence[str],
        backend: str | None,
        threads: int | None,
        max_memory: int | None = None,
        vocab: Vocab | None = None,
    ) -> None:
        self.special = check_special(special_tokens)
        self.pattern = check_pattern(pattern)
        self.backend = load_backend(backend)
        self.threads = thread_count(threads)
        check_memory(max_memory)
        # What is wrong with them is said before a folder is made.
        parts = counter_parts(self.backend, self.pattern, self.special)
        self.scratch = None if max_memory is None else Scratch()
        bound = None if max_memory is None or self.scratch is None else (max_memory, self.scratch.path)
        self.counter = self.backend.piece_counter(*parts, self.threads, bound, vocab)

    def __enter__(self) -> Counting:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        if kind is not None and self.scratch is not None:
            self.scratch.remove()

    def counts(self) -> PieceCounts:
        """What has been counted."""
        return PieceCounts(self.counter, self.pattern, self.special, self.backend.name, self.scratch)

    def add(self, corpus: Iterable[str | bytes] | CorpusFiles, show: Show) -> None:
        """Counts the pieces of documents, or of files."""
        if isinstance(corpus, CorpusFiles):
            self.add_files(corpus, show)
        else:
            self.add_texts(corpus, show)

    def add_texts(self, texts: Iterable[str | bytes], show: Show) -> None:
        """Counts the pieces of documents."""
        read = 0
        for batch in batches(checked(texts), BATCH):
            read += self.counter.add(batch)
            show("counting", read, None)

    def add_files(self, corpus: CorpusFiles, show: Show) -> None:
        """Counts the pieces of files. Progress is in bytes of the files, without decompression."""
        sizes = [file.stat().st_size for file in corpus.files]
        done = 0

        def tell(at: int) -> None:
            show("counting", done + at, sum(sizes))

        for file, size in zip(corpus.files, sizes, strict=True):
            self.add_file(file, size, corpus, tell)
            done += size
            tell(0)

    def add_file(self, file: Path, size: int, corpus: CorpusFiles, tell: Callable[[int], object]) -> None:
        """Counts the pieces of a file; ``tell`` is called with the number of bytes read so far."""
        read = 0

        def on_chunk(more: int) -> None:
            nonlocal read
            read += more
            tell(read)

        records = batches_of(file, corpus.field, self.backend, BATCH)
        if records is not None:
            for batch, position in records:
                self.counter.add_documents(batch(self.threads))
                tell(position)
        elif file.suffix in COMPRESSED or not file.is_file():
            # A pipe is read by Python, on the thread that Ctrl-C interrupts: its writer may keep it waiting.
            with opened(file) as (stream, where):
                self.counter.add_stream(stream, corpus.separator, lambda _: tell(where()), file, size)
        else:
            self.counter.add_file(file, corpus.separator, on_chunk)


def check_memory(max_memory: int | None) -> None:
    """Enough bytes for a table to be of use, if there is a bound."""
    if max_memory is None:
        return
    if isinstance(max_memory, bool) or not isinstance(max_memory, int):
        raise TypeError(f"max_memory must be a number of bytes, an int, not {type(max_memory).__name__}")
    if max_memory < MIN_MEMORY:
        raise TrainingError(
            f"max_memory {max_memory} is below {MIN_MEMORY} bytes, which counting needs for its buffers"
        )
    if max_memory > sys.maxsize:
        raise TrainingError(f"max_memory {max_memory} is more than {sys.maxsize} bytes, which no table can take")


def checked(texts: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """The texts, if each of them is one."""
    if isinstance(texts, os.PathLike):
        raise TypeError("texts must be an iterable of str or bytes, not a path; train_files reads files")
    for index, text in enumerate(check_iterable(texts, "texts", "str or bytes")):
        if not isinstance(text, (str, bytes)):
            files = "; train_files reads files" if isinstance(text, os.PathLike) else ""
            raise TypeError(f"text {index} must be str or bytes, not {type(text).__name__}{files}")
        yield text
