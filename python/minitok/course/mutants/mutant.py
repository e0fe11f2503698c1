"""What a mutant is: the solution with one mistake in it, of those that students make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Mutant", "solution"]


@cache
def solution() -> str:
    """The source of the solution of the course."""
    return (Path(__file__).parent.parent / "solution" / "my_bpe.py").read_text(encoding="utf-8")


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
