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

from copy import copy
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import VocabularyError
from ..reference.metaspace import Metaspace, spaced
from ..reference.pretokenize import compile_pattern
from ..text import utf8
from .normal_forms import FORMS, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import regex

    from .protocols import Backend, Codec, Documents

    Ids = npt.NDArray[np.uint32]
    # A segment (start, end, None), or a special token (start, end, id).
    Part = tuple[int, int, int | None]

__all__ = ["FLAGS", "NormalizingCodec", "Special", "as_flagged", "normalize"]

# What a special token may take of the text around it, or ask of it.
FLAGS = ("single_word", "lstrip", "rstrip")


@cache
def of_kind(kind: str) -> regex.Pattern[str]:
    """The pattern of a white-space character, or of a character of words: made when it is first needed."""
    return compile_pattern({"space": r"\s", "word": r"\w"}[kind])


def normalize(text: str, form: str | None, prefix: str | None = None) -> str:
    """The text as it is cut into pieces, where it has no special tokens. Raises TypeError for what is not str."""
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    if form is None and prefix is None:
        return text
    data = normal(text, form)
    return (data if prefix is None else Metaspace(prefix).prepare(data, starts_text=True)).decode()


@dataclass(frozen=True)
class Special:
    """Special tokens, those of them that are late, and what they take of the text around them (``Definition``)."""

    ids: Mapping[str, int]
    late: frozenset[str] = frozenset()
    flags: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def check(self, form: str | None, prefix: str | None) -> None:
        """Refuse what contradicts itself, or is never found."""
        if form is not None and form not in FORMS:
            raise VocabularyError(f"unknown normalizer {form!r}; there are {', '.join(FORMS)}")
        for name in self.flags:
            if name not in self.ids:
                raise VocabularyError(f"flags are given for {name!r}, which is not one of the special tokens")
        for name in self.late:
            if name not in self.ids:
                raise VocabularyError(f"the late special token {name!r} is not one of the special tokens")
        for name in self.late:
            if prefix is None and normal(name, form) != name.encode():
                raise VocabularyError(
                    f"the late special token {name!r} is not in the normal form {form}: it is never found"
                )
        for name, flags in self.flags.items():
            if unknown := sorted(flags - set(FLAGS)):
                raise VocabularyError(
                    f"the special token {name!r} has the flag {unknown[0]!r}; there are {', '.join(FLAGS)}"
                )


