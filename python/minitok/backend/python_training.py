"""The reference's counting and training with the calls of the extension."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..extras import array_of
from ..reference import count
from ..reference import train as reference_train
from ..reference.more import parity as reference_parity
from ..reference.more.trace import train_merge
from ..reference.text import utf8

if TYPE_CHECKING:
    from typing import BinaryIO

    import numpy as np
    import numpy.typing as npt

    from .._rust import Documents
    from ..reference.more.parity import ParityOptions
    from ..reference.published.found_tokens import SpecialTokens
    from ..reference.published.patterns import Pattern
    from ..reference.published.vocabs import Vocab
    from .protocols import Emit


class PieceCounter(count.PieceCounter):
    """``reference.count.PieceCounter`` for ``str`` as well as ``bytes``."""

    def __init__(
        self,
        pattern: Pattern,
        special: SpecialTokens,
        threads: int = 1,
        bound: tuple[int, Path] | None = None,
        vocab: Vocab | None = None,
    ) -> None:
        super().__init__(pattern, special)
        del threads, bound, vocab

    def add(self, documents: Iterable[str | bytes]) -> int:  # type: ignore[override]
        before = self.bytes
        super().add(utf8(document) for document in documents)
        return self.bytes - before

    def add_documents(self, documents: Documents) -> int:
        return self.add(documents.to_list())

    def add_stream(
        self,
        source: BinaryIO,
        separator: bytes | None,
        on_chunk: Callable[[int], None],
        path: Path | None = None,
        size: int = 0,
    ) -> None:
        del path, size  # for the errors and the threads of the extension; Python's errors name the file by themselves
        super().add_stream(source, separator, on_chunk)

    def add_pieces(
        self,
        data: bytes,
        lengths: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.int64],
        documents: int,
        size: int,
    ) -> npt.NDArray[np.uint64]:
        self.begin()
        self.documents += documents
        self.bytes += size
        end = 0
        new = []
        for number, (length, times) in enumerate(zip(lengths.tolist(), counts.tolist(), strict=True)):
            known = len(self.pieces)
            self.add_piece(data[end : end + length], times)
            if len(self.pieces) > known:
                new.append(number)
            end += length
        self.is_complete = True
        return array_of(new, "uint64")

    def hold(self, files: Sequence[str | os.PathLike[str]], documents: int, size: int) -> None:
        counts, lengths, data = (Path(file).read_bytes() for file in files)
        from ..extras import np

        self.add_pieces(data, np.frombuffer(lengths, "<u4"), np.frombuffer(counts, "<i8"), documents, size)

    def to_arrays(self) -> tuple[bytes, npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
        self.check_complete()
        lengths, counts = array_of(map(len, self.pieces), "uint32"), array_of(self.pieces.values(), "int64")
        return b"".join(self.pieces), lengths, counts

    def finish(self) -> None:
        """Nothing is left to be done, if all was counted."""
        self.check_complete()

    def files(self) -> None:
        """Nothing is on the disk."""

    def totals(self) -> tuple[int, int, int, int]:
        self.check_complete()
        return self.documents, self.bytes, sum(self.pieces.values()), len(self.pieces)


def train(
    counter: PieceCounter,
    options: reference_train.TrainOptions,
    on_merge: Callable[[int], None] | None = None,
    trace: Emit | None = None,
    base: tuple[Vocab, int] | None = None,
    keep: bool = False,  # noqa: FBT002 - the extension's call
) -> tuple[list[tuple[int, int]], list[int], int, str]:
    """Returns the merges, the count of each, the number of ties, and why training stopped."""
    del keep
    counter.check_complete()
    traced = None if trace is None else lambda chosen: trace(train_merge(chosen))
    if base is None:
        trained = reference_train.train(counter.pieces, options, on_merge, traced)
    else:
        trained = reference_train.extend(*base, counter.pieces, options, on_merge, traced)
    return trained.merges, trained.counts, trained.ties, trained.stop


def train_parity(
    languages: list[PieceCounter],
    development: list[PieceCounter],
    options: reference_train.TrainOptions,
    parity: ParityOptions,
    base: tuple[Vocab, int],
    on_merge: Callable[[int], None] | None = None,
    keep: bool = False,  # noqa: FBT002 - the extension's call
) -> tuple[list[tuple[int, int]], list[int], list[int], int, str]:
    """Returns the merges, whose turn each was, the count of each, the number of ties, and why training stopped."""
    del keep
    for counter in [*languages, *development]:
        counter.check_complete()
    corpora = [counter.pieces for counter in languages], [counter.pieces for counter in development]
    trained = reference_parity.train_parity(*base, *corpora, options, parity, on_merge)
    return trained.merges, trained.turns, trained.counts, trained.ties, trained.stop
