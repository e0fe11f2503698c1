"""What a stage is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..bench import Bench
from ..report import Failure

__all__ = ["ALL_NAMES", "Stage"]

ALL_NAMES = ("minitok", "minbpe", "cs336")


@dataclass(frozen=True)
class Stage:
    """One stage: ``number`` is that of its lesson, ``names`` the vocabularies in which it can be asked for.

    ``run`` returns the smallest failure or None, and may put a remark into ``Bench.remarks``. ``extra`` stages are run only
    where they are asked for.
    """

    number: int
    name: str
    points: int
    run: Callable[[Bench], Failure | None]
    names: tuple[str, ...] = ALL_NAMES
    extra: bool = False