class NormalizingCodec:
    """A codec behind what is done to text first: a normal form, late special tokens, and those that take more than their text.

    It finds the special tokens and puts spaces before segments; the codec does the rest.
    """

    def __init__(
        self, codec: Codec, implementation: Backend, special: Special, form: str | None, prefix: str | None = None
    ) -> None:
        special.check(form, prefix)
        self.form, self.special, self.prefix = form, special, prefix
        self.codec = codec if prefix is None else codec.going_on()
        self.metaspace = None if prefix is None else Metaspace(prefix)
        self.goes_on = False
        self.finder = implementation.special_tokens
        self.normal_by_look = implementation.normal_by_look
        # The special tokens allowed in the last call, and the finders of the early and the late ones.
        self.last: tuple[Sequence[str], Any, Any] = (), self.finder({}), self.finder({})
        # Methods that take no text are the codec's own.
        self.check = codec.check
        self.decode = codec.decode
        self.decode_bytes = codec.decode_bytes
        self.stream_decoder = codec.stream_decoder
        self.token_bytes = codec.token_bytes
        self.token_sizes = codec.token_sizes

    def going_on(self) -> NormalizingCodec:
        """As the codec's: a text that goes on from what stood before it has no space put before it."""
        other = copy(self)
        other.goes_on = True
        return other

    def ready(self, texts: Sequence[str | bytes], allowed: Sequence[str]) -> list[str | bytes] | None:
        """The texts as the codec can take them; None if tokens are looked for in them, or more than a look is needed."""
        if allowed or self.prefix is not None:
            return None
        if self.form is None:
            return list(texts)
        found = []
        for text in texts:
            normal_text = self.normal_by_look(text, self.form)
            if normal_text is None:
                return None
            found.append(normal_text)
        return found

    def segments(self, text: str | bytes, allowed: Sequence[str]) -> list[bytes | int]:
        """The segments as they are cut into pieces, and the ids of the special tokens between them."""
        early, late = self.finders(allowed)
        flags = {self.special.ids[name]: self.special.flags[name] for name in allowed if name in self.special.flags}
        found: list[bytes | int] = []
        starts = True  # whether the next segment starts the text
        for part in cut(utf8(text), early, flags):
            if isinstance(part, int):
                found.append(part)
            elif self.prefix in ("segment", "text"):
                found += cut(self.spaced(normal(part, self.form), starts=starts), late, flags)
            else:
                for piece in cut(normal(part, self.form), late, flags):
                    found.append(piece if isinstance(piece, int) else self.spaced(piece, starts=starts))
                    starts = False
            starts = False
        return found

    def spaced(self, segment: bytes, *, starts: bool) -> bytes:
        """The segment with its spaces put before it."""
        if self.metaspace is None:
            return segment
        if starts and self.goes_on:
            return spaced(segment)
        return self.metaspace.prepare(segment, starts)

    def finders(self, allowed: Sequence[str]) -> tuple[Any, Any]:
        """What finds the early ones of these special tokens, and the late ones; made once for calls that allow the same."""
        last, early, late = self.last
        if last is not allowed and last != allowed:
            late_names = [name for name in allowed if name in self.special.late]
            early = self.finder({name: self.special.ids[name] for name in allowed if name not in self.special.late})
            late = self.finder({self.late_text(name): self.special.ids[name] for name in late_names})
            self.last = allowed, early, late
        return early, late

    def late_text(self, name: str) -> str:
        """A late special token as it stands in normalized text: Hugging Face's ``Prepend`` comes before its name, too."""
        if self.prefix not in ("segment", "text"):
            return name
        return (" " if self.prefix == "segment" else "") + spaced(name.encode()).decode()

    def safe_cut(self, text: bytes, allowed: Sequence[str]) -> int:
        """As the codec's: between a letter or digit and white space, both ASCII. No normal form looks across that.

        A late special token may, as it need not stand in the text as it is.
        """
        late = self.special.late.intersection(allowed)
        if (late and (self.form or self.prefix)) or any(name in self.special.flags for name in allowed):
            return 0
        return self.codec.safe_cut(text, allowed)

    def encode(self, text: str | bytes, allowed: Sequence[str] = (), threads: int = 1) -> list[int]:
        if ready := self.ready((text,), allowed):
            return self.codec.encode(ready[0], (), threads)
        ids: list[int] = []
        for part in self.segments(text, allowed):
            ids += [part] if isinstance(part, int) else self.codec.encode(part, (), threads)
        return ids

    def encode_to_numpy(self, text: str | bytes, allowed: Sequence[str] = (), threads: int = 1) -> Ids:
        if ready := self.ready((text,), allowed):
            return self.codec.encode_to_numpy(ready[0], (), threads)
        import numpy as np

        parts = [
            np.array([part], np.uint32) if isinstance(part, int) else self.codec.encode_to_numpy(part, (), threads)
            for part in self.segments(text, allowed)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint32)

    def encode_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1
    ) -> list[list[int]]:
        if (ready := self.ready(texts, allowed)) is not None:
            return self.codec.encode_batch(ready, (), threads)
        batch = [self.segments(text, allowed) for text in texts]
        found = iter(self.codec.encode_batch(only_text(batch), (), threads))
        return [[i for part in parts for i in ([part] if isinstance(part, int) else next(found))] for parts in batch]

    def encode_batch_to_numpy(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1
    ) -> tuple[Ids, npt.NDArray[np.uint64]]:
        import numpy as np

        if (ready := self.ready(texts, allowed)) is not None:
            return self.codec.encode_batch_to_numpy(ready, (), threads)
        batch = self.encode_batch(texts, allowed, threads)
        offsets = np.cumsum([0, *map(len, batch)], dtype=np.uint64)
        return np.fromiter(chain.from_iterable(batch), np.uint32, int(offsets[-1])), offsets

    def encode_documents(
        self, documents: Documents, allowed: Sequence[str] = (), threads: int = 1, end: int | None = None
    ) -> tuple[Ids, npt.NDArray[np.uint64]]:
        from .python import with_ends

        return with_ends(*self.encode_batch_to_numpy(documents.to_list(), allowed, threads), end)

    def count(self, text: str | bytes, allowed: Sequence[str] = ()) -> int:
        return self.count_batch([text], allowed)[0]

    def count_batch(self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1) -> list[int]:
        if (ready := self.ready(texts, allowed)) is not None:
            return self.codec.count_batch(ready, (), threads)
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


