"""Compare how many instructions two builds of minitok take: python tools/instructions.py BEFORE NOW

BEFORE and NOW are checkouts in which the extension has been built (`maturin develop --release` in each). Each piece of work, on
Shakespeare's plays, runs under callgrind, Valgrind's counter, with two numbers of repetitions; the difference is that of one.
Instructions are the same whatever else the machine does, so a build that takes 2 % more is seen where clocks would not show it.
Valgrind's processor has no AVX-512, so it is the AVX2 paths that run.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What is counted: the work, and how many times it is done in the two runs.
WORKS = {
    "encode a long text": ("long", 1, 3),
    "encode its lines, one by one": ("lines", 1, 3),
    "decode its ids": ("decode", 1, 3),
    "train 1,500 ids on half of it": ("train", 1, 2),
    "load a file of 8,000 ids": ("load", 1, 2),
    "load a .tiktoken file": ("ranks", 1, 2),
}
# Strings are copied by single instructions that count as one for each byte, unless they are not used.
TUNABLES = "glibc.cpu.x86_rep_movsb_threshold=100000000:glibc.cpu.x86_rep_stosb_threshold=100000000"


def do(work: str, times: int, folder: Path) -> None:
    """Do a piece of work that many times, after what is only done at first."""
    import minitok
    from minitok.data import tiny_shakespeare

    text = tiny_shakespeare()[:600_000]
    if work in ("long", "lines", "decode"):
        tokenizer = minitok.get_encoding("cl100k_base")
        if work == "long":
            repeat(5 + times, lambda: tokenizer.encode_to_numpy(text))
        elif work == "decode":
            ids = tokenizer.encode_to_numpy(text)
            repeat(4 + times, lambda: tokenizer.decode(ids))
        else:
            lines = [line for line in text.split("\n") if line][:2000]
            repeat(4 + times, lambda: [tokenizer.encode(line) for line in lines])
    elif work == "train":
        half = text[: len(text) // 2]
        repeat(times, lambda: minitok.train([half], vocab_size=1500, pattern="gpt2", threads=1))
    elif work == "load":
        repeat(times, lambda: minitok.load(folder / "small.json"))
    else:
        repeat(
            times,
            lambda: minitok.load(folder / "large.tiktoken", pattern="cl100k", special_tokens={}),
        )


def repeat(times: int, work: Callable[[], object]) -> None:
    for _ in range(times):
        work()


def instructions(tree: Path, work: str, times: int, folder: Path) -> int:
    """How many instructions a process takes that does a piece of work that many times."""
    counted = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    here = [sys.executable, __file__, "--do", work, str(times), "--folder", str(folder)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree / "python"),
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "GLIBC_TUNABLES": TUNABLES,
    }
    ran = subprocess.run([*counted, *here], env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - Valgrind
    found = re.search(r"Collected : (\d+)", ran.stderr)
    if found is None:
        raise SystemExit(f"callgrind counted nothing:\n{ran.stderr}")
    return int(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="*", type=Path, metavar="BEFORE NOW")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--do", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.do:
        do(options.do[0], int(options.do[1]), options.folder)
        return
    if len(options.trees) != 2:
        parser.error("two checkouts are compared")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare = (
            "import sys, minitok, minitok.data\n"
            "text = minitok.data.tiny_shakespeare()\n"
            "minitok.train([text], vocab_size=8000, pattern='gpt2').save(sys.argv[1] + '/small.json')\n"
            "minitok.get_encoding('cl100k_base').save(sys.argv[1] + '/large.tiktoken', format='tiktoken')\n"
        )
        before = {**os.environ, "PYTHONPATH": str(options.trees[0] / "python")}
        subprocess.run([sys.executable, "-c", prepare, name], env=before, check=True)  # noqa: S603 - this interpreter
        print(f"{'':32}{'before':>16}{'now':>16}")
        for title, (work, few, many) in WORKS.items():
            one = [
                (instructions(tree, work, many, folder) - instructions(tree, work, few, folder)) // (many - few)
                for tree in options.trees
            ]
            print(f"{title:32}{one[0]:16,}{one[1]:16,}{100 * (one[1] / one[0] - 1):+8.1f} %", flush=True)


if __name__ == "__main__":
    main()
