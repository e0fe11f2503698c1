"""minitok beside other libraries, at encoding and decoding: ``python -m benchmarks.compare``.

Needs the dependency group ``bench``. Each measurement is a process of its own, kept to one processor (batches: to as many as
threads); the libraries take turns. A library that cannot do a row, or does it otherwise, is named with the reason.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import minitok
import numpy as np

from . import harness, texts
from .peers import ENCODINGS, PEERS, write_vocabularies

SHORT_LENGTHS = (20, 200, 2000)
SHORT_COUNT = 500


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with larger texts; see benchmarks/texts.py")
    parser.add_argument("--megabytes", type=float, default=4, help="of each text (default 4)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each row (default 3)")
    parser.add_argument("--encodings", nargs="+", default=list(ENCODINGS), choices=ENCODINGS)
    parser.add_argument("--texts", nargs="+", default=["english", "code", "scripts"], choices=texts.NAMES)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS), help="the first is compared to")
    parser.add_argument(
        "--rows", nargs="+", default=["encode", "batch", "short", "decode", "hard"], help="which kinds of rows"
    )
    parser.add_argument("--lock", type=Path, help="a lock file to hold during each measurement")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument("--name", default="encode", help="of the results file")
    return parser.parse_args()


class Inputs:
    """Texts in files, and the ids of each, by minitok."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def write(self, encoding: str, *given: str) -> dict[str, Any]:
        tok = minitok.get_encoding(encoding)
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

    def save(self, given: list[str], ids: list[Any]) -> dict[str, Any]:
        paths: dict[str, Any] = {"texts": [], "expected": [], "bytes": len(given[0].encode()), "tokens": len(ids[0])}
        for text, array in zip(given, ids):
            self.count += 1
            paths["texts"].append(str(self.folder / f"{self.count}.txt"))
            paths["expected"].append(str(self.folder / f"{self.count}.npy"))
            Path(paths["texts"][-1]).write_bytes(text.encode())
            np.save(paths["expected"][-1], array)
        return paths


def rows(options: argparse.Namespace, inputs: Inputs) -> Iterator[dict[str, Any]]:
    """The work to compare, without the library that does it."""
    size = int(options.megabytes * 1e6)
    for encoding in options.encodings:
        for name in options.texts:
            first, second = texts.read(name, size, options.corpus)
            common = {"encoding": encoding, "text": name, "threads": 1}
            if "encode" in options.rows:
                files = inputs.write(encoding, first, second)
                yield {**common, **files, "op": "encode_numpy"}
                yield {**common, **files, "op": "encode_list"}
            if "decode" in options.rows:
                files = inputs.write(encoding, first)
                yield {**common, **files, "op": "decode_numpy"}
                yield {**common, **files, "op": "decode_list"}
            if "batch" in options.rows and encoding != "r50k_base":
                files = inputs.write_batch(encoding, first, second)
                for threads in (1, 2):
                    yield {**common, **files, "op": "batch_numpy", "threads": threads}
                    yield {**common, **files, "op": "batch_list", "threads": threads}
            if "short" in options.rows and name == "english":
                for length in SHORT_LENGTHS:
                    files = inputs.write_short(encoding, first, length)
                    yield {**common, **files, "op": "short_numpy"}
                    yield {**common, **files, "op": "short_list"}
        if "hard" in options.rows and encoding != "r50k_base":
            for name, text in texts.pathological().items():
                files = inputs.write(encoding, text)
                yield {"encoding": encoding, "text": name, "threads": 1, **files, "op": "encode_list", "hard": True}


def main() -> None:
    options = arguments()
    outcome = harness.Outcome()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vocabularies(folder)
        for row in rows(options, Inputs(folder)):
            jobs = []
            for peer in options.peers:
                job = {"peer": peer, **row, "folder": str(folder)}
                if row["encoding"] in PEERS[peer].encodings:
                    jobs.append(job)
                else:
                    outcome.refuse(job, "no such encoding")

            def run(job: harness.Job) -> harness.Answer:
                return harness.launch("benchmarks.worker", job, options.lock, timeout=30)

            repeats = 1 if row.get("hard") else options.repeats
            harness.compare(jobs, run, repeats, outcome)
            show(outcome, row)
    described = {
        "corpus": "given files" if options.corpus else "made",
        "megabytes": options.megabytes,
        "repeats": options.repeats,
    }
    content = {"machine": harness.machine(options.peers, options.notes), **described}
    print(harness.save(options.name, {**content, "rows": outcome.rows, "refused": outcome.refused}))


def show(outcome: harness.Outcome, row: dict[str, Any]) -> None:
    """A line for each library in the row just measured."""
    keys = [key for key in ("encoding", "text", "op", "threads", "length") if key in row]
    print(*(row[key] for key in keys))
    for found in outcome.rows:
        if all(found.get(key) == row[key] for key in keys):
            times = "  ".join(f"{key} {found['median'][key] * 1e3:.4g} ms" for key in ("cold", "warm"))
            print(f"  {found['peer']:14}{times}  {found['ratio'].get('warm', 1):.2f} x", flush=True)


if __name__ == "__main__":
    main()
