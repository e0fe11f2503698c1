"""Whether the working tree is as fast as another commit: ``make bench-turns BASE=COMMIT``.

Both are built as releases, in ``target/turns``. For each pair of runs, a new process of either side does the same job, in
turns. What they make must be equal, or that is where it ends. A line says how many times as fast the working tree is: the
median of its pairs, by the processor time of all threads; and, in brackets, the range that holds the true median in 95 of 100
runs, whatever the noise is like. A line is slower if its median is below 0.98 and its range below 1. On a shared machine that
happens by chance to one line in fifty. So a slower line gets twice as many pairs more, and fails if it is slower by all of
them; then the exit status is 1. What noise hides passes: the range says how much that can be.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from . import harness, texts
from .pack_worker import END

FOLDER = harness.ROOT / "target" / "turns"
LEAST = 0.98
TOKENIZERS = ("r50k_base", "cl100k_base", "o200k_base", "cl100k_base as qwen2")
# A `str` of each has another width: ASCII; two bytes a character, for few or for many; four, because of emoji.
TEXTS = {"english": 1_500_000, "code": 3_000_000, "scripts": 3_000_000, "chat": 3_000_000}
Lines = dict[str, list[float]]  # the ratios of each line
Made = tuple[dict[str, float], list[bytes]]  # the seconds of each line, and what was made


def base_side(commit: str) -> Path:
    """The package of a commit, built unless it has been."""
    git = ["git", "-C", str(harness.ROOT)]
    found = subprocess.run([*git, "rev-parse", f"{commit}^{{commit}}"], check=True, capture_output=True, text=True)  # noqa: S603
    tree, folder = (FOLDER / f"{found.stdout[:12]}{end}" for end in ("-tree", ""))
    if not tree.exists():
        subprocess.run([*git, "worktree", "add", "--force", "--detach", str(tree), folder.name], check=True)  # noqa: S603
    return folder if folder.exists() else built(tree, folder)


def built(tree: Path, folder: Path) -> Path:
    """Builds the extension of a tree, and puts its package into a folder."""
    environment = {**os.environ, "PYO3_PYTHON": sys.executable, "CARGO_TARGET_DIR": str(FOLDER / "cargo")}
    command = ["cargo", "rustc", "--release", "--locked", "--features", "python", "--lib", "--crate-type", "cdylib"]
    subprocess.run(command, cwd=tree, env=environment, check=True)  # noqa: S603
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        tree / "python" / "minitok", folder / "minitok", ignore=shutil.ignore_patterns("_rust.*.*", "__pycache__")
    )
    library = next(
        path for path in (FOLDER / "cargo" / "release").glob("*minitok.*") if path.suffix in {".so", ".dylib", ".dll"}
    )
    shutil.copy(library, folder / "minitok" / f"_rust{sysconfig.get_config_var('EXT_SUFFIX')}")
    return folder


def jobs_of(models: list[Path]) -> list[harness.Job]:
    """Writes the files that both sides read, and returns the jobs."""
    import minitok

    files = {name: FOLDER / f"{name}.txt" for name in TEXTS}
    lines, model = FOLDER / "all.jsonl", FOLDER / "o200k_base.json"
    with lines.open("w", encoding="utf-8") as out:
        for name, size in TEXTS.items():
            text = texts.content(name, size, None)
            files[name].write_text(text, encoding="utf-8")
            out.writelines(json.dumps({"text": part}, ensure_ascii=False) + "\n" for part in texts.documents(text))
    minitok.get_encoding("o200k_base").save(model, format="huggingface")
    jobs = [
        {"kind": kind, "tokenizer": tokenizer, "file": str(files[name]), "line": f"{Path(tokenizer).name}, {name}"}
        for tokenizer in [*TOKENIZERS, *map(str, [model, *models])]
        for kind, names in (("text", TEXTS), ("short", ("english", "chat")))
        for name in names
    ]
    return [*jobs, {"kind": "pack", "tokenizer": "gpt2", "file": str(lines), "line": "gpt2, packed"}]


def run_pairs(job: harness.Job, sides: list[Path], pairs: int, lines: Lines) -> None:
    """Adds the ratios of some pairs of runs."""
    for number in range(pairs):
        answers = {}
        for side in sides if number % 2 else reversed(sides):
            told = {**job, "side": str(side), "threads": 2, "environment": {"PYTHONPATH": str(side)}}
            answers[side] = harness.launch("benchmarks.turns", told, timeout=600)
            if why := harness.refusal(answers[side]):
                sys.exit(f"{job['line']}, {side.name}: {why}")
        base, ours = (answers[side] for side in sides)
        if base["made"] != ours["made"]:
            sys.exit(f"{job['line']}: the two sides make different things")
        for name, seconds in base["seconds"].items():
            lines.setdefault(f"{job['line']}, {name}", []).append(seconds / ours["seconds"][name])


def opened(name: str) -> Any:
    """An encoding; one with the pattern, the form and found tokens of a family of models; or a file."""
    import minitok

    if Path(name).is_file():
        return minitok.load(name)
    base, _, pattern = name.partition(" as ")
    tok = minitok.get_encoding(base)
    added = {"<think>": tok.vocab_size, "</think>": tok.vocab_size + 1}
    return tok.replace(pattern=pattern, normalizer="NFC", added_tokens=added) if pattern else tok


def timed(call: Callable[[Any], Any], given: Callable[[], Any], passes: int = 5) -> tuple[float, Any]:
    """The median of some passes, each over what ``given`` gives, and the last result. A ``str`` keeps what was made of it."""
    taken, made = [], None
    for _ in range(passes):
        argument = given()
        start = time.process_time()
        made = call(argument)
        taken.append(time.process_time() - start)
    return statistics.median(taken), made


def text(name: str, file: Path) -> Made:
    """Loading, the first pass of a process, and others."""
    data = file.read_bytes()
    load, tok = timed(opened, lambda: name, 1)
    first, ids = timed(tok.encode_to_numpy, data.decode, 1)
    calls = {"again": tok.encode_to_numpy, "list": tok.encode, "count": tok.count}
    seconds = {name: timed(call, data.decode)[0] for name, call in calls.items()}
    decode, decoded = timed(tok.decode, lambda: ids)
    return {"load": load, "first": first, **seconds, "decode": decode}, [ids.tobytes(), decoded.encode()]


def each(call: Callable[[str], Any], strings: list[str]) -> None:
    for string in strings:
        call(string)


def short(name: str, file: Path) -> Made:
    """Strings that have been seen, a call each."""
    tok, data, seconds, made = opened(name), file.read_text(encoding="utf-8"), {}, []
    for length in (20, 200, 2000):
        strings = texts.short_strings(data, length, 200)
        made.append(repr([tok.encode(string) for string in strings]).encode())
        for kind, call in (("list", tok.encode), ("array", tok.encode_to_numpy)):
            calls = partial(each, call)
            seconds[f"{length} characters, {kind}"] = timed(calls, partial(list, strings), 15)[0]
    return seconds, made


def pack(name: str, file: Path) -> Made:
    """Lines of JSON to a new file each time, by two threads."""
    call = partial(opened(name).encode_files, [file], dtype="uint16", threads=2, end_of_document=END, resume=False)
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder) / f"{number}.bin" for number in range(4)]
        first, _ = timed(call, lambda: outs[0], 1)
        again, _ = timed(call, iter(outs[1:]).__next__, 3)
        return {"first": first, "again": again}, [out.read_bytes() for out in outs]


def work(job: harness.Job) -> harness.Answer:
    """Does a job, in a new process of one side."""
    import minitok
    import numpy  # noqa: F401, ICN001 - importing it is not timed

    if Path(job["side"]) not in Path(minitok.__file__).parents:
        sys.exit(f"another minitok: {minitok.__file__}")
    gc.disable()
    seconds, made = {"text": text, "short": short, "pack": pack}[job["kind"]](job["tokenizer"], Path(job["file"]))
    return {"seconds": seconds, "made": [zlib.crc32(one) for one in made]}


def span(ratios: list[float]) -> tuple[float, float]:
    """The range that holds the true median in 95 of 100 runs: each ratio is below it or above, as a coin falls."""
    size = len(ratios)
    seldom = [sum(math.comb(size, k) for k in range(heads + 1)) <= 0.025 * 2**size for heads in range(size // 2)]
    return sorted(ratios)[max(sum(seldom) - 1, 0)], sorted(ratios)[min(size - sum(seldom), size - 1)]


def show(lines: Lines, note: str) -> bool:
    """Prints the lines, with a note behind those that are slower; returns whether there are any."""
    slower = [name for name, ratios in lines.items() if statistics.median(ratios) < LEAST and span(ratios)[1] < 1]
    for name, ratios in lines.items():
        ends = f"({span(ratios)[0]:.3f} to {span(ratios)[1]:.3f}, {len(ratios)} pairs) {note if name in slower else ''}"
        print(f"{name:50} {statistics.median(ratios):.3f} {ends}", flush=True)
    return bool(slower)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", metavar="BASE", help="a commit")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--only", default="", help="jobs with this in their names, as in 'qwen2, scripts'")
    parser.add_argument("--models", type=Path, nargs="*", default=[], help="files of tokenizers, beside the encodings")
    options = parser.parse_args()
    sides = [base_side(options.base), built(harness.ROOT, FOLDER / "ours")]
    sys.path.insert(0, str(sides[1]))
    failed = False
    for job in jobs_of(options.models):
        lines: Lines = {}
        if options.only in job["line"]:
            run_pairs(job, sides, options.pairs, lines)
            if show(lines, "again"):
                run_pairs(job, sides, 2 * options.pairs, lines)
                failed |= show(lines, "SLOWER")
    sys.exit(failed)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].startswith("{"):
        print(json.dumps(work(json.loads(sys.argv[1]))))
    else:
        main()
