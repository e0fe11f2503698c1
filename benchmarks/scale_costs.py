"""The constants of ``benchmarks.scale_model``, measured on this machine: CPU seconds, each the best of some runs.

    tools/alone.sh python -m benchmarks.scale_costs

What encoding and counting cost a gigabyte comes from ``benchmarks.on_ray``. Here is what does not grow with the text: a batch
for a worker and for the driver, pieces added up and learnt from, ids joined.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import minitok
from minitok.scale import encode_dataset

from .on_ray import LETTERS, Watch, start

BATCHES, DISTINCT = 8, 200_000


def least(run: Callable[[], object], repeats: int = 3) -> float:
    """The CPU seconds of this process for a call."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times)


def pieces() -> dict[str, float]:
    """CPU seconds for a million pieces: added up (of 8 batches, half of each in the others, too), learnt from."""
    rng = random.Random(1)
    shared = [f" {rng.getrandbits(30):x}".translate(LETTERS) for _ in range(DISTINCT // 2)]
    batches = []
    for _ in range(BATCHES):
        own = [f" {rng.getrandbits(40):x}".translate(LETTERS) for _ in range(DISTINCT // 2)]
        batches.append(minitok.count_pieces(["".join(shared + own)], pattern="gpt2"))
    first, *others = batches
    total = first.merge(*others)
    return {
        "add": least(lambda: first.merge(*others)) / (BATCHES * DISTINCT / 1e6),
        "learn": least(lambda: minitok.train(total, 32_000)) / (len(total) / 1e6),
    }


def joining(folder: Path) -> float:
    """Seconds to join a gigabyte of ids."""
    import numpy as np

    tok = minitok.get_encoding("gpt2")
    text = tok.decode(np.random.default_rng(1).integers(0, 50_000, 4_000_000))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    packed = [tok.encode_files(folder / "text.txt", folder / f"{part}.bin", dtype="uint16") for part in range(4)]
    size = sum(one.tokens for one in packed) * 2 / 1e9
    return least(lambda: minitok.join_packed([one.ids for one in packed], folder / "joined.bin")) / size


def batch(folder: Path, count: int = 600) -> dict[str, float]:
    """CPU seconds for a batch that hardly has text: of the driver, and of all other processes. From 600 of them and from 60."""
    import pyarrow as pa

    ray = start()
    tok = minitok.get_encoding("gpt2")
    measured = []
    for batches in (20, count // 10, count):
        dataset = ray.data.from_arrow([pa.table({"text": [f"text {number}"]}) for number in range(batches)])
        began = time.process_time()
        with Watch() as watch:
            encode_dataset(dataset, tok, folder / str(batches), rows=1)
        measured.append((time.process_time() - began, watch.used))
    (_, _), (driver, used), (more, all_used) = measured
    per_driver = (more - driver) / (count - count // 10)
    return {"driver": per_driver, "task": (all_used - used) / (count - count // 10) - per_driver}


def main() -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = {**pieces(), "join": joining(folder), **batch(folder)}
    for key, value in costs.items():
        print(f"{key}: {value:.4f}")


if __name__ == "__main__":
    main()
