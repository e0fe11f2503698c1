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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"

Job = dict[str, Any]
Answer = dict[str, Any]


def folder_of(name: str) -> Path:
    """Where a library is that stands apart, since it is a second release of another one."""
    return Path(sys.prefix) / name


def version(name: str) -> str | None:
    """The version of a library, or of what stands apart by this name; None if there is neither."""
    apart = importlib.metadata.distributions(path=[str(folder_of(name))])
    try:
        return next((found.version for found in apart), None) or importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


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


def refusal(answer: Answer) -> str | None:
    """Why an answer is no figure."""
    return "no such call" if answer.get("missing") else answer.get("unequal") or answer.get("failed")


class Comparison:
    """One row: each job is the same work by another library, the first of them minitok's.

    One whose work is not equal, that fails or that is missing is refused by name, when it is verified or in its turn. Each
    figure of the rest is kept, with its median and the median of its ratios to minitok's in the same turn.
    """

    def __init__(self, jobs: list[Job], run: Callable[[Job], Answer], outcome: Outcome) -> None:
        self.jobs = jobs
        self.run = run
        self.outcome = outcome
        self.turns: dict[str, list[Answer]] = {job["peer"]: [] for job in jobs}
        self.taken = 0

    def verify(self) -> None:
        for job in self.jobs:
            if why := refusal(self.run({**job, "verify": True})):
                self.refuse(job, why)

    def turn(self) -> None:
        self.taken += 1
        for job in self.jobs:
            if job["peer"] not in self.turns:
                continue
            answer = self.run({**job, "verify": False})
            if why := refusal(answer):
                self.refuse(job, why if why == "no such call" else f"when timed: {why}")
            else:
                self.turns[job["peer"]].append(answer)

    def refuse(self, job: Job, why: str) -> None:
        self.outcome.refuse(job, why)
        del self.turns[job["peer"]]

    def end(self) -> None:
        """Puts what the turns gave into the outcome."""
        ours = self.turns.get("minitok") if self.jobs[0]["peer"] == "minitok" else None
        for job in self.jobs:
            if self.turns.get(job["peer"]):
                self.outcome.rows.append({**described(job), **summary(self.turns[job["peer"]], ours)})


def compare(jobs: list[Job], run: Callable[[Job], Answer], repeats: int, outcome: Outcome) -> None:
    """One row, from the first to the last of its turns."""
    row = Comparison(jobs, run, outcome)
    row.verify()
    for _ in range(repeats):
        row.turn()
    row.end()


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
    return {
        "date": dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d"),
        "processor": processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "commit": commit(),
        "versions": {name: version(name) for name in ["numpy", *distributions]},
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
    """Write results as JSON, figures to four digits, a row a line."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    items = (f"{json.dumps(key)}: {a_row_a_line(value)}" for key, value in rounded(content).items())
    path.write_text("{\n" + ",\n".join(items) + "\n}\n", encoding="utf-8")
    return path


def a_row_a_line(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return value
