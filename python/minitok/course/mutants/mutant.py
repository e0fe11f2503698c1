"""What a mutant is: the solution with one mistake in it, of those that students make."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ... import reference

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Mutant", "solution"]

# The lines of a change that are shown.
LINES = 3


@cache
def solution() -> str:
    """The solution of the course: the source of ``small`` and of the algorithms beyond byte-pair encoding."""
    first, second = Path(reference.__file__).parent / "small.py", Path(__file__).parent.parent / "beyond_bpe.py"
    return first.read_text(encoding="utf-8") + second.read_text(encoding="utf-8").partition("import annotations\n")[2]


@dataclass(frozen=True)
class Mutant:
    """A mistake: its name, the stage that catches it, what it does in a sentence, and the changes that make it.

    Each change is a text that occurs once in the solution, and what stands in its place.
    """

    name: str
    stage: str
    says: str
    edits: tuple[tuple[str, str], ...]

    @property
    def source(self) -> str:
        """The mutant's source. Raises ValueError where a change does not fit the solution any more."""
        text = solution()
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"mutant {self.name}: the text to change occurs {text.count(old)} times: {old!r}")
            text = text.replace(old, new)
        return text

    def changes(self, others: Iterable[str] = ()) -> list[str]:
        """The mutant's lines where it differs from the solution, or from one of ``others``, right programs too, if that is less.

        Lines of the solution are never among them, and of a long change only the first: what students are shown must not be a
        program that they could hand in.
        """
        shown = min((self.differences(right) for right in (solution(), *others)), key=len)
        return [f"{self.name} ({self.stage}): {self.says}", *shown]

    def differences(self, right: str) -> list[str]:
        """The lines that are not those of a right program, with the function that they are in."""
        old, new = right.splitlines(), self.source.splitlines()
        shown: list[str] = []
        for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            inside = next((line for line in reversed(new[: first + 1]) if line.startswith("def ")), "def (none)(")
            place = (
                f"in place of {end - start} lines"
                if end > start + 1
                else "in place of a line"
                if end > start
                else "added"
            )
            shown += [
                "",
                f"in {inside[4:].partition('(')[0]}, {place}:",
                *(f"+ {line}" for line in new[first:last][:LINES]),
            ]
            shown += [f"+ ... and {last - first - LINES} lines more"] if last - first > LINES else []
            shown += ["(nothing)"] if first == last else []
        return shown
