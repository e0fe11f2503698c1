"""Everything beside `encode`: ``python -m benchmarks.operations``.

One text, one thread, one process: the operations take turns with ``encode_to_numpy``, and each figure is a median of processor
times, in megabytes of text a second. Lists and pairs are freed outside of the time. Rows are parts of the text of about 2,500
bytes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minitok
import pyarrow as pa
from minitok.arrow import decode_arrow, encode_arrow
from minitok.padding import pad

from . import harness, texts

Work = Callable[[], Any]


def operations(tok: minitok.Tokenizer, text: str, rows: list[str]) -> dict[str, Work]:
    """Each operation by its call."""
    ids = tok.encode_to_numpy(text)
    lists = tok.encode_batch(rows)
    flat, offsets = tok.encode_batch_to_numpy(rows)
    column = pa.array(rows)
    encoded = encode_arrow(tok, column)
    return {
        "encode_to_numpy(text)": lambda: tok.encode_to_numpy(text),
        "encode(text)": lambda: tok.encode(text),
        "encode_with_offsets(text, to_numpy=True)": lambda: tok.encode_with_offsets(text, to_numpy=True),
        "encode_with_offsets(text)": lambda: tok.encode_with_offsets(text),
        "tokenize(text)": lambda: tok.tokenize(text),
        "encode_iterable(rows)": lambda: list(tok.encode_iterable(rows)),
        "encode_batch_to_numpy(rows)": lambda: tok.encode_batch_to_numpy(rows, threads=1),
        "encode_arrow(column)": lambda: encode_arrow(tok, column, threads=1),
        "encode_batch(rows)": lambda: tok.encode_batch(rows, threads=1),
        "pad(*encode_batch_to_numpy(rows))": lambda: pad(*tok.encode_batch_to_numpy(rows, threads=1), pad_id=0),
        "count_batch(rows)": lambda: tok.count_batch(rows, threads=1),
        "chunk(text, 512)": lambda: tok.chunk(text, 512),
        "decode(array)": lambda: tok.decode(ids),
        "decode_with_offsets(array, to_numpy=True)": lambda: tok.decode_with_offsets(ids, to_numpy=True),
        "decode_with_offsets(array)": lambda: tok.decode_with_offsets(ids),
        "decode_batch(lists)": lambda: tok.decode_batch(lists, threads=1),
        "decode_batch(ids, offsets=offsets)": lambda: tok.decode_batch(flat, offsets=offsets, threads=1),
        "decode_arrow(column)": lambda: decode_arrow(tok, encoded, threads=1),
    }


def timed(work: Work) -> float:
    start = time.process_time()
    made = work()
    taken = time.process_time() - start
    del made
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder with english.txt")
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--encoding", default="cl100k_base")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--notes", default="")
    options = parser.parse_args()
    tok = minitok.get_encoding(options.encoding)
    text, _ = texts.read("english", int(options.megabytes * 1e6), options.corpus)
    work = operations(tok, text, texts.documents(text, 2500))
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(1 + options.repeats):
        for name, call in work.items():
            taken[name].append(timed(call))
    size = len(text.encode())
    rows = []
    for name, times in taken.items():
        median = statistics.median(times[1:])
        rows.append({"operation": name, "bytes": size, "clock": "cpu", "median": {"warm": median}, "all": times[1:]})
        print(f"{name:36} {size / median / 1e6:8.1f} MB/s", flush=True)
    made = {
        "machine": harness.machine(["minitok", "pyarrow"], options.notes),
        "encoding": options.encoding,
        "rows": rows,
    }
    print(harness.save("operations", made, options.results))


if __name__ == "__main__":
    main()
