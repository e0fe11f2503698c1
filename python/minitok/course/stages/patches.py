"""Stage 18: which byte follows which, and a text cut where the next byte is uncertain."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..bench import Bench, parts_at
from ..beyond_bpe import count_next, patches, uncertainty
from ..report import Failure
from ..showing import show_text, show_token
from .stage import Stage
from .texts import letters, texts

Rows = dict[int, dict[int, int]]
A, B, C = b"abc"

COUNTED = ("aab", "", "a", "abab", "é", "aé", "漢\n", "a" * 300)
# The entropy of a row is 0, 1, 1.5 or 2 bits, and of one that is not there 8.
CUT: tuple[tuple[str, Rows, int], ...] = (
    ("ab", {A: {B: 1}}, 0),
    ("ab", {A: {A: 1, B: 1}}, 0),
    ("ab", {A: {A: 1, B: 1}}, 1),
    ("aba", {A: {A: 1, B: 1, C: 2}, B: {A: 5}}, 1),
    ("ab", {A: {A: 1, B: 1, C: 2}}, 2),
    # Surprising, but not uncertain; and uncertain, but not surprising.
    ("ab", {A: {A: 99, B: 1}}, 1),
    ("ab", {A: {A: 1, B: 3, C: 1}}, 1),
    ("ab", {}, 7),
    ("ab", {}, 8),
    ("a", {A: {A: 1}}, 0),
    ("", {A: {A: 1}}, 0),
    ("éa", {0xC3: {0xA9: 4}, 0xA9: {A: 1, B: 1}}, 0),
)


def run(bench: Bench) -> Failure | None:
    bench.need("count_next", "patches")
    alphabet = letters(bench.random, 3)
    byte = st.sampled_from(list(alphabet.encode()))
    rows = st.dictionaries(byte, st.dictionaries(byte, st.integers(1, 4), min_size=1), max_size=3)
    cases = st.tuples(st.text(alphabet=alphabet, max_size=8), rows, st.integers(0, 2))
    failure = bench.search(lambda text: check_count(bench, text), COUNTED, texts(bench.random))
    return failure or bench.search(lambda one: check_patches(bench, *one), CUT, cases)


def check_count(bench: Bench, text: str) -> Failure | None:
    right = count_next(text)

    def why(yours: Any) -> str:
        for byte, row in right.items():
            if yours.get(byte) != row:
                named = show_token(bytes([byte]))
                return f"They part at the byte {byte} ({named}): after it come {row}, not {yours.get(byte)}."
        return (
            "They part at the end: the last byte of the text has nothing after it, and no byte has a row without bytes."
        )

    return bench.compare(
        f"count_next({show_text(text)})",
        lambda: bench.session.call("count_next", text),
        right,
        why,
        shown=lambda value: str(dict(sorted(value.items())) if isinstance(value, dict) else value)[:200],
    )


def check_patches(bench: Bench, text: str, rows: Rows, bits: int) -> Failure | None:
    right = patches(text, rows, bits)

    def why(yours: Any) -> str:
        if b"".join(yours) != text.encode():
            return "They part at the end: put together, the patches are the bytes of the text."
        at = parts_at(yours, right)
        place = len(b"".join(right[:at])) + min(len(yours[at]), len(right[at]))
        before = text.encode()[place - 1]
        row = rows.get(before)
        known = (
            f"its row leaves {uncertainty(row):.2f} bits open" if row else "it has no row, which leaves all 8 bits open"
        )
        begun = show_token(bytes([before]))
        return f"They part at byte {place}. Before it stands {begun}, and {known}. More than {bits} begin a patch."

    return bench.compare(
        f"patches({show_text(text)}, {rows}, {bits})",
        lambda: bench.session.call("patches", text, rows, bits),
        right,
        why,
    )


STAGE = Stage(18, "patches", 0, run, ("minitok",), extra=True)
