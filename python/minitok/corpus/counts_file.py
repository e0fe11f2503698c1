"""A file of counted pieces: a line of JSON that describes the rest, then the numbers and the bytes.

====================  ==============================================================================================
a line of JSON        ``format``, ``version``, ``pattern``, ``special_tokens``, ``documents``, ``bytes`` (of these),
                      ``pieces`` (distinct ones), ``size`` (of their bytes), ``crc32`` (of all that follows the line)
counts                8 bytes for each piece, little endian
lengths               4 bytes for each piece, little endian
pieces                their bytes, one after the other, in the order in which they were first seen
====================  ==============================================================================================
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import FileFormatError
from ..formats.files import parse_json, shown, writing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    # Bytes of the pieces, their lengths, their counts.
    PieceArrays = tuple[bytes, npt.NDArray[np.uint32], npt.NDArray[np.int64]]
    Content = tuple[str, list[str], int, int, PieceArrays]

FORMAT = "minitok counts"
VERSION = 1
# A longer first line cannot be of this format. So no other file is read to its end in search of a line break.
LONGEST_HEAD = 1 << 24
CHUNK = 1 << 20


def save(
    pattern: str,
    special_tokens: list[str],
    documents: int,
    size: int,
    pieces: int,
    counted: PieceArrays | Sequence[Path],
    path: str | os.PathLike[str],
) -> None:
    """Writes the counts to a file: those in memory, or those in files of counts, of lengths and of bytes."""
    checksum = written = 0
    for chunk in chunks(counted):
        checksum = zlib.crc32(chunk, checksum)
        written += len(chunk)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "pattern": pattern,
        "special_tokens": special_tokens,
        "documents": documents,
        "bytes": size,
        "pieces": pieces,
        "size": written - 12 * pieces,
        "crc32": checksum,
    }
    with writing(path) as file:
        file.write(json.dumps(head).encode() + b"\n")
        for chunk in chunks(counted):
            file.write(chunk)


def chunks(counted: PieceArrays | Sequence[Path]) -> Iterator[bytes | memoryview]:
    """Yields what follows the header: counts, lengths and bytes, in chunks."""
    if isinstance(counted[0], Path):
        for file in cast("Sequence[Path]", counted):
            with file.open("rb") as source:
                while chunk := source.read(CHUNK):
                    yield chunk
    else:
        data, lengths, counts = cast("PieceArrays", counted)
        yield counts.astype("<i8", copy=False).tobytes()
        yield lengths.astype("<u4", copy=False).tobytes()
        yield data


def load(path: str | os.PathLike[str]) -> Content:
    """Reads counts from a file; a file that is not one of counts, or is damaged, is refused with the reason."""
    from ..extras import np  # training from texts needs this module, but not NumPy

    with open(path, "rb") as file:
        head = check_head(file.readline(LONGEST_HEAD), path)
        wanted = 12 * head["pieces"] + head["size"]
        # The size is checked first: a wrong header must not cause reads or allocations beyond the file.
        found = os.fstat(file.fileno()).st_size - file.tell()
        if found != wanted:
            raise FileFormatError(
                path, f"{found} bytes follow the first line, which says {wanted}: truncated or damaged"
            )
        body = file.read()
    if zlib.crc32(body) != head["crc32"]:
        raise FileFormatError(path, "the checksum is wrong: the file is damaged")
    pieces = head["pieces"]
    counts = np.frombuffer(body, "<i8", pieces)
    lengths = np.frombuffer(body, "<u4", pieces, 8 * pieces)
    if pieces and (counts.min() < 1 or int(lengths.sum(dtype=np.uint64)) != head["size"]):
        raise FileFormatError(path, "impossible counts or lengths of pieces")
    if sum(counts.tolist()) >= 1 << 63:
        raise FileFormatError(path, "more than 2^63 pieces")
    arrays = body[12 * pieces :], lengths.astype(np.uint32), counts.astype(np.int64)
    return head["pattern"], head["special_tokens"], head["documents"], head["bytes"], arrays


def check_head(line: bytes, path: object) -> dict[str, Any]:
    """The first line, if it is one of this format."""
    if not line.startswith(b"{"):
        raise FileFormatError(path, "not a file of counts: it does not begin with a line of JSON", 1)
    try:
        head: dict[str, Any] = parse_json(line, path)
    except FileFormatError:
        raise FileFormatError(path, "not a file of counts: its first line is not JSON", 1) from None
    if head.get("format") != FORMAT:
        raise FileFormatError(path, f'not a file of counts: it has no "format": "{FORMAT}"', 1)
    if head.get("version") != VERSION:
        raise FileFormatError(
            path, f"version {shown(head.get('version'))} of the format; this minitok reads version {VERSION}", 1
        )
    for name in ("documents", "bytes", "pieces", "size", "crc32"):
        if type(head.get(name)) is not int or not 0 <= head[name] < 1 << 63:
            raise FileFormatError(path, f"{name!r} is not a whole number: {shown(head.get(name))}", 1)
    names = head.get("special_tokens")
    if not isinstance(head.get("pattern"), str) or not isinstance(names, list):
        raise FileFormatError(path, "no 'pattern' or no 'special_tokens'", 1)
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise FileFormatError(path, "'special_tokens' are not names, each once", 1)
    return head
