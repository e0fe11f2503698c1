"""A run over files: ids and offsets on disk, their layout, and the journal by which an interrupted run continues.

How that is safe: ids and offsets are appended to separate files; once a second, and when the run ends early, they are flushed
to disk, and only then does the journal record how much of them belongs to finished inputs, with checksums. A later run cuts off
the rest and continues, if the job, the files that it writes, their checksums and the state of the finished inputs before they
were read are the same. That happens during encoding, which waits for the disk only at its end. Where documents are to be
shuffled, put into rows or cut into shards, that is done when all are encoded (``arrange``), from files that are removed
afterwards.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from ..arguments import check_paths, thread_count
from ..backend import load_backend
from ..corpus.files import expand
from ..corpus.progress import start_progress
from ..formats.files import write_atomically
from .arrange import blocks_of, blocks_of_arrays, write_arranged
from .declared import LayoutOptions, check_known
from .encoding import encode_in_order
from .formats import BareWriter
from .label import Label, joined_label
from .options import DTYPES, Layout, Options, Packed, check_out, job_digest, label_of, token_id
from .outputs import check_outputs, format_of
from .reader import open_together

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from typing_extensions import Unpack

    from ..corpus.progress import Progress, Show
    from ..definition import Definition
    from .declared import PackOptions
    from .encoding import EncodedBlock
    from .formats import Writer

    PathLike = str | os.PathLike[str]

# Files are flushed and the journal is written when this many seconds have passed since the last time.
JOURNAL_SECONDS = 1.0


def encode_files(
    definition: Definition,
    paths: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    part: tuple[int, int] | None = None,
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    resume: bool = True,
    **options: Unpack[PackOptions],
) -> Packed:
    r"""Encodes files into one array of ids on disk, in memory that does not grow with them.

    An index is written next to the ids, ``train.bin.idx.npy`` for ``train.bin``: offsets as uint64, shape (documents
    + 1,); document i has ``ids[offsets[i]:offsets[i + 1]]``. Both are written as ``.partial`` and renamed when
    complete. An interrupted run, called again with the same arguments, continues after the last file that it had
    finished (recorded in ``.journal.json``), unless the tokenizer, an option or one of those files has changed:
    then it starts over. Two runs at a time for one output would mix their ids: the second one is refused.

    Args:
        definition: The tokenizer's.
        paths: Files, or glob patterns, in this order; the files of a pattern are sorted. In ``.jsonl`` files, the
            ``field`` of each line is a document; in ``.parquet`` and ``.arrow`` files, that of each row (needs
            ``minitok[parquet]``). Any other file is text, one document.
        out: ``.bin`` (ids only, little-endian, for ``numpy.memmap``) or ``.npy`` (for ``numpy.load``); ``.ds`` for
            datatrove and nanotron; ``.parquet`` or ``.arrow`` for a column ``input_ids`` of lists.
        part: ``(2, 8)`` for the second of eight parts of the files, which eight processes or machines may write, as
            ``train.part-2-of-8.bin``; ``minitok.join_packed`` joins them.
        threads: How many to use; by default one per processor.
        progress: True for a progress bar, or a function that is called with a ``Progress`` in bytes.
        resume: False to start over in any case.
        options: What becomes of documents and ids: those of ``PackOptions``, by name.

    Returns:
        A ``Packed``: the files of ids and offsets, and the numbers of tokens, documents and bytes of text.

    Raises:
        FileNotFoundError: A file does not exist, or a pattern matches none.
        FileFormatError: A file's content does not fit its name; the message says where.
        BlockingIOError: Another run is writing this output.
        TypeError: An option does not exist, or is of another type.
        ValueError: ``dtype`` is too small for this tokenizer, ``out`` has another suffix, or is one of the files that are
            read, or ``end_of_document`` is not a special token.
        TemplateError: ``learn`` needs a chat template, or the template refuses a conversation; the message says which.

    >>> import numpy, os, tempfile
    >>> from minitok import get_encoding
    >>> folder = tempfile.mkdtemp()
    >>> with open(f"{folder}/a.jsonl", "w") as file:
    ...     _ = file.write('{"text": "hello world"}\n{"text": "hello"}\n')
    >>> tok = get_encoding("gpt2")
    >>> packed = encode_files(tok.definition, f"{folder}/*.jsonl", f"{folder}/train.bin", dtype="uint16",
    ...                           end_of_document="<|endoftext|>")
    >>> packed.tokens, packed.documents
    (5, 2)
    >>> numpy.fromfile(f"{folder}/train.bin", dtype="uint16").tolist()
    [31373, 995, 50256, 31373, 50256]
    >>> numpy.load(f"{folder}/train.bin.idx.npy").tolist()
    [0, 3, 5]
    """
    if (learn := options.get("learn")) is not None:
        # Chat templates need Jinja2, which nothing else that is packed does.
        from .chats import check_learn

        check_learn(definition, learn, options.get("prompt"))
    checked = Options.of(definition, options, learn, thread_count(threads))
    path = check_out(out)
    begin = token_id(definition, options.get("begin_row"), "begin_row")
    kind = format_of(path, options.get("format"))
    layout = Layout.of(options, kind, begin, checked.dtype, masked=learn is not None)
    files = expand(paths)
    label = replace(label_of(definition, checked, layout, files), part=part)
    if part is not None:
        files = part_of(files, *part)
        path = path.with_name(f"{path.stem}.part-{part[0]}-of-{part[1]}{path.suffix}")
    check_outputs(path, layout, files)
    run = Run(definition, files, path, checked, layout, label)
    with start_progress(progress) as show:
        return run.finish(show, resume=resume)


def join_packed(
    parts: PathLike | Iterable[PathLike],
    out: PathLike,
    *,
    dtype: Literal["uint16", "uint32", "auto"] = "auto",
    **options: Unpack[LayoutOptions],
) -> Packed:
    """Joins packed corpora into one, or writes one in another layout: what ``encode_files`` would have written at once.

    Args:
        parts: What ``open_packed`` opens: the parts that several processes have written with ``part=``, in their order.
        out: As for ``Tokenizer.encode_files``.
        dtype: How an id is written; by default as in the parts.
        options: Those of ``minitok.packing.LayoutOptions``, by name: ``format``, ``shuffle``, ``row_length``,
            ``begin_row``, ``rest``, ``shard_tokens``.

    A mask is joined, too; either all parts have one or none.

    Raises:
        FileFormatError: A part is damaged, is missing, is given twice or too late, or is of another run; or corpora are of
            different tokenizers; or an id does not fit into the type. The message says which file.
        TypeError: An option does not exist, or is of another type.
        ValueError: ``out`` is one of the parts, or ``begin_row`` does not fit into the type of the ids.

    Costs O(n) for n ids, in memory that does not grow with them.

    >>> import pathlib, tempfile
    >>> from minitok import Tokenizer
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("a.txt", "b.txt"):
    ...     _ = (folder / name).write_text(f"document {name}")
    >>> tok, files = Tokenizer([]), [folder / "a.txt", folder / "b.txt"]
    >>> parts = [tok.encode_files(files, folder / "ids.bin", part=(number, 2)).ids for number in (1, 2)]
    >>> join_packed(parts, folder / "all.bin").tokens
    28
    """
    check_known(options, LayoutOptions)
    if dtype not in (*DTYPES, "auto"):
        raise ValueError(f"dtype must be 'uint16', 'uint32' or 'auto', not {dtype!r}")
    corpus = open_together(check_paths(parts, "parts"))
    corpus.check_index()
    path = check_out(out)
    kind = format_of(path, options.get("format"))
    if dtype == "auto":
        dtype = "uint16" if corpus.dtype.itemsize <= 2 else "uint32"
    layout = Layout.of(options, kind, options.get("begin_row"), dtype, masked=corpus.masked)
    check_outputs(path, layout, corpus.paths)
    size = corpus.tokens * (4 if corpus.masked or dtype == "uint32" else 2)
    label = joined_label(corpus.labels, dtype, layout.description)
    writer, files, dropped = write_arranged(blocks_of(corpus, dtype), size, path, label, layout, {})
    return packed_of(writer, files, dtype, layout, dropped=dropped)


def packed_of(
    writer: Writer, files: list[Path], dtype: str, layout: Layout, size: int = 0, resumed: int = 0, dropped: int = 0
) -> Packed:
    """What has been written, from ``size`` bytes of text."""
    indexed = layout.shard_tokens is None and layout.format != "columns"
    learned = writer.learned if layout.masked else None
    return Packed(
        files[0],
        files[indexed],
        dtype,
        writer.tokens,
        writer.documents,
        size,
        resumed,
        tuple(files),
        dropped,
        learned,
    )


def part_of(files: list[Path], number: int, count: int) -> list[Path]:
    """Returns the files of part ``number`` (from 1 on) of ``count``: neighbours, about as many bytes in each part.

    >>> from pathlib import Path
    >>> part_of([Path(__file__)] * 5, 1, 2) + part_of([Path(__file__)] * 5, 2, 2) == [Path(__file__)] * 5
    True
    """
    if not 1 <= number <= count:
        raise ValueError(f"part {number} of {count}: parts are numbered from 1 on")
    sizes = [file.stat().st_size for file in files]
    total = max(1, sum(sizes))
    # Where the middle of a file is decides: so parts of equal files are equal, also where one is a byte longer.
    places = [(2 * end - size) * count // (2 * total) for end, size in zip(accumulate(sizes), sizes)]
    return [file for file, place in zip(files, places) if min(place, count - 1) == number - 1]


class Run:
    """One run over the files: what is finished, and the journal that says so."""

    def __init__(
        self, definition: Definition, files: list[Path], out: Path, options: Options, layout: Layout, label: Label
    ) -> None:
        self.definition, self.codec, self.files, self.out = definition, definition.codec(), files, out
        self.options, self.layout, self.job, self.label = options, layout, job_digest(definition, options), label
        if layout.as_encoded:
            self.writer = BareWriter(out, layout.format, label, masked=layout.masked)
        else:
            # Marked ids take 32 bits.
            encoded, dtype = out.with_name(out.name + ".encoded"), "uint32" if layout.masked else options.dtype
            self.writer = BareWriter(encoded, "numbers", Label(dtype))
        self.journal = out.with_name(out.name + ".journal.json")
        self.bytes = 0
        # As they are before they are read: what changes later is not what was encoded.
        self.states = [file.stat() for file in files]
        self.total = sum(state.st_size for state in self.states)

    def finish(self, show: Show, *, resume: bool) -> Packed:
        """Encodes the remaining files, puts the documents where they belong, and renames the output."""
        writer: Writer
        self.writer.claim()
        try:
            resumed = self.begin(resume=resume)
            self.encode_rest(resumed, show)
            if self.layout.as_encoded:
                writer, files, dropped = self.writer, self.writer.finish(), 0
            else:
                writer, files, dropped = self.arrange()
            self.journal.unlink(missing_ok=True)
        except OSError as error:
            if error.errno is not None and error.filename is None:  # a full disk does not say which file
                error.filename = str(self.out)
            raise
        finally:
            self.writer.close()
        return packed_of(writer, files, self.options.dtype, self.layout, self.bytes, resumed, dropped)

    def arrange(self) -> tuple[Writer, list[Path], int]:
        """Writes what is encoded in its layout, and removes it."""
        self.record(len(self.files), *self.state())
        ids, offsets = self.writer.arrays()
        described = {"vocab_size": self.definition.vocab_size, "tokenizer": self.definition.name}
        blocks = blocks_of_arrays(ids, offsets)
        done = write_arranged(blocks, ids.nbytes, self.out, self.label, self.layout, described)
        self.writer.remove()
        return done

    def begin(self, *, resume: bool) -> int:
        """Open the files; the number of inputs that an earlier run has finished."""
        state = self.recorded() if resume else None
        if state is None:
            self.journal.unlink(missing_ok=True)
            self.writer.open()
            return 0
        self.writer.open(state["tokens"], state["documents"])
        self.bytes = state["bytes"]
        if self.writer.sums() != state["sums"]:  # what is on the disk is not what was written
            self.bytes = 0
            self.writer.open()
            return 0
        return int(state["files"])

    def recorded(self) -> dict[str, Any] | None:
        """Returns what the journal says, if it is of this job and still true."""
        try:
            state = json.loads(self.journal.read_bytes())
            if state.pop("crc32") != checksum_of(state):
                return None
            described = self.described(state["files"])
            same = {name: state[name] for name in described} == described
            whole = self.writer.has(state["tokens"], state["documents"])
            return state if same and whole and 0 <= state["files"] <= len(self.files) else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def described(self, files: int) -> dict[str, Any]:
        """Returns what a journal is of: the job, the first files in the state in which they are read, and what is written."""
        inputs = inputs_digest(zip(self.files[:files], self.states, strict=False))
        outputs = [str(file.partial.absolute()) for file in self.writer.files]
        return {"job": self.job, "inputs": inputs, "outputs": outputs}

    def state(self) -> tuple[int, int, int, list[int]]:
        """How many ids, documents and bytes of text there are so far, and checksums of what is written."""
        return self.writer.ids.length, self.writer.offsets.length - 1, self.bytes, self.writer.sums()

    def record(self, files: int, tokens: int, documents: int, text_bytes: int, sums: list[int]) -> None:
        """Records in the journal what is finished."""
        self.writer.sync()
        state = {
            **self.described(files),
            "files": files,
            "tokens": tokens,
            "documents": documents,
            "bytes": text_bytes,
            "sums": sums,
        }
        state["crc32"] = checksum_of(state)
        write_atomically(self.journal, json.dumps(state, indent=1).encode())

    def encoded(self, files: Iterable[tuple[int, Path]]) -> Iterator[EncodedBlock]:
        """Yields the ids of numbered files, in order."""
        if self.options.learn is not None:
            from .chats import encode_chats

            return encode_chats(self.definition, files, self.options)
        return encode_in_order(self.codec, load_backend(self.definition.backend), files, self.options)

    def encode_rest(self, first: int, show: Show) -> None:
        """Encode the files that are not finished. If one fails, those before it are recorded."""
        ends = [0, *accumulate(state.st_size for state in self.states)]
        done, before = ends[first], self.bytes
        finished = first, *self.state()
        written = time.monotonic()
        rest = enumerate(self.files[first:], first + 1)
        # The journal is written during encoding, which waits for it only at its end.
        with ThreadPoolExecutor(1, "minitok-journal") as pool:
            recorded: Future[None] | None = None
            try:
                for part in self.encoded(rest):
                    if part.finished:
                        done, before = ends[part.finished], self.bytes
                        show("encoding", done, self.total)
                        finished = part.finished, *self.state()
                    else:
                        self.writer.append(part.ids, part.ends)
                        self.bytes += part.bytes
                        # Records are not as long as their texts: never more than the file, and all of it at its end.
                        show("encoding", min(ends[finished[0] + 1], done + self.bytes - before), self.total)
                    if time.monotonic() - written > JOURNAL_SECONDS and (recorded is None or recorded.done()):
                        if recorded is not None:
                            recorded.result()
                        recorded = pool.submit(self.record, *finished)
                        written = time.monotonic()
                if recorded is not None:
                    recorded.result()
            except BaseException:
                pool.shutdown()
                self.record(*finished)
                raise


def checksum_of(state: dict[str, Any]) -> int:
    """The CRC-32 of what a journal says."""
    return zlib.crc32(json.dumps(state, sort_keys=True).encode())


def inputs_digest(files: Iterable[tuple[Path, os.stat_result]]) -> str:
    """Returns a hash of the files and their states: names, sizes and modification times."""
    digest = hashlib.sha256()
    for file, state in files:
        described = str(file.absolute()), state.st_size, state.st_mtime_ns
        digest.update(repr(described).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
