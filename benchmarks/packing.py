"""How fast a corpus of JSON lines is packed, by minitok and by others; each in a process of its own, in turns.

    python -m benchmarks.packing --megabytes 200 --memory-megabytes 200 --slow-megabytes 20

The corpus is a text of ``benchmarks.texts`` cut into documents of some kilobytes, repeated up to the size. minitok packs all
of it. What holds all ids in memory packs a smaller corpus of the same kind (``--memory-megabytes``), and what is slow a still
smaller one (``--slow-megabytes``), each beside minitok on the same one; so figures are compared by the gigabyte. Before any is
timed, it packs a small corpus, and its ids must be equal to the last; then it must make as many as expected.

No more than the corpora and twice the ids of the largest are on disk at a time (``--folder``: where). Peers are found in the
Python that runs this: ``make .venv/stamps/peers`` installs them. What is missing is said in the results.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import Any

import minitok

from . import harness, texts
from .pack_worker import END

DISTRIBUTIONS = ("minitok", "gigatoken", "datatrove", "datasets", "tokenizers", "pyarrow")
# What is compared on each corpus: a packer, its threads, its processes. The first is what the others are compared with.
ROWS = {
    "all": [("minitok", 2, 1), ("minitok, 1 thread", 1, 1), ("minitok, 2 processes", 1, 2)],
    "memory": [("minitok", 2, 1), ("gigatoken", 2, 1), ("gigatoken to .bin", 2, 1)],
    "slow": [("minitok", 2, 1), ("datatrove", 1, 2), ("datasets.map", 1, 2)],
}
# Bytes of the corpus that is verified, in as many files as the others.
VERIFIED = 2_000_000
FILES = 4


def write_corpus(folder: Path, documents: list[str], size: int, files: int = FILES) -> tuple[int, int]:
    """Writes documents, again and again, in several files; returns the bytes of the texts and the number of their ids."""
    folder.mkdir(exist_ok=True)
    tok = minitok.get_encoding("gpt2")
    lengths = [len(text.encode()) for text in documents]
    counts = [count + 1 for count in tok.count_batch(documents)]
    done = tokens = number = 0
    for file in range(files):
        with (folder / f"{file}.jsonl").open("w", encoding="utf-8") as out:
            while done < size * (file + 1) // files:
                which = number % len(documents)
                out.write(json.dumps({"id": str(number), "text": documents[which]}, ensure_ascii=False) + "\n")
                done += lengths[which]
                tokens += counts[which]
                number += 1
    return done, tokens


def documents_of(text: str) -> list[str]:
    """The text in documents of some kilobytes: the logarithms of their lengths are normally distributed."""
    rng = random.Random(1)
    documents, at = [], 0
    while at < len(text):
        length = int(rng.lognormvariate(7.8, 0.9)) + 20
        documents.append(text[at : at + length])
        at += length
    return documents


def digest_of(folder: Path) -> int:
    """The checksum of the ids of a corpus, encoded document by document."""
    tok = minitok.get_encoding("gpt2")
    ids: list[int] = []
    for file in sorted(folder.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                ids += [*tok.encode(json.loads(line)["text"]), END]
    return zlib.crc32(b"".join(token_id.to_bytes(2, "little") for token_id in ids))


def packed_in(folder: Path, corpora: dict[str, tuple[int, int]], job: harness.Job, timeout: float) -> harness.Answer:
    """Runs a job on its corpus, or on the small one to verify it; what it writes is removed."""
    out = folder / "out"
    out.mkdir()
    name = "verified" if job["verify"] else job["corpus"]
    # A packer of several processes shares out files among them in its own order: it is verified with one.
    processes = 1 if job["verify"] and job["peer"] == "datatrove" else job["processes"]
    # Nothing is looked for on the network, and all that is written is removed.
    environment = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(out)}
    places = {
        "environment": environment,
        "folder": str(folder / name),
        "out": str(out),
        "tokenizers": str(folder),
        "processes": processes,
    }
    try:
        return harness.launch("benchmarks.pack_worker", {**job, **places, "tokens": corpora[name][1]}, None, timeout)
    finally:
        shutil.rmtree(out)


def measure(folder: Path, options: argparse.Namespace) -> tuple[harness.Outcome, dict[str, float]]:
    text, _ = texts.read(options.text, options.distinct * 1_000_000, options.corpus)
    documents = documents_of(text)
    sizes = {
        "verified": VERIFIED,
        "all": options.megabytes * 1_000_000,
        "memory": min(options.megabytes, options.memory_megabytes) * 1_000_000,
        "slow": min(options.megabytes, options.slow_megabytes) * 1_000_000,
    }
    corpora = {name: write_corpus(folder / name, documents, size) for name, size in sizes.items() if size}
    digest = digest_of(folder / "verified")
    tok = minitok.get_encoding("gpt2")
    tok.save(folder / "tokenizer.json", format="huggingface")
    tok.save(folder / "r50k_base.tiktoken", format="tiktoken")
    outcome = harness.Outcome()
    for name, rows in ROWS.items():
        if name not in corpora:
            continue
        jobs = [
            {"peer": peer, "corpus": name, "bytes": corpora[name][0], "threads": threads, "processes": processes}
            for peer, threads, processes in rows
            if options.only in peer or peer == "minitok"
        ]
        for job in jobs:
            job["expected"] = digest
        harness.compare(jobs, lambda job: packed_in(folder, corpora, job, options.timeout), options.repeats, outcome)
        show(outcome, name)
    return outcome, {name: size / 1e6 for name, (size, _) in corpora.items()}


def show(outcome: harness.Outcome, corpus: str) -> None:
    """A line for each packer of the corpus just packed."""
    for row in outcome.rows:
        if row["corpus"] == corpus:
            median, size, ratio = row["median"], row["bytes"], row["ratio"]
            print(
                f"{size / 1e6:8,.0f} MB  {row['peer']:22}{size / median['wall'] / 1e6:6.0f} MB/s "
                f"{median['cpu'] / size * 1e9:7.2f} CPU s/GB {median['peak'] / 1e6:7,.0f} MB"
                f"  wall {ratio.get('wall', 1):.2f} x  CPU {ratio.get('cpu', 1):.2f} x",
                flush=True,
            )
    for row in outcome.refused:
        if row["corpus"] == corpus:
            print(f"             {row['peer']:22}{row['why']}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.packing", description=__doc__.split("\n")[0] if __doc__ else None
    )
    parser.add_argument("--megabytes", type=int, default=100, help="the size of the corpus")
    parser.add_argument("--memory-megabytes", type=int, default=2000, help="for what holds all ids in memory")
    parser.add_argument("--slow-megabytes", type=int, default=100, help="for what is slow; 0: leave it out")
    parser.add_argument("--text", default="english", choices=texts.NAMES, help="a kind of text")
    parser.add_argument("--corpus", type=Path, help="a folder of texts, in place of those that come with Python")
    parser.add_argument(
        "--distinct", type=int, default=20, help="how many megabytes of it there are before it is repeated"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="packers whose names hold this, beside minitok")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds for one packing")
    parser.add_argument("--folder", type=Path, help="where the corpus and the ids are written")
    parser.add_argument("--name", default="packing", help="the name of the file of results")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--notes", default="", help="what else to say of the measurement")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        outcome, sizes = measure(Path(folder), options)
    content: dict[str, Any] = {
        "machine": harness.machine(DISTRIBUTIONS, options.notes),
        "corpus": "given files" if options.corpus else "made",
        "text": options.text,
        "megabytes": sizes,
        "repeats": options.repeats,
        "rows": outcome.rows,
        "refused": outcome.refused,
    }
    print(harness.save(options.name, content, options.results))


if __name__ == "__main__":
    main()
