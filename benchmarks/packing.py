"""How fast a corpus of JSON lines is packed, by minitok and by others: each in a process of its own, one after the other.

    python -m benchmarks.packing --megabytes 200 --text english

The corpus is a text of ``benchmarks.texts`` cut into documents of some kilobytes, repeated up to the size. All must make the
same number of ids. CPU seconds are those of the process and its children; peak memory is that of the largest of them. Needs
``make .venv/stamps/peers`` for gigatoken, and ``requirements/scale.txt`` for datatrove; what is missing is said and left out.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from .texts import read

# Each reads ``corpus.jsonl`` in the folder given, and prints how many ids it made and, where it can, a checksum of them.
PROGRAMS = {
    "minitok, 1 thread": "pack(1)",
    "minitok, 2 threads": "pack(2)",
    "minitok, 2 processes": "pack_parts(2)",
    "gigatoken encode_files (ids in memory)": "gigatoken()",
    "datatrove with tokenizers": "datatrove()",
}

COMMON = """
import json, os, resource, sys, time, zlib
from pathlib import Path
folder = Path(sys.argv[1])

def pack(threads, part=None):
    import minitok
    tok = minitok.get_encoding("gpt2")
    return tok.encode_files(sorted(folder.glob("*.jsonl")), folder / "out.bin", dtype="uint16", threads=threads, part=part,
                            end_of_document="<|endoftext|>", resume=False).tokens

def pack_parts(count):
    import subprocess
    code = Path(__file__).read_text().rpartition("started =")[0] + "print(pack(1, (int(sys.argv[2]), int(sys.argv[3]))))"
    running = [subprocess.Popen([sys.executable, "-c", code, str(folder), str(part), str(count)], stdout=subprocess.PIPE)
               for part in range(1, count + 1)]
    return sum(int(process.communicate()[0]) for process in running)

def gigatoken():
    import gigatoken
    tok = gigatoken.Tokenizer.from_tiktoken(str(folder / "r50k_base.tiktoken"))
    files = [str(path) for path in sorted(folder.glob("*.jsonl"))]
    made = tok.encode_files(gigatoken.JsonlFileSource(files, field="text"), parallel=True)
    import awkward
    return int(awkward.count(made)) + len(made)

def datatrove():
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.tokens import DocumentTokenizer
    steps = [JsonlReader(str(folder), glob_pattern="*.jsonl"),
             DocumentTokenizer(str(folder / "ds"), tokenizer_name_or_path=str(folder / "tokenizer.json"),
                               shuffle_documents=False, eos_token="<|endoftext|>")]
    LocalPipelineExecutor(steps, tasks=1, workers=1, logging_dir=str(folder / "logs"), skip_completed=False).run()
    return sum(path.stat().st_size for path in (folder / "ds").glob("*.ds")) // 2

"""
MEASURE = """
started = time.perf_counter()
tokens = {call}
wall = time.perf_counter() - started
own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = sum(used.ru_utime + used.ru_stime for used in (own, children))
peak = max(own.ru_maxrss, children.ru_maxrss) / 1e3
print(json.dumps(dict(tokens=tokens, wall=wall, cpu=cpu, peak=peak)))
"""


def write_corpus(folder: Path, kind: str, size: int, files: int = 4) -> int:
    """Writes the corpus in several files; returns the bytes of its texts."""
    raw, _ = read(kind, 2_000_000)
    rng = random.Random(1)
    documents, at = [], 0
    while at < len(raw):
        length = int(rng.lognormvariate(7.8, 0.9)) + 20
        documents.append(raw[at : at + length])
        at += length
    done = number = 0
    for file in range(files):
        with (folder / f"{file}.jsonl").open("w", encoding="utf-8") as out:
            while done < size * (file + 1) // files:
                text = documents[number % len(documents)]
                out.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
                done += len(text.encode())
                number += 1
    return done


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("--megabytes", type=int, default=100)
    options.add_argument("--text", default="english", help="a kind of text of benchmarks.texts")
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--only", default="", help="programs whose names hold this")
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_corpus(folder, wanted.text, wanted.megabytes * 1_000_000)
        import minitok

        tok = minitok.get_encoding("gpt2")
        tok.to_huggingface(folder / "tokenizer.json")
        tok.to_tiktoken(folder / "r50k_base.tiktoken")
        print(f"{size / 1e6:.0f} MB of {wanted.text}, repeated; GPT-2, uint16, best of {wanted.repeats}")
        made: set[int] = set()
        for program, call in PROGRAMS.items():
            if wanted.only not in program:
                continue
            script = folder / "program.py"
            script.write_text(COMMON + MEASURE.format(call=call))
            runs = []
            for _ in range(wanted.repeats):
                ran = subprocess.run(  # noqa: S603 - the programs above
                    [sys.executable, str(script), name], capture_output=True, text=True, check=False, timeout=1800
                )
                if ran.returncode:
                    print(f"{program}: left out, {ran.stderr.strip().splitlines()[-1][:100]}")
                    break
                runs.append(json.loads(ran.stdout.splitlines()[-1]))
            else:
                made.update(run["tokens"] for run in runs)
                best = min(runs, key=lambda run: run["cpu"])
                print(
                    f"{program}: {size / best['wall'] / 1e6:.0f} MB/s, {best['cpu'] / size * 1e9:.1f} CPU s/GB, "
                    f"peak {best['peak']:.0f} MB, {best['tokens']:,} ids"
                )
        if len(made) > 1:
            raise SystemExit(f"not all made the same number of ids: {sorted(made)}")


if __name__ == "__main__":
    main()
