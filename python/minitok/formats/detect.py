"""Recognises the format of a file or a folder by its content; the name does not matter."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError
from . import gpt2, huggingface, minbpe, native, tiktoken
from .files import parse_json, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..definition import Definition

__all__ = ["read_definition"]

BY_FOLDER = "one of GPT-2's two files: name the folder, which holds both vocab.json and merges.txt"


def read_definition(
    path: str | os.PathLike[str], pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a file or a folder holds."""
    if os.path.isdir(path):
        return load_folder(Path(path), pattern, special_tokens, backend)
    data = read(path)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"#version"):
        raise FileFormatError(path, BY_FOLDER)
    if not start.startswith((b"{", b"[", minbpe.VERSION.split()[0].encode())):
        # A first line of two fields makes it a rank file, well-formed or not; its reader reports what is wrong.
        if len(start.split(b"\n", 1)[0].split()) != 2:
            raise FileFormatError(path, "not a tokenizer of minitok, Hugging Face, minbpe or tiktoken")
        if pattern is None:
            raise FileFormatError(path, "a rank file of tiktoken does not say how text is cut: pass pattern=")
        return tiktoken.load(path, pattern=pattern, special_tokens=special_tokens, backend=backend)
    if pattern is not None or special_tokens is not None:
        raise TypeError(f"{os.fspath(path)!r} says it itself: pattern and special_tokens are not for it")
    if start.startswith(minbpe.VERSION.split()[0].encode()):
        return minbpe.load(path, backend=backend)
    return load_json(parse_json(data, path), path, backend)


def load_json(content: Any, path: str | os.PathLike[str], backend: str | None) -> Definition:
    """What a file of JSON holds."""
    if isinstance(content, dict) and content.get("format") != "minitok":
        if "model" in content:
            return huggingface.parse(content, path, backend=backend)
        if "config" in content and "vocab" in content:
            raise FileFormatError(path, "Mistral's tekken.json, which minitok does not read; it reads tokenizer.json")
        if content and all(isinstance(value, int) for value in content.values()):
            raise FileFormatError(path, BY_FOLDER)
    return native.parse_file(content, path, backend)


def load_folder(
    folder: Path, pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a folder holds."""
    if (folder / "tokenizer.json").exists():
        return read_definition(folder / "tokenizer.json", pattern, special_tokens, backend)
    files = folder / "vocab.json", folder / "merges.txt"
    if not all(file.exists() for file in files):
        raise FileFormatError(folder, "the folder has neither a tokenizer.json nor a vocab.json and a merges.txt")
    return gpt2.load(*files, pattern=pattern or "gpt2", special_tokens=special_tokens, backend=backend)