def cut(data: bytes, finder: Any, flags: Mapping[int, frozenset[str]] = MappingProxyType({})) -> list[bytes | int]:
    """The text between special tokens, and their ids. ``flags``: of those that take white space, or stand alone."""
    parts = as_flagged(data, list(finder.split(data)), flags)
    return [data[start:end] if token_id is None else token_id for start, end, token_id in parts]


def as_flagged(data: bytes, parts: list[Part], flags: Mapping[int, frozenset[str]]) -> list[Part]:
    """The parts of a text without the white space that special tokens take, and without those that must stand alone."""
    if not flags or not any(token_id in flags for _, _, token_id in parts):
        return parts
    found: list[Part] = []
    done = 0
    for start, end, token_id in parts:
        if token_id is None:
            continue
        own = flags.get(token_id, frozenset())
        if "single_word" in own and (
            last_char(data[max(0, start - 4) : start], of_kind("word"))
            or first_char(data[end : end + 4], of_kind("word"))
        ):
            continue
        first = max(done, before_space(data, start)) if "lstrip" in own else start
        if done < first:
            found.append((done, first, None))
        found.append((start, end, token_id))
        done = behind_space(data, end) if "rstrip" in own else end
    if done < len(data):
        found.append((done, len(data), None))
    return found


def last_char(data: bytes, kind: regex.Pattern[str]) -> bool:
    """Whether the last character of a few bytes is of a kind."""
    return kind.match(data.decode("utf-8", "ignore")[-1:]) is not None


def first_char(data: bytes, kind: regex.Pattern[str]) -> bool:
    """Whether the first character of a few bytes is of a kind."""
    return kind.match(data.decode("utf-8", "ignore")[:1]) is not None


def before_space(data: bytes, end: int) -> int:
    """Where the white space begins that ends at a place."""
    while end and (
        char := next((n for n in (1, 2, 3) if of_kind("space").fullmatch(text_of(data[max(0, end - n) : end]))), 0)
    ):
        end -= char
    return end


def behind_space(data: bytes, start: int) -> int:
    """Where the white space ends that begins at a place."""
    while start < len(data) and (
        char := next((n for n in (1, 2, 3) if of_kind("space").fullmatch(text_of(data[start : start + n]))), 0)
    ):
        start += char
    return start


def text_of(data: bytes) -> str:
    """The bytes as text; as the empty text if they are not."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""


def only_text(batch: Iterable[Iterable[bytes | int]]) -> list[str | bytes]:
    """Returns the segments of all texts that are text."""
    return [part for parts in batch for part in parts if not isinstance(part, int)]


def moved(event: dict[str, Any], at: int, pieces: int) -> dict[str, Any]:
    """Returns the event of a segment as one of the whole text, given how many bytes and pieces come before."""
    moves = {"start": at, "end": at, "piece": pieces}
    return {key: value + moves[key] if key in moves else value for key, value in event.items()}
