"""A packed corpus: documents by number, in files that are mapped and not loaded; and whether they are whole.

``formats`` describes the files. Costs: opening maps the index, or reads ``columns`` once; a document costs a page or two, or of
a file with a label 64 KiB that are summed up once; ``check_index`` reads the index once, and ``check`` everything.
"""

from __future__ import annotations

import zlib
from abc import abstractmethod
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, overload

from ..arguments import check_index
from ..errors import FileFormatError
from ..extras import np
from .mapped import check_regular_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from .bounds import Bounds
    from .label import Label, Labels
    from .mapped import Numbers

    Ids = npt.NDArray[Any]

# How much is looked at at a time by a check, in numbers.
PART = 1 << 20

# How many shards are held open: each has two or three files, and a process may have as few as 1,024.
KEPT = 128


class PackedCorpus(Sequence["Ids"]):
    """Documents as arrays of ids, by number. The arrays show the mapped file, and cannot be written to.

    Attributes:
        paths: The files.
        format: ``numbers``, ``megatron``, ``datatrove``, ``columns``, or ``shards``.
        dtype: The type of the ids.
        tokens: How many ids there are.
        masked: Whether there is a mask: ``mask``.
    """

    paths: list[Path]
    format: str
    dtype: np.dtype[Any]
    tokens: int
    masked: bool
    # What the files say of themselves, each with the name of its ids.
    labels: Labels

    @overload
    def __getitem__(self, number: int) -> Ids: ...
    @overload
    def __getitem__(self, number: slice) -> list[Ids]: ...
    def __getitem__(self, number: int | slice) -> Ids | list[Ids]:
        """Returns the ids of a document, or a list of those of several."""
        if isinstance(number, slice):
            return [self.document(one) for one in range(*number.indices(len(self)))]
        return self.document(self.place(number))

    def mask(self, number: int) -> npt.NDArray[np.bool_]:
        """Returns the loss mask of a document: True for each id that a model is to learn.

        Raises ValueError if the corpus was packed without ``learn=``.

        >>> import json, tempfile
        >>> from minitok import Tokenizer, open_packed
        >>> folder, talk = tempfile.mkdtemp(), [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        >>> with open(f"{folder}/a.jsonl", "w") as file:
        ...     json.dump({"messages": talk}, file)
        >>> tok = Tokenizer([], special_tokens={"<e>": 256}).replace(
        ...     chat="{% for m in messages %}{{ m.content }}<e>{% endfor %}")
        >>> packed = tok.encode_files(f"{folder}/a.jsonl", f"{folder}/a.bin", learn="assistant")
        >>> corpus = open_packed(f"{folder}/a.bin")
        >>> corpus[0].tolist(), corpus.mask(0).tolist()
        ([97, 256, 98, 256], [False, False, True, True])
        """
        if not self.masked:
            raise ValueError(f"{self.paths[0]} has no mask: pack conversations with learn=")
        return self.mask_values(self.place(number)).astype(np.bool_)

    def place(self, number: int) -> int:
        """The number of a document from the first on."""
        at = check_index(number, "the number of a document")
        at += len(self) if at < 0 else 0
        if not 0 <= at < len(self):
            raise IndexError(f"document {number} of {len(self)}")
        return at

    @abstractmethod
    def document(self, number: int) -> Ids:
        """The ids of a document."""

    @abstractmethod
    def mask_values(self, number: int) -> Ids:
        """The mask of a document, as numbers."""

    @abstractmethod
    def check(self, vocab_size: int | None = None) -> None:
        """Reads everything once, and raises FileFormatError where something cannot be.

        ``vocab_size``: ids must be below it.
        """

    def check_index(self) -> None:
        """Reads the index once, if there is one, and raises FileFormatError where documents cannot be as it says."""

    def each_part(self) -> Iterator[PackedCorpus]:
        """Yields what is in one file of ids each."""
        yield self

    def release(self) -> None:
        """Closes the files until they are needed again."""

    def __repr__(self) -> str:
        documents = "1 document" if len(self) == 1 else f"{len(self):,} documents"
        return f"PackedCorpus({str(self.paths[0])!r}, {self.format}, {documents}, {self.tokens:,} ids)"


class Bare(PackedCorpus):
    """Ids in one file, one document after the other, with offsets in another."""

    def __init__(
        self, ids: Path, index: Path, kind: str, array: Numbers, bounds: Bounds, label: Label | None = None
    ) -> None:
        self.paths, self.format, self.ids, self.bounds = [ids, index], kind, array, bounds
        self.values: Numbers | None = None
        self.masked, self.labels = False, [(ids, label)]
        self.dtype, self.tokens = array.dtype, len(array)
        # What is open stays what it is if the file is replaced.
        array.array()
        if len(bounds) and bounds.start(0):
            raise FileFormatError(index, f"the first document begins at {bounds.start(0)}, not at 0: damaged")
        last = bounds.end(len(bounds) - 1) if len(bounds) else 0
        if last != len(array):
            raise FileFormatError(
                ids, f"{len(array)} ids, where the index {index.name} says {last}: one of them is truncated or damaged"
            )
        check_label(label, self)

    def __len__(self) -> int:
        return len(self.bounds)

    def with_mask(self, path: Path, values: Numbers) -> Bare:
        """The same corpus with a mask."""
        if values.dtype != np.uint8 or len(values) != self.tokens:
            raise FileFormatError(
                path,
                f"{len(values)} numbers ({values.dtype}), where a mask has a byte for each of the {self.tokens} ids of "
                f"{self.paths[0].name}: one of them is truncated or damaged",
            )
        self.paths, self.values, self.masked = [*self.paths, path], values, True
        values.array()
        return self

    def document(self, number: int) -> Ids:
        ids: Ids = self.ids[self.part(number)]
        return ids

    def mask_values(self, number: int) -> Ids:
        mask: Ids = self.held_mask()[self.part(number)]
        return mask

    def held_mask(self) -> Any:
        return self.values if self.values is not None else np.zeros(0, np.uint8)

    def part(self, number: int) -> slice:
        """Where a document is."""
        start, end = self.bounds.start(number), self.bounds.end(number)
        if not 0 <= start <= end <= self.tokens:
            raise FileFormatError(self.paths[1], f"the index puts document {number} at {start} to {end}: damaged")
        return slice(start, end)

    def check_index(self) -> None:
        self.bounds.check(self.paths[1], self.tokens)

    def check(self, vocab_size: int | None = None) -> None:
        self.check_index()
        check_ids(self.ids, vocab_size, self.paths[0])
        if self.masked:
            check_mask(self.held_mask(), self.paths[-1])

    def release(self) -> None:
        for numbers in (self.ids, self.values):
            if numbers is not None:
                numbers.release()
        self.bounds.release()


