"""minitok beside other libraries, at training: ``python -m benchmarks.compare_train``.

Needs the dependency group ``bench``. What each library learns is compared to what minitok learns with the options that mean the
same; only then is it timed, each training in a process of its own, the libraries in turns.

Memory is the high-water mark of the process, as the kernel keeps it, less that of an interpreter which has imported NumPy and
does nothing. So what a library needs to be imported counts; the interpreter does not.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import harness, texts
from .train_peers import TRAINERS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare_train", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder with larger texts; see benchmarks/texts.py")
    parser.add_argument("--megabytes", nargs="+", type=float, default=[1, 4], help="sizes of each text")
    parser.add_argument("--vocab-sizes", nargs="+", type=int, default=[1000, 8000, 32000])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--texts", nargs="+", default=["english", "code", "scripts"], choices=texts.NAMES)
    parser.add_argument("--peers", nargs="+", default=list(TRAINERS), choices=list(TRAINERS))
    parser.add_argument("--repeats", type=int, default=3, help="turns of each row (default 3)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds after which a training is given up")
    parser.add_argument("--lock", type=Path, help="a lock file to hold during each measurement")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument("--name", default="train", help="of the results file")
    return parser.parse_args()


def row(job: harness.Job, options: argparse.Namespace, outcome: harness.Outcome) -> None:
    """One corpus, vocabulary and number of threads: all libraries in turns."""
    wanted: dict[str, harness.Answer] = {}

    def ours(peer: str) -> harness.Answer:
        """What minitok learns with the options that mean the same as the library's own."""
        same_as = TRAINERS[peer].same_as
        key = str(sorted(same_as.items()))
        if key not in wanted:
            wanted[key] = launch({**job, "peer": "minitok", "options": dict(same_as)})
        return wanted[key]

    def launch(job: harness.Job) -> harness.Answer:
        return harness.launch("benchmarks.train_worker", job, options.lock, options.timeout)

    def run(job: harness.Job) -> harness.Answer:
        answer = launch(job)
        if "failed" in answer:
            return answer
        expected = ours(job["peer"])
        if "failed" in expected:
            return {"failed": f"minitok could not be compared to: {expected['failed']}"}
        compared = "pairs" if "pairs" in answer else "tokens"
        if answer[compared] != expected[compared]:
            return {"unequal": f"other {compared}; {answer['merges']} of {expected['merges']}"}
        return {key: answer[key] for key in ("wall", "cpu", "peak")}

    harness.compare([{**job, "peer": peer} for peer in options.peers], run, options.repeats, outcome)


def main() -> None:
    options = arguments()
    outcome = harness.Outcome()
    idle = harness.launch("benchmarks.train_worker", {"threads": 1, "idle": True}, options.lock)
    with tempfile.TemporaryDirectory() as folder:
        for text in options.texts:
            sizes = set()
            for megabytes in options.megabytes:
                content = texts.read(text, int(megabytes * 1e6), options.corpus)[0].encode()
                if len(content) in sizes:
                    continue
                sizes.add(len(content))
                file = Path(folder) / f"{text}{len(content)}.txt"
                file.write_bytes(content)
                for vocab_size in options.vocab_sizes:
                    for threads in options.threads:
                        job = {"text": text, "bytes": len(content), "vocab_size": vocab_size, "threads": threads}
                        row({**job, "file": str(file)}, options, outcome)
                        show(outcome, job)
    described = {
        "corpus": "given files" if options.corpus else "made",
        "repeats": options.repeats,
        "idle": idle["peak"],
    }
    content_of_file = {
        "machine": harness.machine(options.peers, options.notes),
        **described,
        "inputs": {name: TRAINERS[name].unequal for name in options.peers if TRAINERS[name].unequal},
        "same_as": {name: dict(TRAINERS[name].same_as) for name in options.peers},
        "rows": outcome.rows,
        "refused": outcome.refused,
    }
    print(harness.save(options.name, content_of_file))


def show(outcome: harness.Outcome, job: harness.Job) -> None:
    """A line for each library in the row just measured."""
    print(job["text"], f"{job['bytes'] / 1e6:.3g} MB", job["vocab_size"], f"{job['threads']} threads")
    for found in outcome.rows:
        if all(found[key] == value for key, value in job.items()):
            wall, ratio = found["median"]["wall"], found["ratio"].get("wall", 1)
            print(
                f"  {found['peer']:14}{wall:8.3f} s  {found['median']['peak'] / 1e6:6.0f} MB  {ratio:5.1f} x",
                flush=True,
            )
    for found in outcome.refused:
        if all(found[key] == value for key, value in job.items()):
            print(f"  {found['peer']:14}{found['why']}", flush=True)


if __name__ == "__main__":
    main()
