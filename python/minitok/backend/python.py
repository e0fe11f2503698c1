"""The reference with the calls of the extension: ``str`` as well as ``bytes``, NumPy arrays, batches.

There is no algorithm here, as there is none in ``rust/python``, its counterpart. ``threads`` has no effect: the reference
uses one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import accumulate
from sys import getsizeof
from typing import TYPE_CHECKING, Any

from ..errors import BackendError, MissingExtraError
from ..extras import array_of
from ..reference.more import align as reference_align
from ..reference.more.dropout import Dropout, encode_with_dropout, with_dropout
from ..reference.more.trace import trace
from ..reference.published import codecs, normalize, streams
from ..reference.published.found_tokens import SpecialTokens
from ..reference.published.metaspace import Metaspace
from ..reference.published.packed_vocab import unpack
from ..reference.published.patterns import Pattern
from ..reference.published.preprocess import NOTHING, TEXT, Trust
from ..reference.published.vocabs import Vocab
from ..reference.published.words import END, WordCutter
from ..reference.text import utf8
from .documents import Documents, bytes_of, encode_read, joined, read_column, read_json_lines, with_ends
from .python_ids import checked_id, checked_ids, id_list
from .python_session import Session
from .python_training import PieceCounter, train, train_parity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..reference.published.normalize import Step
    from ..reference.published.preprocess import TokenFinder
    from .protocols import ChunkFields, Emit, JsonLines, Placed, Segment, Trusted

__all__ = [
    "Codec", "Normalizer", "Pattern", "PieceCounter", "SpecialTokens", "Vocab", "align", "id_list", "read_column",
    "read_json_lines", "span_list", "train", "train_parity", "unpack",
]  # fmt: skip

# How many sets of allowed tokens are kept with what finds them.
SEARCHES = 16


class Codec:
    """``reference.published.codecs.Codec`` as the facade calls it."""

    def __init__(
        self,
        vocab: Any,
        pattern: Any,
        special: Any,
        normalizer: Normalizer | None = None,
        prefix: str | None = None,
        words: str | None = None,
        word_end: str | None = None,
    ) -> None:
        metaspace = None if prefix is None else Metaspace(prefix)
        end = None if word_end is None else END if word_end else b""
        cutter = None if words is None and end is None else WordCutter(words, end)
        self.codec = codecs.Codec(
            vocab, pattern, special, None if normalizer is None else normalizer.core, metaspace, cutter
        )
        self.before = NOTHING
        self.dropout: Dropout | None = None
        self.refused: Sequence[str] = ()
        # What finds the tokens that the last calls allowed.
        self.searches: dict[tuple[str, ...] | None, TokenFinder] = {}

    def going_on(self) -> Codec:
        other = copy(self)
        other.before = TEXT
        return other

    def dropping(self, probability: float, seed: int, head: bytes | None = None, start: int = 0) -> Codec:
        other = copy(self)
        other.dropout = Dropout(probability, seed, head, start)
        return other

    def refusing(self, names: Sequence[str]) -> Codec:
        other = copy(self)
        other.refused = names
        return other

    def search(self, allowed: Sequence[str] | None) -> TokenFinder:
        wanted = None if allowed is None else tuple(allowed)
        if wanted not in self.searches:
            if len(self.searches) > SEARCHES:
                self.searches.clear()
            self.searches[wanted] = self.codec.finder(wanted)
        return self.searches[wanted]

    def encode(self, text: str | bytes, allowed: Sequence[str] | None = (), threads: int = 1) -> list[int]:
        del threads
        if self.refused:
            self.check(text, self.refused, allowed)
        if self.dropout is None:
            return self.codec.encode(utf8(text), self.search(allowed), self.before == TEXT)
        return encode_with_dropout(self.codec, utf8(text), self.search(allowed), self.dropout, self.before == TEXT)

    def segments(
        self,
        text: str | bytes,
        allowed: Sequence[str] | None = (),
        before: str = NOTHING,
        trust: Trusted | None = None,
    ) -> list[Segment]:
        trusted = trust and Trust(trust[0], self.codec.preprocessor.finder(trust[1]))
        found = self.codec.preprocessor.segments(utf8(text), self.search(allowed), before, trusted)
        segments: list[Segment] = []
        for part, token_id in found:
            segments.append(
                (part.data, part.start, part.end, part.put, sides(part.origins) if part.origins else None, token_id)
            )
        return segments

    def encode_spans(
        self, text: str | bytes, allowed: Sequence[str], before: str, trust: Trusted, ends: Sequence[int]
    ) -> None:
        """Every text takes the way that is right for all (``ids_of_spans``)."""
        del text, allowed, before, trust, ends

    def encode_prepared(self, segments: Sequence[bytes]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        return joined(list(map(self.codec.encode_segment, segments)))

    def encode_to_array(
        self, text: str | bytes, allowed: Sequence[str] | None = (), threads: int = 1
    ) -> npt.NDArray[np.uint32]:
        return array_of(self.encode(text, allowed, threads), "uint32")

    def encode_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] | None = (), threads: int = 1
    ) -> list[list[int]]:
        del threads
        return [self.encode(text, allowed) for text in texts]

    def encode_batch_to_numpy(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] | None = (), threads: int = 1
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        return joined(self.encode_batch(texts, allowed, threads))

    def encode_documents(
        self, documents: Documents, allowed: Sequence[str] | None = (), threads: int = 1, end: int | None = None
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        return with_ends(*self.encode_batch_to_numpy(documents.to_list(), allowed, threads), end)

    def encode_json_lines(
        self,
        lines: JsonLines,
        field: str,
        other: Callable[[int, bytes], bytes],
        allowed: Sequence[str] | None = (),
        end: int | None = None,
        dtype: str = "uint32",
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint64], int]:
        return encode_read(self, read_json_lines(bytes_of(lines), field, other), allowed, end, dtype)

    def count(self, text: str | bytes, allowed: Sequence[str] | None = ()) -> int:
        return len(self.encode(text, allowed))

    def count_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] | None = (), threads: int = 1
    ) -> list[int]:
        return [len(ids) for ids in self.encode_batch(texts, allowed, threads)]

    def check_names(self, text: str | bytes, refused: Sequence[str]) -> None:
        self.codec.refusing(refused).check_names(utf8(text))

    def check(self, text: str | bytes, refused: Sequence[str], allowed: Sequence[str] | None = ()) -> None:
        refusing, continues = self.codec.refusing(refused), self.before == TEXT
        at_random = None if self.dropout is None else with_dropout(self.codec, utf8(text), self.dropout)
        self.codec.check(utf8(text), refusing, self.search(allowed), continues, at_random)

    def trace(self, text: str | bytes, allowed: Sequence[str] | None, emit: Emit) -> list[int]:
        return trace(self.codec, utf8(text), self.search(allowed), emit, self.before == TEXT)

    def pieces(self, segment: bytes) -> list[bytes]:
        return list(self.codec.pieces(segment))

    def safe_cut(self, text: bytes, allowed: Sequence[str] | None) -> int:
        return self.codec.safe_cut(text, self.search(allowed))

    def token_bytes(self, token_id: int) -> bytes | None:
        return self.codec.token_bytes(token_id)

    def pairs(self, ids: Iterable[int] | npt.NDArray[Any], unit: str) -> list[tuple[int, int]]:
        """Where each token begins and ends in the text that all of them spell."""
        tokens = [self.codec.token_bytes(token_id) or b"" for token_id in checked_ids(ids)]
        in_chars = unit == "char"
        ends = list(accumulate(sum(not in_chars or byte & 0xC0 != 0x80 for byte in token) for token in tokens))
        continued = (in_chars and b"\x80" <= token[:1] < b"\xc0" for token in tokens)
        return [
            (start - (going_on and start > 0), end)
            for start, end, going_on in zip([0, *ends], ends, continued, strict=False)
        ]

    def spans(self, ids: Iterable[int] | npt.NDArray[Any], unit: str) -> Any:
        pairs = self.pairs(ids, unit)
        try:
            from ..extras import np
        except MissingExtraError:
            return pairs
        return np.array(pairs, np.int64).reshape(-1, 2)

    def starts(self, ids: Iterable[int] | npt.NDArray[Any], as_list: bool) -> tuple[Any, int]:
        pairs = self.pairs(ids, "char")
        starts = [start for start, _ in pairs]
        return starts if as_list else array_of(starts, "int64"), pairs[-1][1] if pairs else 0

    def ends(self, ids: Iterable[int] | npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        return array_of([end for _, end in self.pairs(ids, "byte")], "int64")

    def spelled(
        self, ids: Iterable[int] | npt.NDArray[Any], silent: Sequence[int]
    ) -> tuple[npt.NDArray[np.int64], bytes]:
        listed, left_out = list(checked_ids(ids)), set(silent)
        self.codec.decode_bytes(listed)  # all are known
        tokens = [b"" if i in left_out else self.codec.token_bytes(i) or b"" for i in listed]
        return array_of(map(len, tokens), "int64"), b"".join(tokens)

    def decode_bytes(self, ids: Iterable[int] | npt.NDArray[Any]) -> bytes:
        return self.codec.decode_bytes(checked_ids(ids))

    def decode(self, ids: Iterable[int] | npt.NDArray[Any], errors: str) -> str:
        return self.decode_bytes(ids).decode("utf-8", errors)

    def token_list(self, ids: Iterable[int] | npt.NDArray[Any]) -> list[bytes]:
        return [self.codec.token_bytes(token_id) or b"" for token_id in checked_ids(ids)]

    def decode_batch(self, batch: Sequence[Iterable[int]], errors: str, threads: int = 1) -> list[str]:
        del threads
        return [self.decode(ids, errors) for ids in batch]

    def decode_rows(
        self, ids: Any, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], errors: str, threads: int = 1
    ) -> list[str]:
        held = list(checked_ids(ids))
        places = list(zip(starts.tolist(), ends.tolist(), strict=True))
        if any(not 0 <= start <= end <= len(held) for start, end in places):
            raise ValueError("the offsets of the rows must ascend and lie within the ids")
        return self.decode_batch([held[start:end] for start, end in places], errors, threads)

    def decode_column(
        self, ids: Any, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], errors: str, threads: int = 1
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        from ..extras import np

        texts = [text.encode() for text in self.decode_rows(ids, starts, ends, errors, threads)]
        return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)

    def session(self, allowed: Sequence[str] | None, refused: list[str], chars: bool) -> Session:
        return Session(self.codec, self.search(allowed), refused, chars)

    def chunks(self, text: bytes, allowed: Sequence[str] | None, options: ChunkFields) -> list[Placed]:
        del text, allowed, options
        raise BackendError("chunks need the Rust extension; this tokenizer runs on the Python backend")

    def memory_usage(self) -> dict[str, int]:
        vocab = self.codec.vocab
        kept = [vocab.tokens, *vocab.tokens.values(), vocab.merges, *vocab.merges, vocab.ids, vocab.by_pair]
        return {"vocabulary": sum(map(getsizeof, kept)), "tables": 0, "workspaces": 0, "buffers": 0}

    def trim(self) -> None:
        self.searches.clear()

    def stream_decoder(self, strict: bool, stop: Sequence[str] = (), skipped: Sequence[int] = ()) -> StreamDecoder:
        errors, core = "strict" if strict else "replace", self.codec
        return StreamDecoder(core.token_bytes, errors, core.drops_space(), core.joining(), stop, frozenset(skipped))


def sides(pairs: Sequence[tuple[int, int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs as two arrays, of the starts and of the ends."""
    return array_of([start for start, _ in pairs], "int64"), array_of([end for _, end in pairs], "int64")


