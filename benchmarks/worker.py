"""One measurement in a new process: ``python -m benchmarks.worker JOB``; prints what it found as a line of JSON.

A job is verified before it is timed, in another process (the first pass over a text must be the process's first), and what
the timed pass gave is looked at again: ids that differ are an answer ``unequal``, never a time.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .peers import Calls

WARM_SECONDS = 0.4
WARM_PASSES = 9


class UnequalError(Exception):
    """The work differs from minitok's: it is not timed."""


def pin(threads: int) -> None:
    """Keep to as many of the last processors as there are threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def peak_memory() -> int:
    """Returns the most memory, in bytes, that this process has held: the high-water mark of the kernel."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def operation(calls: Calls, op: str, threads: int = 1) -> Callable[[Any], Any] | None:
    """The call that does the work; None where the library has none."""
    batch = {"batch_list": calls.batch, "batch_numpy": calls.batch_to_numpy}.get(op)
    if batch is not None:
        return lambda texts: batch(texts, threads)
    return {
        "encode_list": calls.to_list,
        "encode_numpy": calls.to_numpy,
        "short_list": calls.to_list,
        "short_numpy": calls.to_numpy,
        "decode_list": calls.from_list,
        "decode_numpy": calls.from_numpy,
    }.get(op)


def check(op: str, result: Any, expected: Any) -> None:
    """Raise unless a result is the one that minitok gives."""
    import numpy as np

    from .peers import flat

    if op.startswith("decode"):
        got = result.encode() if isinstance(result, str) else bytes(result)
        if got != expected:
            raise UnequalError(f"other text: {len(got)} bytes instead of {len(expected)}")
        return
    ids = flat(result)
    if np.array_equal(ids, expected):
        return
    length = min(len(ids), len(expected))
    different = np.flatnonzero(ids[:length] != expected[:length])
    place = int(different[0]) if len(different) else length
    raise UnequalError(f"other ids: {len(ids)} instead of {len(expected)}, the first at {place}")


def verify(run: Callable[[Any], Any], op: str, inputs: list[Any], expected: list[Any]) -> None:
    """Raise unless each input gives what minitok gives."""
    for given, wanted in zip(inputs, expected, strict=True):
        check(op, run(given), wanted)


# On a busy machine the time that a process of one thread spent on its processor is what it would take if it had it alone.
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Clock = Callable[[], float]


def anew(given: Any) -> Any:
    """The same text, or texts, in a new object: Python keeps a ``str``'s UTF-8 form with it once that was asked for."""
    if isinstance(given, str):
        return given.encode().decode()
    if isinstance(given, list) and given and isinstance(given[0], str):
        return [anew(text) for text in given]
    return given


def timed(run: Callable[[Any], Any], given: Any, clock: Clock) -> tuple[float, Any]:
    given = anew(given)
    start = clock()
    result = run(given)
    return clock() - start, result


def time_passes(
    run: Callable[[Any], Any], op: str, inputs: list[Any], expected: list[Any], clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Seconds of the first pass, of one over a second text, and of passes over the first again (their median)."""
    gc.disable()
    cold, result = timed(run, inputs[0], clock)
    peak = peak_memory()
    check(op, result, expected[0])
    del result
    found = {"cold": cold, "peak": float(peak)}
    if len(inputs) > 1:
        found["unseen"], result = timed(run, inputs[1], clock)
        check(op, result, expected[1])
        del result
    warm: list[float] = []
    while len(warm) < WARM_PASSES and sum(warm) < WARM_SECONDS:
        warm.append(timed(run, inputs[0], clock)[0])
    return {**found, "warm": statistics.median(warm)}


def time_short(
    run: Callable[[Any], Any], op: str, strings: list[str], expected: list[Any], clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Seconds of a call, over many strings: the first time each is met, and when each has been met (median of rounds)."""
    gc.disable()

    def once() -> float:
        fresh = anew(strings)
        start = clock()
        for string in fresh:
            run(string)
        return (clock() - start) / len(strings)

    cold = once()
    verify(run, op, strings, expected)
    return {"cold": cold, "warm": statistics.median(once() for _ in range(15))}


def read_inputs(job: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The inputs of a job, and what minitok makes of each; both from the files that the parent wrote."""
    import numpy as np

    from .texts import documents, short_strings

    texts = [Path(path).read_bytes() for path in job["texts"]]
    ids = [np.load(path) for path in job["expected"]]
    op = job["op"]
    if op.startswith("decode"):
        return ([array.tolist() for array in ids] if op == "decode_list" else ids), texts
    strings = [text.decode() for text in texts]
    if op.startswith("batch"):
        return [documents(string) for string in strings], ids
    if op.startswith("short"):
        cuts = np.load(job["cuts"])
        return short_strings(strings[0], job["length"], job["count"]), np.split(ids[0], cuts)
    return strings, ids


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Verify or time one job."""
    from .peers import PEERS

    pin(job["threads"])
    inputs, expected = read_inputs(job)
    peer = PEERS[job["peer"]]
    before = peak_memory()
    clock = CLOCKS[job.get("clock", "wall")]
    start = clock()
    calls = peer.open(job["encoding"], Path(job["folder"]))
    found: dict[str, Any] = {"load": clock() - start, "before": before, "loaded": peak_memory()}
    run = operation(calls, job["op"], job["threads"])
    if run is None:
        return {"missing": True}
    try:
        if job["verify"]:
            verify(run, job["op"], inputs, expected)
        elif job["op"].startswith("short"):
            found |= time_short(run, job["op"], inputs, expected, clock)
        else:
            found |= time_passes(run, job["op"], inputs, expected, clock)
    except UnequalError as error:
        return {"unequal": str(error)}
    return found


if __name__ == "__main__":
    try:
        answer = work(json.loads(sys.argv[1]))
    except BaseException as error:  # noqa: BLE001 - a panic of a library is a result, too
        answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(answer))
