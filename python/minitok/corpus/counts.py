"""How often each piece of a corpus occurs: all that training needs to know of it.

Counting and learning are two steps with a seam between them. Counts can be saved, trained on again with other options, and
merged with those of other processes or machines: counts are sums, so the result is that of counting everything at once.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..arguments import check_iterable
from ..backend import load_backend
from ..errors import TrainingError
from ..formats.files import blame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..backend import BackendName
    from .counts_file import PieceArrays

    Counted = dict[bytes, int]

# The sum of all counts is below this, so that no count of a pair can be too large; so are the numbers of documents and bytes.
LIMIT = 1 << 63


class Scratch:
    """A new folder among the system's temporary files (set ``TMPDIR`` to choose where).

    It is removed with its content by ``remove``, when the object is deleted, or when the interpreter ends, also by
    Ctrl-C. A process that is forked has the object, too, but the folder is not its own: it removes nothing.

    >>> scratch = Scratch()
    >>> scratch.path.is_dir(), scratch.remove(), scratch.path.exists()
    (True, None, False)
    """

    def __init__(self) -> None:
        import tempfile

        self.path = Path(tempfile.mkdtemp(prefix="minitok-"))
        self._finalizer = weakref.finalize(self, remove_folder, self.path, os.getpid())

    def remove(self) -> None:
        self._finalizer()


def remove_folder(path: Path, owner: int) -> None:
    """Removes the folder of a process, if this is the process."""
    import shutil

    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


class PieceCounts:
    """The distinct pieces of a corpus with their counts, in the order of first appearance.

    Made by ``count_pieces`` and ``count_pieces_in_files``; it never changes. It can be pickled, so that processes can count
    parts of a corpus.

    >>> from minitok import count_pieces
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
        self.counter = counter  # for training, which reads what it holds
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
        """Returns each distinct piece and its count, in the order of first appearance. Costs O(n) for their n bytes.

        >>> from minitok import count_pieces
        >>> count_pieces(["a b b"]).to_dict()
        {b'a': 1, b' b': 2}
        """
        pieces: Counted = self.counter.pieces
        return pieces

    def merge(self, *others: PieceCounts) -> PieceCounts:
        """Merges counts: exactly what counting this corpus and then the others would have given, order included.

        Raises:
            TrainingError: They were counted with different patterns or special tokens, or come to 2^63 pieces, documents or
                bytes.

        Costs O(n) for n bytes of distinct pieces.

        >>> from minitok import count_pieces
        >>> count_pieces(["a b"]).merge(count_pieces(["c b"])) == count_pieces(["a b", "c b"])
        True
        """
        for other in others:
            if (other.pattern, set(other.special_tokens)) != (self.pattern, set(self.special_tokens)):
                raise TrainingError(
                    f"cannot merge counts of different pieces: {other.pattern!r} with the special tokens "
                    f"{other.special_tokens}, and {self.pattern!r} with {self.special_tokens}"
                )
        everything = [self, *others]
        for name in ("pieces", "documents", "bytes"):
            if sum(getattr(counts, name) for counts in everything) >= LIMIT:
                raise TrainingError(f"the corpus is too large to train on: 2^63 {name} or more")
        made = self._counted()
        for counts in everything:
            made.add_pieces(*counts._arrays(), counts.documents, counts.bytes)  # noqa: SLF001
        return PieceCounts(made, self._pattern, self._special, self.backend)

    def with_backend(self, backend: BackendName) -> PieceCounts:
        """Returns the same counts on another backend.

        Costs O(n) for n bytes of distinct pieces, if it is another one.

        >>> from minitok import count_pieces
        >>> count_pieces(["a b"]).with_backend("python").backend
        'python'
        """
        return self if backend == self.backend else from_arrays(*self._content(), backend)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the counts to a file, completely or not at all. ``load`` reads it.

        Raises:
            OSError: The file cannot be written.

        Costs O(n) for a file of n bytes.

        >>> import pathlib, tempfile
        >>> from minitok import count_pieces
        >>> path, counts = pathlib.Path(tempfile.mkdtemp()) / "my.counts", count_pieces(["a b"])
        >>> counts.save(path)
        >>> PieceCounts.load(path) == counts
        True
        """
        from . import counts_file

        counted = self.counter.files() or self._arrays()
        counts_file.save(self._pattern, self._special, self.documents, self.bytes, len(self), counted, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], backend: BackendName | None = None) -> PieceCounts:
        """Reads counts from a file.

        Raises:
            FileFormatError: The file is not a file of counts, or is damaged.
            OSError: The file cannot be read.

        Costs O(n) for a file of n bytes.

        >>> import pathlib, tempfile
        >>> from minitok import count_pieces
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "my.counts"
        >>> count_pieces(["a b"]).save(path)
        >>> len(PieceCounts.load(path))
        2
        """
        from . import counts_file

        pattern, special_tokens, documents, size, arrays = counts_file.load(path)
        name = load_backend(backend).name
        with blame(path):
            return from_arrays(pattern, check_special(special_tokens), documents, size, arrays, name)

    def _counted(self) -> Any:
        """A counter with nothing counted."""
        return new_counter(self._backend, self._pattern, self._special, 1)

    def _arrays(self) -> PieceArrays:
        arrays: PieceArrays = self.counter.to_arrays()
        return arrays

    def _content(self) -> tuple[str, list[str], int, int, PieceArrays]:
        return self._pattern, self._special, self.documents, self.bytes, self._arrays()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PieceCounts):
            return NotImplemented
        *mine, (data, lengths, counts) = self._content()
        *theirs, (other_data, other_lengths, other_counts) = other._content()
        same_pieces = data == other_data and lengths.tobytes() == other_lengths.tobytes()
        return mine == theirs and same_pieces and counts.tobytes() == other_counts.tobytes()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return from_arrays, (*self._content(), self.backend)

    def __repr__(self) -> str:
        return (
            f"PieceCounts(pattern={self._pattern!r}, documents={self.documents}, pieces={self.pieces}, "
            f"distinct={self._unique}, backend={self.backend!r})"
        )


def from_arrays(
    pattern: str, special_tokens: list[str], documents: int, size: int, arrays: PieceArrays, backend: str
) -> PieceCounts:
    """Counts from what ``PieceCounts._content`` gave, in another process or on another backend."""
    counter = new_counter(load_backend(backend), pattern, special_tokens, 1)
    counter.add_pieces(*arrays, documents, size)
    return PieceCounts(counter, pattern, special_tokens, backend)


def new_counter(backend: Any, pattern: str, special_tokens: Sequence[str], threads: int) -> Any:
    return backend.piece_counter(*counter_parts(backend, pattern, special_tokens), threads, None, None)


def counter_parts(backend: Any, pattern: str, special_tokens: Sequence[str]) -> tuple[Any, Any]:
    """What a counter is made of; an error if it cannot be."""
    return backend.pattern(pattern), backend.special_tokens(
        {token: index for index, token in enumerate(special_tokens)}
    )


def check_special(special_tokens: Sequence[str]) -> list[str]:
    """The names of the special tokens, each once."""
    if isinstance(special_tokens, Mapping):
        raise TypeError(
            "special_tokens must be names, without ids: these come after the last merge. "
            "replace(special_tokens=...) gives the trained tokenizer other ids"
        )
    names = list(check_iterable(special_tokens, "special_tokens", "str"))
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(f"special token {index} must be str, not {type(name).__name__}")
        if name in seen:
            raise TrainingError(f"the special token {name!r} is given twice")
        seen.add(name)
        if any("\ud800" <= char <= "\udfff" for char in name):
            raise TrainingError(f"the special token {name!r} contains a lone surrogate")
    return names
