"""The file formats: how a tokenizer is written and read.

Reading order: ``native`` (minitok's own files), ``files`` (what all formats share), ``detect`` (which reader a file has),
``extension`` (files of any format, read in Rust), then a module for each format that is written: ``tiktoken``, ``gpt2``,
``minbpe``, ``huggingface``. What several need: ``byte_level`` (bytes as characters), ``pattern_names`` (patterns by name),
``chat`` (the chat templates of a folder), ``hub`` (the cache of Hugging Face's hub).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import os

    from ..definition import Definition

__all__ = ["FORMATS", "Format", "save"]

Format = Literal["minitok", "huggingface", "tiktoken", "gpt2", "minbpe"]
# The formats that are written.
FORMATS: tuple[Format, ...] = get_args(Format)


def save(definition: Definition, path: str | os.PathLike[str], format: Format) -> None:  # noqa: A002 - its name
    """Writes a definition in a format; see ``Tokenizer.save``."""
    from importlib import import_module

    if format not in FORMATS:
        raise ValueError(f"format must be {', '.join(map(repr, FORMATS))}, not {format!r}")
    module = "native" if format == "minitok" else format
    import_module(f".{module}", __name__).save(definition, path)
