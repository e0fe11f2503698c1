"""``minitok bench``: how fast a tokenizer is, on this machine and this text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from minitok import BACKEND, Tokenizer, load
from minitok.data import tiny_shakespeare
from minitok.encodings import registry
from minitok.errors import MinitokError
from minitok.reference.published.names import encoding_named

from . import options as shared
from .console import output, plain_table, print_json, say, waiting
from .help import Command, declared, option
from .inputs import chunks, named_inputs
from .peers import Peer, installed_peers

if TYPE_CHECKING:
    from minitok.backend import BackendName


@click.command(cls=Command)
@declared
def command(
    *,
    files: tuple[str, ...] = shared.files_argument("Files or patterns, as one text; by default plays of Shakespeare."),
    tokenizers: shared.TokenizerOption,
    repeat: int = option("The number of warm runs; the median is reported.", "-r", default=5),
    threads: int = option("The number of threads to encode with.", default=1),
    peers: bool = option("Compare ids and speed with the installed libraries that can read the tokenizer."),
    json: shared.JsonOption,
    backend: shared.BackendOption,
) -> None:
    """Measure encoding, decoding and counting, in megabytes (10^6 bytes of text) a second.

    Cold is the first call of a tokenizer that has just been loaded, warm the median of further calls. The decoded text
    must equal the input. With --peers, other libraries encode the same text, each as a list of ids on one thread.

    \b
    Examples:
      minitok bench
      minitok bench -e cl100k_base corpus.txt --threads 2
      minitok bench -e o200k_base corpus.txt --peers
      minitok bench -t my.json --backend python --repeat 1 --json
    """
    named = shared.chosen(tokenizers)
    read = (chunk for name in named_inputs(files, hint="to name a tokenizer, use -t") for chunk in chunks(name))
    data = b"".join(read) if files else tiny_shakespeare().encode()
    if not data:
        raise MinitokError("the text to measure with is empty")
    implementation: Any = backend or BACKEND
    with waiting("measuring"):
        result = measure(named, implementation, data, repeat, threads)
        if peers:
            result["peers"] = list(compared(named, implementation, data, repeat))
    if json:
        print_json(result)
        return
    table = plain_table("<task", "cold MB/s", "warm MB/s", "warm ms")
    for task, speed in result["tasks"].items():
        speeds = (f"{speed[name]:,.1f}" for name in ("cold_mb_s", "warm_mb_s"))
        table.add_row(task, *speeds, f"{speed['warm_seconds'] * 1e3:,.3f}")
    sizes = f"{result['bytes']:,} bytes, {result['tokens']:,} tokens"
    used = f"{threads} thread{'' if threads == 1 else 's'}"
    loading = f"loaded in {result['load_seconds'] * 1e3:,.0f} ms"
    say(f"{named} ({implementation}), {sizes}, {used}; {loading}")
    output().print(table)
    if peers:
        show_peers(result["peers"])


def compared(named: str, backend: BackendName, data: bytes, repeat: int) -> Iterator[dict[str, Any]]:
    """What each library makes of the text: whether its ids are minitok's, and how fast; first minitok as they are called."""
    tok, text = fresh(named, backend), data.decode("utf-8", "replace")
    path = Path(named) if shared.is_file(named) else None
    mine = Peer("minitok", lambda text: tok.encode(text, allowed_special="all"), "all")
    for peer in (mine, *installed_peers(path, tok)):
        encode = partial(peer.encode, text)
        ids, cold = timed(encode)
        warm = median(timed(encode)[1] for _ in range(repeat))
        equal = list(ids) == tok.encode(text, allowed_special=peer.allowed)
        yield {
            "library": peer.name,
            "equal": equal,
            "cold_mb_s": len(data) / cold / 1e6,
            "warm_mb_s": len(data) / warm / 1e6,
        }


def show_peers(rows: Sequence[dict[str, Any]]) -> None:
    if len(rows) == 1:
        output().print("No other library that takes this tokenizer is installed.")
        return
    table = plain_table("<text to a list of ids", "<ids", "cold MB/s", "warm MB/s")
    for row in rows:
        speeds = (f"{row[name]:,.1f}" for name in ("cold_mb_s", "warm_mb_s"))
        table.add_row(row["library"], "equal" if row["equal"] else "DIFFER", *speeds)
    output().print(table)


def measure(named: str, backend: BackendName, data: bytes, repeat: int, threads: int) -> dict[str, Any]:
    """Does each task with a new tokenizer."""
    tok, seconds = timed(lambda: fresh(named, backend))
    ids = tok.definition.codec().encode_to_array(data)
    if tok.decode_bytes(ids) != data:
        raise MinitokError("decoding did not give the text back")
    tasks: dict[str, Callable[[Tokenizer], object]] = {
        "encode": lambda tok: tok.definition.codec().encode_to_array(data, (), threads),
        "decode": lambda tok: tok.decode_bytes(ids),
        "count": lambda tok: tok.count(data),
    }
    return {
        "tokenizer": named,
        "backend": backend,
        "threads": threads,
        "bytes": len(data),
        "tokens": len(ids),
        "load_seconds": seconds,
        "tasks": {name: speed(task, fresh(named, backend), len(data), repeat) for name, task in tasks.items()},
    }


def speed(task: Callable[[Tokenizer], object], tok: Tokenizer, size: int, repeat: int) -> dict[str, float]:
    """The first call, and the median of those that follow."""
    _, cold = timed(lambda: task(tok))
    warm = median(timed(lambda: task(tok))[1] for _ in range(repeat))
    return {
        "cold_seconds": cold,
        "warm_seconds": warm,
        "cold_mb_s": size / cold / 1e6,
        "warm_mb_s": size / warm / 1e6,
    }


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and how many seconds it takes."""
    started = perf_counter()
    value = call()
    return value, perf_counter() - started


def fresh(named: str, backend: BackendName) -> Tokenizer:
    """A tokenizer that nobody has used yet: ``get_encoding`` would share one."""
    return (
        load(named, backend=backend)
        if shared.is_file(named)
        else registry.load(encoding_named(named) or named, backend)
    )
