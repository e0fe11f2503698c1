"""Makes the ``Explanation`` of a text: reads the trace piece by piece.

What encoding did comes from the trace (SPEC X2); the algorithm is not repeated here. What it did not do comes from the same
events: a pair that could have merged before a step, and no longer can after it, was blocked by that step.

By hand, with the merges 0 (a, b), 1 (b, c) and the piece ``abc``: at step 0 both could merge; after it, ``b`` is gone, so
``bc`` was blocked by step 0.

Costs: that of the trace, O(n^2) for a piece of n bytes, of which there may be ``LONGEST``. Not for: long texts.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING

from ..errors import BackendError
from ..offsets import char_spans
from ..patterns import describe, equivalent
from ..reference.trace import trace_merges
from ..text import utf8
from .alternatives import labelled
from .model import Alternative, Blocked, Explanation, Lane, LanePiece, Part, Piece, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..backend import Codec, Vocab
    from ..definition import Definition
    from .model import Event

__all__ = ["LANES", "explain", "lanes"]

LANES = ("gpt2", "cl100k", "o200k")
# The most bytes of a piece: its trace has up to n^2 / 2 candidates.
LONGEST = 2048


def explain(definition: Definition, codec: Codec, text: str | bytes, allowed: Sequence[str] = ()) -> Explanation:
    """See ``Tokenizer.explain``."""
    vocab = definition.vocab
    events: list[Event] = []

    def keep(event: Event) -> None:
        if event["event"] == "piece" and event["end"] - event["start"] > LONGEST:
            size = event["end"] - event["start"]
            raise ValueError(f"a piece of {size:,} bytes is too long to explain; the limit is {LONGEST:,}")
        events.append(event)

    ids = codec.trace(text, allowed, keep)
    drops = definition.vocab.drops_bytes or definition.words is not None or definition.word_end is not None
    events = as_spelled(vocab, events) if drops else events
    data = utf8(text) if definition.spells_text else b"".join(token(codec, token_id) for token_id in ids)
    specials = [(event["start"], event["end"]) for event in events if event["event"] == "special"]
    patterns = (definition.pattern, *(name for name in LANES if name != definition.pattern))
    # What is dropped may change how the rest would be cut.
    cuts = [lane_of(definition.pattern, events) if drops else lane(definition.pattern, data, specials)]
    cuts += [lane(pattern, data, specials) for pattern in patterns[1:]]
    own, *others = (with_machine(cut, definition.pattern) for cut in cuts)
    pieces = [read_piece(vocab, group, cut.alternative) for group, cut in zip(grouped(events), own.pieces, strict=True)]
    pieces = [with_boundary(vocab, piece, after) for piece, after in zip_longest(pieces, pieces[1:])]
    pieces = with_characters(pieces, data)
    return Explanation(
        encoding=definition.name,
        pattern=definition.pattern,
        text=data,
        pieces=tuple(pieces),
        lanes=(own, *others),
        vocabulary={token_id: token(codec, token_id) for token_id in sorted(spoken_of(pieces))},
    )


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
        differs = equivalent(first, lane.pattern).text if first != lane.pattern else None
        return replace(lane, scanned=describe(lane.pattern).summary, differs=differs)
    except BackendError:
        return lane


def lane(pattern: str, data: bytes, specials: Sequence[tuple[int, int]]) -> Lane:
    """The pieces of the text between its special tokens, and these themselves."""
    found: list[LanePiece] = []
    done = 0
    for start, end in [*specials, (len(data), len(data))]:
        for piece, alternative in labelled(pattern, data[done:start]):
            found.append(LanePiece(done, done + len(piece), special=False, alternative=alternative))
            done += len(piece)
        if start < end:
            found.append(LanePiece(start, end, special=True, alternative=None))
        done = end
    return Lane(pattern, tuple(found))


def as_spelled(vocab: Vocab, events: Sequence[Event]) -> list[Event]:
    """The events with offsets in the text that the tokens spell, where bytes were dropped; none of a piece dropped whole."""
    moved: list[Event] = []
    at = 0
    for event in events:
        if event["event"] == "encode_merge":
            moved.append(event)
            continue
        size = event["end"] - event["start"]
        if event["event"] == "piece":
            size = sum(len(vocab.token_bytes(token_id) or b"") for token_id in event["ids"])
        if size:
            moved.append({**event, "start": at, "end": at + size})
        at += size
    return moved


def lane_of(pattern: str, events: Sequence[Event]) -> Lane:
    """The pieces of a trace."""
    found = [
        LanePiece(event["start"], event["end"], special=event["event"] == "special", alternative=None)
        for event in events
        if "start" in event
    ]
    return Lane(pattern, tuple(found))


def grouped(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The events piece by piece."""
    group: list[Event] = []
    for event in events:
        if event["event"] != "encode_merge" and group:
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def read_piece(vocab: Vocab, events: Sequence[Event], alternative: Alternative | None) -> Piece:
    """One piece of the trace, or one special token. Tokens do not know their characters yet."""
    first, *steps = events
    start, end = first["start"], first["end"]
    if first["event"] == "special":
        token = Token(first["id"], b"", start, end, 0, 0, None)
        return Piece(start, end, True, False, None, (token,), (), (), ())
    whole = first["whole"]
    if whole is not None:
        # The merges that make the piece nevertheless; only `merge_of` is asked, which both backends have.
        trace_merges(vocab, first["ids"], first["piece"], steps.append)  # type: ignore[arg-type]
    sizes = [len(vocab.token_bytes(token_id) or b"") for token_id in first["ids"]]
    parts, standing, blocked = replay(first["ids"], sizes, start, steps)
    tokens = [Token(parts[at].id, b"", parts[at].start, parts[at].end, 0, 0, at) for at in standing]
    if whole is not None and [token.id for token in tokens] != [whole]:
        tokens = [Token(whole, b"", start, end, 0, 0, None)]
    return Piece(
        start, end, False, whole is not None, alternative, tuple(tokens), tuple(parts), tuple(steps), tuple(blocked)
    )


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
