"""``encode_dataset``: a dataset to files of ids by content, and a manifest of them in the order of the dataset."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..corpus.progress import start_progress
from ..formats.files import write_atomically
from ..packing.declared import IdOptions, check_known
from ..packing.options import Options
from .batches import BatchEncoder
from .ray_data import Watch, map_slices, rows_in_order

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..corpus.progress import Progress
    from ..packing import PackOptions
    from ..tokenizer import Tokenizer


@dataclass(frozen=True)
class EncodedDataset:
    """What ``encode_dataset`` has written.

    Attributes:
        manifest: The file that ``open_packed`` opens.
        tokens: How many ids there are.
        documents: How many documents.
        bytes: The bytes of the texts.
        parts: How many files of ids.
        reused: How many of them were there from an earlier run, or from a task that died.
        seconds: How long it took.
        cpu_seconds: The processor time of encoding on all nodes, without that of Ray.
    """

    manifest: Path
    tokens: int
    documents: int
    bytes: int
    parts: int
    reused: int
    seconds: float
    cpu_seconds: float


def encode_dataset(
    dataset: Any,
    tokenizer: Tokenizer,
    out: str | os.PathLike[str],
    *,
    column: str = "text",
    rows: int = 4096,
    workers: int | None = None,
    on_part: Callable[[dict[str, Any]], object] | None = None,
    progress: bool | Callable[[Progress], object] = False,
    **options: Unpack[IdOptions],
) -> EncodedDataset:
    """Encodes a dataset of Ray Data: the documents of ``Tokenizer.encode_files``, in the order of the dataset.

    Each task takes batches of Arrow, with the tokenizer of its process. It writes a file of ids whose name is a hash of the
    tokenizer, the options and the texts. The manifest is written last: only what it lists counts. So a worker, a node or the
    program itself may be killed at any time: what is run again finds its file, or writes the same, and nothing is lost or
    doubled. A run that is started again reuses every file of the same batch.

    Args:
        dataset: A ``ray.data.Dataset``.
        tokenizer: The tokenizer.
        out: A folder that all nodes see; ``packed.manifest.json`` and the files are in it. ``minitok.open_packed`` opens the
            manifest, and ``minitok.join_packed`` writes it in the format of a trainer, shuffled if wanted.
        column: The column that holds the text.
        rows: The most documents in a batch, and so in a file. Each worker needs memory for a block of the dataset.
        workers: The most tasks that run at once; by default one per processor of the cluster.
        on_part: Called with each part in order, a dict of ``file``, ``tokens``, ``documents``, ``bytes`` and ``reused``.
        progress: As for ``Tokenizer.encode_files``; it is called after each part, with ``cpu``.
        options: As for ``Tokenizer.encode_files``: ``dtype``, ``end_of_document``, ``allowed_special``.

    Raises:
        FileFormatError: A row is not text; the message names its file, if the dataset has a column ``path``
            (``include_paths=True``).

    Costs the encoding, on one processor a worker, and a hash of the texts.
    """
    started = time.perf_counter()
    check_known(options, IdOptions)
    asked: PackOptions = {**options, "field": column}  # type: ignore[typeddict-item]  # nothing else is asked for
    checked = Options.of(tokenizer.definition, asked)
    folder = Path(out).absolute()
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    parts: list[dict[str, Any]] = []
    encoded = map_slices(dataset, BatchEncoder(tokenizer, column, folder / "parts", checked), rows, workers)
    with start_progress(progress) as show:
        watch = Watch(show, "encoding", dataset)
        for part in rows_in_order(encoded):
            watch.add(part)
            del part["error"], part["cpu"]
            parts.append(part)
            if on_part:
                on_part(part)
    manifest = folder / "packed.manifest.json"
    write_atomically(manifest, json.dumps(manifest_of(parts, tokenizer, checked.dtype), indent=1).encode())
    totals = {name: sum(part[name] for part in parts) for name in ("tokens", "documents", "bytes", "reused")}
    seconds = round(time.perf_counter() - started, 3)
    return EncodedDataset(manifest, **totals, parts=len(parts), seconds=seconds, cpu_seconds=round(watch.cpu, 3))


def manifest_of(parts: list[dict[str, Any]], tokenizer: Tokenizer, dtype: str) -> dict[str, Any]:
    """The manifest, as ``open_packed`` reads it. A batch of the same texts as another is the same file, listed twice."""
    shards = [
        {
            "files": [f"parts/{part['file']}", f"parts/{part['file']}.idx.npy"],
            "crc32": [part["crc32"], part["index_crc32"]],
            "tokens": part["tokens"],
            "documents": part["documents"],
        }
        for part in parts
    ]
    totals = {name: sum(part[name] for part in parts) for name in ("tokens", "documents")}
    about = {
        "dtype": dtype,
        "format": "numbers",
        "vocab_size": tokenizer.vocab_size,
        "tokenizer": tokenizer.definition.name,
    }
    return {"minitok packed": 1, **totals, **about, "shards": shards}
