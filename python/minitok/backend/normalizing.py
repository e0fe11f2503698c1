"""Text that is changed before it is encoded, for models that were trained so (Qwen: the normal form NFC; CLIP: small letters).

``é`` can be written as one character or as ``e`` and an accent; a normal form chooses. It changes the text: such a tokenizer
is not ``lossless``, decoding gives the normalized text, and offsets and chunks refer to that.

Special tokens are found first, in the original text, and each segment between them is normalized by itself. So normalizing
never makes a special token out of other characters (a wide ``<`` is ``<`` in NFKC). *Late* special tokens are the exception:
they are found afterwards, as they are once normalized, in the normalized segments. Hugging Face calls them ``normalized``, and
has them without a normalizer, too, where they only yield to the others (DeepSeek V4).

By hand, with NFC and ``<s>``: ``e·◌́<s>`` -> the segment ``e·◌́`` and the id of ``<s>``; the segment -> ``é`` -> its ids.

Costs: O(n), and nothing but a look where the text is in the form already, as most is.

Implements SPEC N1 to N4, for both backends.
"""

from __future__ import annotations

from copy import copy
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..errors import VocabularyError
from ..reference.metaspace import PREFIXES, Metaspace, spaced
from ..reference.normal_forms import FORMS
from ..reference.normalize import LOCAL, steps_of
from ..text import utf8
from .select import load_backend
from .special_cuts import FLAGS, Special, as_flagged, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from ..reference.normalize import Steps
    from ..reference.words import Words
    from .protocols import Backend, Codec, Documents, JsonLines

    Ids = npt.NDArray[np.uint32]
    # What special tokens take of the text around them, by id.
    Flags = Mapping[int, frozenset[str]]

__all__ = ["BYTES_PREFIX", "FLAGS", "NormalizingCodec", "Special", "as_flagged", "normalize"]

# The rule of the space before the text where spaces are not markers (SPEC N4).
BYTES_PREFIX = "bytes"
# How many of the codec's cuts are tried, from the last one back.
CUTS_TRIED = 16


class Spaces:
    """Where a space is put before a segment, and whether markers are spaces."""

    def __init__(self, prefix: str | None) -> None:
        if prefix not in (None, BYTES_PREFIX, *PREFIXES):
            raise VocabularyError(f"unknown prefix {prefix!r}; there are {', '.join((*PREFIXES, BYTES_PREFIX))}")
        self.kept = prefix == BYTES_PREFIX
        self.rule = None if prefix is None else Metaspace("always" if self.kept else prefix)

    def prepare(self, segment: bytes, *, starts: bool, goes_on: bool) -> bytes:
        """The segment with its space before it, and its markers as spaces."""
        if self.rule is None:
            return segment
        if not self.kept:
            return spaced(segment) if goes_on else self.rule.prepare(segment, starts)
        return b" " + segment if not goes_on and self.rule.puts_space(segment, starts) else segment


def normalize(text: str, normalizer: Steps | None, prefix: str | None = None) -> str:
    """The text as it is cut into pieces, where it has no special tokens. Raises TypeError for what is not str."""
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    if normalizer is None and prefix is None:
        return text
    made = load_backend().normalizer(steps_of(normalizer)).apply(text)
    return Spaces(prefix).prepare(made, starts=True, goes_on=False).decode()


