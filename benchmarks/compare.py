"""minitok beside other libraries, at encoding and decoding: ``python -m benchmarks.compare``.

Needs the dependency group ``bench``. Each measurement is a separate process, kept to one processor (batches: to as many as
threads); the libraries take turns. A library that cannot do a row, or does it otherwise, is named with the reason.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import minitok
import numpy as np

from . import harness, texts
from .models import MODELS, write_model
from .peers import ENCODINGS, PEERS, write_vocabularies

SHORT_LENGTHS = (20, 200, 2000)
SHORT_COUNT = 500
KINDS = ("encode", "short", "decode", "batch", "hard", "models")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with larger texts; see benchmarks/texts.py")
    parser.add_argument("--megabytes", type=float, default=4, help="of each text (default 4)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each row (default 3)")
    parser.add_argument("--encodings", nargs="+", default=list(ENCODINGS), choices=ENCODINGS)
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=MODELS, help="of the kind models")
    parser.add_argument(
        "--files", nargs="*", default=[], metavar="NAME=FILE", help="other tokenizers, beside the models"
    )
    parser.add_argument("--texts", nargs="+", default=["english", "code", "scripts"], choices=texts.NAMES)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS), help="the first is compared to")
    parser.add_argument(
        "--kinds", nargs="+", default=KINDS, choices=KINDS, help="of rows; each kind has a results file of its own"
    )
    parser.add_argument("--lock", type=Path, help="a lock file to hold during each measurement")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument(
        "--clock", default="wall", choices=("wall", "cpu"), help="cpu: for one thread on a busy machine"
    )
    parser.add_argument("--results", type=Path, default=harness.RESULTS, help="the folder to write them to")
    return parser.parse_args()


class Inputs:
    """Texts in files, and the ids of each, by minitok."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def write(self, encoding: str, *given: str) -> dict[str, Any]:
        tok = self.open(encoding)
        return self.save(list(given), [tok.encode_to_numpy(text) for text in given])

    def write_batch(self, encoding: str, *given: str) -> dict[str, Any]:
        tok = minitok.get_encoding(encoding)
        return self.save(list(given), [tok.encode_batch_to_numpy(texts.documents(text))[0] for text in given])

    def write_short(self, encoding: str, text: str, length: int) -> dict[str, Any]:
        strings = texts.short_strings(text, length, SHORT_COUNT)
        ids, offsets = minitok.get_encoding(encoding).encode_batch_to_numpy(strings)
        cuts = self.folder / f"cuts{self.count}.npy"
        np.save(cuts, offsets[1:-1])
        return {**self.save([text], [ids]), "cuts": str(cuts), "length": length, "count": SHORT_COUNT}

    def open(self, name: str) -> minitok.Tokenizer:
        return minitok.get_encoding(name) if name in ENCODINGS else minitok.load(self.folder / f"{name}.json")

    def save(self, given: list[str], ids: list[Any]) -> dict[str, Any]:
        paths: dict[str, Any] = {"texts": [], "expected": [], "bytes": len(given[0].encode()), "tokens": len(ids[0])}
        for text, array in zip(given, ids):
            self.count += 1
            paths["texts"].append(str(self.folder / f"{self.count}.txt"))
            paths["expected"].append(str(self.folder / f"{self.count}.npy"))
            Path(paths["texts"][-1]).write_bytes(text.encode())
            np.save(paths["expected"][-1], array)
        return paths


def rows(kind: str, options: argparse.Namespace, inputs: Inputs) -> Iterator[dict[str, Any]]:
    """The work of a kind to compare, without the library that does it."""
    size = int(options.megabytes * 1e6)
    for encoding in models(options, inputs.folder) if kind == "models" else options.encodings:
        common = {"encoding": encoding, "threads": 1, "clock": options.clock}
        if kind == "hard":
            for name, text in texts.pathological().items():
                yield {**common, "text": name, **inputs.write(encoding, text), "op": "encode_list"}
            continue
        for name in options.texts if kind in ("encode", "models") else options.texts[:1]:
            first, second = texts.read(name, size, options.corpus)
            for row in rows_of_text(kind, encoding, first, second, inputs):
                yield {**common, "text": name, **row}


