"""Where the tokens of a text end, also where they are not what is in it; and its beginning up to some number of tokens.

A beginning must not end inside a character, which may be several tokens, and by itself it should have the tokens that it has
within the text. That does not hold at every cut: a piece may be cut differently without the text after it (``'l`` of ``'ll`` in
``gpt2``), and a token that is taken whole need not come from merges. So it is encoded again and shortened if necessary,
which in practice it rarely is; how far is searched for by halving.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..arguments import check_int
from ..backend import load_backend
from ..errors import MissingExtraError, VocabularyError
from ..reference.published.normalize import steps_of
from ..reference.text import utf8
from .offsets import as_sequence, char_spans, check_unit, spans_of, starts_of
from .streaming import as_bytes, safe_blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..backend import Codec
    from ..definition import Definition
    from .offsets import Unit

SLICE = 1 << 14  # characters of a text that are encoded at a time, when only its beginning is wanted


def truncate_text(definition: Definition, text: str, max_tokens: int, allowed: Sequence[str] | None) -> str:
    """See ``Tokenizer.truncate_text``."""
    check_text(definition, text)
    check_number("max_tokens", max_tokens, least=0)
    cut = beginning(definition, text, max_tokens, allowed)
    if len(cut.ids) <= max_tokens:
        return cut.data.decode()
    codec, names = of_normalized(definition, allowed)

    def whole(count: int) -> int:
        """That many tokens, or as many fewer as it takes to end between two characters."""
        while not is_boundary(cut.data, cut.end(count)):
            count -= 1
        return count

    def is_start(count: int) -> bool:
        count = whole(count)
        made = codec.encode_to_array(cut.data[: cut.end(count)], names)
        return bool(made.tobytes() == cut.ids[:count].tobytes())

    return cut.data[: cut.end(whole(last_that(max_tokens, is_start)))].decode()


class Spans(NamedTuple):
    """The ids of a text, and where each begins and ends, as rows; without NumPy, as pairs."""

    ids: Any
    spans: Any

    def lists(self, backend: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids and the pairs as Python's integers."""
        chosen = load_backend(backend)
        return chosen.id_list(self.ids), chosen.span_list(self.spans)


def ids_and_spans(
    definition: Definition,
    text: str | bytes,
    allowed: Sequence[str] | None,
    unit: Unit,
    encode: Callable[[], Any],
) -> Spans:
    """See ``Tokenizer.encode_with_offsets``. ``encode``: gives the ids of the text."""
    definition.check("give offsets")
    if allowed and definition.loss is None and not definition.lossless:
        return Spans(*spans_in_text(definition, text, allowed, unit))
    ids = encode()
    return Spans(ids, spans_of(definition.codec(), ids, unit, prefixed=definition.prefix is not None))


def text_and_starts(
    definition: Definition, ids: Iterable[int] | npt.NDArray[Any], *, to_numpy: bool
) -> tuple[str, Any]:
    """See ``Tokenizer.decode_with_offsets``."""
    definition.check("give offsets")
    ids = as_sequence(ids)
    text = definition.codec().decode(ids, "strict")
    return text, starts_of(definition.codec(), ids, prefixed=definition.prefix is not None, to_numpy=to_numpy)


def spans_in_text(
    definition: Definition, text: str | bytes, allowed: Sequence[str] | None, unit: Unit
) -> tuple[Any, Any]:
    """The ids of a text, and where in it each begins and ends: as ``spans_of`` says it of the text that ids decode to."""
    check_unit(unit)
    cut = cut_of(definition.codec(), utf8(text), allowed, keeps=definition.prefix == "bytes")
    pairs = list(zip(cut.ends, cut.ends[1:], strict=False))
    if unit == "char":
        pairs = char_spans([cut.data[start:end] for start, end in pairs])
    return cut.ids, rows_of(pairs)


class Cut(NamedTuple):
    """A text, its ids, and where in its bytes each token ends, after a 0 for its beginning.

    The text is normalized, and its markers are spaces; a space that was put before it is not one of its bytes.
    """

    data: bytes
    ids: array[int]
    ends: array[int]


class Shown(NamedTuple):
    """A part of a text as it stands there, what is encoded of it, and the id of a token that was found, or None."""

    data: bytes
    encoded: bytes
    token_id: int | None


def cut_of(codec: Codec, text: bytes, allowed: Sequence[str] | None, *, keeps: bool) -> Cut:
    """A text with its tokens: a token that was found ends where it does in the text, and others where their sizes say.

    ``keeps``: a space that was put before a segment is decoded, too.
    """
    parts = [
        Shown(data if keeps else data[put:], data, token_id)
        for data, _, _, put, _, token_id in codec.segments(text, allowed, codec.before)
    ]
    segments = [part for part in parts if part.token_id is None]
    ids, offsets = codec.encode_prepared([part.encoded for part in segments])
    own_ends, places = codec.ends(ids), offsets.tolist()
    if sum(len(part.encoded) for part in segments) != (own_ends[-1] if len(ids) else 0):
        parts = list(without_dropped(codec, parts, ids, places))
    cut = Cut(b"".join([part.data for part in parts]), array("I"), array("q", [0]))
    spans = iter(zip(places, places[1:], strict=False))
    done = own = 0  # where the part begins in the text, and where among what is encoded
    for part in parts:
        if part.token_id is not None:
            cut.ids.append(part.token_id)
            cut.ends.append(done + len(part.data))
        else:
            start, end = next(spans)
            cut.ids.frombytes(ids[start:end].tobytes())
            # A space put before a segment is in its first token, and not in the text.
            shift = done - own - (len(part.encoded) - len(part.data))
            ends = own_ends[start:end]
            if shift:
                cut.ends.extend([at + shift for at in ends.tolist()])
            else:
                cut.ends.frombytes(ends.tobytes())
            own += len(part.encoded)
        done += len(part.data)
    return cut


