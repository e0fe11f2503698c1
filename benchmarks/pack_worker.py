"""Packs a corpus of JSON lines in a new process: ``python -m benchmarks.pack_worker JOB``; prints what it found as JSON.

Each packer is a function of a job: it writes or makes the ids of all documents of ``FOLDER/*.jsonl``, with the id of
``<|endoftext|>`` after each, and returns their number, and a function that gives the ids of a small corpus in order, to verify
them. Its own start and loading count; importing minitok or another library does, too.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .worker import peak_memory

END = 50256
Job = dict[str, Any]
# The most memory that processes started for a job have held.
PEAKS: list[int] = []
# The number of ids, and all ids in order.
Made = tuple[int, Callable[[], Any]]


def files_of(job: Job) -> list[str]:
    return sorted(map(str, Path(job["folder"]).glob("*.jsonl")))


def written(*paths: Path) -> Callable[[], Any]:
    """The ids in files of 16-bit numbers."""
    import numpy as np

    return lambda: np.concatenate([np.fromfile(path, "<u2") for path in paths])


def minitok(job: Job) -> Made:
    """``Tokenizer.encode_files`` to a ``.bin`` file; several processes take a part of the files each."""
    out, processes = Path(job["out"]) / "out.bin", job["processes"]
    if processes == 1:
        return pack(job), written(out)
    return sum(in_parts(job)), written(
        *(out.with_name(f"out.part-{n + 1}-of-{processes}.bin") for n in range(processes))
    )


def pack(job: Job, part: int | None = None) -> int:
    import minitok

    tok = minitok.get_encoding("gpt2")
    out, which = Path(job["out"]) / "out.bin", None if part is None else (part + 1, job["processes"])
    options: Any = {
        "dtype": "uint16",
        "threads": job["threads"],
        "part": which,
        "end_of_document": END,
        "resume": False,
    }
    return tok.encode_files(files_of(job), out, **options).tokens


def in_parts(job: Job) -> list[int]:
    """What each of several processes of this module gives for its part of the job."""
    jobs = [json.dumps({**job, "part": part}) for part in range(job["processes"])]
    running = [
        subprocess.Popen([sys.executable, "-m", "benchmarks.pack_worker", one], stdout=subprocess.PIPE)  # noqa: S603
        for one in jobs
    ]
    answers = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    PEAKS.extend(answer["peak"] for answer in answers)
    return [answer["tokens"] for answer in answers]


def gigatoken(job: Job) -> Made:
    """``encode_files``: arrays of 32-bit ids in memory, without the ends of documents."""
    import awkward
    import gigatoken
    import numpy as np

    tok = gigatoken.Tokenizer.from_tiktoken(str(Path(job["tokenizers"]) / "r50k_base.tiktoken"))
    source = gigatoken.JsonlFileSource(files_of(job), field="text")
    made = tok.encode_files(source, parallel=job["threads"] > 1)

    def ids() -> Any:
        ends = np.cumsum(awkward.to_numpy(awkward.num(made)))
        return np.insert(awkward.to_numpy(awkward.flatten(made)).astype("<u2"), ends, END)

    if job["peer"] == "gigatoken to .bin":
        path = Path(job["out"]) / "out.bin"
        ids().tofile(path)
        return path.stat().st_size // 2, written(path)
    return int(awkward.count(made)) + len(made), ids


def datatrove(job: Job) -> Made:
    """Its ``JsonlReader`` and ``DocumentTokenizer``: a file of 16-bit ids from each process, which takes every second file."""
    if job["processes"] == 1:
        run_datatrove(job, 0)
    else:
        in_parts(job)
    paths = sorted((Path(job["out"]) / "ds").glob("*.ds"))
    return sum(path.stat().st_size for path in paths) // 2, written(*paths)


def run_datatrove(job: Job, part: int) -> int:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.tokens import DocumentTokenizer

    out, tasks = Path(job["out"]), job["processes"]
    steps = [
        JsonlReader(job["folder"], glob_pattern="*.jsonl"),
        DocumentTokenizer(
            str(out / "ds"),
            tokenizer_name_or_path=str(Path(job["tokenizers"]) / "tokenizer.json"),
            shuffle_documents=False,
            eos_token="<|endoftext|>",  # noqa: S106 - no password
        ),
    ]
    logs = str(out / f"logs-{part}")
    LocalPipelineExecutor(
        steps, tasks=tasks, local_tasks=1, local_rank_offset=part, workers=1, logging_dir=logs, skip_completed=False
    ).run()
    return 0


def datasets(job: Job) -> Made:
    """``load_dataset`` and ``Dataset.map`` with ``tokenizers``, in batches: columns of lists in Arrow files."""
    import datasets
    import tokenizers

    tok = tokenizers.Tokenizer.from_file(str(Path(job["tokenizers"]) / "tokenizer.json"))

    def encode(batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        found = tok.encode_batch_fast(batch["text"], add_special_tokens=False)
        return {"input_ids": [[*one.ids, END] for one in found]}

    loaded = datasets.load_dataset(
        "json", data_files=files_of(job), split="train", cache_dir=str(Path(job["out"]) / "cache"), keep_in_memory=False
    )
    made = loaded.map(encode, batched=True, num_proc=job["processes"], remove_columns=loaded.column_names)
    column = made.with_format("arrow")

    def chunks() -> Any:
        return (chunk for batch in column.iter(1000) for chunk in batch["input_ids"].chunks)

    count = sum(len(chunk.flatten()) for chunk in chunks())

    def ids() -> Any:
        import numpy as np

        return np.concatenate([chunk.flatten().to_numpy() for chunk in chunks()])

    return count, ids


PACKERS: dict[str, Callable[[Job], Made]] = {
    "minitok": minitok,
    "minitok, 1 thread": minitok,
    "minitok, 2 processes": minitok,
    "gigatoken": gigatoken,
    "gigatoken to .bin": gigatoken,
    "datatrove": datatrove,
    "datasets.map": datasets,
}


def work(job: Job) -> dict[str, Any]:
    """Packs: seconds, processor seconds and the most memory of a process, with all that it started; or what is not equal."""
    if "part" in job:
        run = run_datatrove if job["peer"] == "datatrove" else pack
        return {"tokens": run(job, job["part"]), "peak": peak_memory()}
    started = time.perf_counter()
    try:
        tokens, ids = PACKERS[job["peer"]](job)
    except ImportError as error:
        return {"failed": f"not installed: {error}"}
    seconds = time.perf_counter() - started
    if tokens != job["tokens"]:
        return {"unequal": f"{tokens:,} ids instead of {job['tokens']:,}"}
    if job["verify"]:
        digest = zlib.crc32(ids().astype("<u2").tobytes())
        return {} if digest == job["expected"] else {"unequal": "other ids, or in another order"}
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "wall": seconds,
        "cpu": sum(each.ru_utime + each.ru_stime for each in used),
        "peak": max([peak_memory(), *PEAKS]),
    }


if __name__ == "__main__":
    print(json.dumps(work(json.loads(sys.argv[1]))))
