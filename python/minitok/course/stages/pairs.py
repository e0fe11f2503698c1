"""Stage 3: count the pairs of a list of ids, and merge one of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st

from ...reference.pairs import count_pairs, merge_pair
from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import show_ids
from .stage import Stage

Pair = tuple[int, int]
Counted = tuple[list[int], dict[Pair, int] | None, int]

COUNTS: tuple[Counted, ...] = (
    ([1, 2, 3, 1, 2], None, 1),
    ([1, 1, 1], None, 1),
    ([], None, 1),
    ([5], None, 1),
    ([1, 2], {(1, 2): 3, (7, 8): 1}, 1),
    ([1, 2, 2], None, 5),
    ([1, 2, 1], {(2, 1): 4}, 3),
    ([0, 1, 0, 1], None, 1),
    ([300, 70_000, 300, 70_000, 44], None, 1),
    ([11, 2, 1, 2, 1, 23], None, 1),
)
# In an order in which a mistake is met where it does not look like another one.
MERGES: tuple[tuple[list[int], Pair], ...] = (
    ([1, 2, 1, 2], (1, 2)),
    ([3, 1, 2], (1, 2)),
    ([1, 2, 3], (1, 2)),
    ([1, 2, 3, 1, 2], (1, 2)),
    ([1, 1, 1], (1, 1)),
    ([1, 1, 1, 1, 1, 2], (1, 1)),
    ([2, 1], (1, 2)),
    ([1], (1, 2)),
    ([], (1, 2)),
    ([0, 1, 0], (0, 1)),
    ([300, 70_000, 300, 70_000, 44], (300, 70_000)),
    # Ids that as text begin or end with another.
    ([11, 2], (1, 2)),
    ([1, 23], (1, 2)),
    ([101, 1, 2, 10, 1], (101, 1)),
)


def run(bench: Bench) -> Failure | None:
    bench.need("count_pairs", "merge_pair")
    # Few ids, so that pairs repeat: small ones, or some that are not bytes.
    some = st.sampled_from(bench.random.choice([(1, 2, 3, 4), (0, 1, 2, 255), (97, 256, 353, 70_000)]))
    ids = st.lists(some, max_size=12)
    pairs = st.tuples(some, some)
    counts = st.one_of(st.none(), st.dictionaries(pairs, st.integers(1, 9), max_size=3))
    times = st.integers(1, 4) if bench.course_names else st.just(1)
    counted: Any = st.tuples(ids, counts, times)
    examples = [example for example in COUNTS if bench.course_names or example[2] == 1]
    failure: Failure | None = bench.search(lambda one: check_count(bench, *one), examples, counted)
    return failure or bench.search(lambda one: check_merge(bench, *one), MERGES, st.tuples(ids, pairs))


def check_count(bench: Bench, ids: list[int], counts: dict[Pair, int] | None, times: int) -> Failure | None:
    expected = dict(counts or {})
    for pair, number in count_pairs(ids).items():
        expected[pair] = expected.get(pair, 0) + number * times
    more = "" if counts is None else f", counts={counts}"
    more += "" if times == 1 else f", times={times}"
    named: dict[str, Any] = {} if counts is None else {"counts": dict(counts)}
    if times != 1:
        named["times"] = times
    return bench.compare(
        f"{bench.label('count_pairs')}({show_ids(ids)}{more})",
        lambda: bench.session.call("count_pairs", ids, **named),
        expected,
        lambda yours: why_count(ids, yours, expected, counts, times),
        shown=lambda value: str(value if not isinstance(value, dict) else dict(sorted(value.items()))),
    )


def why_count(ids: list[int], yours: Any, expected: dict[Pair, int], before: Any, times: int) -> str:
    """The first pair whose count differs."""
    if not isinstance(yours, dict):
        return "The answer is a dictionary: pair -> count."
    for at, pair in enumerate(zip(ids, ids[1:])):
        if yours.get(pair) != expected[pair]:
            sentence = (
                f"They part at the pair {pair}, first at {at}: it counts {expected[pair]}, not {yours.get(pair, 0)}."
            )
            if pair[0] == pair[1] and count_pairs(ids)[pair] > 1 and times == 1 and not before:
                sentence += f" Occurrences that overlap count, too: {pair[0]} {pair[0]} {pair[0]} holds the pair twice."
            elif before:
                sentence += " What was counted before, in `counts`, is added to."
            elif times > 1:
                sentence += " Each occurrence counts `times`."
            else:
                sentence += miscounted(ids, yours)
            return sentence
    lost = [pair for pair in expected if pair not in yours]
    if lost:
        return f"The count of {lost[0]} from before is gone: `counts` is added to and returned."
    extra = [pair for pair in yours if pair not in expected or yours[pair] != expected[pair]]
    if extra and extra[0] not in expected:
        return f"{extra[0]} does not occur: a pair is two neighbours, in their order."
    return ""


def miscounted(ids: list[int], yours: dict[Pair, int]) -> str:
    """The mistake that gives these counts."""
    pairs = list(zip(ids, ids[1:]))
    known = {
        " Yours counts every second pair only; every id but the last begins one.": Counter(pairs[::2]),
        " (a, b) and (b, a) are two pairs; yours makes one of them.": Counter((min(pair), max(pair)) for pair in pairs),
        " Every occurrence counts; yours counts each pair once.": Counter(set(pairs)),
    }
    return next((words for words, counts in known.items() if counts == yours), "")


def check_merge(bench: Bench, ids: list[int], pair: Pair) -> Failure | None:
    expected = merge_pair(ids, pair, 9)
    return bench.compare(
        f"{bench.label('merge_pair')}({show_ids(ids)}, {pair}, 9)",
        lambda: bench.session.call("merge_pair", ids, pair, 9),
        expected,
        lambda yours: why_merge(ids, pair, yours, expected),
    )


def why_merge(ids: list[int], pair: Pair, yours: Any, expected: list[int]) -> str:
    """Where two merged lists part, and the mistake that gives the submission's."""
    if not isinstance(yours, list):
        return "The answer is a new list of ids."
    sentence = f"They part at index {parts_at(yours, expected)} of the result."
    left, right = pair
    at = next((at for at, both in enumerate(zip(ids, ids[1:])) if both == pair), None)
    once = ids if at is None else [*ids[:at], 9, *ids[at + 2 :]]
    turned = merge_pair(ids[::-1], (right, left), 9)[::-1]
    aligned: list[int] = []
    for start in range(0, len(ids), 2):
        two = ids[start : start + 2]
        aligned += [9] if tuple(two) == pair else two
    as_text = " ".join(map(str, ids)).replace(f"{left} {right}", "9").split()
    known = {
        "Yours replaces one occurrence only; every one is replaced.": once,
        "Yours merges from the right; the rule is from the left.": turned,
        "The last id has no partner, and stays; yours loses it.": expected[:-1],
        "Yours looks at every second place only: after an id that is not merged, go on by one.": aligned,
        "Yours looks for the pair in a text of the ids, where 11 2 holds 1 2; compare the numbers.": [
            *map(int, as_text)
        ],
        "Yours merges nothing.": ids,
        "Ids that are not part of the pair stay; yours drops them.": [9] * expected.count(9),
        "After a merge, continue after both ids; yours looks at the second one again.": overlapping(ids, pair),
        "Both ids must match; yours looks at the left one only.": left_only(ids, left),
        "Yours merges any two neighbours that hold the pair in either order.": merge_pair(
            merge_pair(ids, pair, 9), (right, left), 9
        ),
    }
    words = [words for words, result in known.items() if result == yours]
    return " ".join([sentence, *words[:1]])


def overlapping(ids: list[int], pair: Pair) -> list[int]:
    """The merge of a program that goes on by one everywhere."""
    return [9 if (one, *ids[at + 1 : at + 2]) == pair else one for at, one in enumerate(ids)]


def left_only(ids: list[int], left: int) -> list[int]:
    """The merge of a program that compares the left id only."""
    merged: list[int] = []
    at = 0
    while at < len(ids):
        hit = ids[at] == left and at + 1 < len(ids)
        merged.append(9 if hit else ids[at])
        at += 2 if hit else 1
    return merged


STAGE = Stage(3, "pairs", 5, run, ("minitok", "minbpe"))
