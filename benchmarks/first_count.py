"""The first count in Node: ``python -m benchmarks.first_count PACKAGE...``.

A package is a folder as ``make js`` leaves it (``dist/js/minitok``). Each measurement is a process of its own that
imports an encoding and counts one sentence; packages and bare Node take turns. Prints milliseconds of processor time, of
all threads, from the start of the process to its end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
from pathlib import Path

COUNT = 'import {{ countTokens }} from "{}"; countTokens("Hello, world! This is a test of the first count.");'


def milliseconds(node: str, code: str) -> float:
    """The processor time of a process."""
    # What a certificate file takes to be read is not part of it.
    environment = {name: value for name, value in os.environ.items() if name != "NODE_EXTRA_CA_CERTS"}
    process = subprocess.Popen([node, "--input-type=module", "-e", code], env=environment)  # noqa: S603
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, node)
    return 1000 * (used.ru_utime + used.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_count", description=__doc__)
    parser.add_argument("packages", nargs="+", type=Path, metavar="PACKAGE")
    parser.add_argument("--encoding", default="o200k_base")
    parser.add_argument("--turns", type=int, default=20)
    options = parser.parse_args()
    node = os.environ.get("NODE") or shutil.which("node") or parser.error("node is missing")
    codes = {"bare": ""}
    for package in options.packages:
        module = package.resolve() / "js" / "only" / f"{options.encoding}.js"
        codes[str(package)] = COUNT.format(module.as_uri())
    times: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(options.turns):
        for name, code in codes.items():
            times[name].append(milliseconds(node, code))
    bare = times["bare"]
    for name, found in times.items():
        above = [statistics.median(found) - statistics.median(bare), min(found) - min(bare)]
        print(f"{name}: median {statistics.median(found):.1f}, least {min(found):.1f}", end="")
        print("" if name == "bare" else f"; above bare Node: {above[0]:.1f}, {above[1]:.1f}")


if __name__ == "__main__":
    main()