def models(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The names of the models, whose files are then in the folder."""
    for name in options.models:
        try:
            write_model(name, folder)
        except FileNotFoundError as error:
            print(error)
            continue
        yield name
    for given in options.files:
        name, _, path = given.partition("=")
        write_model(name, folder, Path(path))
        yield name


def rows_of_text(kind: str, encoding: str, first: str, second: str, inputs: Inputs) -> Iterator[dict[str, Any]]:
    if kind == "short":
        for length in SHORT_LENGTHS:
            files = inputs.write_short(encoding, first, length)
            yield {**files, "op": "short_numpy"}
            yield {**files, "op": "short_list"}
        return
    if kind == "batch":
        files = inputs.write_batch(encoding, first, second)
        for threads in (1, 2):
            clock = {} if threads == 1 else {"clock": "wall"}
            yield {**files, "op": "batch_numpy", "threads": threads, **clock}
            yield {**files, "op": "batch_list", "threads": threads, **clock}
        return
    files = inputs.write(encoding, first) if kind == "decode" else inputs.write(encoding, first, second)
    kind = "encode" if kind == "models" else kind
    yield {**files, "op": f"{kind}_numpy"}
    yield {**files, "op": f"{kind}_list"}


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vocabularies(folder)
        for kind in options.kinds:
            outcome = harness.Outcome()
            for row in rows(kind, options, Inputs(folder)):
                measure(kind, row, folder, options, outcome)
                path = save(kind, options, outcome)  # after each row, so that an end before the end loses nothing
            print(path, flush=True)


def save(kind: str, options: argparse.Namespace, outcome: harness.Outcome) -> Path:
    content = {
        "machine": harness.machine(options.peers, options.notes),
        "corpus": "given files" if options.corpus else "made",
        "megabytes": options.megabytes,
        "repeats": options.repeats,
        "rows": outcome.rows,
        "refused": outcome.refused,
    }
    return harness.save(kind, content, options.results)


def measure(
    kind: str, row: dict[str, Any], folder: Path, options: argparse.Namespace, outcome: harness.Outcome
) -> None:
    """One row: all libraries that have its encoding, in turns."""
    run = partial(launch, lock=options.lock)
    harness.compare(
        jobs_of(row, options.peers, folder, outcome), run, 1 if kind == "hard" else options.repeats, outcome
    )
    show(outcome, row)


def jobs_of(row: dict[str, Any], peers: list[str], folder: Path, outcome: harness.Outcome) -> list[harness.Job]:
    """The jobs of a row, one for each library that has its encoding; the others are refused."""
    jobs = []
    for peer in peers:
        job = {"peer": peer, **row, "folder": str(folder)}
        if PEERS[peer].apart:
            job["environment"] = {"PYTHONPATH": str(harness.folder_of(peer))}
        if PEERS[peer].loads(row["encoding"]):
            jobs.append(job)
        else:
            outcome.refuse(job, "no such encoding")
    return jobs


def launch(job: harness.Job, lock: Path | None = None) -> harness.Answer:
    return harness.launch("benchmarks.worker", job, lock, timeout=30)


def show(outcome: harness.Outcome, row: dict[str, Any]) -> None:
    """A line for each library in the row just measured."""
    keys = [key for key in ("encoding", "text", "op", "threads", "length") if key in row]
    print(*(row[key] for key in keys))
    for found in outcome.rows:
        if all(found.get(key) == row[key] for key in keys):
            times = "  ".join(f"{key} {found['median'][key] * 1e3:.4g} ms" for key in ("cold", "warm"))
            print(f"  {found['peer']:14}{times}  {found['ratio'].get('warm', 1):.2f} x", flush=True)
    for found in outcome.refused:
        if all(found.get(key) == row[key] for key in keys) and not found["why"].startswith("no such"):
            print(f"  {found['peer']:14}{found['why']}", flush=True)


if __name__ == "__main__":
    main()
