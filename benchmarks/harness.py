"""What both comparisons share: processes, one lock, alternation, refusals, and results with all that they depend on."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"

Job = dict[str, Any]
Answer = dict[str, Any]


@contextlib.contextmanager
def locked(path: Path | None) -> Iterator[None]:
    """Hold a lock file, so that two measurements on one machine do not disturb each other."""
    if path is None:
        yield
        return
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def launch(module: str, job: Job, lock: Path | None = None, timeout: float = 60) -> Answer:
    """Runs a job in a new process. A failure there is an answer, too."""
    threads = str(job["threads"])
    environment = {
        **os.environ,
        "RAYON_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false" if threads == "1" else "true",
        **job.get("environment", {}),
    }
    with locked(lock):
        try:
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-m", module, json.dumps(job)],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"not done after {timeout:.0f} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {
            "failed": f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['no message'])[-1][:200]}"
        }
    answer: Answer = json.loads(lines[-1])
    return answer


@dataclass
class Outcome:
    """Rows of figures, and who was refused in which row and why."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, job: Job, why: str) -> None:
        self.refused.append({**described(job), "why": why})


def described(job: Job) -> dict[str, Any]:
    """What of a job belongs into the results."""
    hidden = {"texts", "expected", "cuts", "folder", "verify", "environment", "file", "options"}
    return {key: value for key, value in job.items() if key not in hidden}


def compare(jobs: list[Job], run: Callable[[Job], Answer], repeats: int, outcome: Outcome) -> None:
    """One row: each job is the same work by another library, the first of them minitok's.

    Each is verified first; one whose work is not equal, that fails or that is missing is refused by name. The rest are timed in
    turns, ``repeats`` times. Each figure is kept, with its median and the median of its ratios to minitok's in the same turn.
    """
    equal: list[Job] = []
    for job in jobs:
        answer = run({**job, "verify": True})
        why = "no such call" if answer.get("missing") else answer.get("unequal") or answer.get("failed")
        if why:
            outcome.refuse(job, why)
        else:
            equal.append(job)
    turns: dict[str, list[Answer]] = {job["peer"]: [] for job in equal}
    for _ in range(repeats):
        for job in equal:
            answer = run({**job, "verify": False})
            why = answer.get("unequal") or answer.get("failed")
            if why:
                outcome.refuse(job, f"when timed: {why}")
                turns.pop(job["peer"], None)
            elif job["peer"] in turns:
                turns[job["peer"]].append(answer)
        equal = [job for job in equal if job["peer"] in turns]
    ours = turns.get(jobs[0]["peer"]) if jobs[0]["peer"] == "minitok" else None
    for job in equal:
        outcome.rows.append({**described(job), **summary(turns[job["peer"]], ours)})


def summary(answers: list[Answer], ours: list[Answer] | None) -> dict[str, Any]:
    """Of each figure: its median, all of it, and the median ratio to minitok's figure in the same turn."""
    medians, every, ratios = {}, {}, {}
    for key in answers[0]:
        values = [answer[key] for answer in answers]
        medians[key] = statistics.median(values)
        every[key] = values
        if ours:
            pairs = [(value, our[key]) for value, our in zip(values, ours, strict=False) if our.get(key)]
            if pairs:
                ratios[key] = statistics.median(value / our for value, our in pairs)
    return {"median": medians, "all": every, "ratio": ratios}


def machine(distributions: Iterable[str], notes: str) -> dict[str, Any]:
    """What figures depend on: the day, the processor, the versions, the commit."""
    versions: dict[str, str | None] = {}
    for name in ["numpy", *distributions]:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "date": dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d"),
        "processor": processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "commit": commit(),
        "versions": versions,
        "notes": notes,
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        return names.get("model name") or platform.processor()
    except OSError:
        return platform.processor()


def commit() -> str:
    """The commit that was measured, and whether files were changed since."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*", "--abbrev=12"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    return found.stdout.strip() or "unknown"


def save(name: str, content: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write results as JSON, figures to four digits."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(rounded(content), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return value
