"""Through transformers: ``python -m benchmarks.hf_calls``.

``tok(text)`` and ``tok(texts)`` of the stock fast tokenizer, of the same with minitok installed, and of the adapters of other
libraries, on one processor. The ids are compared first. The libraries take turns; each turn is the best of a few calls in a
row, and the figure is the median of the turns, in processor time.

A row has lists of ids and masks, as ``transformers`` gives them. gigatoken's adapter is a class of its own, with fewer options.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before the libraries are imported: one thread, nothing from the network, and no advice.
os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import transformers
from minitok.compat.transformers import install, uninstall

from . import harness, texts
from .models import MODELS, write_model

PreTrainedTokenizerFast: Any = transformers.PreTrainedTokenizerFast  # it has no types
# How many texts of how many characters, and how many calls in a row are a turn.
SHAPES = ((1, 20, 300), (1, 2000, 60), (32, 20, 60), (32, 2000, 6), (1000, 2000, 3))
STOCK = "transformers"
NEEDED = max(count * length for count, length, _ in SHAPES)


def tokenizers_of(file: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each library, and what makes its tokenizer of a file."""

    def with_minitok() -> Any:
        with install():
            return PreTrainedTokenizerFast(tokenizer_file=file)

    def with_gigatoken() -> Any:
        import gigatoken

        return gigatoken.Tokenizer(file).as_hf()

    def with_fastokens() -> Any:
        from fastokens._compat import _TokenizerShim

        made = PreTrainedTokenizerFast(tokenizer_file=file)
        made._tokenizer = _TokenizerShim(made._tokenizer)  # noqa: SLF001 - what its patch does
        return made

    yield "minitok", with_minitok
    yield "gigatoken", with_gigatoken
    yield "fastokens", with_fastokens
    yield STOCK, lambda: PreTrainedTokenizerFast(tokenizer_file=file)


def turn(tokenizer: Any, given: Any, calls: int) -> float:
    """The shortest of some calls in a row."""
    best = float("inf")
    for _ in range(calls):
        start = time.process_time()
        made = tokenizer(given)
        best = min(best, time.process_time() - start)
        del made
    return best


def ids(tokenizer: Any, given: Any) -> list[list[int]]:
    """The ids of a call, a list for each text."""
    rows = tokenizer(given)["input_ids"]
    return [list(rows)] if isinstance(given, str) else [list(row) for row in rows]


def measure(model: str, file: str, text: str, repeats: int) -> Iterator[dict[str, Any]]:
    """The rows of one model."""
    made: dict[str, Any] = {}
    for name, make in tokenizers_of(file):
        try:
            made[name] = make()
        except Exception as error:  # noqa: BLE001 - a library that cannot do it is named
            yield {"model": model, "peer": name, "refused": str(error)[:200]}
    for count, length, calls in SHAPES:
        rows = [text[at * length : (at + 1) * length] for at in range(count)]
        given: Any = rows if count > 1 else rows[0]
        expected = ids(made[STOCK], given)
        equal = {name for name, tokenizer in made.items() if ids(tokenizer, given) == expected}
        taken: dict[str, list[float]] = {name: [] for name in made if name in equal}
        for _ in range(repeats):
            for name, times in taken.items():
                install() if name == "minitok" else uninstall()
                times.append(turn(made[name], given, 1 if name == STOCK and count > 100 else calls))
        uninstall()
        shape = {"model": model, "texts": count, "characters": length}
        for name in made:
            if name not in equal:
                yield {**shape, "peer": name, "refused": "other ids"}
            else:
                yield {**shape, "peer": name, "median": statistics.median(taken[name]), "all": taken[name]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder with english.txt")
    parser.add_argument("--models", nargs="+", default=["llama-3", "qwen-3", "deepseek-v3"], choices=MODELS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--notes", default="")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    text, _ = texts.read("english", NEEDED, options.corpus)
    text *= 1 + NEEDED // len(text)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            write_model(model, Path(folder))
            for row in measure(model, f"{folder}/{model}.json", text, options.repeats):
                rows.append(row)
                print({key: value for key, value in row.items() if key != "all"}, flush=True)
    packages = ["minitok", "transformers", "tokenizers", "gigatoken", "fastokens"]
    print(
        harness.save("hf_calls", {"machine": harness.machine(packages, options.notes), "rows": rows}, options.results)
    )


if __name__ == "__main__":
    main()
