"""One training in a new process: ``python -m benchmarks.train_worker JOB``; prints what it found as a line of JSON.

A job with ``idle`` reports how much memory an interpreter takes that has imported NumPy and does nothing. With ``verify`` the
answer is a digest of what was learnt, else times and memory with the same digest.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from .worker import peak_memory, pin


def digest(learnt: list[tuple[bytes, ...]], *, tokens_only: bool) -> str:
    """A short form of what was learnt: of the merges, or of the tokens they make."""
    shown = [(b"".join(parts),) if tokens_only else parts for parts in learnt]
    return hashlib.sha256(repr([tuple(map(bytes, parts)) for parts in shown]).encode()).hexdigest()


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Train one library on one file."""
    import numpy as np

    from .train_peers import TRAINERS, quiet, train_minitok

    pin(job["threads"])
    if job.get("idle"):
        return {"peak": peak_memory(), "numpy": np.__version__}
    trainer = TRAINERS[job["peer"]]
    file = Path(job["file"])
    import_module("minitok" if "options" in job else trainer.module)
    cpu, wall = time.process_time(), time.perf_counter()
    if job.get("options") is None:
        result = quiet(trainer, file, job["vocab_size"], job["threads"])
    else:
        result = train_minitok(file, job["vocab_size"], job["threads"], **job["options"])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = peak_memory()
    learnt = result()
    found = {"merges": len(learnt), "tokens": digest(learnt, tokens_only=True)}
    if all(len(parts) == 2 for parts in learnt):
        found["pairs"] = digest(learnt, tokens_only=False)
    return {**found, "wall": wall, "cpu": cpu, "peak": peak}


if __name__ == "__main__":
    sys.stdout, answers = sys.stderr, sys.stdout
    try:
        answer = work(json.loads(sys.argv[1]))
    except BaseException as error:  # noqa: BLE001 - a panic of a library is a result, too
        answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(answer), file=answers, flush=True)
