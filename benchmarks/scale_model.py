"""What encoding and counting cost on many processors: a simulation, and the formulas that say which part is slowest.

    python -m benchmarks.scale_model                    # a table
    python -m benchmarks.scale_model --picture docs/images

A job is a list of tasks. The driver hands them out one after the other; a task waits for a processor, reads and
writes through a storage that all share, and computes meanwhile. What has to be done on one node follows. The formulas are
lower bounds: the largest of the times that the driver, the processors, the storage and the largest part need by themselves.
The simulation also has the waiting, and tasks that are slow for no reason.

Costs: a heap of processors; about a second for a million tasks.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Costs:
    """Constants: first what ``benchmarks.on_ray`` and ``benchmarks.scale_costs`` have measured, then assumptions."""

    # CPU seconds a gigabyte of text, all processes: encoding, and counting.
    encode: float = 5.1
    count: float = 6.1
    # Seconds of a worker for each task besides its text, seconds of the driver for each task, seconds until all runs.
    task: float = 0.006
    driver: float = 0.0045
    start: float = 10.0
    # CPU seconds for a million pieces added up.
    add: float = 0.15
    # CPU seconds for a million distinct pieces, to learn a vocabulary from them on one node.
    learn: float = 0.52
    # Seconds of one node to join a gigabyte of ids.
    join: float = 0.42

    # Text: gigabytes that a task reads, and of a batch of it; tokens a byte; distinct pieces (millions) in a batch, and in a
    # corpus of g gigabytes: d * g^h.
    read: float = 0.064
    batch: float = 0.0147
    tokens: float = 0.3
    batch_pieces: float = 0.12
    distinct: float = 3.0
    heaps: float = 0.6
    # Gigabytes a second: of the storage, all nodes together; of one node's network. Processors in a node.
    storage: float = 40.0
    network: float = 3.0
    node: int = 64
    # How many tasks take how many times as long; the spread of the sizes of files (of their logarithms), and their mean.
    slow: float = 0.01
    slower: float = 3.0
    spread: float = 1.0
    file: float = 1.0


COSTS = Costs()


@dataclass(frozen=True)
class Job:
    """Tasks of ``sizes`` gigabytes of text, and what follows on one node.

    Attributes:
        sizes: The text of each task.
        cpu: CPU seconds a gigabyte.
        moved: Bytes through the storage for each byte of text, read and written.
        after: Seconds on one node when all tasks have ended, and what they are spent on.
    """

    sizes: list[float]
    cpu: float
    moved: float
    after: float = 0.0
    then: str = ""


def tasks(size: float, costs: Costs) -> list[float]:
    """Equal tasks of a corpus."""
    count = max(1, round(size / costs.read))
    return [size / count] * count


def parts(size: float, count: int, costs: Costs, seed: int = 1) -> list[float]:
    """Runs of whole files whose sizes are lognormal, cut where about a ``count``-th of the bytes is full, as `part=` cuts."""
    rng = random.Random(seed)
    drawn = [rng.lognormvariate(0, costs.spread) for _ in range(max(1, round(size / costs.file)))]
    made, total, done = [0.0] * count, sum(drawn), 0.0
    for one in drawn:
        made[int(done * count / total)] += one * size / total
        done += one
    return [part for part in made if part]


def encoding(size: float, costs: Costs) -> Job:
    """``encode_dataset``: a file a batch, and a manifest."""
    return Job(tasks(size, costs), costs.encode, 1 + 2 * costs.tokens)


def packing(size: float, cores: int, costs: Costs) -> Job:
    """``encode_files_on_ray``: a part is a run of whole files, four parts a processor; the parts are joined."""
    ids = 2 * costs.tokens * size
    # One node reads and writes all ids.
    join = max(costs.join * ids, 2 * ids / costs.network)
    return Job(parts(size, 4 * cores, costs), costs.encode, 1 + 2 * costs.tokens, join, "join")


def training(size: float, costs: Costs) -> Job:
    """``train_dataset``: counts of batches are added up by 64, shared by the processors; the rest follows on one node."""
    written = size / costs.batch * costs.batch_pieces
    distinct = min(written, costs.distinct * size**costs.heaps)
    together = min(size, 64 * costs.batch)
    summed = size / together * min(written * together / size, costs.distinct * together**costs.heaps)
    # 28 bytes a piece, passed on and read.
    cpu = costs.count + written * costs.add / size
    moved = 1 + 2 * written * 0.028 / size
    after = summed * costs.add + distinct * costs.learn
    return Job(tasks(size, costs), cpu, moved, after, "add up and learn")


def bandwidth(cores: int, costs: Costs) -> float:
    """Gigabytes a second that the nodes can move together."""
    return min(costs.storage, costs.network * math.ceil(cores / costs.node))


def bounds(job: Job, cores: int, costs: Costs = COSTS) -> dict[str, float]:
    """Seconds that each part needs if nothing waits for another; ``then`` comes after the longest of the others."""
    total = sum(job.sizes)
    found = {
        "driver": costs.driver * len(job.sizes),
        "processors": (job.cpu * total + costs.task * len(job.sizes)) / cores,
        "storage": job.moved * total / bandwidth(cores, costs),
        "largest part": costs.task + job.cpu * max(job.sizes),
    }
    return {**found, job.then: job.after} if job.then else found


def formula(job: Job, cores: int, costs: Costs = COSTS) -> float:
    """Seconds of a job, from below."""
    return (
        costs.start
        + max(seconds for name, seconds in bounds(job, cores, costs).items() if name != job.then)
        + job.after
    )


def simulate(job: Job, cores: int, costs: Costs = COSTS, seed: int = 1) -> float:
    """Seconds of a job, task by task."""
    rng = random.Random(seed)
    free = [costs.start] * min(cores, len(job.sizes))
    rate = bandwidth(cores, costs)
    handed = stored = costs.start
    for size in job.sizes:
        handed += costs.driver
        began = max(heapq.heappop(free), handed)
        stored = max(stored, began) + job.moved * size / rate
        took = costs.task + job.cpu * size
        if rng.random() < costs.slow:
            took *= costs.slower
        heapq.heappush(free, max(began + took, stored))
    return max(free) + job.after


def bottleneck(job: Job, cores: int, costs: Costs = COSTS) -> str:
    """What takes longest. Parts that are hardly uneven are not to blame for what all processors have to do."""
    found = bounds(job, cores, costs)
    if found["largest part"] < 1.2 * found["processors"]:
        del found["largest part"]
    return max(found, key=lambda name: found[name])


SIZES = {"10 GB": 10, "100 GB": 100, "1 TB": 1000, "3.3 TB, a trillion tokens": 3300}
CORES = (2, 64, 1000)


def jobs(size: float, cores: int, costs: Costs = COSTS) -> dict[str, Job]:
    """What is done with a corpus."""
    return {
        "encode_dataset": encoding(size, costs),
        "pack --ray": packing(size, cores, costs),
        "train_dataset": training(size, costs),
    }


def shown(seconds: float) -> str:
    """A time to read.

    >>> shown(20), shown(100), shown(8000), shown(300_000)
    ('20 s', '1.7 min', '2.2 h', '3.5 days')
    """
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def table(costs: Costs = COSTS) -> str:
    """The table: of each job and corpus, how long each number of processors takes."""
    lines = ["| | " + " | ".join(f"{cores} processors" for cores in CORES) + " |", "|---" * (len(CORES) + 1) + "|"]
    for name in jobs(1, 1):
        lines.append(f"| **`{name}`** |" + " |" * len(CORES))
        for label, size in SIZES.items():
            cells = []
            for cores in CORES:
                job = jobs(size, cores, costs)[name]
                cells.append(f"{shown(simulate(job, cores, costs))}, {bottleneck(job, cores, costs)}")
            lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


COLORS = {
    "processors": "#0891b2",
    "driver": "#d97706",
    "storage": "#7c3aed",
    "largest part": "#b91c1c",
    "join": "#65a30d",
    "add up and learn": "#65a30d",
}


def picture(folder: Path, costs: Costs = COSTS) -> None:
    """Draws the time of each job over the number of processors, coloured by what takes longest."""
    from matplotlib import pyplot as plt

    from .plots import THEMES, save, shade, style

    counts = [2**power for power in range(1, 13)]
    sizes = {label: SIZES[label] for label in ("10 GB", "100 GB", "1 TB")}
    for theme in THEMES:
        with style(theme):
            figure, panels = plt.subplots(1, 3, figsize=(9, 3.4), sharey=True)
            for panel, name in zip(panels, jobs(1, 1), strict=True):
                for label, size in sizes.items():
                    made = [jobs(size, cores, costs)[name] for cores in counts]
                    times = [formula(job, cores, costs) for job, cores in zip(made, counts, strict=True)]
                    panel.plot(counts, times, color="#94a3b8", linewidth=1, zorder=1)
                    colors = [
                        shade(COLORS[bottleneck(job, cores, costs)], theme)
                        for job, cores in zip(made, counts, strict=True)
                    ]
                    panel.scatter(counts, times, c=colors, s=18, zorder=2)
                    panel.annotate(label, (counts[0], times[0]), (6, 1), textcoords="offset points")
                panel.set(xscale="log", yscale="log", title=name, xlabel="processors", xlim=(1.6, 6000))
                panel.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
                panel.minorticks_off()
            panels[0].set_yticks([10, 60, 600, 3600], ["10 s", "1 min", "10 min", "1 h"])
            for name, color in {**COLORS, "join": "#65a30d"}.items():
                if name != "add up and learn":
                    label = "one node: join, add up and learn" if name == "join" else name
                    panels[1].scatter([], [], c=shade(color, theme), s=18, label=label)
            figure.legend(loc="lower center", ncols=5, frameon=False)
            figure.tight_layout(rect=(0, 0.09, 1, 1))
            save(figure, folder, f"scale-cost{theme}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("--picture", type=Path, help="a folder for the picture; without it, print the table")
    options.add_argument(
        "--storage", type=float, default=COSTS.storage, help="gigabytes a second of all nodes together"
    )
    wanted = options.parse_args()
    costs = replace(COSTS, storage=wanted.storage)
    if wanted.picture:
        picture(wanted.picture, costs)
    else:
        print(table(costs))


if __name__ == "__main__":
    main()
