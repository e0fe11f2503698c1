"""The crate beside other crates, at one text, 1,000 documents, and streams: ``python -m benchmarks.compare_rust``.

Builds ``benchmarks/rust`` in release mode first, which takes minutes. As in ``compare``, each measurement is a process of its
own, kept to one processor, ids are compared first, and the crates take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import tomllib

from . import harness, texts
from .compare import Inputs, models
from .peers import write_vocabularies

CRATE = Path(__file__).resolve().parent / "rust"
TARGET = harness.ROOT / "target" / "peers"
PEERS = (
    *("minitok", "tiktoken", "bpe-openai", "snaptokens", "splintr", "kitoken", "tiktoken-rs", "tokenizers"),
    "tokenizers-1",
)
ENCODINGS = ("cl100k_base", "o200k_base")
OPS = ("encode", "batch", "stream")
STREAM_TOKENS = 2800


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare_rust", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with larger texts; see benchmarks/texts.py")
    parser.add_argument("--megabytes", type=float, default=4, help="of each text (default 4)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each row (default 3)")
    parser.add_argument("--encodings", nargs="*", default=list(ENCODINGS), choices=ENCODINGS)
    parser.add_argument("--models", nargs="*", default=["llama-3", "qwen-3"])
    parser.add_argument("--texts", nargs="+", default=["english", "code", "scripts"], choices=texts.NAMES)
    parser.add_argument("--ops", nargs="+", default=list(OPS), choices=OPS)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS, help="the first is compared to")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument("--clock", default="wall", choices=("wall", "cpu"), help="cpu: on a busy machine")
    parser.add_argument("--results", type=Path, default=harness.RESULTS, help="the folder to write them to")
    options = parser.parse_args()
    options.files = []  # of `compare`, which makes the models
    return options


def build() -> Path:
    """The program that runs one crate."""
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", str(CRATE / "Cargo.toml")]
    subprocess.run([*command, "--target-dir", str(TARGET)], check=True)  # noqa: S603
    return TARGET / "release" / "minitok-peers"


def versions() -> dict[str, str]:
    """By the names of the peers; of the two releases of `tokenizers` the lock file has the older one first."""
    locked = tomllib.loads((CRATE / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    found: dict[str, str] = {}
    for package in locked:
        name = f"{package['name']}-1" if package["name"] in found else package["name"]
        if name in PEERS:
            found[name] = package["version"]
    return found


def run(program: Path, job: harness.Job) -> harness.Answer:
    """One crate on one row, on as many processors as threads. A failure is an answer, too."""
    what = "verify" if job["verify"] else "time"
    given = [path for pair in zip(job["texts"], job["expected"], strict=True) for path in pair]
    threads = str(job["threads"])
    command = [
        str(program),
        *(job[key] for key in ("peer", "encoding", "file", "op")),
        threads,
        what,
        job["clock"],
        *given,
    ]
    if job["threads"] == 1 and hasattr(os, "sched_getaffinity"):
        command = ["taskset", "--cpu-list", str(max(os.sched_getaffinity(0))), *command]
    environment = {**os.environ, "RAYON_NUM_THREADS": threads}
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, env=environment, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return {"failed": "not done after 120 s"}
    if done.returncode or not done.stdout:
        return {
            "failed": f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['no message'])[-1][:200]}"
        }
    # A stream has one text only.
    answer: harness.Answer = {key: value for key, value in json.loads(done.stdout).items() if value is not None}
    return answer


def rows(options: argparse.Namespace, folder: Path, inputs: Inputs) -> Any:
    """Every encoding with every text, in each way: the files of two texts, and of their ids by minitok."""
    for encoding in [*options.encodings, *models(options, folder)]:
        for name in options.texts:
            given = texts.read(name, int(options.megabytes * 1e6), options.corpus)
            common = {
                "encoding": encoding,
                "text": name,
                "file": str(folder / f"{encoding}.json"),
                "clock": options.clock,
            }
            if "encode" in options.ops:
                yield {**common, "op": "encode", "threads": 1, **inputs.write(encoding, *given)}
            tok = inputs.open(encoding)
            if "batch" in options.ops:
                batches = [texts.short_strings(text, len(text) // 1000, 1000) for text in given]
                ids = [tok.encode_batch_to_numpy(batch)[0] for batch in batches]
                files = inputs.save(["\0".join(batch) for batch in batches], ids)
                yield {**common, "op": "batch", "threads": 1, **files}
                yield {**common, "op": "batch", "threads": 2, **files, "clock": "wall"}
            if "stream" in options.ops:
                start = tok.truncate_text(given[0], STREAM_TOKENS)
                yield {**common, "op": "stream", "threads": 1, **inputs.write(encoding, start)}


def main() -> None:
    options = arguments()
    program = build()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vocabularies(folder)
        outcome = harness.Outcome()
        for row in rows(options, folder, Inputs(folder)):
            jobs = [{"peer": peer, **row} for peer in options.peers]
            harness.compare(jobs, lambda job: run(program, job), options.repeats, outcome)
            print(row["encoding"], row["text"], row["op"], row["threads"], flush=True)
            save(options, outcome)  # after each row, so that an end before the end loses nothing


def save(options: argparse.Namespace, outcome: harness.Outcome) -> None:
    machine = harness.machine([], options.notes)
    content = {
        "machine": {**machine, "versions": versions()},
        "corpus": "given files" if options.corpus else "made",
        "megabytes": options.megabytes,
        "repeats": options.repeats,
        "rows": outcome.rows,
        "refused": outcome.refused,
    }
    harness.save("rust", content, options.results)


if __name__ == "__main__":
    main()
