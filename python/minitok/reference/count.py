"""Text -> words with counts: what training learns from.

A corpus is cut into documents, special tokens and pieces, and since most pieces occur many times, each distinct one is kept
once, with its count, in the order in which they are first seen.

By hand: the document ``a b<s> b``, with the special token ``<s>``: the pieces ``a`` once and `` b`` twice.

A file is read some at a time. What has come is counted up to a *safe cut*, a place where the pattern's pieces are the same
whatever follows, and the rest waits for more.

Invariants: ``bytes`` and ``documents`` are what was counted so far; a count is never 0.

Costs: n bytes of corpus, w bytes of distinct pieces: O(n) time, O(w) space, and of a file the longest stretch without a
safe cut. When not to use it: a corpus of gigabytes; the fast counter takes all processors.

Implements SPEC T6 and T8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from .pretokenize import Pattern
from .special import SpecialTokens

CHUNK = 1 << 20


class PieceCounter:
    """Counts the pieces of a corpus, document by document, in the order in which they are first seen (T6).

    >>> counter = PieceCounter(Pattern("gpt2"), SpecialTokens({"<s>": 0}))
    >>> counter.add([b"a b<s> b"])
    >>> counter.pieces
    {b'a': 1, b' b': 2}
    """

    def __init__(self, pattern: Pattern, special: SpecialTokens) -> None:
        self.pattern = pattern
        self.special = special
        self.pieces: dict[bytes, int] = {}
        self.documents = self.bytes = 0

    def add(self, documents: Iterable[bytes]) -> None:
        """Count some documents. Nothing joins one to the next."""
        for document in documents:
            self.documents += 1
            self.count(document)

    def count(self, text: bytes) -> None:
        """Count a document, or the part of one up to a safe cut. Special tokens are cut out."""
        self.bytes += len(text)
        for start, end, token_id in self.special.split(text, self.special.ids):
            if token_id is None:
                for piece in self.pattern.split(text[start:end]):
                    self.add_piece(piece, 1)

    def add_piece(self, piece: bytes, n: int) -> None:
        """Count a piece n times more."""
        self.pieces[piece] = self.pieces.get(piece, 0) + n

    def add_file(self, path: Path, separator: bytes | None, on_chunk: Callable[[int], None]) -> None:
        """Count a text file; see ``add_stream``."""
        with path.open("rb") as file:
            self.add_stream(file, separator, on_chunk)

    def add_stream(self, source: BinaryIO, separator: bytes | None, on_chunk: Callable[[int], None]) -> None:
        """Count a text: one document, or several with a separator between them. ``on_chunk`` hears of bytes read."""
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

    def safe_cut(self, text: bytes | bytearray, separator: bytes | None) -> int:
        """The last place where the pattern may be cut and neither special token nor separator stands across it.

        The cut keeps as far from the end as the longest of them is long. So whatever stands across it stands in the text
        as a whole; a separator would have been found before, and special tokens are looked for here.
        """
        longest = max(self.special.longest(self.special.ids), len(separator or b""))
        cut = self.pattern.safe_cut(text[: max(0, len(text) - longest)])
        return 0 if self.special.crosses(text, cut, self.special.ids) else cut
