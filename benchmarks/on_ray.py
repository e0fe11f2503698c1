"""What encoding and counting cost on Ray beside one machine, and whether training on Ray gives what `train_files` gives.

    tools/alone.sh python -m benchmarks.on_ray --megabytes 500
    tools/alone.sh python -m benchmarks.on_ray --train --megabytes 10000

The corpus is one like that of ``benchmarks.packing`` in Parquet files, each document with a few random words, so that the
distinct pieces grow with it. CPU seconds are those of all processes that the program has started, Ray's own included. Each way
encodes a quarter of the files and all of them: from the difference comes what it costs once it runs, and from the rest what it
takes to start. Memory is the largest private memory (RssAnon) of a worker. Needs what `make test-scale` installs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import minitok
from minitok.scale import count_dataset, encode_dataset, encode_files_on_ray, train_dataset

from .packing import documents_of
from .texts import read

if TYPE_CHECKING:
    # Does something with files, and a folder for what it writes; returns the number of ids or pieces, and the bytes of text.
    Way = Callable[[list[Path], Path], tuple[int, int]]

TIE_BREAKS = ("smallest_ids", "first_seen", "greatest_bytes")
TICKS = os.sysconf("SC_CLK_TCK")


def write_corpus(folder: Path, kind: str, size: int, file_size: int = 64_000_000) -> int:
    """Writes the corpus as Parquet; returns the bytes of its texts."""
    import pyarrow as pa
    from pyarrow import parquet

    documents, rng = documents_of(read(kind, 2_000_000)[0]), random.Random(1)
    done = number = file = 0
    while done < size:
        texts, written = [], 0
        while written < min(file_size, size - done):
            extra = "".join(f" {rng.getrandbits(36):x}".translate(LETTERS) for _ in range(4))
            texts.append(documents[number % len(documents)] + extra)
            written += len(texts[-1].encode())
            number += 1
        parquet.write_table(pa.table({"text": texts}), folder / f"{file:05d}.parquet", row_group_size=2048)
        done, file = done + written, file + 1
    return done


LETTERS = str.maketrans("0123456789", "ghijklmnop")


def descendants() -> dict[int, str]:
    """The processes that this one has started, directly or not, with their names; and this one."""
    parents, names = defaultdict(list), {os.getpid(): "driver"}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            parents[int(fields[1])].append(int(process.name))
        except OSError:  # it has ended
            continue
    waiting = [os.getpid()]
    while waiting:
        for child in parents[waiting.pop()]:
            waiting.append(child)
            try:
                name = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0].decode()
            except OSError:
                continue
            names[child] = name if name.startswith("ray::") else Path(name).name
    return names


class Watch:
    """The CPU seconds of this process and of all that it starts, and the largest private memory of each kind of them.

    Looked at five times a second, so that of a process that ends a fifth of a second is missed at most.
    """

    def __init__(self) -> None:
        self.ticks: dict[int, int] = {}
        self.memory: dict[str, int] = {}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        while not self.stop.wait(0.2):
            self.look()

    def look(self) -> None:
        for process, name in descendants().items():
            try:
                fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            self.ticks[process] = sum(map(int, fields[11:13]))
            if "RssAnon:" in status:
                anonymous = int(status.partition("RssAnon:")[2].split()[0]) * 1024
                self.memory[name] = max(self.memory.get(name, 0), anonymous)

    @property
    def cpu(self) -> float:
        """The CPU seconds so far."""
        self.look()
        return sum(self.ticks.values()) / TICKS

    @property
    def worker(self) -> int:
        """The memory of the largest worker."""
        return max((size for name, size in self.memory.items() if name.startswith("ray::")), default=0)

    def __enter__(self) -> Watch:  # noqa: PYI034 - Self came with Python 3.11
        self.began, self.before = time.perf_counter(), self.cpu
        self.memory.clear()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()
        self.wall, self.used = time.perf_counter() - self.began, self.cpu - self.before


def encode(folder: Path, repeats: int, rows: int) -> None:
    """Compares the ways to encode, and to count."""
    tok = minitok.get_encoding("gpt2")
    options: dict[str, Any] = {"dtype": "uint16", "end_of_document": "<|endoftext|>"}
    files = sorted(folder.glob("*.parquet"))
    ray = start()
    processors = int(ray.cluster_resources()["CPU"])

    def plain(some: list[Path], _: Path) -> tuple[int, int]:
        done = tok.encode_files(some, folder / "plain.bin", threads=processors, resume=False, **options)
        return done.tokens, done.bytes

    def on_files(some: list[Path], _: Path) -> tuple[int, int]:
        done = encode_files_on_ray(tok, some, folder / "files.bin", parts=processors, resume=False, **options)
        return done.tokens, done.bytes

    def on_dataset(some: list[Path], out: Path) -> tuple[int, int]:
        dataset = read_files(some)
        done = encode_dataset(dataset, tok, out, rows=rows, **options)
        return done.tokens, done.bytes

    def count_plainly(some: list[Path], _: Path) -> tuple[int, int]:
        counts = minitok.count_pieces_in_files(some, threads=processors, pattern="gpt2")
        return counts.pieces, counts.bytes

    def count_on_dataset(some: list[Path], _: Path) -> tuple[int, int]:
        counts = count_dataset(read_files(some), rows=rows, pattern="gpt2")
        return counts.pieces, counts.bytes

    encoding = {
        f"encode_files, {processors} threads": plain,
        "encode_files_on_ray": on_files,
        "encode_dataset": on_dataset,
    }
    counting = {f"count_pieces, {processors} threads": count_plainly, "count_dataset": count_on_dataset}
    for ways in (encoding, counting):
        compare(ways, folder, files, repeats)


def compare(ways: Mapping[str, Way], folder: Path, files: list[Path], repeats: int) -> None:
    """Prints what each way costs on a quarter of the files and on all, and what follows for the rest, beside the first way."""
    costs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    made: dict[int, set[int]] = defaultdict(set)
    for repeat in range(repeats):
        for number, (way, run) in enumerate(ways.items()):
            measured = []
            for share in (len(files) // 4, len(files)):
                with Watch() as watch:
                    tokens, done = run(files[:share], folder / f"{len(ways)}-{repeat}-{number}-{share}")
                made[share].add(tokens)
                measured.append((watch.wall, watch.used, done))
            (wall, cpu, some), (whole_wall, whole_cpu, everything) = measured
            more = (everything - some) / 1e9
            costs[way].append(((whole_wall - wall) / more, (whole_cpu - cpu) / more))
            print(
                f"{way:26} {everything / whole_wall / 1e6:5.0f} MB/s {whole_cpu / everything * 1e9:5.1f} CPU s/GB from start to"
                f" end; then {1e3 / costs[way][-1][0]:5.0f} MB/s, {costs[way][-1][1]:5.1f} CPU s/GB; start "
                f"{wall - costs[way][-1][0] * some / 1e9:4.1f} s, {cpu - costs[way][-1][1] * some / 1e9:4.1f} CPU s; "
                f"{watch.worker / 1e6:.0f} MB",
                flush=True,
            )
    least = {way: [min(values) for values in zip(*measured, strict=True)] for way, measured in costs.items()}
    first = least[next(iter(ways))]
    for way, (wall, cpu) in least.items():
        print(f"{way:26} once running: {first[0] / wall:4.0%} of the rate, {first[1] / cpu:4.0%} by CPU seconds")
    if any(len(tokens) > 1 for tokens in made.values()):
        raise SystemExit(f"not all made the same number of ids: {dict(made)}")


def read_files(files: list[Path]) -> Any:
    """The files as a dataset. With a block a file, Ray joins reading with what follows, as it does for 200 files or more."""
    import ray.data

    return ray.data.read_parquet(list(map(str, files)), override_num_blocks=len(files))


def start() -> Any:
    """Starts Ray on this machine."""
    import ray
    import ray.data

    ray.init(address="local", log_to_driver=False, include_dashboard=False)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    # Ray's newer reader moves some groups of rows, and with them the order of first appearance (docs/scale.md).
    context.use_datasource_v2 = False
    return ray


def show(name: str, size: int, watch: Watch) -> None:
    """Prints what a training took."""
    print(
        f"{name:62} {size / watch.wall / 1e6:5.0f} MB/s {watch.used / size * 1e9:5.1f} CPU s/GB; driver "
        f"{watch.memory['driver'] / 1e6:5.0f} MB, largest worker {watch.worker / 1e6:5.0f} MB",
        flush=True,
    )


def train(folder: Path, size: int, rows: int, vocab_size: int) -> None:
    """Compares training on Ray with `train_files`, for all tie rules."""
    files = sorted(folder.glob("*.parquet"))
    start()
    for tie_break in TIE_BREAKS:
        options: dict[str, Any] = {"pattern": "gpt2", "special_tokens": ["<|endoftext|>"], "tie_break": tie_break}
        with Watch() as watch:
            plain = minitok.train_files(files, vocab_size, **options)
        show(f"train_files, {tie_break}", size, watch)
        with Watch() as watch:
            trained = train_dataset(read_files(files), vocab_size, rows=rows, **options)
        if trained != plain or trained.merges != plain.merges:
            raise SystemExit(f"{tie_break}: other merges than train_files")
        show(f"train_dataset, {tie_break}: equal", size, watch)
    report = plain.report
    print(json.dumps({"unique_pieces": report.unique_pieces if report else None, "merges": len(plain.merges)}))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument("--text", default="english", help="a kind of text of benchmarks.texts")
    options.add_argument("--train", action="store_true", help="train instead of encoding")
    options.add_argument("--rows", type=int, default=4096, help="documents in a batch")
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--vocab-size", type=int, default=32_000)
    options.add_argument("--folder", help="where the corpus is written; by default among the temporary files")
    wanted = options.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with tempfile.TemporaryDirectory(dir=wanted.folder) as name:
        folder = Path(name)
        size = write_corpus(folder, wanted.text, wanted.megabytes * 1_000_000)
        print(f"{size / 1e6:.0f} MB of {wanted.text}, repeated", flush=True)
        if wanted.train:
            train(folder, size, wanted.rows, wanted.vocab_size)
        else:
            encode(folder, wanted.repeats, wanted.rows)


if __name__ == "__main__":
    main()
