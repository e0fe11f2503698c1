"""WordPiece, Unigram and patches, the alternatives to byte-pair encoding of lessons 16 and 18.

* ``wordpiece`` takes the longest token that fits; ``train_wordpiece`` joins the pair with the highest score.
* ``unigram`` finds the likeliest cut; ``expected`` counts all cuts, each by its probability; ``prune`` drops the tokens
  that are counted least, and ``train_unigram`` repeats that.
* ``count_next`` counts which byte follows which; ``patches`` cuts a text where the next byte is uncertain.

minitok itself has none of them. They solve the exercises of these lessons; other solutions are as good.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from fractions import Fraction
from math import log, log2

TokenPair = tuple[str, str]

# -- lesson 16: WordPiece and Unigram --------------------------------------------------------------------------------


def wordpiece(word: str, vocab: Collection[str]) -> list[str]:
    """Returns the tokens of a word, each time the longest that fits; ``["[UNK]"]`` where none does.

    >>> wordpiece("abcd", {"ab", "##c", "##d"}), wordpiece("abx", {"ab", "##c", "##d"})
    (['ab', '##c', '##d'], ['[UNK]'])
    """
    tokens: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        fits = [end for end in range(start + 1, len(word) + 1) if mark + word[start:end] in vocab]
        if not fits:
            return ["[UNK]"]
        tokens.append(mark + word[start : fits[-1]])
        start = fits[-1]
    return tokens


def letters_of(words: Mapping[str, int]) -> dict[str, list[str]]:
    """Returns the letters of each word as tokens."""
    return {word: [word[0], *("##" + letter for letter in word[1:])] for word in words}


def scores(words: Mapping[str, int], cut: Mapping[str, list[str]]) -> dict[TokenPair, Fraction]:
    """Returns the score of each pair: its count, divided by the counts of both sides."""
    tokens: Counter[str] = Counter()
    pairs: Counter[TokenPair] = Counter()
    for word, times in words.items():
        for token in cut[word]:
            tokens[token] += times
        for pair in zip(cut[word], cut[word][1:]):
            pairs[pair] += times
    return {pair: Fraction(count, tokens[pair[0]] * tokens[pair[1]]) for pair, count in pairs.items()}


def join(cut: Mapping[str, list[str]], pair: TokenPair) -> None:
    """Joins a pair in every word, from left to right."""
    for parts in cut.values():
        for at in range(len(parts)):
            if (*parts[at : at + 2],) == pair:
                parts[at : at + 2] = [pair[0] + pair[1].removeprefix("##")]


def train_wordpiece(words: Mapping[str, int], n_merges: int) -> list[TokenPair]:
    """Returns the pairs that are joined, each time the one with the highest score; ``words`` says how often each occurs.

    >>> train_wordpiece({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 2)
    [('w', '##i'), ('wi', '##d')]
    """
    cut = letters_of(words)
    merges: list[TokenPair] = []
    while len(merges) < n_merges and (found := scores(words, cut)):
        merges.append(max(found, key=lambda pair: (found[pair], pair)))
        join(cut, merges[-1])
    return merges


def unigram(word: str, counts: Mapping[str, float]) -> list[str]:
    """Returns the likeliest cut of a word. A token's probability is its count, divided by the sum of all; letters are tokens.

    >>> unigram("aaa", {"a": 6, "aa": 3, "aaa": 1})
    ['a', 'a', 'a']
    """
    total = sum(counts.values())
    best = [(0.0, 0)]  # up to each letter: the logarithm of the best cut's probability, and where its last token begins
    for end in range(1, len(word) + 1):
        starts = [start for start in range(end) if word[start:end] in counts]
        best.append(max((best[start][0] + log(counts[word[start:end]] / total), start) for start in starts))
    tokens: list[str] = []
    end = len(word)
    while end:
        tokens.append(word[best[end][1] : end])
        end = best[end][1]
    return tokens[::-1]


def expected(words: Mapping[str, int], counts: Mapping[str, float]) -> dict[str, float]:
    """Returns how often each token occurs in all cuts of all words, each cut counted by its probability.

    ``before[start]`` is the probability of all cuts of the letters before a token, ``after[end]`` of those after it.

    >>> {token: round(count, 2) for token, count in expected({"ab": 1}, {"a": 1, "b": 1, "ab": 1}).items()}
    {'a': 0.25, 'b': 0.25, 'ab': 0.75}
    """
    total = sum(counts.values())
    found = dict.fromkeys(counts, 0.0)
    for word, times in words.items():
        size = len(word)
        parts = [
            (start, end, counts[word[start:end]] / total)
            for start in range(size)
            for end in range(start + 1, size + 1)
            if word[start:end] in counts
        ]
        before, after = [1.0] + [0.0] * size, [0.0] * size + [1.0]
        for start, end, share in sorted(parts, key=lambda part: part[1]):
            before[end] += before[start] * share
        for start, end, share in reversed(parts):
            after[start] += share * after[end]
        for start, end, share in parts:
            found[word[start:end]] += times * before[start] * share * after[end] / before[size]
    return found


def prune(words: Mapping[str, int], counts: Mapping[str, float], size: int) -> list[str]:
    """Returns the tokens that stay, ``size`` of them, sorted: all letters, and those that are expected most often.

    >>> prune({"ab": 1}, {"a": 1, "b": 1, "ab": 2, "abc": 9}, 3)
    ['a', 'ab', 'b']
    """
    often = expected(words, counts)
    return sorted(sorted(counts, key=lambda token: (len(token) > 1, -often[token], token))[:size])


def train_unigram(words: Mapping[str, int], size: int, longest: int = 8) -> dict[str, float]:
    """Returns ``size`` tokens with their counts. It begins with every part of a word, and drops half of them at a time."""
    counts: dict[str, float] = defaultdict(float)
    for word, times in words.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + longest) + 1):
                counts[word[start:end]] += times
    while True:
        for _ in range(2):
            counts = {token: max(count, 1e-6) for token, count in expected(words, counts).items()}
        if len(counts) <= size:
            return counts
        counts = {token: counts[token] for token in prune(words, counts, max(size, len(counts) // 2))}


# -- lesson 18: without tokens ---------------------------------------------------------------------------------------


def count_next(text: str) -> dict[int, dict[int, int]]:
    """Counts which byte follows which: for each byte, a row with the bytes after it.

    >>> count_next("aab")
    {97: {97: 1, 98: 1}}
    """
    data = text.encode("utf-8")
    rows: dict[int, dict[int, int]] = {}
    for byte, following in zip(data, data[1:]):
        row = rows.setdefault(byte, {})
        row[following] = row.get(following, 0) + 1
    return rows


def uncertainty(row: Mapping[int, int]) -> float:
    """Returns the entropy of a row, in bits: how uncertain the next byte is.

    >>> uncertainty({97: 1}), uncertainty({97: 1, 98: 1}), uncertainty({97: 2, 98: 1, 99: 1})
    (0.0, 1.0, 1.5)
    """
    total = sum(row.values())
    return sum(count / total * log2(total / count) for count in row.values())


def patches(text: str, rows: Mapping[int, Mapping[int, int]], bits: float) -> list[bytes]:
    """Cuts a text before each byte that was uncertain by more than ``bits``. After a byte without a row, all 8 bits are open.

    >>> patches("aab", {97: {97: 1, 98: 1}}, 1), patches("aab", {97: {97: 1, 98: 1}}, 0)
    ([b'aab'], [b'a', b'a', b'b'])
    """
    data = text.encode("utf-8")
    open_bits = {byte: uncertainty(row) for byte, row in rows.items()}
    starts = [at for at in range(len(data)) if at == 0 or open_bits.get(data[at - 1], 8.0) > bits]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)])]
