"""Every loader, on files made to hurt: memory and time are bounded by the file's size, and end in a tokenizer or an error."""

import os
import subprocess
import sys
from pathlib import Path

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

RUN = """
import json, pathlib, re, sys, time
sys.path.insert(0, sys.argv[1])
import minitok
options = json.loads(sys.argv[4])
began = time.process_time()
try:
    tok = minitok.load(sys.argv[2], backend=sys.argv[3], **options)
    outcome = "loaded"
    text = "ab <|1|> aaaa" * 10
    assert tok.decode(tok.encode(text, allowed_special="all")) == text
except ValueError as error:
    assert isinstance(error, minitok.errors.MinitokError), type(error)
    outcome = str(error)[:100]
took = time.process_time() - began
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps([took, peak, outcome]))
"""


def measure(tmp_path, name, size, backend):
    """Seconds of processor time and bytes of memory that loading takes, in a process of its own."""
    import json

    path = tmp_path / f"{name}-{size}"
    options = HOSTILE[name](path, size)
    command = [sys.executable, "-c", RUN, str(Path(__file__).parent), str(path), backend, json.dumps(options)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-500:]
    took, memory, outcome = json.loads(ran.stdout)
    return took, memory, outcome, path.stat().st_size


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_costs_no_more_than_its_size_allows(name, backend, tmp_path):
    load = max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    took, memory, outcome, size = measure(tmp_path, name, SIZE, backend)
    assert memory < (MIB << 20) + TIMES * size, f"{memory >> 20} MiB: {outcome}"
    assert took < load * (START[backend] + A_MEGABYTE[backend] * size / 1e6), f"{took:.1f} s: {outcome}"
    if backend == "rust":
        return  # How that grows, test_costs.py measures.
    twice, _, _, _ = measure(tmp_path, name, 2 * SIZE, backend)
    assert twice < 3 * max(took, 0.2 * load), f"{took:.2f} s, and {twice:.2f} s for twice the size: {outcome}"