def span_list(spans: npt.NDArray[np.int64] | list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The rows as pairs of Python's integers."""
    if isinstance(spans, list):
        return spans
    if spans.shape[1] != 2:
        raise ValueError("spans must be of shape (n, 2)")
    return list(map(tuple, spans.tolist()))


def align(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The spans of two lists of lengths, as rows."""
    if left.sum() != right.sum() or (left < 0).any() or (right < 0).any():
        raise ValueError("both lists must have the same number of bytes")
    from ..extras import np

    return np.array(reference_align.align(left.tolist(), right.tolist()), np.int64).reshape(-1, 4)


class StreamDecoder(streams.StreamDecoder):
    """``reference.published.streams.StreamDecoder`` for ids of any type."""

    def push(self, ids: object) -> str:
        if hasattr(type(ids), "__iter__"):
            return self.push_all(checked_ids(ids))  # type: ignore[arg-type]  # it is looked at there
        return super().push(checked_id(ids, self.position))

    @property
    def stopped(self) -> str | None:
        return self.stops.found


class Normalizer:
    """The reference's normalizer."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.core = normalize.Normalizer(steps)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.core.steps

    def is_local(self) -> bool:
        return self.core.is_local()

    def apply(self, text: str | bytes) -> bytes:
        return self.core.apply(utf8(text))

    def aligned(self, text: str | bytes) -> tuple[bytes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        made, spans = self.core.aligned(utf8(text))
        return made, *sides(spans)
