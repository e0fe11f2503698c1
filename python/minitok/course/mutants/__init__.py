"""Mutants: wrong solutions, each with one mistake that students make. They test the grader, and students break them.

Each is caught by the stage it belongs to and by none before. Reading order: ``mutant``, then the four tables.
"""

from __future__ import annotations

from ...reference.published.names import suggest
from . import beyond_bpe, first, learning, whole
from .mutant import Mutant, solution

__all__ = ["MUTANTS", "Mutant", "changes", "find", "solution"]

MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant for table in (first, learning, whole, beyond_bpe) for mutant in table.MUTANTS
}


# Slow, but never wrong.
SLOW = "rescans"


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
