"""Every loader, on files made to hurt: memory and time are bounded by the file's size, and end in a tokenizer or an error."""

import json
import os
import subprocess
import sys

import pytest
from helpers import BACKENDS
from hostile_files import HOSTILE

SIZE = 100_000
# A tokenizer needs some memory, whatever is in the file: the interpreter, tables, a cache. Then so many times the file.
MIB = 160
TIMES = 600
# Seconds for a start, and for a megabyte. The reference is written to be read.
START = {"rust": 2.0, "python": 4.0}
A_MEGABYTE = {"rust": 8.0, "python": 60.0}

# A process for each file is a child of one that has imported what it needs.
RUN = """
import json, os, pathlib, re, sys, time
import minitok, regex
for line in sys.stdin:
    path, backend, options = json.loads(line)
    child = os.fork()
    if child:
        if os.waitpid(child, 0)[1]:
            print(json.dumps([0, 0, "it failed"]), flush=True)
        continue
    began = time.process_time()
    try:
        tok = minitok.load(path, backend=backend, **options)
        outcome = "loaded"
        text = "ab <|1|> aaaa" * 10
        assert tok.decode(tok.encode(text, allowed_special="all")) == text
    except ValueError as error:
        assert isinstance(error, minitok.errors.MinitokError), type(error)
        outcome = str(error)[:100]
    took = time.process_time() - began
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) * 1024
    print(json.dumps([took, peak, outcome]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def loads():
    """A function that loads a file in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:

        def load(path, backend, options):
            print(json.dumps([str(path), backend, options]), file=parent.stdin, flush=True)
            took, memory, outcome = json.loads(parent.stdout.readline())
            assert memory, outcome
            return took, memory, outcome

        yield load
        parent.stdin.close()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_costs_no_more_than_its_size_allows(name, backend, tmp_path, loads):
    """How that grows, test_costs.py measures."""
    path = tmp_path / name
    options = HOSTILE[name](path, SIZE)
    size = path.stat().st_size
    load = max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    took, memory, outcome = loads(path, backend, options)
    assert memory < (MIB << 20) + TIMES * size, f"{memory >> 20} MiB: {outcome}"
    assert took < load * (START[backend] + A_MEGABYTE[backend] * size / 1e6), f"{took:.1f} s: {outcome}"
