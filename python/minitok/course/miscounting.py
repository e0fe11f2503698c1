"""The first merge at which a training parts from minitok's, and the miscount that may have led there, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..explain.chips import plural
from ..reference.pairs import merge_pair
from ..reference.published.patterns import Pattern
from ..training import train
from .parting import joined
from .showing import token_table

if TYPE_CHECKING:
    from ..corpus.learning import TieBreak

__all__ = ["Ties", "train_parting"]

Pair = tuple[int, int]


class Ties(NamedTuple):
    """A rule for ties; ``own``: it is the one that the submission shows elsewhere."""

    rule: TieBreak
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
            return f"vocab_size {vocab_size} is {room(wanted, special_tokens)}; you made {len(yours)}."
        why = miscounted(text, right, pattern, special_tokens, yours[at], None)
        return f"After {plural(at, 'merge')} no pair is left, and training stops; you went on.{why}"
    event = events[at]
    winner = f"{joined(tokens, right[at])} occurs {times(event['count'])}"
    if at == len(yours):
        new = stopped_why(
            text, right[:at], pattern, special_tokens, event["count"], [one["count"] for one in events[:at]]
        )
        size = f"vocab_size {vocab_size} is {room(vocab_size - 256 - len(special_tokens), special_tokens)}"
        stopped = f"{winner} and is to be merged; you stopped after {plural(at, 'merge')}."
        return f"They part at merge {at}: {stopped}{new or f' ({size}.)'}"
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
            changed = " A merge changes the counts of the pairs next to it." if at else ""
            return f"{tie}, {goes}. So you count otherwise here.{changed}"
        return (
            f"{tie}. Ties go to the smallest ids, to what is first seen, or to the greatest bytes; by {RULES[ties.rule]} it is "
            f"{joined(tokens, right[at])}. Your rule is another one."
        )
    why = miscounted(text, right[:at], pattern, special_tokens, other, right[at])
    if not why and not mine and any(count(text, right[:k], pattern, special_tokens)[other] for k in range(at)):
        why = " It did before: a merge changes the counts of the pairs next to it."
    return f"{start}, {joined(tokens, other)}, which you took, {times(mine)}.{why}"


def stopped_why(
    text: str, merges: list[Pair], pattern: str, special_tokens: Sequence[str], most: int, before: list[int]
) -> str:
    """Why a training may have stopped though a pair is left, ``most`` times: the one reason that explains it, if it is one.

    ``before``: how often the pairs occurred that it has merged.
    """
    words = [merged(piece, merges) for piece in pieces_of(text, pattern, special_tokens) if piece.strip()]
    left = [max(pair) for word in words for pair in zip(word, word[1:])]
    merged_new = any(max(pair) >= 256 for pair in merges)
    reasons = {
        " A pair that occurs once is merged, too.": most == 1 and 1 not in before,
        " A merge makes new pairs: they are counted, too.": bool(merges and left)
        and not merged_new
        and min(left) >= 256,
        " Pieces of white space are counted, too.": not left,
    }
    found = [reason for reason, explains in reasons.items() if explains]
    return found[0] if len(found) == 1 else ""


def room(merges: int, special_tokens: Sequence[str]) -> str:
    """What a size of a vocabulary is the sum of."""
    parts = ["256 bytes", plural(merges, "merge")]
    parts += [plural(len(special_tokens), "special token")] if special_tokens else []
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


RULES = {
    "smallest_ids": "the smallest ids",
    "first_seen": "what is met first in the text",
    "greatest_bytes": "the greatest bytes",
}


def times(number: int) -> str:
    return {0: "nowhere", 1: "once", 2: "twice"}.get(number, f"{number:,} times")


def without(text: str, special_tokens: Sequence[str]) -> str:
    """A text with its special tokens left out."""
    for token in sorted(special_tokens, key=len, reverse=True):
        text = text.replace(token, "")
    return text


def pieces_of(text: str, pattern: str, special_tokens: Sequence[str]) -> list[bytes]:
    """The pieces of a text whose special tokens are cut out."""
    segments = [text]
    for token in sorted(special_tokens, key=len, reverse=True):
        segments = [part for segment in segments for part in segment.split(token)]
    return [piece for segment in segments for piece in Pattern(pattern).split(segment.encode())]


def merged(piece: bytes, merges: list[Pair]) -> list[int]:
    ids = list(piece)
    for rank, pair in enumerate(merges):
        ids = merge_pair(ids, pair, 256 + rank)
    return ids


def count(text: str, merges: list[Pair], pattern: str, special_tokens: Sequence[str]) -> Counter[Pair]:
    """The count of every pair after merges."""
    words = [merged(piece, merges) for piece in pieces_of(text, pattern, special_tokens)]
    return Counter(pair for word in words for pair in zip(word, word[1:]))


def miscounted(
    text: str, merges: list[Pair], pattern: str, special_tokens: Sequence[str], yours: Pair, right: Pair | None
) -> str:
    """The miscount that makes the submission's pair the most frequent, if it is one of those that are often made.

    ``right`` is the pair to be merged; None where none is left.
    """
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
                ),
                "The texts before and after a special token seem to be one text; they are two.": of(
                    [merged(piece, merges) for piece in pieces_of(without(text, special_tokens), pattern, [])]
                ),
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
        "The space at the beginning of a piece seems to be left out.": of(
            [merged(piece.strip(), merges) for piece in pieces]
        ),
        "Pieces of white space seem to be left out.": of([merged(piece, merges) for piece in pieces if piece.strip()]),
        "Pairs seem to be counted across the edges of pieces.": of([merged(text.encode(), merges)]),
    }
    for words_, counts in guesses.items():
        rival = 0 if right is None else counts[right]
        if counts[yours] >= rival and counts[yours] == max(counts.values(), default=0) and counts[yours]:
            return f" {words_}"
    return ""
