"""How often each piece of a corpus occurs: all that training needs to know of it.

Counting and learning are two steps with a seam between them. What was counted can be kept in a file, trained on again with
other options, and put together with what other processes or machines have counted: counts are sums, so the result is that
of counting it all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .arguments import check_pattern, thread_count
from .backend import load_backend
from .corpus import documents_of, expand
from .errors import TrainingError
from .opening import COMPRESSED, opened
from .progress import start_progress
from .scratch import Scratch

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from .backend import BackendName
    from .progress import Progress, Show

    Counted = dict[bytes, int]
    Packed = tuple[bytes, npt.NDArray[np.uint32], npt.NDArray[np.int64]]

__all__ = ["PieceCounts", "count_pieces", "count_pieces_in_files"]

# How many bytes of documents are handed to the backend at a time.
BATCH = 1 << 22

# As in rust/fast/corpus.rs.
MIN_MEMORY = 1 << 24

# The sum of all counts is below this, so that no count of a pair can be too large.
LIMIT = 1 << 63


class PieceCounts:
    """The distinct pieces of a corpus with their counts, in the order in which they were first seen.

    Made by ``count_pieces`` and ``count_pieces_in_files``; it never changes. It can be pickled, so that processes can count
    parts of a corpus.

    >>> counts = count_pieces(["low lower low"])
    >>> counts.to_dict()
    {b'low': 1, b' lower': 1, b' low': 1}
    >>> counts.documents, counts.bytes, counts.pieces, len(counts)
    (1, 13, 3, 3)
    """

    documents: int
    """How many documents were counted."""
    bytes: int
    """Their bytes, as UTF-8."""
    pieces: int
    """How many pieces there were, each as often as it occurs."""

    def __init__(
        self,
        counter: Any,
        pattern: str,
        special_tokens: Sequence[str],
        backend: str,
        scratch: Scratch | None = None,
    ) -> None:
        counter.finish()
        self._counter = counter
        self._scratch = scratch  # what the counter has on the disk stays as long as this
        self._pattern = pattern
        self._special = list(special_tokens)
        self._backend = load_backend(backend)
        self.documents, self.bytes, self.pieces, self._unique = cast("tuple[int, int, int, int]", counter.totals())

    @property
    def pattern(self) -> str:
        """The pattern that made the pieces."""
        return self._pattern

    @property
    def special_tokens(self) -> list[str]:
        """The special tokens that were cut out."""
        return list(self._special)

    @property
    def backend(self) -> BackendName:
        """``rust`` or ``python``."""
        return self._backend.name

    def __len__(self) -> int:
        """How many distinct pieces there are."""
        return self._unique

    def to_dict(self) -> Counted:
        """Each distinct piece and its count, in the order in which they were first seen."""
        pieces: Counted = self._counter.pieces
        return pieces

    def merge(self, *others: PieceCounts) -> PieceCounts:
        """What counting this corpus and then the others would have given, exactly, the order of pieces included.

        Raises:
            TrainingError: They were counted with different patterns or special tokens.

        >>> count_pieces(["a b"]).merge(count_pieces(["c b"])) == count_pieces(["a b", "c b"])
        True
        """
        for other in others:
            if (other.pattern, set(other.special_tokens)) != (self.pattern, set(self.special_tokens)):
                raise TrainingError(
                    f"counts of other pieces cannot be merged: {other.pattern!r} with the special tokens "
                    f"{other.special_tokens}, and {self.pattern!r} with {self.special_tokens}"
                )
        everything = [self, *others]
        if sum(counts.pieces for counts in everything) >= LIMIT:
            raise TrainingError("the corpus is too large to train on: 2^63 pieces or more")
        made = self._counted()
        for counts in everything:
            made.add_pieces(*counts._packed(), counts.documents, counts.bytes)  # noqa: SLF001
        return PieceCounts(made, self._pattern, self._special, self.backend)

    def with_backend(self, backend: str) -> PieceCounts:
        """The same counts on another backend."""
        return self if backend == self.backend else from_packed(*self._content(), backend)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the counts to a file, whole or not at all; ``load`` reads it."""
        from .formats.counts import save

        counted = self._counter.files() or self._packed()
        save(self._pattern, self._special, self.documents, self.bytes, len(self), counted, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], backend: str | None = None) -> PieceCounts:
        """Read counts from a file.

        Raises:
            FileFormatError: The file is no such file, or damaged.
        """
        from .formats.counts import load
        from .formats.files import blame

        pattern, special_tokens, documents, size, packed = load(path)
        name = load_backend(backend).name
        with blame(path):
            return from_packed(pattern, check_special(special_tokens), documents, size, packed, name)

    def _counted(self) -> Any:
        """A counter with nothing counted."""
        return new_counter(self._backend, self._pattern, self._special, 1)

    def _packed(self) -> Packed:
        packed: Packed = self._counter.packed()
        return packed

    def _content(self) -> tuple[str, list[str], int, int, Packed]:
        return self._pattern, self._special, self.documents, self.bytes, self._packed()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PieceCounts):
            return NotImplemented
        *mine, (data, lengths, counts) = self._content()
        *theirs, (other_data, other_lengths, other_counts) = other._content()
        same_pieces = data == other_data and lengths.tobytes() == other_lengths.tobytes()
        return mine == theirs and same_pieces and counts.tobytes() == other_counts.tobytes()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return from_packed, (*self._content(), self.backend)

    def __repr__(self) -> str:
        return (
            f"PieceCounts(pattern={self._pattern!r}, documents={self.documents}, pieces={self.pieces}, "
            f"distinct={self._unique}, backend={self.backend!r})"
        )


