"""Files of texts: which ones are meant, and the documents in a file of text.

``.jsonl`` has a document on each line, ``.parquet`` and ``.arrow`` in each row (``records``); any other file is text. A further
``.gz`` or ``.zst`` is compression. At most one document of a text is in memory at a time.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ..arguments import check_paths
from .compression import opened

Text = TypeVar("Text", bound="str | bytes")

# How much of a text file is read at a time, in bytes.
CHUNK = 1 << 20


def batches(texts: Iterable[Text], size: int) -> Iterator[list[Text]]:
    """Yields texts in lists of some megabytes.

    >>> list(batches(["abc", "d", "e"], size=3))
    [['abc'], ['d', 'e']]
    """
    batch: list[Text] = []
    held = 0
    for text in texts:
        batch.append(text)
        held += len(text)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def expand(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Returns the files that the paths and patterns name."""
    files: list[Path] = []
    for path in check_paths(paths):
        if not os.fspath(path):
            raise FileNotFoundError(2, "the name of a file is empty", "''")
        if Path(path).is_dir():
            raise IsADirectoryError(21, "a folder, not a file (name its files with a pattern)", str(path))
        matches = [path] if Path(path).exists() else sorted(glob.glob(os.fspath(path), recursive=True))
        if not matches:
            raise FileNotFoundError(2, "no such file", str(path))
        files += [Path(match) for match in matches if not Path(match).is_dir()]
    return files


def read_chunks(file: Path) -> Iterator[bytes]:
    """Yields the decompressed bytes of a file in chunks."""
    with opened(file) as (source, _):
        while chunk := source.read(CHUNK):
            yield chunk


def split_documents(chunks: Iterable[bytes], separator: bytes) -> Iterator[bytes]:
    """Yields the documents between separators. A separator at the end does not begin another document.

    >>> list(split_documents([b"one-", b"-two----"], b"--"))
    [b'one', b'two', b'']
    """
    held = bytearray()
    for chunk in chunks:
        # A separator may begin in the held bytes; everything before has been searched.
        looked = max(0, len(held) - len(separator) + 1)
        held += chunk
        begin = 0
        while (end := held.find(separator, max(begin, looked))) >= 0:
            yield bytes(held[begin:end])
            begin = end + len(separator)
        del held[:begin]
    if held:
        yield bytes(held)
