"""How a training went."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Phase:
    """A part of a training: ``counting`` or ``merging``, its seconds, and the most memory up to its end.

    ``peak_memory`` is the high-water mark of the whole process in bytes, as recorded by the system. It includes Python
    and everything before the training, so it never falls from phase to phase. None if the system does not record it
    (Windows).
    """

    name: str
    seconds: float
    peak_memory: int | None


@dataclass(frozen=True)
class TrainingReport:
    """How a training went.

    Attributes:
        stop: Why it stopped: ``vocab_size``, or ``min_frequency`` (no remaining pair occurs that often).
        merges: Merges learnt.
        ties: Merges at which another pair had the same count, so that the tie rule decided.
        documents: Documents counted.
        bytes: Their bytes, as UTF-8.
        pieces: The pieces that the pattern made of them.
        unique_pieces: How many of them are distinct; time and memory of ``merging`` depend on this, not on ``pieces``.
        phases: Time and memory. A training from saved counts has no ``counting``.

    >>> from minitok import train
    >>> report = train(["ab cd ab"], 300).report
    >>> report.stop, report.merges, report.ties, report.pieces, report.unique_pieces
    ('min_frequency', 4, 2, 3, 3)
    >>> [phase.name for phase in report.phases]
    ['counting', 'merging']
    """

    stop: str
    merges: int
    ties: int
    documents: int
    bytes: int
    pieces: int
    unique_pieces: int
    phases: tuple[Phase, ...]

    @property
    def seconds(self) -> float:
        """The seconds of all phases."""
        return sum(phase.seconds for phase in self.phases)

    def to_dict(self) -> dict[str, Any]:
        """The report as data; ``from_dict`` reads it."""
        return {**asdict(self), "phases": [asdict(phase) for phase in self.phases]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrainingReport | None:
        """Returns the report that the data holds among other things; None if it is incomplete."""
        try:
            phases = tuple(Phase(one["name"], one["seconds"], one["peak_memory"]) for one in data["phases"])
            counts = {name: data[name] for name in cls.__dataclass_fields__ if name != "phases"}
        except (KeyError, TypeError):
            return None
        return cls(**counts, phases=phases)

    def __str__(self) -> str:
        """Some lines to read.

        >>> print(TrainingReport("vocab_size", 9, 2, 1, 40, 8, 5, (Phase("merging", 0.25, 20_000_000),)))
        9 merges, 2 of them decided by the tie rule; stopped at vocab_size
        1 document, 40 bytes
        8 pieces, 5 of them distinct
        merging: 0.25 s, peak memory 20 MB
        """
        lines = [
            f"{self.merges:,} merges, {self.ties:,} of them decided by the tie rule; stopped at {self.stop}",
            f"{self.documents:,} document{'s'[: self.documents != 1]}, {self.bytes:,} bytes",
            f"{self.pieces:,} pieces, {self.unique_pieces:,} of them distinct",
        ]
        for phase in self.phases:
            memory = "" if phase.peak_memory is None else f", peak memory {phase.peak_memory / 1e6:,.0f} MB"
            lines.append(f"{phase.name}: {phase.seconds:.2f} s{memory}")
        return "\n".join(lines)


@dataclass
class Stopwatch:
    """The phases that have ended."""

    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what is done in here."""
        started = time.perf_counter()
        yield
        self.phases.append(Phase(name, round(time.perf_counter() - started, 3), peak_memory()))


def peak_memory() -> int | None:
    """The most memory that this process has had so far, in bytes."""
    try:
        # On Linux, `getrusage` starts from the value of the parent process.
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