def check_label(label: Label | None, corpus: PackedCorpus) -> None:
    """Raises if a corpus is not what its label says."""
    if label is None:
        return
    # The types of Megatron have a sign.
    dtype = str(corpus.dtype).replace("int32", "uint32").replace("uuint", "uint")
    found, said = (dtype, corpus.tokens, len(corpus)), (label.dtype, label.tokens, label.documents)
    if found != said:
        reason = "{1} ids ({0}) of {2} documents, where the label says {4} ({3}) of {5}: truncated or damaged"
        raise FileFormatError(corpus.paths[0], reason.format(*found, *said))


class Shards(PackedCorpus):
    """Several packed corpora, one after the other."""

    def __init__(self, parts: Iterable[PackedCorpus], checksums: Sequence[tuple[Path, int]] = ()) -> None:
        self.parts: list[PackedCorpus] = []
        self.format, self.checksums = "shards", checksums
        # The parts that may be open, the one used last at the end.
        self.recent: OrderedDict[int, None] = OrderedDict()
        for number, part in enumerate(parts):
            self.parts.append(part)
            self.opened(number)
        parts = self.parts
        self.paths = [path for part in parts for path in part.paths]
        self.labels = [label for part in parts for label in part.labels]
        self.dtype = np.result_type(*(part.dtype for part in parts))
        self.tokens = sum(part.tokens for part in parts)
        self.masked = parts[0].masked
        for part in parts:
            if part.masked != self.masked:
                raise FileFormatError(
                    part.paths[0], f"{'a' if part.masked else 'no'} mask, unlike {parts[0].paths[0].name}"
                )
        self.first = [0, *np.cumsum([len(part) for part in parts]).tolist()]

    def __len__(self) -> int:
        return int(self.first[-1])

    def opened(self, number: int) -> PackedCorpus:
        """A part. If too many are open, the one that was used the longest time ago is closed."""
        self.recent[number] = None
        with suppress(KeyError):  # another thread closes it at this moment, and it is opened again
            self.recent.move_to_end(number)
            if len(self.recent) > KEPT:
                self.parts[self.recent.popitem(last=False)[0]].release()
        return self.parts[number]

    def each_part(self) -> Iterator[PackedCorpus]:
        for number in range(len(self.parts)):
            yield from self.opened(number).each_part()

    def release(self) -> None:
        for part in self.parts:
            part.release()

    def document(self, number: int) -> Ids:
        part = bisect_right(self.first, number) - 1
        return self.kept(self.opened(part).document(number - self.first[part]))

    def mask_values(self, number: int) -> Ids:
        part = bisect_right(self.first, number) - 1
        return self.kept(self.opened(part).mask_values(number - self.first[part]))

    def kept(self, ids: Ids) -> Ids:
        """The ids of a document. An array that shows a file keeps it open, so of many shards, it is a copy."""
        if len(self.parts) > KEPT:
            ids = ids.copy()
            ids.flags.writeable = False
        return ids

    def check_index(self) -> None:
        for part in self.each_part():
            part.check_index()

    def check(self, vocab_size: int | None = None) -> None:
        for path, expected in self.checksums:
            if checksum(path) != expected:
                raise FileFormatError(path, "the checksum is not that of the manifest: damaged")
        for part in self.each_part():
            part.check(vocab_size)


def check_ids(ids: Any, vocab_size: int | None, path: Path) -> None:
    """Reads ids, and raises if one is not below ``vocab_size``."""
    for at in range(0, len(ids), PART):
        part = ids[at : at + PART]
        if vocab_size is None:
            continue
        wrong = np.flatnonzero((part < 0) | (part >= vocab_size))
        if len(wrong):
            where = at + int(wrong[0])
            raise FileFormatError(path, f"id {part[wrong[0]]} at {where} is not one of {vocab_size}: damaged")


def check_mask(values: Any, path: Path) -> None:
    """Raises if a mask has another number than 0 and 1."""
    for at in range(0, len(values), PART):
        wrong = np.flatnonzero(values[at : at + PART] > 1)
        if len(wrong):
            where = at + int(wrong[0])
            raise FileFormatError(path, f"{values[where]} at {where} of the mask, which holds 0 and 1: damaged")


def checksum(file: Path) -> int:
    """The CRC-32 of a file."""
    check_regular_input(file)
    total = 0
    with file.open("rb") as source:
        while chunk := source.read(1 << 20):
            total = zlib.crc32(chunk, total)
    return total
