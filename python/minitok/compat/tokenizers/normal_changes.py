"""What becomes of each character where a text is put into a normal form, as ``tokenizers`` counts it.

By hand, with NFC: ``e·◌́·!`` becomes ``é`` in the place of ``e``, whose follower is gone, and ``!``.

Costs: O(n), in Python, and O(m log m) for a run of m marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitok.reference.normal_forms import combining_class, composition, decomposition

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["changes"]


def changes(text: str, form: str) -> Iterator[tuple[str, int]]:
    r"""The characters of the text in a normal form, each with what became of the text's: 0 for a character in the place of one,
    1 for one that was inserted, -n for one in the place of one whose n followers are gone.

    >>> list(changes("e\u0301\u00e9!", "NFC")), list(changes("\u00e9", "NFD"))
    ([('é', -1), ('é', 0), ('!', 0)], [('e', 0), ('́', 1)])
    """  # noqa: D205 - one sentence
    ordered: list[tuple[str, int]] = []
    marks: list[tuple[str, int]] = []
    for char in text:
        for index, part in enumerate(decomposition(char, "K" in form)):
            if combining_class(part) == 0:
                ordered += sorted(marks, key=combining)
                marks.clear()
            marks.append((part, int(index > 0)))
    ordered += sorted(marks, key=combining)
    return iter(ordered) if form.endswith("D") else composed(ordered)


def combining(pair: tuple[str, int]) -> int:
    """The class by which combining marks are ordered."""
    return combining_class(pair[0])


def composed(ordered: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Characters composed with the marks that follow them, where nothing blocks them (UAX 15)."""
    starter: tuple[str, int] | None = None
    held: list[tuple[str, int]] = []
    for char, change in ordered:
        kind = combining_class(char)
        if starter is None:
            if kind:
                yield char, change
            else:
                starter = char, change
            continue
        last = combining_class(held[-1][0]) if held else -1
        whole = composition(starter[0], char) if last < kind or not held else None
        if whole is not None:
            starter = whole, starter[1] + change - 1
        elif kind:
            held.append((char, change))
        else:
            yield starter
            yield from held
            held.clear()
            starter = char, change
    if starter is not None:
        yield starter
        yield from held
