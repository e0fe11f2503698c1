"""The label of a packed file: what the file says of itself, so that joining, opening and checking know what it is.

A label names the tokenizer (by a hash), the source (by a hash of the tokenizer, the options and the input files), the part or
shard, the type and number of the ids, and checksums. Each format holds it in a place that trainers do not read:

=============  =====================================================================================================
``numbers``    after the offsets in ``x.bin.idx.npy``
``megatron``   after the index in ``x.idx``
``datatrove``  the fourth line of ``x.ds.metadata``
``columns``    the metadata ``minitok`` of the schema, and once more with the totals: in Parquet ``minitok.end`` of the file, in
               Arrow ``minitok.end`` of the last batch
=============  =====================================================================================================

After an index, the length of the label and the eight bytes ``minitok\\n`` follow it. Files from other programs have no label.

>>> label = Label("uint16", tokens=3, documents=1, part=(2, 8))
>>> label.text()
'ca300d4b {"documents":1,"dtype":"uint16","part":[2,8],"tokens":3,"version":1}'
>>> Label.parsed(label.text()) == label
True
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    # Files, and what each says of itself.
    Labels = Sequence[tuple[Path, "Label | None"]]

MARK = b"minitok\n"
# How many bytes one checksum covers.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Label:
    """What a packed file says of itself.

    Attributes:
        dtype: The type of the ids, as ``Packed`` has it.
        tokens: How many ids there are.
        documents: How many documents.
        tokenizer: A hash of everything that the ids of a text depend on; empty if that is not known.
        source: A hash of the tokenizer, the options and the files.
        layout: Order, rows and shards, if the documents are not as they were encoded.
        part: Which of how many parts this is, from 1 on.
        shard: Which shard this is, from 1 on, and how many there are; only the last one knows that, the others have 0.
        sums: The CRC-32 of each block, in hexadecimal digits: of ``ids``, ``index`` and ``mask``, or of ``groups`` of rows.
        version: That of the label.
    """

    dtype: str
    tokens: int = 0
    documents: int = 0
    tokenizer: str = ""
    source: str = ""
    layout: str = ""
    part: tuple[int, int] | None = None
    shard: tuple[int, int] | None = None
    sums: dict[str, str] = field(default_factory=dict)
    version: int = 1

    def text(self) -> str:
        """The label as a line, with a checksum."""
        held = {name: value for name, value in asdict(self).items() if value}
        line = json.dumps(held, sort_keys=True, separators=(",", ":"))
        return f"{zlib.crc32(line.encode()):08x} {line}"

    @classmethod
    def parsed(cls, text: str | bytes) -> Label:
        """Reads a line. Raises ValueError if it is not a label, or not as it was written."""
        line = text if isinstance(text, bytes) else text.encode()
        if line[:9] != b"%08x " % zlib.crc32(line[9:]):
            raise ValueError("the label of the file is not as it was written")
        held: dict[str, Any] = json.loads(line[9:])
        if held.get("version") != 1 or held.keys() - {each.name for each in fields(cls)}:
            raise ValueError(f"the label has version {held.get('version')}; this minitok reads version 1")
        held.update((name, tuple(held[name])) for name in ("part", "shard") if name in held)
        return cls(**held)

    @property
    def run(self) -> tuple[str, str, int]:
        """What the pieces of a run have in common."""
        return self.source, self.layout, self.part[1] if self.part else 0

    @property
    def place(self) -> tuple[int, int, str]:
        """Which of how many this is, and of what; (0, 0, "") for what is not a piece of anything."""
        if self.shard:
            return (*self.shard, "shard")
        return (*self.part, "part") if self.part else (0, 0, "")


# -- after an index ---------------------------------------------------------------------------------------------------


def trailing_label(label: Label) -> bytes:
    """Returns a label as it is written after an index."""
    line = label.text().encode()
    return line + struct.pack("<Q", len(line)) + MARK


def read_trailing_label(path: Path) -> tuple[Label | None, int]:
    """The label after an index, if there is one, and how many bytes are before it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 16))
        end = file.read(16)
        if len(end) < 16 or end[8:] != MARK:
            return None, size
        length = int.from_bytes(end[:8], "little")
        if length > size - 16:
            raise FileFormatError(path, "the label after the index is longer than the file: damaged")
        file.seek(size - 16 - length, os.SEEK_SET)
        line = file.read(length)
    try:
        return Label.parsed(line), size - 16 - length
    except ValueError as error:
        raise FileFormatError(path, f"{error}: damaged") from None


# -- checksums ---------------------------------------------------------------------------------------------------------


