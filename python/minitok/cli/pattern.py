"""``minitok inspect --pattern``: how a split pattern is run, and which named patterns cut every text as it does."""

from __future__ import annotations

from typing import Any

from minitok import patterns
from minitok.explain.terminal import visible
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.families import FAMILIES
from minitok.reference.published.names import pattern_named
from minitok.reference.published.patterns import expressions

from .console import print_facts, print_json, say


def inspect_pattern(pattern: str, *, json: bool) -> None:
    pattern = pattern_named(pattern)
    described = patterns.describe(pattern)
    compared = {name: patterns.equivalent(pattern, name) for name in (*NAMED, *FAMILIES) if name != pattern}
    same = [name for name, comparison in compared.items() if comparison.equal]
    if json:
        print_json(
            {
                "pattern": pattern,
                "tier": described.tier,
                "reason": described.reason,
                "states": described.n_states,
                "classes": list(described.classes),
                "same_as": same,
                "different_from": {name: found.text for name, found in compared.items() if found.equal is False},
            }
        )
        return
    lines: dict[str, Any] = {"pattern": pattern}
    if (steps := expressions(pattern)) != [pattern]:
        lines |= {f"step {number}" if len(steps) > 1 else "spelled": step for number, step in enumerate(steps, 1)}
    lines |= {"tier": described.tier, "scanned": described.summary}
    if described.classes:
        lines |= {"classes": classes(described.classes)}
    for facts in (lines, {name: verdict(name, comparison) for name, comparison in compared.items()}):
        print_facts(facts)
        say("")


def classes(examples: tuple[str, ...]) -> str:
    """A character of each class of characters."""
    return f"a character of each: {' '.join(on_a_line(char.encode()) for char in examples)}"


def verdict(name: str, comparison: patterns.Comparison) -> str:
    """Whether a pattern cuts as a named one does."""
    if comparison.equal is None:
        return f"not compared: {comparison.reason}"
    if comparison.equal:
        return "cuts every text the same: proved"
    one, other = (" | ".join(map(on_a_line, pieces)) for pieces in (comparison.one, comparison.other))
    return f"differs on {on_a_line((comparison.text or '').encode())} -> {one}, where {name} makes {other}"


def on_a_line(text: bytes) -> str:
    """The text with its invisible characters drawn, and no line break."""
    return visible(text).replace("\n", "")
