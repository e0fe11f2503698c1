"""Where in the original text each byte comes from that reaches the model.

Text is cut at added tokens, put into a normal form, given spaces, and cut again before it is encoded. Offsets refer to the text
before all that. ``Aligned`` carries both: the bytes as the model meets them, and the characters that each stands for.

By hand, with NFC: ``e·◌́·!`` becomes the bytes ``C3 A9 21``; the first two stand for character 0 (a composed character counts
for its first), the third for character 2.

Costs: O(n) for n bytes, in arrays; a character that a normal form changes costs a few steps in Python.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

__all__ = ["Aligned", "changes"]


@dataclass(frozen=True)
class Aligned:
    """Bytes, and of each the character of the original text at which it begins and ends."""

    data: bytes
    starts: Places
    ends: Places

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters that a range of bytes stands for."""
        return int(self.starts[start]), int(self.ends[end - 1])


def changes(text: str, form: str) -> Iterator[tuple[str, int]]:
    r"""The characters of the text in a normal form, each with what became of the text's: 0 for a character in the place of one,
    1 for one that was inserted, -n for one in the place of one whose n followers are gone.

    >>> list(changes("e\u0301\u00e9!", "NFC")), list(changes("\u00e9", "NFD"))
    ([('é', -1), ('é', 0), ('!', 0)], [('e', 0), ('́', 1)])
    """  # noqa: D205 - one sentence
    full: Any = "NFKD" if "K" in form else "NFD"
    ordered: list[tuple[str, int]] = []
    marks: list[tuple[str, int]] = []
    for char in text:
        for index, part in enumerate(unicodedata.normalize(full, char)):
            if unicodedata.combining(part) == 0:
                ordered += sorted(marks, key=combining)
                marks.clear()
            marks.append((part, int(index > 0)))
    ordered += sorted(marks, key=combining)
    return iter(ordered) if form.endswith("D") else composed(ordered)


def combining(pair: tuple[str, int]) -> int:
    """The class by which combining marks are ordered."""
    return unicodedata.combining(pair[0])


def composed(ordered: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Characters composed with the marks that follow them, where nothing blocks them (UAX 15)."""
    starter: tuple[str, int] | None = None
    held: list[tuple[str, int]] = []
    for char, change in ordered:
        kind = unicodedata.combining(char)
        if starter is None:
            if kind:
                yield char, change
            else:
                starter = char, change
            continue
        last = unicodedata.combining(held[-1][0]) if held else -1
        whole = unicodedata.normalize("NFC", starter[0] + char) if last < kind or not held else ""
        if len(whole) == 1:
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
