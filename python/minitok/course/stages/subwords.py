"""Stage 16: WordPiece, trained and encoded, and Unigram: the likeliest cut, and which tokens stay."""

from __future__ import annotations

from math import log
from typing import Any

from hypothesis import strategies as st

from ..bench import Bench, parts_at
from ..beyond_bpe import TokenPair, expected, join, letters_of, prune, scores, unigram, wordpiece
from ..report import Failure
from ..showing import show_text
from .stage import Stage
from .texts import letters

Counts = dict[str, int]
# Of two likelihoods, or expected counts, that differ by less, either is right: programs round differently.
NEAR = 1e-9

MATCHES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ab", ("ab", "a", "##b")),
    ("abc", ("a", "ab", "##c")),
    ("abc", ("a", "##b", "##bc")),
    # A letter that does not fit makes all of the word unknown; one without a mark does not stand inside a word.
    ("abx", ("a", "##b")),
    ("ab", ("a", "b")),
    ("ab", ("a", "##a", "##b", "b")),
    ("abcd", ("a", "ab", "##c", "##bcd")),
    ("éa", ("é", "##a")),
)
TRAININGS: tuple[tuple[Counts, int], ...] = (
    ({"ab": 1}, 1),
    ({"ab": 3, "ac": 1}, 1),
    ({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 4),
    ({"aaa": 2}, 2),
    ({"ab": 1}, 0),
    ({"ab": 1}, 5),
    ({"a": 1}, 1),
)
CUTS: tuple[tuple[str, Counts], ...] = (
    ("ab", {"a": 1, "b": 1, "ab": 1}),
    ("ab", {"a": 5, "b": 5, "ab": 1}),
    ("aaa", {"a": 6, "aa": 3, "aaa": 1}),
    ("abc", {"a": 1, "b": 1, "c": 1, "ab": 1, "bc": 9}),
    ("", {"a": 1}),
)
PRUNINGS: tuple[tuple[Counts, Counts, int], ...] = (
    ({"ab": 1}, {"a": 1, "b": 1, "ab": 1}, 2),
    ({"ab": 1, "bc": 1}, {"a": 9, "b": 9, "c": 9, "ab": 1, "bc": 2}, 4),
    ({"aab": 3, "ab": 1}, {"a": 2, "b": 2, "aa": 3, "ab": 3, "aab": 1}, 4),
    ({"abc": 2}, {"a": 4, "b": 4, "c": 4, "ab": 4, "bc": 5, "abc": 1}, 4),
)


def run(bench: Bench) -> Failure | None:
    bench.need("wordpiece", "train_wordpiece", "unigram", "prune")
    alphabet = letters(bench.random, 3)
    word = st.text(alphabet=alphabet, min_size=1, max_size=6)
    marked = st.tuples(st.sampled_from(["", "##"]), st.text(alphabet=alphabet, min_size=1, max_size=3)).map("".join)
    vocab = st.lists(marked, min_size=1, max_size=10, unique=True).map(tuple)
    words = st.dictionaries(word, st.integers(1, 6), min_size=1, max_size=4)
    single = st.fixed_dictionaries({letter: st.integers(1, 9) for letter in alphabet})
    longer = st.dictionaries(st.text(alphabet=alphabet, min_size=2, max_size=3), st.integers(1, 9), max_size=4)
    counts = st.tuples(single, longer).map(lambda both: {**both[0], **both[1]})
    sized = counts.flatmap(lambda some: st.tuples(st.just(some), st.integers(len(alphabet), len(some))))
    return (
        bench.search(lambda one: check_match(bench, *one), MATCHES, st.tuples(word, vocab))
        or bench.search(lambda one: check_training(bench, *one), TRAININGS, st.tuples(words, st.integers(0, 4)))
        or bench.search(lambda one: check_cut(bench, *one), CUTS, st.tuples(word, counts))
        or bench.search(
            lambda one: check_pruning(bench, *one), PRUNINGS, st.tuples(words, sized).map(lambda one: (one[0], *one[1]))
        )
    )


def check_match(bench: Bench, word: str, vocab: tuple[str, ...]) -> Failure | None:
    right = wordpiece(word, vocab)

    def why(yours: Any) -> str:
        if right == ["[UNK]"]:
            return "They part at the end: somewhere no token fits, and then the whole word is one [UNK]."
        at = parts_at(yours, right)
        start = len("".join(token.removeprefix("##") for token in right[:at]))
        if at == len(right):
            return f"They part at index {at}: the word ends before it."
        marked = ", marked as one inside a word" if start else ""
        return f"They part at index {at}: from letter {start} on, the longest token that fits is {right[at]!r}{marked}."

    return bench.compare(
        f"wordpiece({show_text(word)}, {{{', '.join(map(show_text, vocab))}}})",
        lambda: bench.session.call("wordpiece", word, set(vocab)),
        right,
        why,
    )


def follow(words: Counts, n_merges: int, yours: Any) -> list[TokenPair]:
    """The merges of the highest scores; of those that score alike, the one that the submission takes."""
    cut, merges = letters_of(words), list[TokenPair]()
    while len(merges) < n_merges and (found := scores(words, cut)):
        best = max(found.values())
        ties = [pair for pair in found if found[pair] == best]
        theirs = yours[len(merges)] if isinstance(yours, list) and len(merges) < len(yours) else None
        merges.append(theirs if theirs in ties else max(ties))
        join(cut, merges[-1])
    return merges


def check_training(bench: Bench, words: Counts, n_merges: int) -> Failure | None:
    right = follow(words, n_merges, bench.quietly("train_wordpiece", words, n_merges))

    def why(yours: Any) -> str:
        at = parts_at(yours, right)
        if at == len(right):
            return f"They part at merge {at}: {at} are asked for, or no pair is left."
        cut = letters_of(words)
        for pair in right[:at]:
            join(cut, pair)
        found = scores(words, cut)
        if at == len(yours):
            return f"They part at merge {at}: a pair is left, and yours has ended."
        score = found.get(yours[at])
        theirs = f"{' and '.join(yours[at])} score {score}" if score is not None else f"{yours[at]} is not a pair there"
        return (
            f"They part at merge {at}: {' and '.join(right[at])} score {found[right[at]]}, and {theirs}. "
            "A score is the count of the pair, divided by the count of the left and by that of the right token."
        )

    return bench.compare(
        f"train_wordpiece({words}, {n_merges})",
        lambda: bench.session.call("train_wordpiece", words, n_merges),
        right,
        why,
    )


def names(value: Any) -> bool:
    """Whether this is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def check_cut(bench: Bench, word: str, counts: Counts) -> Failure | None:
    right = unigram(word, counts)
    total = sum(counts.values())

    def logarithm(tokens: list[str]) -> float:
        return sum(log(counts[token] / total) for token in tokens)

    def ask() -> Any:
        yours = bench.session.call("unigram", word, counts)
        return right if spells(yours) and logarithm(yours) > logarithm(right) - NEAR else yours

    def spells(yours: Any) -> bool:
        return names(yours) and all(token in counts for token in yours) and "".join(yours) == word

    def why(yours: Any) -> str:
        if not spells(yours):
            return "They part at the end: put together, the tokens are the word, and each is one of those given."
        shares = [" · ".join(f"{counts[token]}/{total}" for token in tokens) for tokens in (yours, right)]
        at = parts_at(yours, right)
        return f"They part at index {at}: yours has probability {shares[0]}, and the likeliest cut {shares[1]}."

    return bench.compare(f"unigram({show_text(word)}, {counts})", ask, right, why)


def check_pruning(bench: Bench, words: Counts, counts: Counts, size: int) -> Failure | None:
    right, often = prune(words, counts, size), expected(words, counts)

    def ask() -> Any:
        yours = bench.session.call("prune", words, counts, size)
        return right if is_as_good(yours) else yours

    def is_as_good(yours: Any) -> bool:
        if not names(yours) or len(yours) != size or yours != sorted({*yours} & {*counts}):
            return False
        return total(yours) > total(right) - NEAR and all(token in yours for token in right if len(token) == 1)

    def total(tokens: list[str]) -> float:
        return sum(often[token] for token in tokens if len(token) > 1)

    def why(yours: Any) -> str:
        gone = next((token for token in right if token not in yours), None)
        if gone is None:
            return f"They part at the end: {size} tokens are to stay, and they are sorted."
        if len(gone) == 1:
            return f"They part at the letter {gone!r}: letters stay, so that every word can be cut."
        kept = ", ".join(f"{token!r} {often[token]:.3f}" for token in counts if len(token) > 1)
        return f"They part at the token {gone!r}. All cuts counted, each by its probability, hold {kept}."

    return bench.compare(f"prune({words}, {counts}, {size})", ask, right, why)


STAGE = Stage(16, "subwords", 0, run, ("minitok",), extra=True)
