"""Text -> distinct pieces with counts: what training learns from.

A corpus is cut into documents, special tokens and pieces. Most pieces occur many times, so each distinct one is kept once,
with its count, in the order of first appearance.

By hand: the document ``a b<s> b``, with the special token ``<s>``: the pieces ``a`` once and `` b`` twice.

A file is read in chunks. What has been read is counted up to a *safe cut*, an offset before which the pieces are the same
whatever follows; the rest waits for the next chunk.

On a first reading, take ``add`` and ``count``: documents in memory. ``add_stream`` reads a file in chunks.

Invariants: ``bytes`` and ``documents`` say how much has been counted so far, special tokens included; no count is 0. A counter
that was stopped in the middle of a text, or failed, cannot be used again: the next call says so.

Costs: n bytes of corpus, w bytes of distinct pieces: O(n) time, O(w) space. A stretch of s bytes of a file without a safe cut
takes O(s) space, and O(s^2 / CHUNK) time, since each chunk looks at all of it. When not to use it: a corpus of gigabytes; the
fast counter uses all processors.

Implements SPEC T6 and T8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from ..errors import TrainingError
from .pretokenize import Pattern
from .special import SpecialTokens

CHUNK = 1 << 20


class PieceCounter:
    """Counts the pieces of a corpus, document by document, in the order of first appearance (T6).

    >>> import regex
    >>> counter = PieceCounter(Pattern("gpt2", regex.compile), SpecialTokens({"<s>": 0}))
    >>> counter.add([b"a b<s> b"])
    >>> counter.pieces
    {b'a': 1, b' b': 2}
    """

    def __init__(self, pattern: Pattern, special: SpecialTokens) -> None:
        self.pattern = pattern
        self.special = special
        self.pieces: dict[bytes, int] = {}
        self.documents = self.bytes = 0
        self.is_complete = True

    def add(self, documents: Iterable[bytes]) -> None:
        """Counts documents. No piece crosses from one to the next."""
        self.begin()
        for document in documents:
            self.documents += 1
            self.count(document)
        self.is_complete = True

    def begin(self) -> None:
        """Marks the counts as incomplete until counting ends. Fails if they were incomplete before."""
        self.check_complete()
        self.is_complete = False

    def check_complete(self) -> None:
        """Raises TrainingError if counting was stopped in the middle."""
        if not self.is_complete:
            raise TrainingError("counting was stopped before it was done; count again")

    def count(self, text: bytes) -> None:
        """Counts a document, or a part of one up to a safe cut. Special tokens are cut out."""
        self.bytes += len(text)
        for start, end, token_id in self.special.split(text, self.special.ids):
            if token_id is None:
                for piece in self.pattern.split(text[start:end]):
                    self.add_piece(piece, 1)

    def add_piece(self, piece: bytes, n: int) -> None:
        """Adds n to the count of a piece."""
        self.pieces[piece] = self.pieces.get(piece, 0) + n

    def add_file(self, path: Path, separator: bytes | None, on_chunk: Callable[[int], None]) -> None:
        """Counts a text file; see ``add_stream``."""
        with path.open("rb") as file:
            self.add_stream(file, separator, on_chunk)

    def add_stream(self, source: BinaryIO, separator: bytes | None, on_chunk: Callable[[int], None]) -> None:
        """Counts a text: one document, or several with a separator. ``on_chunk`` gets the length of each chunk."""
        self.begin()
        self.documents += 1
        rest = bytearray()
        while chunk := source.read(CHUNK):
            searched = max(0, len(rest) - len(separator or b""))
            rest += chunk
            while separator and (at := rest.find(separator, searched)) >= 0:
                self.count(bytes(rest[:at]))
                self.documents += 1
                del rest[: at + len(separator)]
                searched = 0
            cut = self.safe_cut(rest, separator)
            self.count(bytes(rest[:cut]))
            del rest[:cut]
            on_chunk(len(chunk))
        self.count(bytes(rest))
        self.is_complete = True

    def safe_cut(self, text: bytes | bytearray, separator: bytes | None) -> int:
        """Returns a safe cut of the pattern near the end; 0 if a special token extends across it.

        The cut is at least as far from the end as the longest of them is long, so one that extends across it lies entirely in
        the text. A separator would have been found before; special tokens are looked for here.
        """
        longest = max(self.special.longest(self.special.ids), len(separator or b""))
        cut = self.pattern.safe_cut(text[: max(0, len(text) - longest)])
        return 0 if self.special.crosses(text, cut, self.special.ids) else cut
