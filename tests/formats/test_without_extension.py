"""Where the extension is not installed: the reference, and the files that it reads by itself."""

import subprocess
import sys

PROGRAM = """
import sys, warnings
sys.modules["minitok._rust"] = None  # as if it were not installed
import minitok.reference
assert not [name for name in sys.modules if name.startswith("minitok._rust") and sys.modules[name]]
import minitok

folder = sys.argv[1]
tok = minitok.train(["low lower lowest"] * 3, 262)
for format in ("minitok", "tiktoken"):
    tok.save(folder + "/it", format=format)
    pattern = tok.pattern if format == "tiktoken" else None
    read = minitok.load(folder + "/it", pattern=pattern)
    assert read.encode("lowest low") == tok.encode("lowest low"), format
tok.save(folder, format="gpt2")
try:
    minitok.load(folder)
except minitok.errors.BackendError as error:
    print(error)
"""


def test_the_reference_runs_and_reads_what_it_writes_by_itself(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith(f"only the extension reads {str(tmp_path)!r}, and it cannot be loaded: ")
