"""The laboratory of ties and overlaps: what the tie rule changes, and how often "aa" occurs in "aaaa".

A tie decided differently changes all later ids (SPEC T3). ``compare_ties`` trains with each rule, and reports the first merge
at which they differ. ``overlaps`` counts a pair in runs of one letter: places overlap, replacements cannot (SPEC T2, T4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..training import TIE_BREAKS, train
from .chips import mark_up, table
from .page import Section

SHOWN = 24


@dataclass(frozen=True)
class TieComparison:
    """The tokens that each rule learns, in order; ``parting`` is the first merge at which not all agree, or None.

    ``ties`` are the pairs that were equally frequent there, as bytes.
    """

    learnt: dict[str, tuple[bytes, ...]]
    parting: int | None
    ties: tuple[tuple[bytes, bytes], ...]

    def only(self, rule: str) -> list[bytes]:
        """The tokens that this rule learns and another does not, in its order."""
        shared = set.intersection(*(set(tokens) for tokens in self.learnt.values()))
        return [token for token in self.learnt[rule] if token not in shared]

    def section(self) -> Section:
        """As a part of a web page."""
        rows = [
            (
                f"<code>{rule}</code>",
                mark_up(tokens[self.parting]) if self.parting is not None and self.parting < len(tokens) else "",
                str(len(self.only(rule))),
                ", ".join(map(mark_up, self.only(rule)[:SHOWN])),
            )
            for rule, tokens in self.learnt.items()
        ]
        lead = "All three rules learn the same tokens in the same order."
        if self.parting is not None:
            lead = (
                f"The first {self.parting} merges are the same. Then {len(self.ties)} pairs are equally frequent, "
                "and each rule goes its own way."
            )
        head = ("rule", "takes first", "own tokens", "learnt by this rule, and not by all")
        return Section("Ties", table(head, rows, "three rules for ties", numeric=(2,)), lead)


@dataclass(frozen=True)
class Overlap:
    """A run of one letter: how often its pair is counted, and how often it is replaced."""

    length: int
    counted: int
    replaced: int


def compare_ties(texts: Iterable[str | bytes], vocab_size: int, **options: Any) -> TieComparison:
    """Train with each rule for ties; ``options`` are those of ``train``.

    >>> lab = compare_ties(["cb", "ab", "cd"], 257)
    >>> lab.learnt
    {'smallest_ids': (b'ab',), 'first_seen': (b'cb',), 'greatest_bytes': (b'cd',)}
    >>> lab.parting, lab.ties
    (0, ((b'a', b'b'), (b'c', b'b'), (b'c', b'd')))
    """
    held = list(texts)
    learnt: dict[str, tuple[bytes, ...]] = {}
    for rule in TIE_BREAKS:
        tok = train(held, vocab_size, tie_break=rule, **options)
        learnt[rule] = tuple(tok.token_bytes(256 + rank) for rank in range(len(tok.merges)))
    ways = list(zip(*learnt.values()))
    parting = next((step for step, tokens in enumerate(ways) if len(set(tokens)) > 1), None)
    ties: tuple[tuple[bytes, bytes], ...] = ()
    if parting is not None:
        # A shorter training is the beginning of a longer one (SPEC T9), so its last event is that of the parting.
        events: list[dict[str, Any]] = []
        special = len(options.get("special_tokens", ()))
        tok = train(held, 257 + parting + special, **{**options, "trace": events.append})
        ties = tuple((tok.token_bytes(left), tok.token_bytes(right)) for left, right in events[-1]["ties"])
    return TieComparison(learnt, parting, ties)


def overlaps(letter: str = "a", longest: int = 8) -> list[Overlap]:
    """Runs of 2 to ``longest`` letters, counted and replaced by a training of one merge.

    >>> [(run.length, run.counted, run.replaced) for run in overlaps(longest=5)]
    [(2, 1, 1), (3, 2, 1), (4, 3, 2), (5, 4, 2)]
    """
    found: list[Overlap] = []
    for length in range(2, longest + 1):
        events: list[dict[str, Any]] = []
        tok = train([letter * length], 257, pattern="none", trace=events.append)
        found.append(Overlap(length, events[0]["count"], tok.encode(letter * length).count(256)))
    return found
