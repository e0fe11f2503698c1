"""Costs grow as they should: four times the input takes about four times the processor time and memory, whatever the input.

Each case is a function that makes an input of a size, and returns the work on it. It runs in children of this process, so that
one's memory is not another's. Processor time is the least of some runs; a case that grows too fast is measured again, since the
machine may have been busy. What is quadratic grows sixteenfold, and eightfold if its exponent is 1.5.
"""

import json
import os
import re
import time
import traceback
from contextlib import suppress
from pathlib import Path

import minitok
import minitok._rust
import pytest
from hostile_files import HOSTILE

# How much more four times the input may take.
MOST = 6.5
# What takes less does not count, in seconds and in bytes.
LEAST_TIME = 0.01
LEAST_MEMORY = 8 << 20
# How often a work is measured, and how many seconds are enough.
RUNS, ENOUGH = 3, 0.1
MERGES = minitok.train(
    ["The quick brown fox's 1234567 jumps,  over\n\nthe lazy dog. naïve café 漢字漢字 😀😀 " * 3], 400
).merges


def peak():
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def cost(make, size):
    """Seconds and bytes that the work on an input of a size takes, in a child of this process."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            work = make(size)
            Path("/proc/self/clear_refs").write_text("5")
            before, times = peak(), []
            while len(times) < RUNS and sum(times) < ENOUGH:
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
        answer = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert not isinstance(answer, str), answer
    return answer


def growth(make, size):
    """How much more time and memory four times the size takes, and the measurements."""
    (time_1, memory_1), _, (time_4, memory_4) = costs = [cost(make, times * size) for times in (1, 2, 4)]
    return time_4 / max(time_1, LEAST_TIME), memory_4 / max(memory_1, LEAST_MEMORY), costs


def check(make, size):
    for _ in range(3):
        times, memory, costs = growth(make, size)
        if max(times, memory) < MOST:
            return
    pytest.fail(f"{times:.1f} times as long, {memory:.1f} times as much memory: {costs}")


def test_what_is_quadratic_is_noticed():
    def squares(size):
        return lambda: sum(1 for _ in range(size) for _ in range(size))

    def table(size):
        return lambda: b"a" * (size * size)

    assert growth(squares, 500)[0] > MOST
    assert growth(table, 3000)[1] > MOST
    assert max(growth(lambda size: lambda: sum(range(1000 * size)), 500)[:2]) < MOST


# -- files ----------------------------------------------------------------------------------------------------------------


def lines_of_many_fields(size):
    line = b"{" + b'"a":1,' * (size // 6) + b'"text":"hi"}\n'
    return lambda: minitok._rust.read_json_lines(line, "text", None)


def lines_of_many_texts(size):
    line = b"{" + b'"text":"hi",' * (size // 12) + b'"text":"hi"}\n'
    return lambda: minitok._rust.read_json_lines(line, "text", None)


def lines_that_are_deep(size):
    line = b'{"a":' + b"[" * (size // 2) + b"]" * (size // 2) + b',"text":"hi"}\n'
    return lambda: minitok._rust.read_json_lines(line, "text", None)


def lines_that_are_short(size):
    lines = b'{"text":"hi"}\n' * (size // 14)
    return lambda: minitok._rust.read_json_lines(lines, "text", None)


LINES = {name: make for name, make in globals().items() if name.startswith("lines_")}


@pytest.mark.parametrize("lines", LINES)
def test_lines_of_json(lines):
    check(LINES[lines], 2_000_000)


@pytest.mark.parametrize("name", HOSTILE)
def test_files(name, tmp_path):
    def load(size):
        path = tmp_path / f"{name}-{size}"
        options = HOSTILE[name](path, size)

        def work():
            with suppress(minitok.MinitokError):
                minitok.load(path, **options).encode("ab <|1|> aaaa", allowed_special="all")

        return work

    check(load, 50_000)
