"""Stage 4, second part: learn merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ...explain.chips import plural
from ...training import TIE_BREAKS, train
from ..bench import Bench, raised_why
from ..miscounting import Ties, train_parting
from ..report import Failure
from ..showing import link, show, show_text, show_token, token_table
from .stage import Stage
from .texts import CL100K, GPT2, letters, trainings

if TYPE_CHECKING:
    from ...corpus.learning import TieBreak

Pair = tuple[int, int]
Case = tuple[str, int, str | None]

MANY = [first + second for first in "aeiou" for second in "npqrstvwxz"]
# Each text, how many merges, and a pattern. In the first ones no two pairs are equally frequent where it matters.
EXAMPLES: tuple[Case, ...] = (
    ("ab ab abc", 1, None),
    ("ab ab abc", 2, None),
    ("ababab cd cd", 1, None),
    ("aaaa bcd bcd", 1, None),
    ("ab ab ab cdcd", 1, None),
    ("a1a1a1 bcbc", 1, None),
    ("xy xy xy xy zyzy", 1, None),
    ("ab", 1, None),
    ("aaaaa", 2, None),
    ("ab", 0, None),
    ("hug pug hug hugs", 3, None),
    ("ab " * 30 + "xyxyxyxy" * 12, 1, None),
    ("e\u0301e\u0301 e\u0301 xyx", 1, None),
    # Each merge makes a token twice as long.
    ("a" * 400, 6, None),
    # What is frequent comes late, and often.
    ("ab " * 2000 + "cd " * 2500, 1, None),
)
EXHAUSTED: tuple[Case, ...] = (
    *(("ab", 4, None), ("a", 1, None), ("", 3, None), ("aa aa", 9, None), ("a\n\n", 1, None), ("  ", 1, None)),
    # Ids beyond two bytes' worth of merges.
    ("".join(f" {left}{right}" * 2 for left in "bcdfghjklm" for right in MANY), 420, None),
)


def run(bench: Bench) -> Failure | None:
    bench.need("train")
    bench.ties, bench.own_ties = (bench.ties, False) if bench.ties else (detect(bench), True)
    bench.remarks.append(f"ties by {bench.ties or 'a rule that is none of the three'}")
    examples = list(EXAMPLES)
    if bench.course_names:
        examples += [*EXHAUSTED, ("x1111 x1111", 2, CL100K), ("ab12ab12", 2, "[a-z]+")]
    # Where no rule fits, what has no ties tells whether something else is wrong.
    known = bench.ties is not None
    bench.ties, bench.own_ties = bench.ties or "smallest_ids", bench.own_ties and known
    if known:
        # In the second, the count of a pair falls while it waits for its turn.
        examples += [*((probe, 1, None) for probe in probes(bench)), ("babaaa", 2, None)]
        patterns = st.sampled_from([None, None, CL100K]) if bench.course_names else st.none()
        cases = st.tuples(trainings(bench.random), patterns).map(lambda one: (*one[0], one[1]))
        return bench.search(lambda one: check(bench, *one), examples, cases, tries=70)
    return bench.search(lambda one: check(bench, *one), [*examples, *((probe, 1, None) for probe in probes(bench))])


def probes(bench: Bench) -> list[str]:
    """Words in which every pair occurs once, so that the first merge shows the rule for ties.

    In ``cdabe`` the smallest ids are a+b, first seen is c+d, the greatest bytes are d+a, and last seen is b+e.
    """
    found = []
    for _ in range(3):
        a, b, c, d, e = list(letters(bench.random, 5))
        found.append(c + d + a + b + e)
    return found


def settle(bench: Bench) -> None:
    """Find the rule for ties, for a stage that trains without being about that."""
    if bench.ties is None:
        found = detect(bench)
        bench.ties, bench.own_ties = found or "smallest_ids", found is not None


def detect(bench: Bench) -> TieBreak | None:
    """The rule by which the submission breaks ties; None if it is none of the three.

    Three words in which all pairs occur once, and one in which a token of several bytes takes part.
    """
    a, b, c, d, e = list(letters(bench.random, 5))
    words = [(c + d + a + b + e, 1), (d + c + b + a + e, 1), (f"{b}{c}{b}{c}{d} {a}{e}", 2)]
    fits = set(TIE_BREAKS)
    for word, merges in words:
        call = f"{bench.label('train')}({show_text(word)}, {256 + merges})"
        bench.asking = (call, "")
        yours = bench.quietly("train", word, 256 + merges)
        if not isinstance(yours, dict):
            return "smallest_ids"
        pairs = list(yours)[:merges]
        base = "gpt2" if bench.splits else "none"
        right = {rule: list(train([word], 256 + merges, tie_break=rule, pattern=base).merges) for rule in TIE_BREAKS}
        fits = {rule for rule in fits if right[rule] == pairs}
    return next((rule for rule in TIE_BREAKS if rule in fits), None)


def check(
    bench: Bench, text: str, merges: int, pattern: str | None, special_tokens: tuple[str, ...] = ()
) -> Failure | None:
    """One training. Of minbpe's and CS336's names less is promised: there always is a pair left to merge."""
    base = pattern or ("gpt2" if bench.splits else "none")
    size = 256 + merges + len(special_tokens)
    tok = train([text], size, pattern=base, tie_break=ties_of(bench).rule, special_tokens=special_tokens)
    right: list[Pair] = list(tok.merges)
    if not bench.course_names:
        size = 256 + len(right) + len(special_tokens)
        tokens = list(token_table(right).values())
        if len(set(tokens)) < len(tokens):
            return None  # two ids of the same bytes, which merges of bytes cannot tell apart
    named: dict[str, Any] = {}
    if pattern is not None or bench.names == "minbpe":
        named["pattern"] = pattern or GPT2
    if special_tokens:
        named["special_tokens"] = list(special_tokens)
    expected = {pair: 256 + rank for rank, pair in enumerate(right)}
    more = "" if pattern is None else f", pattern={'CL100K' if pattern == CL100K else repr(pattern)}"
    more += f", special_tokens={list(special_tokens)}" if special_tokens else ""
    return bench.compare(
        f"{bench.label('train')}({show_text(text)}, {size}{more})",
        lambda: ordered(bench.session.call("train", text, size, **named), expected),
        expected,
        lambda yours: why(yours, expected, text, size, ties_of(bench), base, special_tokens),
        shown=show_merges_made,
        link=lambda _: link(text, right, base),
        raised=lambda error: (
            f"After {plural(len(right), 'merge')} no pair is left: training stops then, though there is room for more."
            if len(right) < merges and error.kind in ("IndexError", "ValueError", "KeyError", "StopIteration")
            else raised_why(error)
        ),
    )


def ties_of(bench: Bench) -> Ties:
    """The rule for ties, and whether it is the submission's own."""
    return Ties(bench.ties or "smallest_ids", bench.own_ties)


