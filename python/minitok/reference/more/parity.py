"""Words with counts, language by language -> merges that are fair to all of them: parity-aware BPE.

Plain training takes the pair that is most frequent in all texts together, so the language with the most text gets the most
tokens. Here each step first asks whose turn it is, by default that of the language whose texts have the most tokens by now,
and takes the most frequent pair of that language. The merge is made in all languages.

By hand: ``aabb`` ten times in one language and ``ccdd`` ten times in another. Both have 40 tokens, so the first has the turn:
of (a, a), (a, b) and (b, b), each with 10, the greatest is (b, b) -> 256. Now it has 30 tokens, and the other has the turn:
(d, d) -> 257. Then (a, 256), (c, 257), (a, 258) and (c, 259). No pair is left, and training stops.

What a language needs is read from its development texts, which should say the same in each language; without them, from its
training texts: from how much shorter they have become, over a ratio, or from how long they are.

The *window* keeps a language from having turn after turn: a share of the last turns is the most that it can have. Turn t is
among the last n until turn t + n is over, so the turn from which a language may go on is known, and a turn that nobody may
have costs nothing.

Invariants: after every step, the counts of each language are what ``count_pairs`` over its words would give, and ``length``
is how many tokens they have. A pair arises in all languages in one step, so in each of them its count can only fall, as in
``train.py``.

Costs: those of ``train.py`` for the texts of all languages together, and O(L log L) for each merge, with L languages. While
merges are global, the words of all languages are kept twice. When not to use it: one language.

Implements SPEC T14 and T15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace

from ..pairs import Pair
from ..published.byte_chars import to_chars
from ..published.vocabs import Vocab
from ..train import TrainOptions, Words


@dataclass(frozen=True)
class ParityOptions:
    """What the merges depend on besides the words and the options of ``train``.

    ``names`` are what the ids of the vocabulary are compared by, instead of GPT-2's characters; ``prefix`` is what the name of
    a right token loses in a merge.
    """

    global_merges: int = 0
    ratio: tuple[float, ...] | None = None
    window: int | None = None
    alpha: float = 2.0
    names: tuple[str, ...] | None = None
    prefix: str = ""


@dataclass(frozen=True)
class TrainedParity:
    """The merges in order, the language whose turn each was and its count there, how many were ties, and why training stopped.

    A global merge is the turn of no language: the number of languages stands for it.
    """

    merges: list[Pair]
    turns: list[int]
    counts: list[int]
    ties: int
    stop: str


class Corpus:
    """The words of a language, and its pairs by descending count: a heap of entries that may be too early, never too late."""

    def __init__(self, pieces: dict[bytes, int], vocab: Vocab, names: dict[int, str], options: TrainOptions) -> None:
        self.words = Words(pieces, vocab)
        self.names = names
        self.options = options
        self.heap: list[tuple[tuple[object, ...], Pair]] = []
        self.add(self.words.counts)

    def add(self, pairs: Iterable[Pair]) -> None:
        """Adds pairs that have just been created."""
        tokens = self.words.tokens
        for left, right in pairs:
            if self.options.allows(tokens[left] + tokens[right]):
                heappush(self.heap, (self.key((left, right)), (left, right)))

    def key(self, pair: Pair) -> tuple[object, ...]:
        """Returns the key of the pair: the smallest is merged first."""
        left, right = (descending_name(self.names[side]) for side in pair)
        return -self.words.counts.get(pair, 0), left, right

    def peek(self) -> Pair | None:
        """Returns the pair to merge next and brings it to the top; None if no pair is frequent enough (T14)."""
        while self.heap:
            key, pair = self.heap[0]
            if self.words.counts.get(pair, 0) < self.options.min_frequency:
                heappop(self.heap)
            elif key == (current := self.key(pair)):
                return pair
            else:
                heapreplace(self.heap, (current, pair))
        return None

    def pop(self) -> Pair | None:
        """Removes and returns the pair to merge next; None if no pair is frequent enough."""
        pair = self.peek()
        if pair is not None:
            heappop(self.heap)
        return pair

    def merge(self, pair: Pair, new_id: int) -> None:
        """Replaces the pair everywhere."""
        _, created = self.words.merge(pair, new_id)
        self.add(created)


def descending_name(name: str) -> tuple[int, ...]:
    """Returns a key that sorts names in descending order; the end sorts last, since a prefix is less."""
    return (*(-ord(char) for char in name), 1)


class Turns:
    """Whose turn it is (T15).

    >>> turns = Turns(2, ParityOptions(window=4, alpha=1.0))
    >>> [turns.take([0, 1]) for _ in range(6)]
    [0, 0, 0, 1, 1, 0]
    """

    def __init__(self, languages: int, options: ParityOptions) -> None:
        self.languages = languages
        self.window = options.window
        self.allowed = 0 if options.window is None else most_turns(options.window, options.alpha / languages)
        self.taken: list[list[int]] = [[] for _ in range(languages)]
        self.now = 0

    def take(self, order: Sequence[int]) -> int:
        """Returns the language that has the next turn. ``order`` has those that remain, the neediest first."""
        if self.window is None:
            return order[0]
        ready = [self.ready(language) for language in order]
        if min(ready) > self.now and len(order) == self.languages:
            language = order[-1]
        else:
            self.now = max(self.now, min(ready))
            language = next(language for language, turn in zip(order, ready) if turn <= self.now)
        self.taken[language].append(self.now)
        self.now += 1
        return language

    def ready(self, language: int) -> int:
        """Returns the first turn at which the language is not over its share."""
        taken = self.taken[language]
        if self.window is None or len(taken) <= self.allowed:
            return 0
        return taken[-1 - self.allowed] + self.window + 1


def most_turns(window: int, share: float) -> int:
    """Returns how many of the last ``window`` turns a language may have had to be given one more.

    >>> most_turns(100, 2 / 13), most_turns(3, 1 / 3), most_turns(10, 5.0)
    (15, 1, 10)
    """
    turns = int(min(share, 1.0) * window)
    while turns < window and float(turns + 1) / float(window) <= share:
        turns += 1
    while float(turns) / float(window) > share:
        turns -= 1
    return turns


def neediest_first(
    languages: Sequence[int], lengths: Sequence[int], initial: Sequence[int], ratio: Sequence[float] | None
) -> list[int]:
    """Returns languages in the order in which they need a merge (T14); of two that need it alike, the first comes first.

    >>> neediest_first([0, 1, 2], [7, 9, 9], [10, 20, 20], None)
    [1, 2, 0]
    >>> neediest_first([0, 1, 2], [7, 9, 9], [10, 20, 20], [1.0, 1.0, 2.0])
    [2, 0, 1]
    """
    if ratio is None:
        return sorted(languages, key=lambda language: -lengths[language])
    return sorted(languages, key=lambda each: float(initial[each]) / float(lengths[each]) / ratio[each])


def train_parity(
    vocab: Vocab,
    first_id: int,
    languages: Sequence[dict[bytes, int]],
    development: Sequence[dict[bytes, int]],
    options: TrainOptions,
    parity: ParityOptions,
    on_merge: Callable[[int], None] | None = None,
) -> TrainedParity:
    """Learns merges on top of a vocabulary, as ``extend`` does; ``development`` is empty, or has as many as ``languages``.

    >>> languages = [{b"aabb": 10}, {b"ccdd": 10}]
    >>> vocab = Vocab.from_merges(bytes(range(256)), [])
    >>> trained = train_parity(vocab, 256, languages, [], TrainOptions(n_merges=4), ParityOptions())
    >>> trained.merges, trained.turns
    ([(98, 98), (100, 100), (97, 256), (99, 257)], [0, 1, 0, 1])
    """
    everyone = len(languages)
    tokens = vocab.tokens.items()
    names = dict(enumerate(parity.names)) if parity.names else {number: to_chars(token) for number, token in tokens}
    corpora = [Corpus(pieces, vocab, names, options) for pieces in languages]
    measured = [Words(pieces, vocab) for pieces in development] or [corpus.words for corpus in corpora]
    ratio = None if development else parity.ratio
    initial = [words.n_tokens for words in measured]
    remaining = [language for language in range(everyone) if ratio is None or initial[language]]
    if parity.global_merges:
        corpora.append(Corpus(summed(languages), vocab, names, options))
    turns = Turns(everyone, parity)
    merges: list[Pair] = []
    taken: list[int] = []
    counts: list[int] = []
    ties = 0
    while len(merges) < options.n_merges:
        if len(merges) == parity.global_merges:
            del corpora[everyone:]
        if not remaining:
            return TrainedParity(merges, taken, counts, ties, "min_frequency")
        turn = everyone
        if len(corpora) == everyone:
            turn = turns.take(neediest_first(remaining, [words.n_tokens for words in measured], initial, ratio))
        pair = corpora[turn].pop()
        if pair is None:
            remaining = [language for language in remaining if turn not in (language, everyone)]
            continue
        new_id = first_id + len(merges)
        taken.append(turn)
        counts.append(corpora[turn].words.counts[pair])
        second = corpora[turn].peek()
        ties += second is not None and corpora[turn].words.counts[second] == counts[-1]
        names[new_id] = names[pair[0]] + names[pair[1]].removeprefix(parity.prefix)
        for corpus in corpora:
            corpus.merge(pair, new_id)
        for words in measured if development else []:
            words.merge(pair, new_id)
        merges.append(pair)
        if on_merge:
            on_merge(len(merges))
    return TrainedParity(merges, taken, counts, ties, "vocab_size")


def summed(languages: Sequence[dict[bytes, int]]) -> dict[bytes, int]:
    """Returns the counts of all languages together.

    >>> summed([{b"ab": 1}, {b"ab": 2, b"c": 1}])
    {b'ab': 3, b'c': 1}
    """
    counts: dict[bytes, int] = {}
    for pieces in languages:
        for piece, count in pieces.items():
            counts[piece] = counts.get(piece, 0) + count
    return counts
