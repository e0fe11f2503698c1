"""Makes the ``Explanation`` of a text: reads the trace piece by piece.

A text is cut into *units*: pieces, and tokens that are found in it, after everything that is done to a text first. All offsets
refer to the text that the units spell. What encoding did to a piece comes from its trace (SPEC X2); the algorithm is not
repeated here. What it did not do comes from the same events: a pair that could have merged before a step, and no longer can
after it, was blocked by that step.

By hand, with the merges 0 (a, b), 1 (b, c) and the piece ``abc``: at step 0 both could merge; after it, ``b`` is gone, so
``bc`` was blocked by step 0.

Costs: that of the trace, O(n^2) for a piece of n bytes, of which there may be ``LONGEST``. Not for: long texts.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from ..errors import BackendError, MissingByteError
from ..patterns import describe, equivalent
from ..reference.codec import placed
from ..reference.text import utf8
from ..reference.trace import trace_merges
from ..spans.offsets import char_spans
from .alternatives import labelled
from .explanation import Explanation
from .model import Alternative, Blocked, Lane, LanePiece, Part, Piece, Token

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ..backend import Codec, Vocab
    from ..definition import Definition
    from .model import Event

__all__ = ["LANES", "Unit", "explain", "explain_units", "lanes", "units"]

LANES = ("gpt2", "cl100k", "o200k")
# The most bytes of a piece: its trace has up to n^2 / 2 candidates.
LONGEST = 2048


class Unit(NamedTuple):
    """A piece that a text is cut into, or a token that is found in it (``token_id``). A piece knows what made it."""

    data: bytes
    token_id: int | None = None
    alternative: Alternative | None = None


def explain(definition: Definition, codec: Codec, text: str | bytes, allowed: Sequence[str] | None = ()) -> Explanation:
    """See ``Tokenizer.explain``."""
    definition.check("be explained")
    try:
        return explain_units(definition, codec, list(units(definition, codec, text, allowed)))
    except MissingByteError as error:
        raise placed(error, utf8(text)) from None


def units(
    definition: Definition, codec: Codec, text: str | bytes, allowed: Sequence[str] | None = ()
) -> Iterator[Unit]:
    """What a text is cut into, after everything that is done to it first."""
    for data, _, _, _, _, token_id in codec.segments(text, allowed, codec.before):
        if token_id is not None:
            yield Unit(token(codec, token_id), token_id)
        elif definition.words is not None or definition.word_end is not None:
            yield from map(Unit, codec.pieces(data))
        else:
            yield from (Unit(piece, None, alternative) for piece, alternative in labelled(definition.pattern, data))


def explain_units(definition: Definition, codec: Codec, cut: Sequence[Unit]) -> Explanation:
    """The explanation of a text that has been cut."""
    vocab = definition.vocab
    for unit in cut:
        if unit.token_id is None and len(unit.data) > LONGEST:
            raise ValueError(f"a piece of {len(unit.data):,} bytes is too long to explain; the limit is {LONGEST:,}")
    added = set(definition.added_tokens.values())
    pieces = [read_piece(vocab, events, unit, added) for unit, events in traced(codec, vocab, cut)]
    pieces = [with_boundary(vocab, piece, after) for piece, after in zip_longest(pieces, pieces[1:])]
    data = b"".join(token(codec, one.id) for piece in pieces for one in piece.tokens)
    found = [piece for piece in pieces if piece.special or piece.added]
    own = Lane(
        definition.pattern,
        tuple(LanePiece(one.start, one.end, one.special, one.added, one.alternative) for one in pieces),
    )
    others = (lane(pattern, data, found) for pattern in LANES if pattern != definition.pattern)
    pieces = with_characters(pieces, data)
    return Explanation(
        encoding=definition.name,
        pattern=definition.pattern,
        text=data,
        pieces=tuple(pieces),
        lanes=tuple(with_machine(cut, definition.pattern) for cut in (own, *others)),
        vocabulary={token_id: token(codec, token_id) for token_id in sorted(spoken_of(pieces))},
    )


def traced(codec: Codec, vocab: Vocab, cut: Sequence[Unit]) -> Iterator[tuple[Unit, list[Event]]]:
    """Each unit with its events (SPEC X2), with offsets in the text that the tokens spell; none for what is dropped whole."""
    at = number = 0
    for unit in cut:
        events: list[Event] = []
        if unit.token_id is not None:
            events.append({"event": "special", "start": at, "end": at + len(unit.data), "id": unit.token_id})
        else:
            codec.trace_piece(unit.data, number, at, events.append)
            number += 1
            events[0]["end"] = at + spelled(vocab, events[0])
        if events[0]["end"] > at:
            at = events[0]["end"]
            yield unit, events


def spelled(vocab: Vocab, piece: Event) -> int:
    """How many bytes the tokens of a piece spell."""
    if piece["whole"] is not None:
        return int(piece["end"] - piece["start"])
    return sum(len(vocab.token_bytes(token_id) or b"") for token_id in piece["ids"])


def token(codec: Codec, token_id: int) -> bytes:
    """The bytes of an id that is known."""
    return codec.token_bytes(token_id) or b""


def lanes(text: str | bytes, patterns: Sequence[str] = LANES) -> tuple[Lane, ...]:
    """The pieces that each pattern makes of a text, each with the alternative that made it.

    >>> [[text[p.start:p.end] for p in lane.pieces] for text in ["I'LL"] for lane in lanes(text)]
    [['I', "'", 'LL'], ['I', "'LL"], ["I'LL"]]
    """
    return tuple(with_machine(lane(pattern, utf8(text), []), patterns[0]) for pattern in patterns)


def with_machine(lane: Lane, first: str) -> Lane:
    """The lane, with how its pattern is run and how it differs from the first lane's, if the extension is there to ask."""
    try:
        scanned, differs = machine(lane.pattern, first)
    except BackendError:
        return lane
    return replace(lane, scanned=scanned, differs=differs)