def without_dropped(codec: Codec, parts: Sequence[Shown], ids: Any, places: Sequence[int]) -> Iterator[Shown]:
    """The parts without the bytes that the vocabulary drops, given the ids of all segments and where those of each are."""
    spans = iter(zip(places, places[1:], strict=False))
    for part in parts:
        if part.token_id is not None:
            yield part
            continue
        start, end = next(spans)
        kept = b"".join(codec.token_list(ids[start:end]))
        if kept.decode(errors="ignore").encode() != kept:
            raise VocabularyError(
                f"this tokenizer cannot cut the text into parts: it drops some of the bytes of "
                f"{halved(codec, part.encoded.decode())!r} (SPEC E6)"
            )
        put = len(part.encoded) > len(part.data) and kept.startswith(b" ")
        yield Shown(kept[put:], kept, None)


def halved(codec: Codec, text: str) -> str:
    """The first character of a text of which the vocabulary drops some bytes, and not all."""
    alone = ((char, b"".join(codec.token_list(codec.encode_prepared([char.encode()])[0]))) for char in text)
    return next(char for char, kept in alone if kept not in (b"", char.encode()))


class Beginning(NamedTuple):
    """The bytes and ids of a text that is encoded in blocks; of each, how many ids and bytes are before it, and its ends."""

    data: bytes
    ids: array[int]
    firsts: list[int]
    starts: list[int]
    blocks: list[array[int]]

    def end(self, count: int) -> int:
        """Where that many tokens end."""
        number = bisect_right(self.firsts, count) - 1
        return self.starts[number] + self.blocks[number][count - self.firsts[number]]


def beginning(definition: Definition, text: str, max_tokens: int, allowed: Sequence[str] | None) -> Beginning:
    """A text with its tokens, up to some more of them than ``max_tokens``; all of it if it has no more."""
    slices = (text[start : start + SLICE] for start in range(0, len(text), SLICE))
    found, data = Beginning(b"", array("I"), [], [], []), bytearray()
    for block, coder in safe_blocks(definition.codec(), as_bytes(slices), allowed):
        cut = cut_of(coder, block, allowed, keeps=False)
        found.firsts.append(len(found.ids))
        found.starts.append(len(data))
        found.blocks.append(cut.ends)
        found.ids.extend(cut.ids)
        data += cut.data
        if len(found.ids) > max_tokens:
            break
    return found._replace(data=bytes(data))


def last_that(most: int, fits: Callable[[int], bool]) -> int:
    """Returns a number from 1 to ``most`` that fits, the last one if those before one that fits do; 0 if none is found.

    Looks near the end first: nearly always it is there. Then in steps that double, and between the last two by halving, so that
    it asks some 2 log(most) times at the most.

    >>> [last_that(9, lambda number: number <= most) for most in (9, 8, 3, 0)]
    [9, 8, 3, 0]
    """
    found, above, step = most, most + 1, 1
    while found and not fits(found):
        above = found
        found, step = max(found - step, 1) if found > 1 else 0, 2 * step
    while found and above - found > 1:
        middle = (found + above) // 2
        if fits(middle):
            found = middle
        else:
            above = middle
    return found


def of_normalized(definition: Definition, allowed: Sequence[str] | None) -> tuple[Codec, Sequence[str] | None]:
    """Returns a codec for text that has been normalized and is not to be changed again, and these tokens' names there."""
    if definition.normalizer is None:
        return definition.codec(), allowed
    normalizer = load_backend(definition.backend).normalizer(steps_of(definition.normalizer))
    named = {name: normalizer.apply(name.encode()).decode() for name in definition.late_tokens}
    names = {name: text for name in definition.found_tokens if (text := named.get(name, name))}

    def renamed(held: Mapping[str, Any]) -> dict[str, Any]:
        return {names[name]: value for name, value in reversed(list(held.items())) if name in names}

    other = definition.replace(
        normalizer=None,
        special_tokens=renamed(definition.special_tokens),
        added_tokens=renamed(definition.added_tokens),
        late_tokens=[names[name] for name in definition.late_tokens if name in names],
        token_flags=renamed(definition.token_flags),
    )
    return other.codec(), allowed if allowed is None else [names[name] for name in allowed if name in names]


def is_boundary(data: bytes, at: int) -> bool:
    """Whether a character of the UTF-8 text, or the text itself, ends before the byte.

    >>> [is_boundary("é!".encode(), at) for at in range(4)]
    [True, False, True, True]
    """
    return at == len(data) or data[at] & 0xC0 != 0x80


def rows_of(pairs: list[tuple[int, int]]) -> Any:
    """Pairs as an array of shape (number of pairs, 2); without NumPy, as they are."""
    try:
        from ..extras import np
    except MissingExtraError:
        return pairs
    return np.array(pairs, np.int64).reshape(-1, 2)


def check_text(definition: Definition, text: str) -> None:
    """Refuses what is not a text, and a tokenizer that does not hold all of it."""
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    definition.check("be cut into parts")


def check_number(name: str, value: int, least: int) -> None:
    if check_int(value, name) < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
