"""What installing and importing minitok, a first word and the command take: ``python -m benchmarks.install WHEEL``.

Each library gets an environment of its own. Packages come from pip's cache where it has them, so the seconds of a second run
are those of unpacking. Imports are measured in turns, one process of each library after the other, in processor time, which
other work on the machine changes little. Others read ``o200k_base`` from files that are there: tiktoken from its cache.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

# A first word, in the folder of the files that ``FILES`` writes.
FIRST = {
    "minitok": "import minitok; minitok.get_encoding('o200k_base').encode('hello')",
    "tiktoken": "import tiktoken; tiktoken.get_encoding('o200k_base').encode('hello')",
    "tokenizers": "import tokenizers; tokenizers.Tokenizer.from_file('tokenizer.json').encode('hello')",
    "gigatoken": "import gigatoken; gigatoken.Tokenizer.from_tiktoken('o200k_base.tiktoken').encode('hello')",
}
# The command, with a small file.
COMMAND = "import sys; from minitok.cli import main; sys.argv[1:] = {}; main()"
COMMANDS = {f"minitok {shown}": COMMAND.format(shown.split()) for shown in ("--version", "count small.txt")}
# The rank file also by the name that it has in tiktoken's cache.
FILES = """
import minitok
tok = minitok.get_encoding("o200k_base")
tok.save("tokenizer.json", format="huggingface")
for name in ("o200k_base.tiktoken", "fb374d419588a4632f3f557e76b4b70aebbca790"):
    tok.save(name, format="tiktoken")
with open("small.txt", "w") as file:
    file.write("hello")
"""
ROUNDS = 20


def main() -> None:
    """Prints a row for each library, as Markdown."""
    wheel = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        rows = {name: installed(Path(folder, name), wheel if name == "minitok" else name) for name in FIRST}
        installed(Path(folder, "command"), f"{wheel}[cli]")
        processor_time("minitok", FILES, folder)
        codes = [(name, code) for name, first in FIRST.items() for code in (first.partition(";")[0], first)]
        codes += [("minitok", "pass"), *(("command", code) for code in COMMANDS.values())]
        found: dict[tuple[str, str], list[float]] = {run: [] for run in codes}
        for _ in range(ROUNDS):
            for run, times in found.items():
                times.append(processor_time(*run, folder))
    milliseconds = {run: f"{median(times) * 1e3:.0f}" for run, times in found.items()}
    print(
        "| | packages installed | MB | `pip install`, s | `import`, ms | with a first word, ms |\n|---|--:|--:|--:|--:|--:|"
    )
    for name, (distributions, size, seconds) in rows.items():
        shown = [milliseconds[name, code] for code in (FIRST[name].partition(";")[0], FIRST[name])]
        print(f"| {name} | {distributions} | {size / 1e6:.1f} | {seconds:.1f} | {' | '.join(shown)} |")
    print(
        f"\nPython itself: {milliseconds['minitok', 'pass']} ms; the wheel: {Path(wheel).stat().st_size / 1e6:.2f} MB"
    )
    for shown_as, code in COMMANDS.items():
        print(f"{shown_as}: {milliseconds['command', code]} ms")


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


def processor_time(name: str, code: str, folder: str) -> float:
    """The seconds of processor time of a process in the environment of a name."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {**os.environ, "TIKTOKEN_CACHE_DIR": folder}
    command = [program(Path(folder, name)), "-I", "-c", code]
    subprocess.run(command, check=True, cwd=folder, env=env, stdout=subprocess.DEVNULL)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