class Sums:
    """The CRC-32 of each block of what is written.

    >>> sums = Sums()
    >>> sums.add(b"abc")
    >>> sums.hex()
    'c2412435'
    """

    def __init__(self) -> None:
        self.done = bytearray()
        self.of_done = self.last = self.held = 0

    def add(self, data: bytes | memoryview) -> None:
        data = memoryview(data).cast("B") if len(data) else memoryview(b"")
        at = 0
        while at < len(data):
            part = data[at : at + BLOCK - self.held]
            self.last = zlib.crc32(part, self.last)
            self.held += len(part)
            at += len(part)
            if self.held == BLOCK:
                self.end()

    def end(self) -> None:
        """Begins another block."""
        packed = struct.pack("<I", self.last)
        self.done += packed
        self.of_done = zlib.crc32(packed, self.of_done)
        self.last = self.held = 0

    def hex(self) -> str:
        return (bytes(self.done) + (struct.pack("<I", self.last) if self.held else b"")).hex()

    def total(self) -> int:
        """One number for everything so far."""
        return zlib.crc32(struct.pack("<II", self.last, self.held), self.of_done)


# -- several files -----------------------------------------------------------------------------------------------------


def check_one_tokenizer(labels: Labels) -> None:
    """Raises if files hold ids of different tokenizers."""
    known = [(path, label.tokenizer) for path, label in labels if label and label.tokenizer]
    for path, tokenizer in known:
        if tokenizer != known[0][1]:
            raise FileFormatError(path, f"its ids are of another tokenizer than those of {known[0][0].name}")


def check_whole(labels: Labels) -> None:
    """Raises unless parts of a run, and shards of one, are there from the first to the last, each once and in order."""
    before: tuple[Path, Label] | None = None
    done = set()
    for path, label in labels:
        number, _, what = label.place if label else (0, 0, "")
        if before is None:
            if label is None or not what:
                continue
            if number != 1:
                raise FileFormatError(path, f"{named(label)} comes first: the one before it is missing")
            if label.run in done:
                raise FileFormatError(path, f"{named(label)} is given twice")
            done.add(label.run)
        else:
            check_next(before, path, label)
        before = None if label is None or label.place[0] == label.place[1] else (path, label)
    if before is not None:
        raise FileFormatError(before[0], f"{named(before[1])} is the last that is given: those after it are missing")


def check_named(labels: Labels) -> None:
    """Raises unless files that are named one by one are some shards of one run, in order, or nothing of any run is missing."""
    held = [(path, label) for path, label in labels if label and label.shard]
    if len(held) < len(labels) or len({label.run for _, label in held}) > 1:
        check_whole(labels)
        return
    for before, (path, label) in pairwise(held):
        check_next(before, path, label, skipping=True)


def check_next(before: tuple[Path, Label], path: Path, label: Label | None, *, skipping: bool = False) -> None:
    """Raises unless a file is the piece that follows another, or one of those that do."""
    name, first = before[0].name, before[1]
    if label is None or label.place[2] != first.place[2]:
        raise FileFormatError(path, f"no {first.place[2]}, where the one after {name}, {named(first)}, is needed")
    if label.run != first.run:
        raise FileFormatError(path, f"{named(label)}, of another run than {name}, {named(first)}")
    if label.place[0] != first.place[0] + 1 and not (skipping and label.place[0] > first.place[0]):
        how = "one between them is missing" if label.place[0] > first.place[0] else "it is given twice, or too late"
        raise FileFormatError(path, f"{named(label)} follows {name}, {named(first)}: {how}")


def named(label: Label) -> str:
    """The name of a piece in a message.

    >>> named(Label("uint16", part=(2, 8))), named(Label("uint16", shard=(3, 0)))
    ('part 2 of 8', 'shard 3')
    """
    number, count, what = label.place
    return f"{what} {number} of {count}" if count else f"{what} {number}"


def joined_label(labels: Labels, dtype: str, layout: str) -> Label:
    """The label of what is written from files: of all parts of a run, as if they had been written at once."""
    held = [label for _, label in labels if label]
    tokenizers = {label.tokenizer for label in held}
    tokenizer = held[0].tokenizer if len(held) == len(labels) and len(tokenizers) == 1 else ""
    sources = {(label.source, label.layout) for label in held}
    one = len(held) == len(labels) and len(sources) == 1 and (len(held) == 1 or all(label.part for label in held))
    source, before = held[0].source if one else "", held[0].layout if one else ""
    if not one or before:
        said = [(path.name, label and (label.source, label.layout, label.tokens)) for path, label in labels]
        source = digest_of(said)
    return Label(dtype, tokenizer=tokenizer, source=source, layout=layout)


def digest_of(said: Iterable[object]) -> str:
    return sha256(repr(list(said)).encode("utf-8", "backslashreplace")).hexdigest()
