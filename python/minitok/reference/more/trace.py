"""What training and encoding did, step by step, as data.

Both languages share one schema: each event is a plain dict of strings, numbers and lists, ready for JSON. Renderers
(terminal, notebook, web page) replay the events; they never look inside an algorithm.

Training emits one event a merge:

=============== ======================================================================================================
``event``       ``"train_merge"``
``step``        0 for the first merge
``candidates``  the first few pairs in the order of choice: ``{"pair": [left, right], "count": n}``
``ties``        all pairs that share the highest count, in the order of choice; the first is the winner
``winner``      the pair merged
``count``       its count
``id``          the id it makes
``words``       the words touched, as numbers in the order of first appearance
=============== ======================================================================================================

Encoding emits, for each piece, ``"piece"`` and then one ``"encode_merge"`` a merge; a special token is one event:

=============== ======================================================================================================
``event``       ``"special"``: with ``start``, ``end`` (bytes of the text) and ``id``
``event``       ``"piece"``: with ``piece`` (its number), ``start``, ``end``, ``ids`` (its single bytes, or its
                characters), and ``whole``: the id, if the piece is taken as it stands, else None
``event``       ``"encode_merge"``: with ``piece``, ``step`` and
``candidates``  all neighbours that merge, first choice first: ``{"place": p, "pair": [l, r], "rank": r, "id": i}``;
                a place is an index into the ids as they stand
``ties``        the places that share the lowest rank
``winner``      the place merged (the leftmost of them), ``pair``, ``rank``, ``id``
``ids``         the ids after the merge
=============== ======================================================================================================

Costs: a traced step looks at every pair again and sorts the candidates: O(n log n) for an encoding step of n parts, O(p log
p) for a training step of p pairs. Not for: long texts.

Implements SPEC X1 and X2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...errors import MissingByteError
from ..published.codecs import Codec, with_offset
from ..published.preprocess import NOTHING, TEXT, TokenFinder
from ..published.vocabs import Vocab
from ..train import Chosen

Event = dict[str, Any]
Emit = Callable[[Event], object]

CANDIDATES = 8


class Candidate(NamedTuple):
    """Two neighbours that can merge. Candidates sort in the order of merging: lowest rank, then leftmost."""

    rank: int
    place: int
    left: int
    right: int
    id: int


def train_merge(chosen: Chosen) -> Event:
    """Returns the event of one merge of a training."""
    count = chosen.ranking[0][1]
    return {
        "event": "train_merge",
        "step": chosen.step,
        "candidates": [{"pair": list(pair), "count": n} for pair, n in chosen.ranking[:CANDIDATES]],
        "ties": [list(pair) for pair, n in chosen.ranking if n == count],
        "winner": list(chosen.pair),
        "count": count,
        "id": chosen.id,
        "words": chosen.words,
    }


def trace(codec: Codec, text: bytes, finder: TokenFinder, emit: Emit, continues: bool = False) -> list[int]:
    """Encodes a text and emits an event for each piece, merge and token that is found in it.

    Offsets refer to the text that is cut into pieces, with the spaces put before it.
    """
    ids: list[int] = []
    at = number = 0
    try:
        for segment, token_id in codec.preprocessor.segments(text, finder, TEXT if continues else NOTHING):
            if token_id is None:
                for piece in codec.pieces(segment.data):
                    ids += trace_piece(codec.vocab, piece, number, at, emit)
                    at += len(piece)
                    number += 1
            else:
                end = at + len(codec.token_bytes(token_id) or b"")
                emit({"event": "special", "start": at, "end": end, "id": token_id})
                ids.append(token_id)
                at = end
    except MissingByteError as error:
        raise with_offset(error, text) from None
    return ids


def trace_piece(vocab: Vocab, piece: bytes, number: int, start: int, emit: Emit) -> list[int]:
    """Encodes one piece by looking at every pair again after each merge, and emits an event for each merge."""
    ids = vocab.initial_parts(piece)
    whole = vocab.token_id(piece) if vocab.whole_pieces else None
    emit({"event": "piece", "piece": number, "start": start, "end": start + len(piece), "ids": ids, "whole": whole})
    if whole is not None:
        return [whole]
    return trace_merges(vocab, ids, number, emit)


def trace_merges(vocab: Vocab, ids: list[int], number: int, emit: Emit) -> list[int]:
    """Merges the parts of a piece until no two neighbours can merge, and emits an event for each merge."""
    step = 0
    while candidates := all_candidates(vocab, ids):
        first = candidates[0]
        ids = [*ids[: first.place], first.id, *ids[first.place + 2 :]]
        emit(
            {
                "event": "encode_merge",
                "piece": number,
                "step": step,
                "candidates": [
                    {"place": c.place, "pair": [c.left, c.right], "rank": c.rank, "id": c.id} for c in candidates
                ],
                "ties": [c.place for c in candidates if c.rank == first.rank],
                "winner": first.place,
                "pair": [first.left, first.right],
                "rank": first.rank,
                "id": first.id,
                "ids": ids,
            }
        )
        step += 1
    return ids


def all_candidates(vocab: Vocab, ids: list[int]) -> list[Candidate]:
    """Returns all neighbours that can merge, first choice first."""
    found: list[Candidate] = []
    for place in range(len(ids) - 1):
        merge = vocab.merge_of(ids[place], ids[place + 1])
        if merge:
            found.append(Candidate(merge[0], place, ids[place], ids[place + 1], merge[1]))
    return sorted(found)
