"""How long importing minitok takes, and getting an encoding ready: ``python -m benchmarks.loading``.

Each figure is of a fresh process, the best of several, in milliseconds of processor time; the files are in the system's
cache. Printed is the table of README.md and docs/encodings.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

import minitok

CODE = """
import json, sys, time
start = time.process_time()
import minitok
imported = time.process_time()
if sys.argv[1] == "clip":
    from minitok.encodings import ClipTokenizer
    made = ClipTokenizer()
else:
    made = minitok.get_encoding(sys.argv[1])
loaded = time.process_time()
made.encode("hello world")
print(json.dumps([imported - start, loaded - imported, time.process_time() - loaded]))
"""


def measure(name: str, repeats: int) -> list[float]:
    """Import, loading and the first text, in milliseconds."""
    runs = []
    for _ in range(repeats):
        ran = subprocess.run([sys.executable, "-c", CODE, name], capture_output=True, check=True)  # noqa: S603
        runs.append(json.loads(ran.stdout))
    return [1000 * min(column) for column in zip(*runs, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    imports = []
    print("| Name | Loaded in | First text after |\n|---|---|---|")
    for name in [*minitok.list_encodings(), "clip"]:
        imported, loaded, first = measure(name, options.repeats)
        imports.append(imported)
        print(f"| `{name}` | {loaded:.1f} ms | {first:.1f} ms |", flush=True)
    print(f"\n`import minitok`: {min(imports):.0f} ms")


if __name__ == "__main__":
    main()
