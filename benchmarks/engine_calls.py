"""What a serving engine asks of a tokenizer: ``python -m benchmarks.engine_calls``.

A prompt of 28,000 tokens, through ``transformers`` and by the libraries' own calls, to a list of ids; and an answer of 2,800
tokens, token by token, each by one call to a stream that holds back parts of characters. One processor. The ids and the texts
are compared with those of ``tokenizers`` first. The libraries take turns; a turn is the best of some calls in a row, and the
figure is the median of the turns, in processor time.

gigatoken has no stream. ``loop`` is Python's own part of the second: a loop over the ids that calls a method of ``list``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .hf_calls import STOCK, tokenizers_of, turn  # first: it says how the libraries are imported

# isort: split
import minitok
import tokenizers
from minitok.compat import tokenizers as compat
from minitok.compat.transformers import install, uninstall

from . import harness, texts
from .models import MODELS, write_model

PROMPT, ANSWER = 28_000, 2_800
CALLS = 12
Call = Callable[[Any], Any]


def input_ids(adapter: Any, text: str) -> Any:
    """The ids by a call of the tokenizer."""
    return adapter(text)["input_ids"]


def encoded(adapter: Any, text: str) -> Any:
    """The ids by its method, which is looked up at each call: ``install`` replaces it."""
    return adapter.encode(text)


def prompt_calls(file: str, adapters: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    """Each library's calls that give the ids of a prompt."""
    for name, adapter in adapters.items():
        yield f"{name}: tokenizer(text)['input_ids']", partial(input_ids, adapter)
    for name in ("minitok", STOCK, "fastokens"):
        if name in adapters:
            yield f"{name}: tokenizer.encode(text)", partial(encoded, adapters[name])
    tok = minitok.load(file)
    yield "minitok's core: encode(text)", lambda text: tok.encode(text, allowed_special="all")
    if "gigatoken" in adapters:
        import gigatoken

        core = gigatoken.Tokenizer(file)
        yield "gigatoken's core: encode(text)", lambda text: core.encode(text).tolist()


def steps(stream: Any, tokenizer: Any) -> Call:
    """A stream of an interface of ``tokenizers``, as vLLM drives it."""

    def run(ids: list[int]) -> list[str | None]:
        step = stream(skip_special_tokens=True).step
        return [step(tokenizer, token_id) for token_id in ids]

    return run


def stream_calls(file: str) -> Iterator[tuple[str, Call]]:
    """Each library's streams, and what a loop over calls costs by itself."""
    tok = minitok.load(file)

    def pushes(ids: list[int], **options: Any) -> list[str]:
        push = tok.stream_decoder(**options).push
        return [push(token_id) for token_id in ids]

    def loop(ids: list[int]) -> list[str]:
        item = [""].__getitem__
        return [item(0) for _ in ids]

    yield "minitok: stream.push(id)", pushes
    yield "minitok: the same with a stop string", lambda ids: pushes(ids, stop=["</s>"])
    yield "minitok: DecodeStream.step", steps(compat.decoders.DecodeStream, compat.Tokenizer.from_file(file))
    try:
        from fastokens._compat import _TokenizerShim
        from fastokens._native import DecodeStream

        yield (
            "fastokens: DecodeStream.step",
            steps(DecodeStream, _TokenizerShim(Path(file).read_text(encoding="utf-8"))),
        )
    except (ImportError, ValueError) as error:
        print(f"fastokens: {error}")
    yield (
        f"{STOCK}: DecodeStream.step",
        steps(tokenizers.decoders.DecodeStream, tokenizers.Tokenizer.from_file(file)),
    )
    yield "loop", loop


def measure(
    calls: dict[str, Call], given: Any, expected: Any, seen: Callable[[Any], Any], repeats: int
) -> Iterator[dict[str, Any]]:
    """The rows of some calls, each checked and then timed in turns."""
    taken: dict[str, list[float]] = {}
    for name, call in calls.items():
        if name == "loop" or seen(call(given)) == expected:
            taken[name] = []
        else:
            yield {"call": name, "refused": "another result"}
    for _ in range(repeats):
        for name, times in taken.items():
            install() if name.startswith("minitok:") else uninstall()
            times.append(turn(calls[name], given, 3 if name.startswith(STOCK) else CALLS))
    uninstall()
    for name, times in taken.items():
        yield {"call": name, "median": statistics.median(times), "all": times}


def of_model(model: str, file: str, text: str, repeats: int) -> Iterator[dict[str, Any]]:
    """The rows of one model."""
    adapters: dict[str, Any] = {}
    for name, make in tokenizers_of(file):
        try:
            adapters[name] = make()
        except Exception as error:  # noqa: BLE001 - a library that cannot do it is named
            yield {"model": model, "call": name, "refused": str(error)[:200]}
    tok = minitok.load(file)
    prompt = tok.decode(tok.encode(text)[:PROMPT])
    ids = adapters[STOCK].encode(prompt)
    calls = dict(prompt_calls(file, adapters))
    special = len(ids) - len(tok.encode(prompt))
    for row in measure(calls, prompt, ids[special:], lambda row: list(row)[-len(ids) + special :], repeats):
        yield {"model": model, "what": "prompt", "tokens": len(ids), **row}
    answer = tok.encode(text)[-ANSWER:]
    streams = dict(stream_calls(file))
    for row in measure(streams, answer, tok.decode(answer), joined, repeats):
        yield {"model": model, "what": "stream", "tokens": ANSWER, **row}


def joined(said: list[str | None]) -> str:
    """The text of the answers of a stream."""
    return "".join(part or "" for part in said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder with english.txt")
    parser.add_argument("--models", nargs="+", default=["llama-3", "qwen-3", "deepseek-v3"], choices=MODELS)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--notes", default="")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    text, _ = texts.read("english", 8 * PROMPT, options.corpus)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            write_model(model, Path(folder))
            for row in of_model(model, f"{folder}/{model}.json", text, options.repeats):
                rows.append(row)
                print({key: value for key, value in row.items() if key != "all"}, flush=True)
    packages = ["minitok", "transformers", "tokenizers", "gigatoken", "fastokens"]
    machine = harness.machine(packages, options.notes)
    print(harness.save("engine_calls", {"machine": machine, "rows": rows}, options.results))


if __name__ == "__main__":
    main()
