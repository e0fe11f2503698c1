"""Makes the ``Explanation`` of a text: reads the trace piece by piece.

A text is cut into *units*: pieces, and tokens that are found in it, after everything that is done to a text first. All offsets
refer to the text that the units spell. A piece is merged here once more, with the vocabulary of either backend, as the
trace (SPEC X2) does it: a pair that could merge, and did not, was blocked by the first step that merged one of its sides away.

By hand, with the merges 0 (a, b), 1 (b, c) and the piece ``abc``: at first both could merge; step 0 merges ``b`` away, so
``bc`` was blocked by step 0.

Costs: O(n log n) for n bytes, and half a kilobyte of memory or so for each; where two pieces meet, a look-up for each pair of
tokens that ended and began there. Not for: megabytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from heapq import heappop, heappush
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from ..errors import BackendError, MissingByteError
from ..patterns import describe, equivalent
from ..reference.published.codecs import with_offset
from ..reference.published.vocabs import initial_parts
from ..reference.text import utf8
from ..spans.offsets import char_spans
from .alternatives import labelled, time_for
from .explanation import Explanation
from .model import Alternative, Blocked, Lane, LanePiece, Part, Piece, Token

if TYPE_CHECKING:
    from ..backend import Codec, Vocab
    from ..definition import Definition

LANES = ("gpt2", "cl100k", "o200k")


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
        raise with_offset(error, utf8(text)) from None


def units(
    definition: Definition, codec: Codec, text: str | bytes, allowed: Sequence[str] | None = ()
) -> Iterator[Unit]:
    """What a text is cut into, after everything that is done to it first."""
    end_time = time_for(utf8(text), definition.pattern)
    for data, _, _, _, _, token_id in codec.segments(text, allowed, codec.before):
        if token_id is not None:
            yield Unit(token(codec, token_id), token_id)
        elif definition.words is not None or definition.word_end is not None:
            yield from map(Unit, codec.pieces(data))
        else:
            yield from (
                Unit(piece, None, alternative) for piece, alternative in labelled(definition.pattern, data, end_time)
            )


def explain_units(definition: Definition, codec: Codec, cut: Sequence[Unit]) -> Explanation:
    """The explanation of a text that has been cut."""
    vocab = definition.vocab
    pieces = list(read(vocab, cut, set(definition.added_tokens.values())))
    pieces = [with_boundary(vocab, piece, after) for piece, after in zip_longest(pieces, pieces[1:])]
    data = b"".join(token(codec, one.id) for piece in pieces for one in piece.tokens)
    found = [piece for piece in pieces if piece.special or piece.added]
    own = Lane(
        definition.pattern,
        tuple(LanePiece(one.start, one.end, one.special, one.added, one.alternative) for one in pieces),
    )
    others = (lane(pattern, data, found, time_for(data, pattern)) for pattern in LANES if pattern != definition.pattern)
    pieces = with_characters(pieces, data)
    return Explanation(
        encoding=definition.name,
        pattern=definition.pattern,
        text=data,
        pieces=tuple(pieces),
        lanes=tuple(with_machine(cut, definition.pattern) for cut in (own, *others)),
        vocabulary={token_id: token(codec, token_id) for token_id in sorted(spoken_of(pieces))},
    )


def read(vocab: Vocab, cut: Sequence[Unit], added: Collection[int]) -> Iterator[Piece]:
    """The pieces and tokens of a text, one after the other; those of which the tokens spell nothing are left out."""
    at = number = 0
    for unit in cut:
        if unit.token_id is not None:
            piece = found_token(unit.data, unit.token_id, at, is_added=unit.token_id in added)
        else:
            piece = read_piece(vocab, unit, at, number)
            number += 1
        if piece.end > at:
            at = piece.end
            yield piece


def token(codec: Codec, token_id: int) -> bytes:
    return codec.token_bytes(token_id) or b""


def lanes(text: str | bytes, patterns: Sequence[str] = LANES) -> tuple[Lane, ...]:
    """The pieces that each pattern makes of a text, each with the alternative that made it.

    >>> [[text[p.start:p.end] for p in lane.pieces] for text in ["I'LL"] for lane in lanes(text)]
    [['I', "'", 'LL'], ['I', "'LL"], ["I'LL"]]
    """
    data = utf8(text)
    end_time = time_for(data, *patterns)
    return tuple(with_machine(lane(pattern, data, [], end_time), patterns[0]) for pattern in patterns)


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


def lane(pattern: str, data: bytes, found: Sequence[Piece], end_time: float) -> Lane:
    """The pieces of the text between the tokens that are found in it, and these themselves."""
    pieces: list[LanePiece] = []
    done = 0
    for token in [*found, None]:
        start = len(data) if token is None else token.start
        for piece, alternative in labelled(pattern, data[done:start], end_time):
            pieces.append(LanePiece(done, done + len(piece), special=False, added=False, alternative=alternative))
            done += len(piece)
        if token is not None:
            pieces.append(LanePiece(start, token.end, token.special, token.added, alternative=None))
            done = token.end
    return Lane(pattern, tuple(pieces))


def found_token(data: bytes, token_id: int, start: int, *, is_added: bool) -> Piece:
    """A token that was found. It does not know its characters yet."""
    end = start + len(data)
    tokens = (Token(token_id, b"", start, end, 0, 0, None),)
    return Piece(start, end, not is_added, is_added, False, None, None, tokens, (), ())


def read_piece(vocab: Vocab, unit: Unit, start: int, number: int) -> Piece:
    """One piece: its tokens, which do not know their characters yet, and the merges that make them, or would."""
    # Of the vocabulary, only calls that both backends have are used.
    ids = initial_parts(vocab, unit.data)  # type: ignore[arg-type]
    whole = vocab.token_id(unit.data) if vocab.whole_pieces else None
    ends = [*accumulate((len(vocab.token_bytes(token_id) or b"") for token_id in ids), initial=start)]
    end = ends[-1] if whole is None else start + len(unit.data)
    parts = [Part(token_id, ends[at], ends[at + 1]) for at, token_id in enumerate(ids)]
    standing, blocked = merge_tree(vocab, parts)
    tokens = [Token(parts[at].id, b"", parts[at].start, parts[at].end, 0, 0, at) for at in standing]
    if whole is not None and [token.id for token in tokens] != [whole]:
        tokens = [Token(whole, b"", start, end, 0, 0, None)]
    tree = tuple(tokens), tuple(parts), tuple(blocked)
    return Piece(start, end, False, False, whole is not None, unit.alternative, number, *tree)


def merge_tree(vocab: Vocab, parts: list[Part]) -> tuple[list[int], list[Blocked]]:
    """Merges the parts, and appends each that is made; the numbers of those that stand at the end, and the blocked merges.

    The heap of SPEC E1, over numbers of parts: an entry that is stale when it comes to the top is a blocked merge.
    """
    n_first = len(parts)
    before, after = [*range(-1, n_first - 1)], [*range(1, n_first), -1]  # the numbers of the neighbours; -1 for none
    heap: list[tuple[int, int, int, int, int]] = []
    used: dict[int, int] = {}  # the step that merged each part away
    stale = []

    def ask(left: int, right: int) -> None:
        if min(left, right) >= 0 and (merge := vocab.merge_of(parts[left].id, parts[right].id)):
            heappush(heap, (merge[0], parts[left].start, left, right, merge[1]))

    for at in range(n_first - 1):
        ask(at, at + 1)
    while heap:
        rank, start, left, right, token_id = heappop(heap)
        if left in used or right in used:
            step = min(used.get(side, len(parts)) for side in (left, right))
            by = parts[n_first + step].id
            stale.append((step, rank, start, block(parts[left], parts[right], rank, token_id, step, by)))
            continue
        made = len(parts)
        used[left] = used[right] = made - n_first
        parts.append(Part(token_id, start, parts[right].end, rank, left, right))
        before.append(before[left])
        after.append(after[right])
        if before[left] >= 0:
            after[before[left]] = made
        if after[right] >= 0:
            before[after[right]] = made
        ask(before[made], made)
        ask(made, after[made])
    standing = sorted((at for at in range(len(parts)) if at not in used), key=lambda at: parts[at].start)
    return standing, [one for *_, one in sorted(stale, key=lambda one: one[:3])]


def block(left: Part, right: Part, rank: int, made: int, step: int | None = None, by: int | None = None) -> Blocked:
    """A merge that did not happen, because of a step or of a boundary."""
    where = (left.id, right.id, made, rank, left.start, left.end, right.end)
    return Blocked(*where, "boundary" if step is None else "merge", step, by)


def with_boundary(vocab: Vocab, piece: Piece, after: Piece | None) -> Piece:
    """The piece, and the merges that its end has stopped: of all that stood at its end with all that stood after it."""
    if after is None:
        return piece
    stopped = [
        block(left, right, *merge)
        for left in piece.parts
        if left.end == piece.end
        for right in after.parts
        if right.start == after.start and (merge := vocab.merge_of(left.id, right.id))
    ]
    return replace(piece, blocked=(*piece.blocked, *sorted(stopped, key=lambda b: (b.rank, b.start))))


def with_characters(pieces: Sequence[Piece], data: bytes) -> list[Piece]:
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
    return named
