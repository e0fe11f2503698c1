"""Text put into a normal form of Unicode before it is encoded, for models that were trained with one (Qwen: NFC).

``é`` can be written as one character or as ``e`` and an accent; a normal form chooses. It changes the text: such a tokenizer
is not ``lossless``, decoding gives the normalized text, and offsets and chunks refer to that.

Special tokens are found first, in the original text, and each segment between them is normalized by itself. So normalizing
never makes a special token out of other characters (a wide ``<`` is ``<`` in NFKC). *Late* special tokens are the exception:
they are found afterwards, in the normalized segments. Hugging Face calls them ``normalized``, and has them without a normal
form, too, where they only yield to the others (DeepSeek V4).

By hand, with NFC and ``<s>``: ``e·◌́<s>`` -> the segment ``e·◌́`` and the id of ``<s>``; the segment -> ``é`` -> its ids.

Costs: O(n), and nothing but a look where the text is in the form already, as most is.

Implements SPEC N1, for both backends.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import VocabularyError
from ..text import utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from .protocols import Backend, Codec

    Ids = npt.NDArray[np.uint32]

__all__ = ["FORMS", "NormalizingCodec", "normal", "normalize"]

FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def normal(text: str | bytes, form: str | None) -> bytes:
    r"""Returns the text in the normal form, or unchanged, as UTF-8; bytes that are not UTF-8 do not change.

    >>> normal("e\u0301", "NFC").decode()
    'é'
    """
    data = utf8(text)
    if form is None or data.isascii():
        return data
    chars = data.decode("utf-8", "surrogateescape")
    if unicodedata.is_normalized(form, chars):  # type: ignore[arg-type]
        return data
    return unicodedata.normalize(form, chars).encode("utf-8", "surrogateescape")  # type: ignore[arg-type]


def normalize(text: str, form: str | None) -> str:
    """Returns the text in the normal form, or unchanged. Raises TypeError for anything but a str."""
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    return text if form is None else normal(text, form).decode()


class NormalizingCodec:
    """A codec behind a normal form, late special tokens, or both: it finds special tokens, the codec does the rest."""

    def __init__(
        self, codec: Codec, implementation: Backend, special: Mapping[str, int], form: str | None, late: Collection[str]
    ) -> None:
        if form is not None and form not in FORMS:
            raise VocabularyError(f"unknown normalizer {form!r}; there are {', '.join(FORMS)}")
        for name in late:
            if name not in special:
                raise VocabularyError(f"the late special token {name!r} is not one of the special tokens")
            if normal(name, form) != name.encode():
                raise VocabularyError(
                    f"the late special token {name!r} is not in the normal form {form}: it is never found"
                )
        self.codec, self.form, self.special, self.late = codec, form, special, frozenset(late)
        self.finder = implementation.special_tokens
        # The special tokens allowed in the last call, and the finders of the early and the late ones.
        self.last: tuple[Sequence[str], Any, Any] = (), self.finder({}), self.finder({})
        # Methods that take no text are the codec's own.
        self.check = codec.check
        self.decode = codec.decode
        self.decode_bytes = codec.decode_bytes
        self.stream_decoder = codec.stream_decoder
        self.token_bytes = codec.token_bytes

    def going_on(self) -> NormalizingCodec:
        """As the codec's: a segment is put into the form by itself, and no codec behind one puts a space before it."""
        return self

    def segments(self, text: str | bytes, allowed: Sequence[str]) -> list[bytes | int]:
        """Returns the segments in their normal form, and the ids of the special tokens between them."""
        early, late = self.finders(allowed)
        found: list[bytes | int] = []
        for part in cut(utf8(text), early):
            found += [part] if isinstance(part, int) else cut(normal(part, self.form), late)
        return found

    def finders(self, allowed: Sequence[str]) -> tuple[Any, Any]:
        """What finds the early ones of these special tokens, and the late ones; made once for calls that allow the same."""
        last, early, late = self.last
        if last != allowed:
            early, late = (
                self.finder({name: self.special[name] for name in allowed if (name in self.late) == is_late})
                for is_late in (False, True)
            )
            self.last = allowed, early, late
        return early, late

    def safe_cut(self, text: bytes, allowed: Sequence[str]) -> int:
        """As the codec's: between a letter or digit and white space, both ASCII. No normal form looks across that.

        A late special token may, as it need not stand in the text as it is.
        """
        if self.form and self.late.intersection(allowed):
            return 0
        return self.codec.safe_cut(text, allowed)

    def encode(self, text: str | bytes, allowed: Sequence[str] = (), threads: int = 1) -> list[int]:
        ids: list[int] = []
        for part in self.segments(text, allowed):
            ids += [part] if isinstance(part, int) else self.codec.encode(part, (), threads)
        return ids

    def encode_to_numpy(self, text: str | bytes, allowed: Sequence[str] = (), threads: int = 1) -> Ids:
        parts = [
            np.array([part], np.uint32) if isinstance(part, int) else self.codec.encode_to_numpy(part, (), threads)
            for part in self.segments(text, allowed)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint32)

    def encode_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1
    ) -> list[list[int]]:
        batch = [self.segments(text, allowed) for text in texts]
        found = iter(self.codec.encode_batch(only_text(batch), (), threads))
        return [[i for part in parts for i in ([part] if isinstance(part, int) else next(found))] for parts in batch]

    def encode_batch_to_numpy(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1
    ) -> tuple[Ids, npt.NDArray[np.uint64]]:
        batch = self.encode_batch(texts, allowed, threads)
        offsets = np.cumsum([0, *map(len, batch)], dtype=np.uint64)
        return np.fromiter(chain.from_iterable(batch), np.uint32, int(offsets[-1])), offsets

    def count(self, text: str | bytes, allowed: Sequence[str] = ()) -> int:
        return self.count_batch([text], allowed)[0]

    def count_batch(self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1) -> list[int]:
        batch = [self.segments(text, allowed) for text in texts]
        found = iter(self.codec.count_batch(only_text(batch), (), threads))
        return [sum(1 if isinstance(part, int) else next(found) for part in parts) for parts in batch]

    def trace(self, text: str | bytes, allowed: Sequence[str], emit: Callable[[dict[str, Any]], object]) -> list[int]:
        """As the codec's; offsets refer to the normalized text."""
        ids: list[int] = []
        at = pieces = 0
        for part in self.segments(text, allowed):
            if isinstance(part, int):
                end = at + len(self.codec.token_bytes(part) or b"")
                emit({"event": "special", "start": at, "end": end, "id": part})
                ids.append(part)
                at = end
                continue
            events: list[dict[str, Any]] = []
            ids += self.codec.trace(part, (), events.append)
            for event in events:
                emit(moved(event, at, pieces))
            at += len(part)
            pieces += sum(event["event"] == "piece" for event in events)
        return ids


def cut(data: bytes, finder: Any) -> list[bytes | int]:
    """Returns the segments between special tokens, and the tokens' ids."""
    return [data[start:end] if token_id is None else token_id for start, end, token_id in finder.split(data)]


def only_text(batch: Iterable[Iterable[bytes | int]]) -> list[str | bytes]:
    """Returns the segments of all texts that are text."""
    return [part for parts in batch for part in parts if not isinstance(part, int)]


def moved(event: dict[str, Any], at: int, pieces: int) -> dict[str, Any]:
    """Returns the event of a segment as one of the whole text, given how many bytes and pieces come before."""
    moves = {"start": at, "end": at, "piece": pieces}
    return {key: value + moves[key] if key in moves else value for key, value in event.items()}