class NormalizingCodec:
    """A codec behind what is done to text first: normalizing, late special tokens, those that take more than their text, words.

    It finds the special tokens and puts spaces before segments; the codec does the rest. Where text becomes words, the codec
    takes each as one piece.
    """

    def __init__(
        self,
        codec: Codec,
        implementation: Backend,
        special: Special,
        normalizer: Steps | None,
        prefix: str | None = None,
        words: tuple[Words, Any] | None = None,
    ) -> None:
        special.check()
        self.special, self.prefix, self.words = special, prefix, words
        # What is done to texts, and, in `normalize_name`, to the names of late special tokens.
        self.steps = steps_of(normalizer)
        # What a look may do: one normal form.
        self.form = self.steps[0] if len(self.steps) == 1 and self.steps[0] in FORMS else None
        self.codec = codec if prefix in (None, BYTES_PREFIX) else codec.going_on()
        self.spaces = Spaces(prefix)
        self.goes_on = False
        self.finder = implementation.special_tokens
        self.normalizer = implementation.normalizer
        self.normalize = self.normalize_name = self.normalizer(self.steps).apply
        self.read_json_lines = implementation.read_json_lines
        # The special tokens allowed in the last call, the finders of the early and the late ones, and what those take.
        self.last: tuple[Sequence[str], Any, Any, Flags] = (), self.finder({}), self.finder({}), {}
        # Methods that take no text are the codec's own.
        self.check = codec.check
        self.decode = codec.decode
        self.decode_bytes = codec.decode_bytes
        self.token_list = codec.token_list
        self.decode_batch = codec.decode_batch
        self.decode_rows = codec.decode_rows
        self.decode_column = codec.decode_column
        self.stream_decoder = codec.stream_decoder
        self.token_bytes = codec.token_bytes
        self.token_sizes = codec.token_sizes

    def going_on(self) -> NormalizingCodec:
        """As the codec's: a text that goes on from what stood before it has no space put before it."""
        other = copy(self)
        other.goes_on = True
        return other

    def of_normalized(self) -> NormalizingCodec:
        """The codec for text that has been normalized, and is not to be changed again."""
        other = copy(self)
        other.steps, other.form = (), None
        other.normalize = other.normalizer(()).apply
        return other

    def ready(self, texts: Sequence[str | bytes], allowed: Sequence[str]) -> list[str | bytes] | None:
        """The texts as the codec can take them; None if one of them has special tokens, or more than a look is needed."""
        found = []
        for text in texts:
            ready = self.ready_text(text, allowed)
            if ready is None:
                return None
            found.append(ready)
        return found

    def ready_text(self, text: str | bytes, allowed: Sequence[str]) -> str | bytes | None:
        """The text as the codec can take it; None if it has special tokens, or more than a look is needed."""
        if self.prefix is not None or self.words is not None or (self.steps and self.form is None):
            return None
        # ASCII is in every normal form.
        plain = self.form is None or (isinstance(text, str) and text.isascii())
        normal_text = text if plain else self.normalize(text)
        return None if allowed and self.occur(text, normal_text, allowed) else normal_text

    def occur(self, text: str | bytes, normal_text: str | bytes, allowed: Sequence[str]) -> bool:
        """Whether one of the special tokens may occur in a text, or in its normal form."""
        early, late, _ = self.finders(allowed)
        data = utf8(text)
        if has_tokens(early.split(data)):
            return True
        if not self.special.late:
            return False
        return has_tokens(late.split(data if normal_text is text else utf8(normal_text)))

    def parts(self, text: str | bytes, allowed: Sequence[str]) -> Sequence[str | bytes | int]:
        """The text as the codec can take it: as one, or as ``segments``."""
        ready = self.ready_text(text, allowed)
        return self.segments(text, allowed) if ready is None else (ready,)

    def segments(self, text: str | bytes, allowed: Sequence[str]) -> list[bytes | int]:
        """What is encoded, part by part, and the ids of the special tokens between the parts."""
        early, late, flags = self.finders(allowed)
        found: list[bytes | int] = []
        starts = True  # whether the next segment starts the text
        for part in cut(utf8(text), early, flags):
            if isinstance(part, int):
                found.append(part)
            elif self.spaces_first():
                spaced_out = self.spaced(self.normalize(part), starts=starts)
                found += cut(spaced_out, late, flags, marked=True)
            else:
                for piece in cut(self.normalize(part), late, flags):
                    found.append(piece if isinstance(piece, int) else self.spaced(piece, starts=starts))
                    starts = False
            starts = False
        return found if self.words is None else self.in_words(self.words, found)

    def in_words(self, words: tuple[Words, Any], parts: list[bytes | int]) -> list[bytes | int]:
        """The words of each part that is text, cut by their pattern."""
        found, pattern = words
        return [piece for part in parts for piece in ([part] if isinstance(part, int) else found.pieces(pattern, part))]

    def spaces_first(self) -> bool:
        """Whether spaces are put before late special tokens are looked for: it is the normalizer that puts them."""
        return self.prefix in ("segment", "text", "never")

    def spaced(self, segment: bytes, *, starts: bool) -> bytes:
        """The segment with its spaces put before it."""
        return self.spaces.prepare(segment, starts=starts, goes_on=starts and self.goes_on)

    def finders(self, allowed: Sequence[str]) -> tuple[Any, Any, Flags]:
        """What finds the early ones of these special tokens, and the late ones, and what they take of the text.

        Made once for calls that allow the same; a tuple that comes again is not even read.
        """
        last, early, late, flags = self.last
        wanted = allowed if isinstance(allowed, tuple) else tuple(allowed)
        if last is wanted:
            return early, late, flags
        if last != wanted:
            special = self.special
            late_names = [name for name in wanted if name in special.late]
            early = self.finder({name: special.ids[name] for name in wanted if name not in special.late})
            texts = {self.late_text(name): special.ids[name] for name in reversed(late_names)}
            late = self.finder({text: texts[text] for text in reversed(texts) if text})
            flags = {special.ids[name]: special.flags[name] for name in wanted if name in special.flags}
        self.last = wanted, early, late, flags
        return early, late, flags

    def late_text(self, name: str) -> str:
        """A late special token as it stands in normalized text: Hugging Face's ``Prepend`` comes before its name, too."""
        text = self.normalize_name(name)
        if self.spaces_first():
            text = (b" " if self.prefix == "segment" else b"") + spaced(text)
        return text.decode()

    def safe_cut(self, text: bytes, allowed: Sequence[str]) -> int:
        """Returns one of the codec's cuts that neither the steps nor a space before a segment change; 0 if none is known.

        None is known where a late special token may be found, as it need not be in the text as it is; nor with a replacement.
        """
        late = self.special.late.intersection(allowed)
        if (late and (self.steps or self.prefix)) or any(name in self.special.flags for name in allowed):
            return 0
        if self.words is not None or any(step not in LOCAL for step in self.steps):
            return 0
        names = [utf8(name) for name in allowed]
        longest = max(map(len, names), default=0)
        end = len(text)
        for _ in range(CUTS_TRIED):
            cut = self.codec.safe_cut(text[:end], allowed)
            if not cut or self.is_sure(text, cut, names):
                return cut
            # A cut of the first part of a text is one of the text. The codec knows none in the last `longest` bytes.
            end = max(text.rfind(b" ", 0, cut), text.rfind(b"\n", 0, cut)) + 1 + longest
        return 0

    def is_sure(self, text: bytes, cut: int, names: Sequence[bytes]) -> bool:
        """Whether a cut of the text is also one of what the steps make of it.

        The codec may cut beside any character, which a step may change, or join to the one before. No step changes ASCII
        white space, nor looks across it from ASCII. A segment may get a space before it, which a text that goes on does not.
        """
        if self.prefix is not None and any(text.endswith(name, 0, cut) for name in names):
            return False
        around = text[cut - 1 : cut + 1]
        return not self.steps or (around.isascii() and around[1:].isspace() and self.normalize(around) == around)

    def encode(self, text: str | bytes, allowed: Sequence[str] = (), threads: int = 1) -> list[int]:
        if ready := self.ready((text,), allowed):
            return self.codec.encode(ready[0], (), threads)
        if self.words is not None:
            return self.encode_batch([text], allowed, threads)[0]
        ids: list[int] = []
        for part in self.segments(text, allowed):
            ids += [part] if isinstance(part, int) else self.codec.encode(part, (), threads)
        return ids

    def encode_to_numpy(self, text: str | bytes, allowed: Sequence[str] = (), threads: int = 1) -> Ids:
        if ready := self.ready((text,), allowed):
            return self.codec.encode_to_numpy(ready[0], (), threads)
        import numpy as np

        if self.words is not None:
            return np.array(self.encode(text, allowed, threads), np.uint32)
        parts = [
            np.array([part], np.uint32) if isinstance(part, int) else self.codec.encode_to_numpy(part, (), threads)
            for part in self.segments(text, allowed)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint32)

    def encode_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = (), threads: int = 1
    ) -> list[list[int]]:
        batch = [self.parts(text, allowed) for text in texts]
        found = self.codec.encode_batch(only_text(batch), (), threads)
        if all(len(parts) == 1 and not isinstance(parts[0], int) for parts in batch):
            return found
        left = iter(found)
        return [[i for part in parts for i in ([part] if isinstance(part, int) else next(left))] for parts in batch]

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

    def encode_json_lines(
        self,
        lines: JsonLines,
        field: str,
        other: Callable[[int, bytes], bytes],
        allowed: Sequence[str] = (),
        end: int | None = None,
        dtype: str = "uint32",
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint64], int]:
        from .python import bytes_of, encode_read

        return encode_read(self, self.read_json_lines(bytes_of(lines), field, other, 1), allowed, end, dtype)

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


def has_tokens(parts: Iterable[tuple[int, int, int | None]]) -> bool:
    """Whether a special token is among the parts of a text: with one, there is more than a part, or that is the token."""
    first = list(parts)
    return len(first) > 1 or (len(first) == 1 and first[0][2] is not None)


def only_text(batch: Iterable[Iterable[str | bytes | int]]) -> list[str | bytes]:
    """Returns the segments of all texts that are text."""
    return [part for parts in batch for part in parts if not isinstance(part, int)]


def moved(event: dict[str, Any], at: int, pieces: int) -> dict[str, Any]:
    """Returns the event of a segment as one of the whole text, given how many bytes and pieces come before."""
    moves = {"start": at, "end": at, "piece": pieces}
    return {key: value + moves[key] if key in moves else value for key, value in event.items()}
