"""A run over files: ids and offsets on disk, and the journal by which an interrupted run continues.

How that is safe: ids and offsets are appended to separate files; after each finished input (at most once a second, and when the
run ends early) they are flushed to disk, and only then does the journal record how much of them is valid. A later run cuts off
the rest and continues.
"""

from __future__ import annotations

import hashlib
import json
import time
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arguments import named_special_tokens, thread_count
from ...backend import load_backend
from ...formats.files import write_atomically
from ...progress import start_progress
from ...text import utf8
from ..files import expand
from .encoding import encode_in_order
from .number_file import NumberFile
from .options import DTYPES, Options, Packed, check_dtype, check_out, end_id, job_digest

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from ...backend import Codec
    from ...definition import Definition
    from ...progress import Progress, Show
    from .encoding import Encoded

    PathLike = str | os.PathLike[str]

__all__ = ["encode_files"]

# The journal is written when this many seconds have passed since the last time.
JOURNAL_SECONDS = 1.0


def encode_files(
    definition: Definition,
    codec: Codec,
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    dtype: str = "uint32",
    separator: str | bytes | None = None,
    field: str = "text",
    end_of_document: str | int | None = None,
    allowed_special: Collection[str] | str = (),
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    resume: bool = True,
) -> Packed:
    """See ``Tokenizer.encode_files``."""
    if separator is not None and not separator:
        raise ValueError("the separator is empty; leave it out for one document a file")
    options = Options(
        check_dtype(dtype, definition.n_vocab),
        utf8(separator) if separator is not None else None,
        field,
        end_id(definition.special_tokens, codec, end_of_document),
        named_special_tokens(allowed_special, definition.special_tokens),
        thread_count(threads),
    )
    run = Run(definition.backend, codec, expand(paths), check_out(out), options, job_digest(definition, options))
    with start_progress(progress) as show:
        return run.finish(show, resume=resume)


class Run:
    """One run over the files: what is finished, and the journal that says so."""

    def __init__(self, backend: str, codec: Codec, files: list[Path], out: Path, options: Options, job: str) -> None:
        self.backend, self.codec, self.files, self.options, self.job = backend, codec, files, options, job
        self.ids = NumberFile(out, DTYPES[options.dtype])
        self.offsets = NumberFile(out.with_name(out.name + ".idx.npy"), "<u8")
        self.journal = out.with_name(out.name + ".journal.json")
        self.bytes = 0
        self.total = sum(file.stat().st_size for file in files)

    def finish(self, show: Show, *, resume: bool) -> Packed:
        """Encodes the remaining files, and renames the output."""
        self.ids.claim()
        try:
            self.offsets.claim()
            try:
                resumed = self.begin(resume=resume)
                self.encode_rest(resumed, show)
                # An index never stands beside the ids of another run, wherever this one ends.
                self.ids.path.unlink(missing_ok=True)
                self.offsets.finish()
                self.ids.finish()
                self.journal.unlink(missing_ok=True)
            finally:
                self.offsets.close()
        except OSError as error:
            if error.errno is not None and error.filename is None:  # a full disk does not say which file
                error.filename = str(self.ids.path)
            raise
        finally:
            self.ids.close()
        documents = self.offsets.length - 1
        return Packed(
            self.ids.path, self.offsets.path, self.options.dtype, self.ids.length, documents, self.bytes, resumed
        )

    def begin(self, *, resume: bool) -> int:
        """Open the files; the number of inputs that an earlier run has finished."""
        state = self.recorded() if resume else None
        if state is None:
            self.journal.unlink(missing_ok=True)
            self.ids.open(0)
            self.offsets.open(0)
            self.offsets.append(np.zeros(1, np.uint64))
            return 0
        self.ids.open(state["tokens"])
        self.offsets.open(state["documents"] + 1)
        self.bytes = state["bytes"]
        return int(state["files"])

    def recorded(self) -> dict[str, Any] | None:
        """Returns what the journal says, if it is of this job and still true."""
        try:
            state = json.loads(self.journal.read_bytes())
            finished = self.files[: state["files"]]
            same = state["job"] == self.job and state["inputs"] == inputs_digest(finished)
            whole = self.ids.has(state["tokens"]) and self.offsets.has(state["documents"] + 1)
            return state if same and whole and len(finished) == state["files"] else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def record(self, files: int, tokens: int, documents: int, text_bytes: int) -> None:
        """Records in the journal what is finished."""
        self.ids.sync()
        self.offsets.sync()
        state = {
            "job": self.job,
            "inputs": inputs_digest(self.files[:files]),
            "files": files,
            "tokens": tokens,
            "documents": documents,
            "bytes": text_bytes,
        }
        write_atomically(self.journal, json.dumps(state, indent=1).encode())

    def encode_rest(self, first: int, show: Show) -> None:
        """Encode the files that are not finished. If one fails, those before it are recorded."""
        ends = [0, *accumulate(file.stat().st_size for file in self.files)]
        done, before = ends[first], self.bytes
        finished = first, self.ids.length, self.offsets.length - 1, self.bytes
        written = time.monotonic()
        rest = enumerate(self.files[first:], first + 1)
        try:
            for part in encode_in_order(self.codec, load_backend(self.backend), rest, self.options):
                if not part.finished:
                    self.append(part)
                    # Records are not as long as their texts: never more than the file, and all of it at its end.
                    show("encoding", min(ends[finished[0] + 1], done + self.bytes - before), self.total)
                    continue
                done, before = ends[part.finished], self.bytes
                show("encoding", done, self.total)
                finished = part.finished, self.ids.length, self.offsets.length - 1, self.bytes
                if time.monotonic() - written > JOURNAL_SECONDS:
                    self.record(*finished)
                    written = time.monotonic()
        except BaseException:
            self.record(*finished)
            raise

    def append(self, part: Encoded) -> None:
        """Writes ids, and the ends of the documents among them."""
        self.offsets.append(part.ends.astype(np.uint64) + np.uint64(self.ids.length))
        self.ids.append(part.ids)
        self.bytes += part.bytes


def inputs_digest(files: Iterable[Path]) -> str:
    """Returns a hash of the state of the files: names, sizes and modification times."""
    digest = hashlib.sha256()
    for file in files:
        stat = file.stat()
        digest.update(repr((str(file.absolute()), stat.st_size, stat.st_mtime_ns)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