def from_packed(
    pattern: str, special_tokens: list[str], documents: int, size: int, packed: Packed, backend: str
) -> PieceCounts:
    """Counts from what ``PieceCounts._content`` gave, in another process or on another backend."""
    counter = new_counter(load_backend(backend), pattern, special_tokens, 1)
    counter.add_pieces(*packed, documents, size)
    return PieceCounts(counter, pattern, special_tokens, backend)


def new_counter(
    backend: Any,
    pattern: str,
    special_tokens: Sequence[str],
    threads: int,
    bound: tuple[int, Path] | None = None,
) -> Any:
    special = backend.special_tokens({token: index for index, token in enumerate(special_tokens)})
    return backend.piece_counter(backend.pattern(pattern), special, threads, bound)


def count_pieces(
    texts: Iterable[str | bytes],
    *,
    pattern: str = "gpt2",
    special_tokens: Sequence[str] = (),
    backend: str | None = None,
    threads: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
) -> PieceCounts:
    """Count the pieces of texts: the first half of ``train``, whose options these are.

    ``train_from_counts`` is the other half. Costs O(n) time for n bytes, and memory for the distinct pieces only.

    >>> from minitok import train, train_from_counts
    >>> counts = count_pieces(["low lower lowest"])
    >>> train_from_counts(counts, vocab_size=259) == train(["low lower lowest"], vocab_size=259)
    True
    """
    with Counting(pattern, special_tokens, backend, threads, max_memory) as counting, start_progress(progress) as show:
        counting.add_texts(texts, show)
        return counting.counts()


def count_pieces_in_files(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    separator: str | bytes | None = None,
    field: str = "text",
    pattern: str = "gpt2",
    special_tokens: Sequence[str] = (),
    backend: str | None = None,
    threads: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
) -> PieceCounts:
    """Count the pieces of files: the first half of ``train_files``, whose options these are."""
    files = CorpusFiles(paths, separator, field)
    with Counting(pattern, special_tokens, backend, threads, max_memory) as counting, start_progress(progress) as show:
        counting.add_files(files, show)
        return counting.counts()


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
            raise TrainingError("the separator is empty; leave it out for one document a file")
        self.separator = separator.encode() if isinstance(separator, str) else separator
        self.field = field


class Counting:
    """The counting of one corpus: its options, checked, and what has been counted so far."""

    def __init__(
        self,
        pattern: str,
        special_tokens: Sequence[str],
        backend: str | None,
        threads: int | None,
        max_memory: int | None = None,
    ) -> None:
        self.special = check_special(special_tokens)
        self.pattern = check_pattern(pattern)
        self.backend = load_backend(backend)
        count = thread_count(threads)
        check_memory(max_memory)
        new_counter(
            self.backend, self.pattern, self.special, 1
        )  # what is wrong with them is said before a folder is made
        self.scratch = None if max_memory is None else Scratch()
        bound = None if max_memory is None or self.scratch is None else (max_memory, self.scratch.path)
        self.counter = new_counter(self.backend, self.pattern, self.special, count, bound)

    def __enter__(self) -> Counting:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        if kind is not None and self.scratch is not None:
            self.scratch.remove()

    def counts(self) -> PieceCounts:
        """What has been counted."""
        return PieceCounts(self.counter, self.pattern, self.special, self.backend.name, self.scratch)

    def add_texts(self, texts: Iterable[str | bytes], show: Show) -> None:
        """Count the pieces of some documents."""
        read = 0
        for size in self.add_batches(texts):
            read += size
            show("counting", read, None)

    def add_batches(self, texts: Iterable[str | bytes]) -> Iterator[int]:
        """Count the pieces of some documents, a few megabytes at a time; the bytes of each batch are given."""
        batch: list[str | bytes] = []
        size = 0
        for text in checked(texts):
            batch.append(text)
            size += len(text)
            if size >= BATCH:
                yield self.counter.add(batch)
                batch, size = [], 0
        yield self.counter.add(batch)

    def add_files(self, corpus: CorpusFiles, show: Show) -> None:
        """Count the pieces of some files. Progress goes by the bytes of the files, compressed as they are."""
        sizes = [file.stat().st_size for file in corpus.files]
        done = 0

        def tell(at: int) -> None:
            show("counting", done + at, sum(sizes))

        for file, size in zip(corpus.files, sizes, strict=True):
            self.add_file(file, corpus, tell)
            done += size
            tell(0)

    def add_file(self, file: Path, corpus: CorpusFiles, tell: Callable[[int], object]) -> None:
        """Count the pieces of a file; ``tell`` hears how much of it has been read."""
        read = 0

        def reached(position: int) -> None:
            nonlocal read
            read = position

        def on_chunk(more: int) -> None:
            reached(read + more)
            tell(read)

        documents = documents_of(file, corpus.field, reached)
        if documents is not None:
            for _ in self.add_batches(documents):
                tell(read)
        elif file.suffix in COMPRESSED:
            with opened(file) as (stream, position):
                self.counter.add_stream(stream, corpus.separator, lambda _: tell(position()), file)
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


def check_special(special_tokens: Sequence[str]) -> list[str]:
    """The names of the special tokens, each once."""
    if isinstance(special_tokens, str):
        raise TypeError(f"special_tokens must be a sequence of str, not the one str {special_tokens!r}")
    names = list(special_tokens)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(f"special token {index} must be str, not {type(name).__name__}")
        if name in names[:index]:
            raise TrainingError(f"the special token {name!r} is given twice")
        if any("\ud800" <= char <= "\udfff" for char in name):
            raise TrainingError(f"the special token {name!r} holds a lone surrogate")
    return names


def checked(texts: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """The texts, if each of them is one."""
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"texts must be an iterable of str or bytes, not one {type(texts).__name__}")
    for index, text in enumerate(texts):
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"text {index} must be str or bytes, not {type(text).__name__}")
        yield text
