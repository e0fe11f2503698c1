"""Measures how processor time and memory grow with an input.

Each case is a function that makes an input of a size, and returns the work on it. It runs in children of this process, so that
one's memory is not another's. A case that grows too fast is measured again, by the least of some runs, since the machine may have
been busy. What is quadratic grows sixteenfold, and eightfold if its exponent is 1.5; caches that are outgrown count, too.
"""

import ctypes
import gc
import json
import os
import re
import resource
import time
import traceback
from pathlib import Path

import pytest

# How much more four times the input may take.
MOST = 7.5
# What takes less does not count, in seconds and in bytes.
LEAST_TIME = 0.02
LEAST_MEMORY = 16 << 20
# How often a work is measured, and how many seconds are enough.
RUNS, ENOUGH = 3, 0.1
# After how many seconds a work is stopped.
ALLOWED = 30


def peak():
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def cost(make, size, runs=RUNS):
    """Seconds and bytes that the work on an input of a size takes, in a child of this process: the least of some runs."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            work = make(size)
            resource.setrlimit(resource.RLIMIT_CPU, (ALLOWED, ALLOWED))
            # Memory that was freed is given back, so that all that the work needs counts.
            ctypes.CDLL(None).malloc_trim(0)
            # The garbage collector looks at everything that is there as often as it likes.
            gc.disable()
            Path("/proc/self/clear_refs").write_text("5")
            before, times = peak(), []
            while len(times) < runs and sum(times) < ENOUGH:
                re.purge()  # an expression that is kept would make only the second run cheap, which large inputs may not have
                began = time.process_time()
                work()
                times.append(time.process_time() - began)
            answer = json.dumps([min(times), peak() - before])
        except BaseException:  # noqa: BLE001
            answer = json.dumps(traceback.format_exc())
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = json.loads(pipe.read() or f'"more than {ALLOWED} seconds, or a crash"')
    os.waitpid(child, 0)
    assert not isinstance(answer, str), answer
    return answer


def growth(make, size, runs=RUNS):
    """How much more time and memory four times the size takes, and the measurements."""
    (time_1, memory_1), (time_4, memory_4) = costs = [cost(make, times * size, runs) for times in (1, 4)]
    return time_4 / max(time_1, LEAST_TIME), memory_4 / max(memory_1, LEAST_MEMORY), costs


def check(make, size):
    """The time and memory of the larger input, of which neither has grown too fast."""
    for runs in (1, RUNS, RUNS):
        times, memory, costs = growth(make, size, runs)
        if max(times, memory) < MOST:
            return costs[1]
    pytest.fail(f"{times:.1f} times as long, {memory:.1f} times as much memory: {costs}")


def on_each(make, work):
    """What these take, of what makes an input of a size and the work on it."""

    def prepare(size):
        made = make(size)
        return lambda: work(made)

    return prepare
