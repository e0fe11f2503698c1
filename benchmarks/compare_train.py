"""minitok beside other libraries, at training: ``python -m benchmarks.compare_train``.

``--equal`` times nothing: it asks each library for what it learns and keeps whether it is what minitok learns.

Needs the dependency group ``bench``. What each library learns is compared to what minitok learns with the options that mean
the same; only then is it timed, each training in a separate process, the libraries in turns.

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
    parser.add_argument("--texts", nargs="+", default=["english", "code", "scripts"], choices=[*texts.NAMES, "all"])
    parser.add_argument("--equal", action="store_true", help="whether what is learnt is equal, and no times")
    parser.add_argument("--name", default="train", help="the name of the results (default train)")
    parser.add_argument("--peers", nargs="+", default=list(TRAINERS), choices=list(TRAINERS))
    parser.add_argument("--repeats", type=int, default=3, help="turns of each row (default 3)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds after which a training is given up")
    parser.add_argument("--lock", type=Path, help="a lock file to hold during each measurement")
    parser.add_argument("--notes", default="", help="what else a reader should know")
    parser.add_argument("--results", type=Path, default=harness.RESULTS, help="the folder to write them to")
    return parser.parse_args()


class Checked:
    """Trainings of one corpus, vocabulary and number of threads, each compared with minitok's."""

    def __init__(self, job: harness.Job, options: argparse.Namespace) -> None:
        self.job, self.options = job, options
        self.wanted: dict[str, harness.Answer] = {}

    def launch(self, job: harness.Job) -> harness.Answer:
        return harness.launch("benchmarks.train_worker", job, self.options.lock, self.options.timeout)

    def ours(self, peer: str) -> harness.Answer:
        """What minitok learns with the options that mean the same as the library's own."""
        same_as = TRAINERS[peer].same_as
        key = str(sorted(same_as.items()))
        if key not in self.wanted:
            self.wanted[key] = self.launch({**self.job, "peer": "minitok", "options": dict(same_as)})
        return self.wanted[key]

    def run(self, job: harness.Job) -> harness.Answer:
        """The figures of a training, if it has learnt what minitok does."""
        answer = self.launch(job)
        if "failed" in answer:
            return answer
        expected = self.ours(job["peer"])
        if "failed" in expected:
            return {"failed": f"minitok could not be compared to: {expected['failed']}"}
        compared = "pairs" if "pairs" in answer else "tokens"
        if answer[compared] != expected[compared]:
            return {"unequal": f"other {compared}; {answer['merges']} of {expected['merges']}"}
        return {key: answer[key] for key in ("wall", "cpu", "peak")} | {"equal": compared, "merges": answer["merges"]}

    def timed(self, job: harness.Job) -> harness.Answer:
        """Returns the same without the entries that are not figures."""
        return {key: value for key, value in self.run(job).items() if key not in {"equal", "merges"}}


def row(job: harness.Job, options: argparse.Namespace, outcome: harness.Outcome) -> None:
    """One corpus, vocabulary and number of threads: all libraries in turns."""
    checked = Checked(job, options)
    jobs = [{**job, "peer": peer} for peer in options.peers]
    if not options.equal:
        harness.compare(jobs, checked.timed, options.repeats, outcome)
        return
    for one in jobs:
        answer = checked.run(one)
        why = answer.get("unequal") or answer.get("failed")
        if why:
            outcome.refuse(one, why)
        else:
            found = {"equal": answer["equal"], "merges": answer["merges"]}
            outcome.rows.append({**harness.described(one), **found})


def main() -> None:
    options = arguments()
    outcome = harness.Outcome()
    idle = harness.launch("benchmarks.train_worker", {"threads": 1, "idle": True}, options.lock)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "corpus.txt"
        for text in options.texts:
            sizes = set()
            for megabytes in options.megabytes:
                written, times = texts.write(file, text, int(megabytes * 1e6), options.corpus)
                if written in sizes:
                    continue
                sizes.add(written)
                for vocab_size in options.vocab_sizes:
                    for threads in options.threads:
                        job = {
                            "text": text,
                            "bytes": written,
                            "times": times,
                            "vocab_size": vocab_size,
                            "threads": threads,
                        }
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
    print(harness.save(options.name, content_of_file, options.results))


def show(outcome: harness.Outcome, job: harness.Job) -> None:
    """A line for each library in the row just measured."""
    print(job["text"], f"{job['bytes'] / 1e6:.3g} MB", job["vocab_size"], f"{job['threads']} threads")
    for found in outcome.rows:
        if not all(found[key] == value for key, value in job.items()):
            continue
        if "equal" in found:
            print(f"  {found['peer']:14}{found['merges']:,} merges, equal {found['equal']}", flush=True)
        else:
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
