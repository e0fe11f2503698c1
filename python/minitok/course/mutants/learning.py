"""Mutants of stages 4 and 5: training and encoding; and of stage 10, slow training."""

from __future__ import annotations

from .mutant import Mutant

__all__ = ["MUTANTS"]

FREQUENT = "                frequencies[piece] = frequencies.get(piece, 0) + 1\n"
TIMES = "    times = list(frequencies.values())\n"
WHILE = "    while len(merges) < vocab_size - 256 - len(special_tokens) and queue:"
CHOICE = '        pair = min(zip(ids, ids[1:]), key=lambda pair: merges.get(pair, float("inf")))\n'
ENCODE = "    ids = text_to_bytes(piece)\n    while len(ids) > 1:"
MERGED = "        ids = merge_pair(ids, pair, merges[pair])\n    return ids"
PUSH = "        for new in changed:\n            heapq.heappush(queue, (-counts[new], new))\n"
CURRENT = "        if current != -count:"
QUEUE = "    queue = [(-count, pair) for pair, count in counts.items()]\n    heapq.heapify(queue)\n"
TRAIN = QUEUE + "    merges: Merges = {}\n"
LOOP = "    merges: Merges = {}\n    while len(merges) < vocab_size - 256 - len(special_tokens) and queue:"

# The plain way to train, in which some mistakes are easier to make. {words}, {count} and {choose} say how.
PLAIN = """    merges: Merges = {{}}
    {words}
    while len(merges) < vocab_size - 256 - len(special_tokens):
        counts = {{}}
        for index, word in enumerate(words):
            {count}
        counts = {{pair: count for pair, count in counts.items() if count > 0}}
        if not counts:
            break
        pair = {choose}
        merges[pair] = 256 + len(merges)
        words = [merge_pair(word, pair, merges[pair]) for word in words]
    return merges
    queue = []
    while len(merges) < vocab_size - 256 - len(special_tokens) and queue:"""
COUNT = "count_pairs(word, counts, times[index])"
CHOOSE = "min(counts, key=lambda pair: (-counts[pair], pair))"


def plain(words: str = "", count: str = COUNT, choose: str = CHOOSE) -> tuple[tuple[str, str], ...]:
    """The plain way, changed."""
    return ((LOOP, PLAIN.format(words=words, count=count, choose=choose)),)


