"""minitok beside the fastest other libraries, in some minutes: ``python -m benchmarks.figures --corpus DIR --models DIR``.

The published encodings and models that people run, each on English, code and many scripts, to arrays, on one thread: the
first pass of a process, and passes over the same text again. Each measurement is a process of its own, the libraries take
turns, and the ids of each turn are compared with minitok's before it counts; those of minitok with what another process of it
gave. Turns go over all rows again and again until ``--minutes`` have passed. Writes ``figures.json`` and prints the table of
benchmarks/README.md.

A folder of models holds their files, whose names begin with those of the models: ``falcon.tokenizer.json``,
``kimi-k2.tiktoken``, ``ModernBERT-base.json``.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from functools import partial
from pathlib import Path

from . import harness, tables, texts
from .compare import Inputs, jobs_of, launch
from .models import MODELS, write_model
from .peers import ENCODINGS, PEERS, write_vocabularies

# Those that are the fastest beside minitok in some row.
FASTEST = ("minitok", "gigatoken", "fastokens", "toktok-rs", "tokenizers-1")
WANTED = ("gpt-neox", "modernbert", "falcon", "qwen-3", "llama-4", "kimi-k2", "deepseek-v3")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder with larger texts; see benchmarks/texts.py")
    parser.add_argument("--models", type=Path, help="a folder with files of models; without it, those of packages")
    parser.add_argument(
        "--names", nargs="*", default=WANTED, metavar="NAME", help=f"of models (default {' '.join(WANTED)})"
    )
    parser.add_argument("--encodings", nargs="*", default=ENCODINGS, choices=ENCODINGS)
    parser.add_argument("--texts", nargs="+", default=("english", "code", "scripts"), choices=texts.NAMES)
    parser.add_argument("--peers", nargs="+", default=FASTEST, choices=list(PEERS))
    parser.add_argument("--megabytes", type=float, default=5, help="of each text (default 5)")
    parser.add_argument("--minutes", type=float, default=8, help="after which no turn is begun (default 8)")
    parser.add_argument("--clock", default="cpu", choices=("wall", "cpu"))
    parser.add_argument("--lock", type=Path, help="a lock file to hold during each measurement")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument("--results", type=Path, default=harness.RESULTS, help="the folder to write them to")
    return parser.parse_args()


def write_models(names: list[str], given: Path | None, folder: Path) -> list[str]:
    """Writes the files of models into a folder; returns the names of those that there are files of."""
    paths = sorted(given.iterdir()) if given else []
    found = []
    for name in names:
        # `qwen-3.5.json` is of another model than `qwen-3`.
        own = re.compile(rf"{re.escape(name)}(-.*)?(\.tokenizer)?\.(json|tiktoken|model)", re.IGNORECASE)
        path = next((path for path in paths if own.fullmatch(path.name)), None)
        if path is None and name not in MODELS:
            print(f"{name}: no file")
            continue
        try:
            write_model(name, folder, path)
        except FileNotFoundError as error:
            print(error)
            continue
        found.append(name)
    return found


def main() -> None:
    options = arguments()
    end = time.monotonic() + 60 * options.minutes
    outcome = harness.Outcome()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vocabularies(folder)
        inputs = Inputs(folder)
        rows = []
        for encoding in [*options.encodings, *write_models(options.names, options.models, folder)]:
            for text in options.texts:
                first, _ = texts.read(text, int(options.megabytes * 1e6), options.corpus)
                row = {"encoding": encoding, "text": text, "op": "encode_numpy", "threads": 1, "clock": options.clock}
                row |= inputs.write(encoding, first)
                jobs = jobs_of(row, options.peers, folder, outcome)
                rows.append(harness.Comparison(jobs, partial(launch, lock=options.lock), outcome))
        print(f"{len(rows)} rows; {(end - time.monotonic()) / 60:.1f} minutes are left", flush=True)
        take_turns(rows, end)
    content = {
        "machine": harness.machine(options.peers, options.notes),
        "corpus": "given files" if options.corpus else "made",
        "megabytes": options.megabytes,
        "repeats": max(row.taken for row in rows),
        "rows": outcome.rows,
        "refused": outcome.refused,
    }
    path = harness.save("figures", content, options.results)
    print(tables.figures_table(content), path, sep="\n\n")


def take_turns(rows: list[harness.Comparison], end: float) -> None:
    """Goes over the rows until a time has come, and at least once."""
    while any(not row.taken for row in rows) or time.monotonic() < end:
        for row in rows:
            if row.taken and time.monotonic() >= end:
                break
            row.turn()
    for row in rows:
        row.end()


if __name__ == "__main__":
    main()
