"""What it takes to install and to import minitok, beside others: ``python -m benchmarks.install WHEEL``.

Each library gets an environment of its own. Packages come from pip's cache where it has them, so the seconds of a second run
are those of unpacking. Imports are measured in turns, one process of each library after the other, in processor time, which
other work on the machine changes little.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

IMPORTS = {"minitok": "minitok", "tiktoken": "tiktoken", "tokenizers": "tokenizers", "gigatoken": "gigatoken"}
ROUNDS = 20


def main() -> None:
    """Prints a row for each library, as Markdown."""
    wheel = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        rows = {name: installed(Path(folder, name), wheel if name == "minitok" else name) for name in IMPORTS}
        found: dict[str, list[float]] = {name: [] for name in ("Python", *IMPORTS)}
        for _ in range(ROUNDS):
            for name, times in found.items():
                code = f"import {IMPORTS[name]}" if name in IMPORTS else "pass"
                times.append(processor_time(program(Path(folder, name if name in IMPORTS else "minitok")), code))
    print("| | distributions | MB | `pip install`, s | `import`, ms |\n|---|--:|--:|--:|--:|")
    for name, (distributions, size, seconds) in rows.items():
        print(f"| {name} | {distributions} | {size / 1e6:.1f} | {seconds:.1f} | {median(found[name]) * 1e3:.0f} |")
    print(f"\nPython itself: {median(found['Python']) * 1e3:.0f} ms")


def installed(folder: Path, package: str) -> tuple[int, int, float]:
    """Installs a package into a new environment; how many distributions and bytes that are, and the seconds it took."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)  # noqa: S603
    site = next(folder.glob("[Ll]ib/**/site-packages"))
    before = {path.name for path in site.iterdir()}
    started = time.perf_counter()
    pip = [program(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
    subprocess.run(pip, check=True)  # noqa: S603
    seconds = time.perf_counter() - started
    new = [path for path in site.iterdir() if path.name not in before]
    files = [file for path in new for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return sum(path.suffix == ".dist-info" for path in new), sum(file.stat().st_size for file in files), seconds


def program(folder: Path) -> str:
    """The Python of an environment."""
    return str(next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists()))


def processor_time(python: str, code: str) -> float:
    """The seconds of processor time of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-I", "-c", code], check=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
