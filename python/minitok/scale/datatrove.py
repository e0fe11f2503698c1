"""A step of a datatrove pipeline that encodes its documents to ``.ds`` files, in place of ``DocumentTokenizer``.

    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from minitok.scale.datatrove import encode_step

    LocalPipelineExecutor([JsonlReader("corpus/"), encode_step(tok, "packed/", end_of_document="<|endoftext|>")], tasks=8).run()

Each task writes one file, ``00003.ds`` with ``00003.ds.index``, which gets its name when the task is done: a task that is run
again writes the same. datatrove's own steps merge and shuffle such files; ``minitok.open_packed("packed/*.ds")`` reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backend.documents import with_ends
from ..corpus.files import batches
from ..extras import np
from ..packing.declared import IdOptions, check_known
from ..packing.encoding import BATCH
from ..packing.formats import new_writer
from ..packing.label import Label
from ..packing.options import Options, job_digest

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..packing import PackOptions
    from ..tokenizer import Tokenizer

__all__ = ["encode_step"]


def encode_step(
    tokenizer: Tokenizer,
    out: str | os.PathLike[str],
    **options: Unpack[IdOptions],
) -> Any:
    """Returns a ``PipelineStep`` that encodes the documents of each task to a file, and passes them on.

    Args:
        tokenizer: The tokenizer.
        out: A folder that all tasks see.
        options: As for ``Tokenizer.encode_files``: ``dtype``, ``end_of_document``, ``allowed_special``,
            ``disallowed_special``.

    Raises:
        ImportError: datatrove is not installed.
    """
    check_known(options, IdOptions)
    asked: PackOptions = {**options}  # type: ignore[typeddict-item]  # nothing else is asked for
    checked = Options.of(tokenizer.definition, asked)
    definition = tokenizer.definition
    label = Label(checked.dtype, tokenizer=definition.digest(), source=job_digest(definition, checked))
    return step_class()(tokenizer, Path(out).absolute(), label, checked)


def step_class() -> Any:
    """The class of the step, which derives from datatrove's."""
    from datatrove.pipeline.base import PipelineStep

    class MinitokEncoder(PipelineStep):  # type: ignore[misc]
        name = "minitok"
        type = "TOKENIZER"

        def __init__(self, tokenizer: Tokenizer, out: Path, label: Label, options: Options) -> None:
            super().__init__()
            self.tokenizer, self.out, self.label, self.options = tokenizer, out, label, options

        def __reduce__(self) -> Any:
            return restored, (self.tokenizer, self.out, self.label, self.options)

        def run(self, data: Iterable[Any], rank: int = 0, world_size: int = 1) -> Iterator[Any]:
            """Encodes the documents of task ``rank``."""
            self.out.mkdir(parents=True, exist_ok=True)
            label = replace(self.label, part=(rank + 1, world_size) if world_size > 1 else None)
            writer = new_writer(self.out / f"{rank:05d}.ds", "datatrove", label)
            codec = self.options.coder(self.tokenizer.definition.codec())
            passed: list[Any] = []

            def texts() -> Iterator[str]:
                for document in data:
                    passed.append(document)
                    yield document.text

            try:
                for batch in batches(texts(), BATCH):
                    ids, offsets = with_ends(
                        *codec.encode_batch_to_numpy(batch, self.options.allowed, 1), self.options.end
                    )
                    writer.append(ids, offsets[1:].astype(np.int64))
                    self.stat_update("documents", value=len(batch))
                    self.stat_update("tokens", value=len(ids))
                    yield from passed
                    passed.clear()
                writer.finish()
            finally:
                writer.close()

    return MinitokEncoder


def restored(*fields: Any) -> Any:
    """The step in another process."""
    return step_class()(*fields)
