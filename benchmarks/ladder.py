"""What each idea of the algorithm is worth: ``python -m benchmarks.ladder``.

The same merges, and the same ids, computed in rungs from the textbook to the fast paths in Rust, on growing text. Every rung
must give what the others give, or the run ends. A rung that takes longer than ``--limit`` seconds climbs no further.

``--letters`` takes "a" times n, one single piece, instead of text: there a quadratic algorithm shows as a slope of two.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minitok
from minitok.reference.published.patterns import Pattern

from . import harness, texts
from .rungs import ENCODE, RUNS, TRAIN, Merges, Tally, is_equal

Work = Callable[[], tuple[Any, int | None]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ladder", description=__doc__)
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[4**power for power in range(5, 12)], help="bytes of text"
    )
    parser.add_argument("--merges", type=int, default=256)
    parser.add_argument("--limit", type=float, default=5, help="seconds after which a rung climbs no further")
    parser.add_argument("--letters", action="store_true", help='"a" times n instead of text')
    parser.add_argument("--corpus", type=Path, help="a folder with larger texts; see benchmarks/texts.py")
    parser.add_argument("--lock", type=Path, help="a lock file to hold during each measurement")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument("--results", type=Path, default=harness.RESULTS, help="the folder to write them to")
    return parser.parse_args()


def train_rung(name: str, text: str, pattern: str, n_merges: int) -> Work:
    """A training by one rung: the merges, and the operations where they are counted."""
    if name in TRAIN:

        def counted() -> tuple[Merges, int]:
            tally = Tally()
            pieces = Pattern(pattern).split(text.encode())
            return TRAIN[name](pieces, n_merges, tally), tally.operations

        return counted
    backend, threads = RUNS[name]

    def run() -> tuple[Merges, None]:
        return minitok.train([text], 256 + n_merges, pattern=pattern, backend=backend, threads=threads).merges, None

    return run


def encode_rung(name: str, text: str, merges: Merges, pattern: str) -> Work:
    """An encoding by one rung: the ids, and the operations where they are counted."""
    if name in ENCODE:
        tok = minitok.Tokenizer(merges, pattern=pattern, backend="python")

        def counted() -> tuple[list[int], int]:
            tally = Tally()
            return ENCODE[name](tok, Pattern(pattern).split(text.encode()), tally), tally.operations

        return counted
    backend, threads = RUNS[name]
    made = minitok.Tokenizer(merges, pattern=pattern, backend=backend)
    return lambda: (made.encode(text, threads=threads), None)


def timed(work: Work, lock: Path | None) -> tuple[float, Any, int | None]:
    """Seconds, the fewest of up to five passes of a second in all, as each does the same; the result; its operations."""
    best, spent, passes = math.inf, 0.0, 0
    while passes < 5 and spent < 1:
        with harness.locked(lock):
            start = time.perf_counter()
            result, operations = work()
            seconds = time.perf_counter() - start
        best, spent, passes = min(best, seconds), spent + seconds, passes + 1
    return best, result, operations


def climb(kind: str, names: tuple[str, ...], options: argparse.Namespace) -> list[dict[str, Any]]:
    """All rungs of a ladder on all sizes that they can do within the limit."""
    pattern = "none" if options.letters else "gpt2"
    text = (
        "a" * max(options.sizes)
        if options.letters
        else texts.read("english", 2 * max(options.sizes), options.corpus)[0]
    )
    text = text.encode()[: max(options.sizes)].decode(errors="ignore")
    learnt = minitok.train([text[:1_000_000]], 256 + options.merges, pattern=pattern).merges
    climbing = list(names)
    found: list[dict[str, Any]] = []
    for size in options.sizes:
        part = text.encode()[:size].decode(errors="ignore")
        if found and found[-1]["bytes"] == len(part.encode()):
            break  # there is no more text
        results = []
        for name in list(climbing):
            if kind == "train":
                work = train_rung(name, part, pattern, options.merges)
            else:
                work = encode_rung(name, part, learnt, pattern)
            seconds, result, operations = timed(work, options.lock)
            results.append(result)
            found.append(
                {"kind": kind, "rung": name, "bytes": len(part.encode()), "seconds": seconds, "operations": operations}
            )
            print(f"{kind:7}{name:22}{len(part):>10}{seconds * 1e3:>12.3f} ms{operations or '':>14}", flush=True)
            if seconds > options.limit:
                climbing.remove(name)
        if not is_equal(results):
            raise AssertionError(f"{kind}: the rungs differ on {size} bytes")
    return found


def slope(rows: list[dict[str, Any]], rung: str, key: str = "seconds") -> float | None:
    """By which power of n a rung's figure grew between its last two sizes; None without two."""
    points = [(row["bytes"], row[key]) for row in rows if row["rung"] == rung and row[key]]
    if len(points) < 2 or points[-1][0] == points[-2][0]:
        return None
    (n, low), (m, high) = points[-2:]
    return math.log(high / low) / math.log(m / n)


def main() -> None:
    options = arguments()
    rows = climb("train", (*TRAIN, *RUNS), options) + climb("encode", (*ENCODE, *RUNS), options)
    slopes = {}
    for kind, rungs in (("train", (*TRAIN, *RUNS)), ("encode", (*ENCODE, *RUNS))):
        mine = [row for row in rows if row["kind"] == kind]
        slopes[kind] = {rung: slope(mine, rung) for rung in rungs}
        for rung, power in slopes[kind].items():
            print(f"{kind:7}{rung:22}{'' if power is None else f'grows as n^{power:.2f}'}")
    content = {
        "machine": harness.machine(["minitok"], options.notes),
        "input": "letters" if options.letters else "text",
        "merges": options.merges,
        "cores": os.cpu_count(),
        "slopes": slopes,
        "rows": rows,
    }
    print(harness.save("ladder_letters" if options.letters else "ladder", content, options.results))


if __name__ == "__main__":
    main()
