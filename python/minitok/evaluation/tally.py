"""What is counted of a group of documents: their sizes once, and their ids for each tokenizer.

Costs O(n) time, and memory for a megabyte of text and its ids, 8 bytes a document for each size and each tokenizer, and 8
bytes an id of the vocabulary.

>>> sizes = TextSizes()
>>> sizes.add(["a bc", "é"])
>>> list(sizes.bytes), list(sizes.chars), list(sizes.words)
([4, 2], [4, 1], [2, 1])
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..backend import load_backend
from ..extras import np
from ..reference.text import utf8

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..reference.text import Text
    from ..tokenizer import Tokenizer

# At most this many units of a group are resampled.
UNITS = 1000
# About how many bytes are encoded at once.
BATCH = 1 << 20


def units(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The numbers of documents as those of at most ``UNITS`` runs of neighbouring documents, of nearly the same length each.

    >>> units([1, 2, 3]).tolist(), len(units(range(2500))), int(units(range(2500)).sum()) == sum(range(2500))
    ([1, 2, 3], 1000, True)
    """
    held = np.asarray(values, dtype=np.int64)
    if len(held) <= UNITS:
        return held
    starts = np.arange(UNITS) * len(held) // UNITS
    return np.asarray(np.add.reduceat(held, starts))


class TextSizes:
    """Bytes, characters and words of each document; words are what ``str.split`` gives.

    ``not_nfc``: how many documents are not in NFC, the normal form of Unicode that keyboards type.
    """

    def __init__(self) -> None:
        self.bytes, self.chars, self.words = array("q"), array("q"), array("q")
        self.read = 0  # bytes in all
        self.not_nfc = 0
        self._nfc = load_backend(None).normalizer(["NFC"])

    def add(self, texts: Sequence[Text]) -> None:
        held = list(map(as_str, texts))
        self.bytes.extend(len(utf8(text)) for text in texts)
        self.read += sum(self.bytes[len(self.bytes) - len(texts) :])
        self.chars.extend(map(len, held))
        self.words.extend(len(text.split()) for text in held)
        self.not_nfc += sum(self._nfc.apply(data) != data for data in map(utf8, texts))


class Tally:
    """How many ids each document has, and how often each id occurs."""

    def __init__(self, tok: Tokenizer) -> None:
        self.tok = tok
        self.tokens = array("q")
        self.counts: npt.NDArray[Any] = np.zeros(tok.vocab_size, np.int64)

    def add(self, texts: Sequence[Text], threads: int | None) -> None:
        ids, ends = self.tok.encode_batch_to_numpy(texts, threads=threads)
        self.tokens.extend(np.diff(ends).tolist())
        self.counts += np.bincount(ids, minlength=self.tok.vocab_size)

    def broken(self) -> int:
        """How many of the tokens begin or end inside a character."""
        found = np.flatnonzero(self.counts)
        parts = [not is_text(self.tok.token_bytes(int(token_id))) for token_id in found]
        return int(self.counts[found[parts]].sum()) if len(found) else 0


def is_text(token: bytes) -> bool:
    """Whether the bytes are whole characters."""
    try:
        token.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def as_str(text: Text) -> str:
    """The text as characters; bytes that are not UTF-8 count as U+FFFD."""
    return text if isinstance(text, str) else text.decode("utf-8", "replace")