@lru_cache(maxsize=64)  # it takes ten times as long as to explain a short text
def machine(pattern: str, first: str) -> tuple[str, str | None]:
    """How a pattern is run, and the shortest text that another cuts differently. Raises BackendError without the extension."""
    return describe(pattern).summary, equivalent(first, pattern).text if first != pattern else None


def lane(pattern: str, data: bytes, found: Sequence[Piece]) -> Lane:
    """The pieces of the text between the tokens that are found in it, and these themselves."""
    pieces: list[LanePiece] = []
    done = 0
    for token in [*found, None]:
        start = len(data) if token is None else token.start
        for piece, alternative in labelled(pattern, data[done:start]):
            pieces.append(LanePiece(done, done + len(piece), special=False, added=False, alternative=alternative))
            done += len(piece)
        if token is not None:
            pieces.append(LanePiece(start, token.end, token.special, token.added, alternative=None))
            done = token.end
    return Lane(pattern, tuple(pieces))


def read_piece(vocab: Vocab, events: Sequence[Event], unit: Unit, added: Collection[int]) -> Piece:
    """One piece of the trace, or one token that was found. Tokens do not know their characters yet."""
    first, *steps = events
    start, end = first["start"], first["end"]
    if unit.token_id is not None:
        token = Token(unit.token_id, b"", start, end, 0, 0, None)
        is_added = unit.token_id in added
        return Piece(start, end, not is_added, is_added, False, None, (token,), (), (), ())
    whole = first["whole"]
    if whole is not None:
        # The merges that make the piece nevertheless; only `merge_of` is asked, which both backends have.
        trace_merges(vocab, first["ids"], first["piece"], steps.append)  # type: ignore[arg-type]
    sizes = [len(vocab.token_bytes(token_id) or b"") for token_id in first["ids"]]
    parts, standing, blocked = replay(first["ids"], sizes, start, steps)
    tokens = [Token(parts[at].id, b"", parts[at].start, parts[at].end, 0, 0, at) for at in standing]
    if whole is not None and [token.id for token in tokens] != [whole]:
        tokens = [Token(whole, b"", start, end, 0, 0, None)]
    is_whole, tree = whole is not None, (tuple(tokens), tuple(parts), tuple(steps), tuple(blocked))
    return Piece(start, end, False, False, is_whole, unit.alternative, *tree)


def replay(
    ids: Sequence[int], sizes: Sequence[int], start: int, steps: Sequence[Event]
) -> tuple[list[Part], list[int], list[Blocked]]:
    """All parts that ever stood, the numbers of those that stand at the end, and the merges that a step blocked."""
    ends = list(accumulate(sizes, initial=start))
    parts = [Part(token_id, ends[at], ends[at + 1]) for at, token_id in enumerate(ids)]
    standing = list(range(len(parts)))
    blocked: list[Blocked] = []
    for step in steps:
        winner = step["winner"]
        for candidate in step["candidates"]:
            # The winner takes its two parts; a candidate beside it shares one of them.
            if abs(candidate["place"] - winner) == 1:
                left, right = (parts[standing[candidate["place"] + side]] for side in (0, 1))
                blocked.append(block(left, right, candidate["rank"], candidate["id"], step))
        left, right = standing[winner], standing[winner + 1]
        parts.append(Part(step["id"], parts[left].start, parts[right].end, step["rank"], left, right))
        standing[winner : winner + 2] = [len(parts) - 1]
    return parts, standing, blocked


def block(left: Part, right: Part, rank: int, made: int, step: Event | None) -> Blocked:
    """A merge that did not happen, because of a step or of a boundary."""
    where = (left.id, right.id, made, rank, left.start, left.end, right.end)
    return Blocked(*where, "merge", step["step"], step["id"]) if step else Blocked(*where, "boundary")


def with_boundary(vocab: Vocab, piece: Piece, after: Piece | None) -> Piece:
    """The piece, and the merges that its end has stopped: of all that stood at its end with all that stood behind it."""
    if after is None:
        return piece
    stopped = [
        block(left, right, merge[0], merge[1], None)
        for left in piece.parts
        if left.end == piece.end
        for right in after.parts
        if right.start == after.start and (merge := vocab.merge_of(left.id, right.id))
    ]
    return replace(piece, blocked=(*piece.blocked, *sorted(stopped, key=lambda b: (b.rank, b.start))))


def with_characters(pieces: Sequence[Piece], data: bytes) -> list[Piece]:
    """The pieces, with the bytes and the characters of their tokens."""
    tokens = [[data[token.start : token.end] for token in piece.tokens] for piece in pieces]
    spans = char_spans([token for row in tokens for token in row])
    firsts = [0, *accumulate(map(len, tokens))]
    return [
        replace(
            piece,
            tokens=tuple(
                replace(token, token=shown, first_char=first, last_char=last)
                for token, shown, (first, last) in zip(piece.tokens, row, spans[begin:], strict=False)
            ),
        )
        for piece, row, begin in zip(pieces, tokens, firsts, strict=False)
    ]


def spoken_of(pieces: Sequence[Piece]) -> set[int]:
    """All ids that the pieces name."""
    named: set[int] = set()
    for piece in pieces:
        named.update(token.id for token in piece.tokens)
        named.update(part.id for part in piece.parts)
        for blocked in piece.blocked:
            named.update((blocked.left, blocked.right, blocked.id))
        for step in piece.steps:
            named.update(candidate["id"] for candidate in step["candidates"])
    return named
