"""Mutants: wrong solutions, each with one mistake that students make. They test the grader, and students break them.

Each is caught by the stage it belongs to and by none before. ``mutants.diff`` has them, in the order of the stages: a name,
the stage, what it does otherwise, and its changes of the solution, with lines that stay where a change needs them to be found;
``@`` stands between changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from .. import reference
from ..reference.published.names import suggest

__all__ = ["MUTANTS", "Mutant", "changes", "find", "solution"]

# The lines of a change that are shown.
LINES = 3
# Slow, but never wrong.
SLOW = "rescans"
HEAD = re.compile(r"^== (\S+) \((\S+)\): (.+)\n", re.MULTILINE)


@cache
def solution() -> str:
    """The solution of the course: the source of ``small`` and of the algorithms beyond byte-pair encoding."""
    first, second = Path(reference.__file__).parent / "small.py", Path(__file__).with_name("beyond_bpe.py")
    return first.read_text(encoding="utf-8") + second.read_text(encoding="utf-8").partition("import annotations\n")[2]


@dataclass(frozen=True)
class Mutant:
    """A mistake: its name, the stage that catches it, what it does in a sentence, and the changes that make it.

    Each change is lines that occur once in the solution, and those that stand in their place.
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
            if (count := text.count(f"\n{old}")) != 1:
                raise ValueError(f"mutant {self.name}: the lines to change occur {count} times: {old!r}")
            text = text.replace(f"\n{old}", f"\n{new}")
        return text

    def changes(self, others: Iterable[str] = ()) -> list[str]:
        """The lines where it differs from the solution, or from one of ``others``, right programs too, if that is less.

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


def lines_of(change: str, mark: str) -> str:
    """The lines of a change that stay or have a mark, without what they begin with."""
    return "".join(f"{line[1:]}\n" for line in change.splitlines() if line[:1] in (" ", mark, ""))


def read(diff: str) -> dict[str, Mutant]:
    """The mutants of a file, by name."""
    _, *fields = HEAD.split(diff)
    found = {}
    for name, stage, says, body in zip(*(fields[at::4] for at in range(4))):
        changes = re.split(r"^@\n", body, flags=re.MULTILINE)
        edits = tuple((lines_of(change, "-"), lines_of(change, "+")) for change in changes)
        found[name] = Mutant(name, stage, says, edits)
    return found


MUTANTS = read(Path(__file__).with_suffix(".diff").read_text(encoding="utf-8"))


def find(name: str) -> Mutant:
    """The mutant of a name. Raises ValueError; the message says which may be meant."""
    if name not in MUTANTS:
        others = f"; `minitok course mutants` lists all {len(MUTANTS)}"
        raise ValueError(f"there is no mutant {name!r}{suggest(name, MUTANTS, others)}")
    return MUTANTS[name]


def changes(name: str) -> list[str]:
    """What a mutant does otherwise than the solution, in lines for students. Raises ValueError as ``find``."""
    # Some are made from the program that counts anew for each merge, which is right, too.
    return find(name).changes([] if name == SLOW else [MUTANTS[SLOW].source])