MUTANTS = (
    Mutant(
        "ties-last-seen",
        "train",
        "of equal counts takes the pair seen last",
        plain(choose="max(reversed(list(counts)), key=counts.get)"),
    ),
    Mutant(
        "ties-greatest-ids",
        "train",
        "of equal counts takes the greatest ids, not bytes",
        plain(choose="max(counts, key=lambda pair: (counts[pair], pair))"),
    ),
    Mutant(
        "ties-right-first",
        "train",
        "of equal counts compares the right id first",
        plain(choose="min(counts, key=lambda pair: (-counts[pair], pair[::-1]))"),
    ),
    Mutant("counts-ignored", "train", "takes the smallest pair, whatever its count", plain(choose="min(counts)")),
    Mutant(
        "least-frequent",
        "train",
        "takes the least frequent pair",
        plain(choose="min(counts, key=lambda pair: (counts[pair], pair))"),
    ),
    Mutant(
        "counted-once", "train", "counts each distinct piece once", ((TIMES, "    times = [1] * len(frequencies)\n"),)
    ),
    Mutant(
        "holders-counted",
        "train",
        "counts the pieces that hold a pair, not its occurrences",
        plain(
            count="[counts.__setitem__(pair, counts.get(pair, 0) + times[index]) for pair in set(zip(word, word[1:]))]"
        ),
    ),
    Mutant(
        "across-pieces",
        "train",
        "merges across the edges of pieces",
        ((FREQUENT, "                pass\n            frequencies[segment] = frequencies.get(segment, 0) + 1\n"),),
    ),
    Mutant(
        "edges-counted",
        "train",
        "counts pairs across the edges of pieces",
        plain(
            words="text_ids = text_to_bytes(text)",
            count="counts = count_pairs([one for piece in split(text, pattern) for one in words[list(frequencies).index(piece)]])",
        ),
    ),
    Mutant("one-too-many", "train", "makes one merge too many", ((WHILE, WHILE.replace("- 256", "- 255")),)),
    Mutant("one-too-few", "train", "makes one merge too few", ((WHILE, WHILE.replace("- 256", "- 257")),)),
    Mutant(
        "bytes-not-counted",
        "train",
        "takes vocab_size for the number of merges",
        ((WHILE, WHILE.replace("vocab_size - 256", "vocab_size")),),
    ),
    Mutant(
        "crash-without-pairs", "train", "crashes when no pair is left", ((WHILE, WHILE.replace(" and queue:", ":")),)
    ),
    Mutant(
        "count-of-two",
        "train",
        "stops when no pair occurs twice",
        ((CURRENT, "        if current == 1:\n            break\n" + CURRENT),),
    ),
    Mutant(
        "ids-from-zero",
        "train",
        "gives the first merge the id 0",
        (("        new_id = 256 + len(merges)\n", "        new_id = len(merges)\n"),),
    ),
    Mutant(
        "stale-counts", "train", "never looks whether a count is still right", ((CURRENT, "        if current <= 0:"),)
    ),
    Mutant("stale-neighbours", "train", "does not count the pairs that a merge makes", ((PUSH, ""),)),
    Mutant(
        "first-count-kept",
        "train",
        "counts once, and never again",
        (
            (PUSH, ""),
            ("            count_pairs(word, counts, -times[index])\n", ""),
            ("            count_pairs(words[index], counts, times[index])\n", ""),
        ),
    ),
    Mutant(
        "train-pattern-ignored",
        "train",
        "ignores the pattern it is given",
        (
            (
                "            for piece in split(segment, pattern):\n                freq",
                "            for piece in split(segment):\n                freq",
            ),
        ),
    ),
    Mutant(
        "words-stripped",
        "train",
        "takes the space off every piece",
        ((FREQUENT, FREQUENT.replace("piece", "piece.strip()")),),
    ),
    Mutant(
        "sampled",
        "train",
        "trains on the beginning of a long text only",
        (("    frequencies: dict[str, int] = {}\n", "    frequencies: dict[str, int] = {}\n    text = text[:64]\n"),),
    ),
    Mutant(
        "leftmost-first",
        "encode",
        "merges the leftmost pair that can be merged",
        ((CHOICE, "        pair = next((pair for pair in zip(ids, ids[1:]) if pair in merges), (0, 0))\n"),),
    ),
    Mutant(
        "highest-rank",
        "encode",
        "merges the highest rank first",
        ((CHOICE, CHOICE.replace("min(zip", "max(zip").replace('float("inf")', "-1")),),
    ),
    Mutant(
        "longest-match",
        "encode",
        "takes the longest token from the left",
        (
            (
                ENCODE,
                "    ids, tokens, data, out = [], {token: one for one, token in vocabulary(merges).items()}, piece.encode(), []\n    while data:\n        end = next(end for end in range(len(data), 0, -1) if data[:end] in tokens)\n        out.append(tokens[data[:end]])\n        data = data[end:]\n    return out\n    while len(ids) > 1:",
            ),
        ),
    ),
    Mutant(
        "one-merge",
        "encode",
        "makes one merge and stops",
        ((MERGED, "        return merge_pair(ids, pair, merges[pair])\n    return ids"),),
    ),
    Mutant(
        "one-place",
        "encode",
        "looks at every rank once, and merges one place of it",
        (
            (
                ENCODE,
                "    ids = text_to_bytes(piece)\n    for pair, new_id in merges.items():\n        if pair in list(zip(ids, ids[1:])):\n            at = list(zip(ids, ids[1:])).index(pair)\n            ids = [*ids[:at], new_id, *ids[at + 2 :]]\n    return ids\n    while len(ids) > 1:",
            ),
        ),
    ),
    Mutant(
        "bytes-joined",
        "encode",
        "merges any neighbours that are a token together",
        (
            (
                ENCODE,
                "    tokens = vocabulary(merges)\n    ranks = {token: one for one, token in tokens.items()}\n    ids = text_to_bytes(piece)\n    while True:\n        found = [(ranks[tokens[a] + tokens[b]], at) for at, (a, b) in enumerate(zip(ids, ids[1:])) if tokens[a] + tokens[b] in ranks]\n        if not found:\n            return ids\n        one, at = min(found)\n        ids = [*ids[:at], one, *ids[at + 2 :]]\n    while len(ids) > 1:",
            ),
        ),
    ),
    Mutant(
        "most-frequent-here",
        "encode",
        "merges the pair that is most frequent in the piece",
        (
            (
                CHOICE,
                "        counts = {pair: count for pair, count in count_pairs(ids).items() if pair in merges}\n        pair = max(counts, key=counts.get) if counts else (0, 0)\n",
            ),
        ),
    ),
    Mutant(
        "whole-or-nothing",
        "encode",
        "looks a piece up, and else gives its bytes",
        (
            (
                ENCODE,
                "    tokens = {token: one for one, token in vocabulary(merges).items()}\n    return [tokens[piece.encode()]] if piece.encode() in tokens else text_to_bytes(piece)\n"
                + ENCODE,
            ),
        ),
    ),
    Mutant(
        "cached-by-piece",
        "encode",
        "remembers a piece, but not under which merges",
        (
            (ENCODE, "    if piece in REMEMBERED:\n        return REMEMBERED[piece]\n" + ENCODE),
            (MERGED, MERGED.replace("return ids", "REMEMBERED[piece] = ids\n    return ids")),
            ("Merges = dict[Pair, int]\n", "Merges = dict[Pair, int]\nREMEMBERED: dict = {}\n"),
        ),
    ),
    Mutant("three-letters", "encode", "stops while two tokens are left", ((ENCODE, ENCODE.replace("> 1", "> 2")),)),
    Mutant(
        "characters",
        "encode",
        "begins with characters, not with bytes",
        (
            (
                "    ids = text_to_bytes(piece)\n    while len(ids)",
                "    ids = [ord(char) for char in piece]\n    while len(ids)",
            ),
        ),
    ),
    Mutant("rescans", "fast", "counts every pair again for each merge", plain()),
    Mutant(
        "rescans-text",
        "fast",
        "goes through the whole text for each merge",
        plain(
            words="pieces, places = split(text, pattern), {piece: index for index, piece in enumerate(frequencies)}",
            count="pass\n        for piece in pieces:\n            count_pairs(words[places[piece]], counts)",
        ),
    ),
    Mutant(
        "rescans-holders",
        "fast",
        "looks through all pieces for those that hold a pair",
        (
            (
                "        for index in holders[pair]:\n            word = words[index]\n",
                "        for index, word in enumerate(words):\n            if pair not in list(zip(word, word[1:])):\n                continue\n",
            ),
        ),
    ),
)
