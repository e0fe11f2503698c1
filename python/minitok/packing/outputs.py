"""Which files an output is: their names by format, and what may not be written over.

By hand, ``x.bin`` in the format ``numbers`` is ``x.bin`` and its index ``x.bin.idx.npy``; in shards, ``x-00000.bin``,
``x-00001.bin`` and so on with theirs, and ``x.manifest.json``, which lists them.

A file that has a name already is replaced; of a link, what it names. An index of the other format of ``.bin`` is removed with
the ids that it was of. A pipe or a device is refused, and so is a file that is being read.
"""

from __future__ import annotations

import glob
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from ..formats.files import check_regular, link_target
from .mask import mask_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .options import Layout

MEGATRON = b"MMIDIDX\x00\x00"


def format_of(path: Path, wanted: str | None) -> str:
    """Returns the format of an output: the one that is asked for, if it goes with the suffix, or that of the suffix."""
    suffixes = {
        "numbers": (".bin", ".npy"),
        "megatron": (".bin",),
        "datatrove": (".ds",),
        "columns": (".parquet", ".arrow"),
    }
    by_suffix = {suffix: name for name, found in reversed(suffixes.items()) for suffix in found}
    if wanted is None:
        if path.suffix not in by_suffix or path.name.endswith((".idx.npy", ".mask.npy")):
            raise ValueError(
                f"{str(path)!r} must end in .bin or .npy (and not in .idx.npy or .mask.npy, which are index and mask), or "
                "in .ds, .parquet or .arrow"
            )
        return by_suffix[path.suffix]
    if wanted not in suffixes:
        raise ValueError(f"unknown format {wanted!r}; expected one of {', '.join(suffixes)}")
    if path.suffix not in suffixes[wanted]:
        raise ValueError(f"{str(path)!r} must end in {' or '.join(suffixes[wanted])} for the format {wanted}")
    return wanted


def index_path(path: Path, kind: str) -> Path:
    """Returns the file of the index that belongs to the ids."""
    if kind == "megatron":
        return path.with_suffix(".idx")
    return path.with_name(path.name + (".index" if kind == "datatrove" else ".idx.npy"))


def indexes(path: Path, kind: str) -> list[Path]:
    """Returns the file of the index, and that of the other format whose ids may have this name."""
    return [index_path(path, one) for one in (("numbers", "megatron") if path.suffix == ".bin" else (kind,))]


def remove_indexes(path: Path, kind: str) -> None:
    """Removes the indexes of earlier ids. What has the name of Megatron's and is another file stays: no reader takes it."""
    for index in indexes(path, kind):
        if index.exists() and (index.suffix != ".idx" or begins_as_megatron(index)):
            link_target(index).unlink()


def begins_as_megatron(index: Path) -> bool:
    with index.open("rb") as file:
        return file.read(len(MEGATRON)) == MEGATRON


def shard_name(path: Path, number: int) -> str:
    """Returns the name of a shard of an output."""
    return f"{path.stem}-{number:05d}{path.suffix}"


def old_shards(path: Path, first: int) -> list[Path]:
    """Returns the files with names of shards of an output, from a number on."""
    named = re.compile(re.escape(path.stem) + r"-(\d{5,})" + re.escape(path.suffix))
    others = ((one, named.fullmatch(one.name)) for one in path.parent.glob(f"{glob.escape(path.stem)}-*"))
    return [one for one, found in others if found and int(found[1]) >= first]


def manifest_path(path: Path) -> Path:
    """Returns the file that lists the shards of an output."""
    return path.with_name(path.stem + ".manifest.json")


def check_outputs(path: Path, layout: Layout, inputs: Iterable[Path]) -> None:
    """Raises if what is written would take the place of a file that is read, or of a pipe, a device or a folder."""
    outputs = [path]
    if layout.shard_tokens is not None:
        # How many there will be is not known.
        outputs = old_shards(path, 0)
    if layout.format != "columns":
        others = [(*indexes(one, layout.format), mask_path(one, layout.format)) for one in outputs]
        outputs += [one for files in others for one in files]
    if layout.shard_tokens is not None:
        outputs.append(manifest_path(path))
    replaced = set()
    for one in outputs:
        check_regular(one)
        with suppress(FileNotFoundError):  # another process may write it now
            status = one.stat()
            replaced.add((status.st_dev, status.st_ino))
    for file in inputs:
        status = file.stat()
        if (status.st_dev, status.st_ino) in replaced:
            raise ValueError(f"{str(file)!r} is an input, and {str(path)!r} would overwrite it: choose another output")
