"""The first step at which a submission's trace parts from minitok's, in plain words.

A submission gives its result only. But the result shows which merges it has made: where two tokens of the right trace have been
joined and the submission's result still has an edge, it has not made that merge. The first such step is where they part. What
it did instead is found by trying the mistakes that are often made, and looking which of them gives the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..reference.naive import replace
from ..reference.pretokenize import Pattern
from ..tokenizer import Tokenizer
from ..training import train
from .showing import show_token, token_table

__all__ = ["Ties", "encode_parting", "mistakes", "train_parting"]

Pair = tuple[int, int]


def joined(tokens: dict[int, bytes], pair: Sequence[int]) -> str:
    """A pair as two tokens with a plus sign."""
    return "+".join(show_token(tokens[side]) for side in pair)


def listed(words: list[str], most: int = 4) -> str:
    """Words with commas and "and"."""
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# -- encoding --------------------------------------------------------------------------------------------------------


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
    """The bytes at which tokens end."""
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
        "you stopped after one merge, though at every place": one_rank(piece, merges),
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
    return ids if first is None else replace(ids, merges[first], 256 + first)


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


# -- training --------------------------------------------------------------------------------------------------------


class Ties(NamedTuple):
    """A rule for ties; ``own``: it is the one that the submission shows elsewhere."""

    rule: str
    own: bool


def train_parting(
    text: str, vocab_size: int, yours: list[Pair], ties: Ties, pattern: str, special_tokens: Sequence[str] = ()
) -> str:
    """The first merge at which a training parts from the right one, in a sentence."""
    events: list[dict[str, Any]] = []
    train(
        [text],
        vocab_size,
        pattern=pattern,
        tie_break=ties.rule,
        special_tokens=special_tokens,
        trace=events.append,
    )
    right = [(event["winner"][0], event["winner"][1]) for event in events]
    at = next((k for k, pair in enumerate(zip(right, yours)) if pair[0] != pair[1]), min(len(right), len(yours)))
    tokens = token_table(right[:at])
    if at == len(right):
        wanted = vocab_size - 256 - len(special_tokens)
        if at >= wanted:
            reserved = f" and {plural(len(special_tokens), 'special token')}" if special_tokens else ""
            return f"vocab_size {vocab_size} is 256 bytes, {plural(wanted, 'merge')}{reserved}; you made {len(yours)}."
        return f"After {plural(at, 'merge')} no pair is left, and training stops; you went on."
    event = events[at]
    winner = f"{joined(tokens, right[at])} occurs {times(event['count'])}"
    if at == len(yours):
        return f"They part at merge {at}: {winner} and is to be merged; you stopped after {plural(at, 'merge')}."
    other = yours[at]
    if not all(side in tokens for side in other):
        return f"They part at merge {at}: you merged {other}, but there is no token {max(other)} yet."
    start = f"They part at merge {at}: {winner}"
    counts = count(text, right[:at], pattern, special_tokens)
    mine = counts.get(other, 0)
    if mine == event["count"]:
        tie = f"{start}, and so does {joined(tokens, other)}: a tie"
        if ties.own:
            goes = f"which by your rule ({RULES[ties.rule]}) goes to {joined(tokens, right[at])}"
            return f"{tie}, {goes}. So you count otherwise here."
        return (
            f"{tie}. Ties go to the smallest ids, to what is first seen, or to the greatest bytes; by {RULES[ties.rule]} it is "
            f"{joined(tokens, right[at])}. Your rule is another one."
        )
    why = miscounted(text, right[:at], pattern, special_tokens, other, right[at])
    return f"{start}, {joined(tokens, other)}, which you took, {times(mine)}.{why}"


RULES = {
    "smallest_ids": "the smallest ids",
    "first_seen": "what is met first in the text",
    "greatest_bytes": "the greatest bytes",
}


def plural(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def times(number: int) -> str:
    """A number of times in words."""
    return {0: "nowhere", 1: "once", 2: "twice"}.get(number, f"{number:,} times")


def pieces_of(text: str, pattern: str, special_tokens: Sequence[str]) -> list[bytes]:
    """The pieces of a text whose special tokens are cut out."""
    segments = [text]
    for token in sorted(special_tokens, key=len, reverse=True):
        segments = [part for segment in segments for part in segment.split(token)]
    return [piece for segment in segments for piece in Pattern(pattern).split(segment.encode())]


def merged(piece: bytes, merges: list[Pair]) -> list[int]:
    """A piece after merges."""
    ids = list(piece)
    for rank, pair in enumerate(merges):
        ids = replace(ids, pair, 256 + rank)
    return ids


def count(text: str, merges: list[Pair], pattern: str, special_tokens: Sequence[str]) -> Counter[Pair]:
    """The count of every pair after merges."""
    words = [merged(piece, merges) for piece in pieces_of(text, pattern, special_tokens)]
    return Counter(pair for word in words for pair in zip(word, word[1:]))


def miscounted(
    text: str, merges: list[Pair], pattern: str, special_tokens: Sequence[str], yours: Pair, right: Pair
) -> str:
    """The miscount that makes the submission's pair the most frequent, if it is one of those that are often made."""
    pieces = pieces_of(text, pattern, special_tokens)

    def of(words: list[list[int]]) -> Counter[Pair]:
        return Counter(pair for word in words for pair in zip(word, word[1:]))

    def apart(word: list[int]) -> list[Pair]:
        """The pairs of a word, none of which overlaps the same pair before it."""
        found: list[Pair] = []
        last: dict[Pair, int] = {}
        for at, pair in enumerate(zip(word, word[1:])):
            if last.get(pair) != at - 1 or pair[0] != pair[1]:
                found.append(pair)
                last[pair] = at
        return found

    words = [merged(piece, merges) for piece in pieces]
    guesses = {
        **(
            {
                "Special tokens in the text seem to be counted as text.": of(
                    [merged(piece, merges) for piece in pieces_of(text, pattern, [])]
                )
            }
            if special_tokens
            else {}
        ),
        "Each distinct piece seems to count once, however often it occurs.": of(
            [merged(piece, merges) for piece in dict.fromkeys(pieces)]
        ),
        "Overlapping occurrences seem to be left out: aaa holds a+a twice.": Counter(
            pair for word in words for pair in apart(word)
        ),
        "A pair seems to be counted once for each piece that holds it.": Counter(
            pair for word in words for pair in set(zip(word, word[1:]))
        ),
        "The text seems to be cut by GPT-2's pattern, not by the one that was passed.": of(
            [merged(piece, merges) for piece in pieces_of(text, "gpt2", special_tokens)]
        ),
        "Pairs seem to be counted across the edges of pieces.": of([merged(text.encode(), merges)]),
    }
    for words_, counts in guesses.items():
        if counts[yours] >= counts[right] and counts[yours] == max(counts.values(), default=0) and counts[yours]:
            return f" {words_}"
    return ""
