"""``encode_files_on_ray``: the files of a corpus packed by the tasks of a cluster, each of which writes a part of the files.

A part is a run of ``Tokenizer.encode_files`` with ``part=``: a task whose worker or node dies is run again by Ray, and goes on
from the journal of the part. The parts are joined here, so the result is that of one machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..corpus.files import expand
from ..corpus.progress import start_progress
from ..packing import join_packed
from ..packing.declared import LayoutOptions, PackOptions, check_known
from ..packing.options import Layout, token_id
from ..packing.outputs import check_outputs, format_of
from .ray_data import results, start_ray

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..corpus.progress import Progress
    from ..packing import Packed
    from ..tokenizer import Tokenizer

    PathLike = str | os.PathLike[str]

# How many parts there are for each processor.
PARTS = 4


def encode_files_on_ray(
    tokenizer: Tokenizer,
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    address: str | None = None,
    parts: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    resume: bool = True,
    **options: Unpack[PackOptions],
) -> Packed:
    """Packs files on a cluster of Ray: what ``Tokenizer.encode_files`` writes, with its options.

    Args:
        tokenizer: The tokenizer.
        paths: As for ``Tokenizer.encode_files``; all nodes must see the files.
        out: As there; all nodes must see its folder. Parts are written next to it and removed at the end.
        address: The cluster's; if not given, that of the environment, or a new one on this machine.
        parts: In how many parts the files are packed; by default four a processor, so that no processor waits long for the
            largest, or one a file.
        progress: As there; it is reported after each part, as a share of the bytes of the files.
        resume: As there.
        options: As for ``Tokenizer.encode_files``.

    Raises:
        FileNotFoundError: A file does not exist, or a pattern matches none.
        FileFormatError: A file's content does not fit its name; the message says where.
        ValueError: ``out`` is one of the files, or has another suffix.
    """
    files = [str(file.absolute()) for file in expand(paths)]
    check_known(options, PackOptions)
    # The layout is made by the join; everything else is the parts'.
    layout: Any = {name: value for name, value in options.items() if name in LayoutOptions.__annotations__}
    others: Any = {name: value for name, value in options.items() if name not in layout}
    described = Layout(format_of(Path(out), layout.get("format")), shard_tokens=layout.get("shard_tokens"))
    check_outputs(Path(out), described, map(Path, files))
    ray = start_ray(address)
    count = max(1, min(parts or PARTS * int(ray.cluster_resources().get("CPU", 1)), len(files)))
    layout["begin_row"] = token_id(tokenizer.definition, layout.get("begin_row"), "begin_row")

    def encode_part(number: int) -> Packed:
        # Parts are plain ids: `.bin` whatever the output is.
        return tokenizer.encode_files(files, whole, part=(number, count), threads=1, resume=resume, **others)

    whole = str(Path(out).absolute().with_suffix(".bin"))
    task = ray.remote(max_retries=-1)(encode_part)
    tasks = {task.remote(number): number for number in range(1, count + 1)}
    total, done = sum(Path(file).stat().st_size for file in files), dict[int, "Packed"]()
    with start_progress(progress) as show:
        show("encoding", 0, total)
        for number, part in results(tasks):
            done[number] = part
            show("encoding", total * len(done) // count, total)
    written = [done[number] for number in sorted(done)]
    packed = join_packed([part.ids for part in written], out, **layout)
    for file in [file for part in written for file in part.files]:
        file.unlink()
    resumed, size = sum(part.resumed_files for part in written), sum(part.bytes for part in written)
    return replace(packed, resumed_files=resumed, bytes=size)
