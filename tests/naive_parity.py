"""Parity-aware BPE in the plainest words: everything is counted anew for each merge, and every turn of the window is looked at.

The oracle of ``minitok.reference.more.parity``: pieces as byte strings in, one list for each language.
"""

from __future__ import annotations

from collections import Counter

from minitok.reference.published.byte_chars import to_chars
from naive import replace


def train_parity(languages, development, n_merges, *, ratio=None, window=None, alpha=2.0, **options):
    """The merges, the turn and the count of each, how many were ties, and why training stopped.

    ``nobody``: a list that gets an item for each turn that nobody has.
    """
    min_frequency, longest = options.get("min_frequency", 1), options.get("max_token_length")
    words = [[list(piece) for piece in pieces] for pieces in languages]
    measured = [[list(piece) for piece in pieces] for pieces in development]
    tokens = [bytes([byte]) for byte in range(256)]
    initial = [sum(map(len, pieces)) for pieces in languages]
    everyone = len(languages)
    out, last, merges, turns, seen, ties = set(), [], [], [], [], 0
    if ratio and not development:
        out = {index for index in range(everyone) if not initial[index]}
    while len(merges) < n_merges and len(out) < everyone:
        now = [sum(map(len, pieces)) for pieces in measured or words]
        need = [-length for length in now]
        if ratio and not development:
            need = [initial[index] / now[index] / ratio[index] if initial[index] else 0 for index in range(everyone)]
        turn = everyone if len(merges) < options.get("global_merges", 0) else next_turn(need, out, last, window, alpha)
        if turn is None:
            last.append(None)
            options.get("nobody", []).append(len(merges))
            continue
        if turn < everyone:
            last.append(turn)
        counts = Counter()
        for index in range(everyone) if turn == everyone else [turn]:
            counts.update(pair for word in words[index] for pair in zip(word, word[1:], strict=False))
        allowed = {
            pair: count
            for pair, count in counts.items()
            if count >= min_frequency and (longest is None or len(tokens[pair[0]] + tokens[pair[1]]) <= longest)
        }
        if not allowed:
            out |= {turn} if turn < everyone else set(range(everyone))
            continue
        best = max(allowed, key=lambda pair: (allowed[pair], [to_chars(tokens[side]) for side in pair]))
        ties += list(allowed.values()).count(allowed[best]) > 1
        words, measured = (
            [[replace(word, best, len(tokens)) for word in pieces] for pieces in each] for each in (words, measured)
        )
        merges.append(best)
        turns.append(turn)
        seen.append(allowed[best])
        tokens.append(tokens[best[0]] + tokens[best[1]])
    return merges, turns, seen, ties, "vocab_size" if len(merges) == n_merges else "min_frequency"


def next_turn(need, out, last, window, alpha):
    """Whose turn it is; None for nobody's. ``last`` has the turns so far."""
    order = sorted((index for index in range(len(need)) if index not in out), key=lambda index: need[index])
    if window is None:
        return order[0]
    for index in order:
        if last[-window:].count(index) / window <= alpha / len(need):
            return index
    return None if out else order[-1]
