"""How long importing minitok takes, and getting an encoding ready: ``python -m benchmarks.loading [FILE...]``.

Each figure is of a fresh process, the best of several, in milliseconds of processor time; the files are in the system's
cache. Printed is the table of README.md and docs/encodings.md; or, given files, how long they take to load. Rank files do not
say how text is cut: they are loaded with ``--pattern``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import minitok

CODE = """
import json, sys, time
start = time.process_time()
import minitok
imported = time.process_time()
if sys.argv[1] == "file":
    ranks = not sys.argv[2].endswith((".json", ".model", ".gguf"))
    made = minitok.load(sys.argv[2], **({"pattern": sys.argv[3]} if ranks else {}))
else:
    made = minitok.get_encoding(sys.argv[1])
loaded = time.process_time()
made.encode("hello world")
print(json.dumps([imported - start, loaded - imported, time.process_time() - loaded]))
"""


def measure(*what: str, repeats: int) -> list[float]:
    """Import, loading and the first text, in milliseconds."""
    runs = []
    for _ in range(repeats):
        ran = subprocess.run([sys.executable, "-c", CODE, *what], capture_output=True, check=True)  # noqa: S603
        runs.append(json.loads(ran.stdout))
    return [1000 * min(column) for column in zip(*runs, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--pattern", default="cl100k")
    options = parser.parse_args()
    imports = []
    print("| Name | Loaded in | First text after |\n|---|---|---|")
    measured = {name: [name] for name in minitok.list_encoding_names()}
    if options.files:
        measured = {Path(file).name: ["file", file, options.pattern] for file in options.files}
    for name, what in measured.items():
        imported, loaded, first = measure(*what, repeats=options.repeats)
        imports.append(imported)
        print(f"| `{name}` | {loaded:.1f} ms | {first:.1f} ms |", flush=True)
    print(f"\n`import minitok`: {min(imports):.0f} ms")


if __name__ == "__main__":
    main()
