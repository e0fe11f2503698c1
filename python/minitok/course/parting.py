"""The first step at which the encoding of a piece parts from minitok's, in plain words. (Of training: ``miscounting``.)

A submission gives its result only. But the result shows which merges it has made: where two tokens of the right trace have been
joined and the submission's result still has an edge, it has not made that merge. The first such step is where they part. What
it did instead is found by trying the mistakes that are often made, and looking which of them gives the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..explain.chips import plural
from ..reference.pairs import merge_pair
from ..tokenizer import Tokenizer
from .showing import show_token, token_table

__all__ = ["encode_parting", "joined", "mistakes"]

Pair = tuple[int, int]


def joined(tokens: dict[int, bytes], pair: Sequence[int]) -> str:
    """A pair as two tokens with a plus sign."""
    return "+".join(show_token(tokens[side]) for side in pair)


def listed(words: list[str], most: int = 4) -> str:
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def encode_parting(
    piece: bytes, merges: list[Pair], yours: Sequence[int], habits: Sequence[str] = ()
) -> tuple[int | None, str]:
    """The step of the right trace at which the ids of a piece part from it, and a sentence; no step where they end apart.

    ``habits``: the mistakes that explain what the submission gives for other pieces.
    """
    tokens = token_table(merges)
    unknown = [token_id for token_id in yours if token_id not in tokens]
    if unknown:
        return None, f"{unknown[0]} is not the id of a token here."
    data = b"".join(tokens[token_id] for token_id in yours)
    if data != piece:
        return (
            None,
            f"Put together, your tokens are {show_token(data) or 'nothing'}, not the piece: bytes are lost or added.",
        )
    events: list[dict[str, Any]] = []
    Tokenizer(merges, pattern="none").encode(piece.decode(), trace=events.append)
    edges = edges_of(tokens, yours)
    known = mistakes(piece, merges, list(yours))
    did = next((words for words in known if words in habits), None)
    ids = list(piece)
    steps = [event for event in events if event["event"] == "encode_merge"]
    for event in steps:
        place = event["winner"]
        edge = sum(len(tokens[token_id]) for token_id in ids[: place + 1])
        if edge in edges:
            return (
                event["step"] + 1,
                f"They part at step {event['step'] + 1}: {could(tokens, event)}; {did or instead(tokens, event, ids, edges)}.",
            )
        ids = event["ids"]
    last = len(steps)
    return (
        last,
        f"The right trace ends after {plural(last, 'step')}: then no two neighbours have a merge; {did or 'yours goes on'}.",
    )


def could(tokens: dict[int, bytes], event: dict[str, Any]) -> str:
    """What could be merged at a step."""
    ranks: dict[tuple[int, int], int] = {}
    for candidate in event["candidates"]:
        ranks.setdefault(tuple(candidate["pair"]), candidate["rank"])
    named = [f"{joined(tokens, pair)} (rank {rank})" for pair, rank in ranks.items()]
    places = len(event["ties"])
    if len(named) == 1 and places > 1:
        return f"{named[0]} stands at {places} places, and the leftmost is merged first"
    return (
        f"{listed(named)} could merge, and the lowest rank is merged first"
        if len(named) > 1
        else f"{named[0]} is to merge"
    )


def instead(tokens: dict[int, bytes], event: dict[str, Any], ids: list[int], edges: set[int]) -> str:
    """What the submission joined at a step in place of the right pair, as far as its result shows."""
    for candidate in event["candidates"][1:]:
        edge = sum(len(tokens[token_id]) for token_id in ids[: candidate["place"] + 1])
        if edge not in edges and candidate["rank"] != event["rank"]:
            return f"you joined {joined(tokens, candidate['pair'])}"
    return "you did not merge it"


def edges_of(tokens: dict[int, bytes], ids: Sequence[int]) -> set[int]:
    edges, at = set[int](), 0
    for token_id in ids:
        at += len(tokens[token_id])
        edges.add(at)
    return edges


Choice = Callable[[list[tuple[int, int]]], tuple[int, int]]

# Of the pairs that could merge, as (rank, place), the one that a mistaken program takes.
MISTAKES: dict[str, Choice] = {
    "you took the leftmost": lambda found: min(found, key=lambda one: one[1]),
    "you took the rightmost": lambda found: max(found, key=lambda one: one[1]),
    "you took the highest rank": lambda found: max(found, key=lambda one: (one[0], -one[1])),
    "of equal ranks you took the rightmost": lambda found: min(found, key=lambda one: (one[0], -one[1])),
}


def mistakes(piece: bytes, merges: list[Pair], yours: list[int]) -> list[str]:
    """Those of the mistakes that are often made that give these ids."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    found = [words for words, choose in MISTAKES.items() if merged_by(piece, ranks, choose) == yours]
    others = {
        "you stopped after one merge": merged_by(piece, ranks, min, limit=1),
        "you stopped after the merges of one rank": one_rank(piece, merges),
        "you took the longest token from the left": longest_match(piece, merges),
        "you merged nothing": list(piece),
        "you joined any two neighbours that are a token together": joined_bytes(piece, merges),
        "of each rank you merged one place only": one_place(piece, merges),
    }
    return found + [words for words, ids in others.items() if ids == yours]


def joined_bytes(piece: bytes, merges: list[Pair]) -> list[int]:
    """The ids of a piece where any two neighbours merge whose bytes, put together, are a token."""
    tokens = token_table(merges)
    made = {token: token_id for token_id, token in tokens.items()}
    ids = list(piece)
    while found := [
        (made[tokens[left] + tokens[right]], at)
        for at, (left, right) in enumerate(zip(ids, ids[1:]))
        if tokens[left] + tokens[right] in made
    ]:
        token_id, at = min(found)
        ids[at : at + 2] = [token_id]
    return ids


def one_rank(piece: bytes, merges: list[Pair]) -> list[int]:
    """The ids of a piece after the merge of the lowest rank in it, wherever it stands."""
    ids = list(piece)
    first = next((rank for rank, pair in enumerate(merges) if pair in zip(ids, ids[1:])), None)
    return ids if first is None else merge_pair(ids, merges[first], 256 + first)


def one_place(piece: bytes, merges: list[Pair]) -> list[int]:
    """The ids of a piece where each merge is made once."""
    ids = list(piece)
    for rank, pair in enumerate(merges):
        at = next((at for at, both in enumerate(zip(ids, ids[1:])) if both == pair), None)
        if at is not None:
            ids[at : at + 2] = [256 + rank]
    return ids


def merged_by(piece: bytes, ranks: dict[Pair, int], choose: Choice, limit: int | None = None) -> list[int]:
    """The ids of a piece when this rule chooses what to merge."""
    ids = list(piece)
    while limit is None or limit > 0:
        found = [(ranks[pair], at) for at, pair in enumerate(zip(ids, ids[1:])) if pair in ranks]
        if not found:
            break
        rank, at = choose(found)
        ids[at : at + 2] = [256 + rank]
        limit = limit if limit is None else limit - 1
    return ids


def longest_match(piece: bytes, merges: list[Pair]) -> list[int]:
    """The longest token from the left, again and again: another algorithm."""
    ids = {token: token_id for token_id, token in token_table(merges).items()}
    found: list[int] = []
    at = 0
    while at < len(piece):
        end = next(end for end in range(len(piece), at, -1) if piece[at:end] in ids)
        found.append(ids[piece[at:end]])
        at = end
    return found