def ordered(yours: Any, expected: dict[Pair, int]) -> Any:
    """A dictionary in another order is another answer: the order is that of learning."""
    if isinstance(yours, dict) and yours == expected and list(yours) != list(expected):
        return list(yours.items())
    return yours


def show_merges_made(value: Any) -> str:
    """Merges as tokens, the first few."""
    if not isinstance(value, dict):
        return show(value)
    if not value:
        return "no merges"
    parts = []
    tokens = token_table([])
    for (left, right), new_id in list(value.items())[:6] if all(map(is_pair, value)) else []:
        if left not in tokens or right not in tokens:
            return show(value)
        tokens[new_id] = tokens[left] + tokens[right]
        parts.append(f"{show_token(tokens[left])}+{show_token(tokens[right])} {new_id}")
    return ", ".join(parts) + (f", … {len(value)} merges" if len(value) > 6 else "") if parts else show(value)


def is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(side, int) for side in value)


def why(
    yours: Any,
    expected: dict[Pair, int],
    text: str,
    size: int,
    ties: Ties,
    pattern: str,
    special_tokens: tuple[str, ...],
) -> str:
    """Where two trainings part."""
    if isinstance(yours, list):
        return "The merges are right, their order is not: a dictionary keeps the order in which they were learnt."
    if not isinstance(yours, dict) or not all(map(is_pair, yours)):
        return "The answer is a dictionary: pair of ids -> new id, in the order of learning."
    if list(yours) == list(expected):
        return f"The pairs are right; merge k makes id 256 + k, but yours makes {list(yours.values())[:4]}."
    return train_parting(text, size, list(yours), ties, pattern, special_tokens)


STAGE = Stage(4, "train", 3, run)
