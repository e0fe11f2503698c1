"""How work on several threads scales: ``python -m benchmarks.threads --corpus DIR``.

Each work is done with 1, 2, 4, ... 64 threads, in one process. What it gives is compared with what one thread gives, and
timed if it is equal. A figure is the best of ``--repeats``. Three times are kept: by the clock, of the processor by all
threads, and of the processor by the calling thread. With more threads than processors the clock says nothing. Then the time of
the calling thread, which does its share of the work and all that the others cannot do, says how long n processors would take
at the least.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minitok
import numpy as np

from . import harness, texts

Work = Callable[[int], Any]
TRAINED = 32_000
ROW = 2_500
SHORT_ROW = 200


def works(tok: minitok.Tokenizer, text: str, file: Path) -> dict[str, Work]:
    """Each work by its name: a function of how many threads do it."""
    rows, short = texts.documents(text, ROW), texts.short_strings(text, SHORT_ROW, len(text) // SHORT_ROW)
    lists = tok.encode_batch(rows)
    return {
        "one text to an array": lambda threads: tok.encode_to_numpy(text, threads=threads),
        f"texts of {ROW:,} bytes": lambda threads: tok.encode_batch_to_numpy(rows, threads=threads),
        f"texts of {SHORT_ROW} bytes": lambda threads: tok.encode_batch_to_numpy(short, threads=threads),
        f"texts of {ROW:,} bytes to lists": lambda threads: tok.encode_batch(rows, threads=threads),
        f"counts of texts of {SHORT_ROW} bytes": lambda threads: tok.count_batch(short, threads=threads),
        "decode lists": lambda threads: tok.decode_batch(lists, threads=threads),
        f"train {TRAINED:,} ids from a file": lambda threads: minitok.train_files([file], TRAINED, threads=threads),
    }


def equal(some: Any, other: Any) -> bool:
    """Whether two results are the same: arrays, tuples of arrays, or what ``==`` compares."""
    if isinstance(some, tuple):
        return all(np.array_equal(one, two) for one, two in zip(some, other, strict=True))
    return np.array_equal(some, other) if isinstance(some, np.ndarray) else bool(some == other)


def measure(work: Work, threads: int, repeats: int, expected: Any) -> dict[str, float]:
    """Verifies the work with as many threads, then returns its best times in seconds."""
    if not equal(work(threads), expected):
        raise SystemExit(f"{threads} threads give another result")
    best: dict[str, float] = {}
    for _ in range(repeats):
        before = time.perf_counter(), time.process_time(), time.thread_time()
        made = work(threads)
        after = time.perf_counter(), time.process_time(), time.thread_time()
        del made
        taken = [end - start for start, end in zip(before, after, strict=True)]
        for name, seconds in zip(("wall", "all threads", "caller"), taken, strict=True):
            best[name] = min(seconds, best.get(name, seconds))
    return best


def least(times: dict[str, float], threads: int) -> float:
    """How long as many processors take at the least: the caller's time, or an equal share of all threads'."""
    return max(times["caller"], times["all threads"] / threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder with english.txt")
    parser.add_argument("--megabytes", type=float, default=40)
    parser.add_argument("--encoding", default="o200k_base")
    parser.add_argument("--most", type=int, default=64, help="threads (default 64)")
    parser.add_argument(
        "--works", nargs="*", default=[], metavar="WORD", help="only works whose names have these words"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--clock", default="wall", choices=("wall", "cpu"), help="cpu: on a busy machine, for all threads"
    )
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--notes", default="")
    options = parser.parse_args()
    counts = [1 << power for power in range(options.most.bit_length())]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "corpus.txt"
        texts.write(file, "english", int(options.megabytes * 1e6), options.corpus)
        tok, text = minitok.get_encoding(options.encoding), file.read_text(encoding="utf-8")
        for name, work in works(tok, text, file).items():
            if not all(word in name for word in options.works):
                continue
            expected, alone = work(1), 0.0
            for threads in counts:
                times = measure(work, threads, options.repeats, expected)
                alone = alone or times["wall" if options.clock == "wall" else "all threads"]
                known = threads <= (os.cpu_count() or 1) and options.clock == "wall"
                found = times["wall"] if known else least(times, threads)
                rows.append(
                    {"work": name, "threads": threads, "measured": known, "times": alone / found, "median": times}
                )
                figures = "  ".join(f"{key} {1e3 * seconds:.1f} ms" for key, seconds in times.items())
                how = "" if known else ", at the most"
                print(f"{name}, {threads} threads: {figures}: {alone / found:.2f} times as fast{how}", flush=True)
    made = {
        "machine": harness.machine(["minitok"], options.notes),
        "encoding": options.encoding,
        "bytes": len(text.encode()),
        "rows": rows,
    }
    print(harness.save("threads", made, options.results))


if __name__ == "__main__":
    main()
