"""Reads a tokenizer from a file or a folder of any format; its content says which.

The extension recognises and reads them all (``rust/formats/``). The reference reads the two that are small and plain by
itself: minitok's own files and tiktoken's. What else it is to run on, the extension reads for it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from ..backend import load_backend
from ..errors import FileFormatError
from ..reference.published.names import own_names
from . import native, tiktoken
from .chat import read_templates
from .extension import read_by_extension
from .files import parse_json
from .hub import cached_model, is_model_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..definition import Definition

PATTERN_NEEDED = "a tiktoken rank file does not contain its split pattern"
# A file of minitok's own begins with its format; of ranks, with a word in base64 and a number.
OWN = re.compile(rb'\{\s*"format"\s*:\s*"minitok"')
RANK = re.compile(rb"[A-Za-z0-9+/=]+[ \t]+[0-9]+\s*$", re.MULTILINE)
GGUF = b"GGUF"
IN_PARTS = "GGUF is read in parts, which a pipe or a device does not allow: name a regular file"


def read_definition(
    path: str | os.PathLike[str], pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a file or a folder holds."""
    if is_model_name(path):
        path = cached_model(str(path))
    definition = read_file(path, pattern, special_tokens, backend)
    templates = read_templates(Path(path)) if os.path.isdir(path) else None
    return definition if templates is None else definition.replace(chat=templates)


def read_file(
    path: str | os.PathLike[str], pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a file holds, or a folder but for its chat templates. A file is opened once, as a pipe can be."""
    chosen = load_backend(backend)
    data = None if os.path.isdir(path) else read_whole(path)
    if data is not None and chosen.name == "python" and (found := read_plainly(data, path, pattern, special_tokens)):
        return found
    return read_by_extension(path, chosen.name, data=data, pattern=pattern, special_tokens=special_tokens)


def read_whole(path: str | os.PathLike[str]) -> bytes | None:
    """The content of a file; None for GGUF, of which the head alone is to be read: a model may lie after it."""
    with open(path, "rb") as file:
        data = file.read(len(GGUF))
        if data != GGUF:
            return data + file.read()
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise FileFormatError(path, IN_PARTS)
    return None


def read_plainly(
    data: bytes, path: str | os.PathLike[str], pattern: str | None, special_tokens: Mapping[str, int] | None
) -> Definition | None:
    """What the reference reads by itself; None for a file of any other format."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if RANK.match(start):
        if pattern is None:
            choice = f"{', '.join(own_names())}, the encoding or model that it belongs to, or a regular expression"
            raise FileFormatError(path, f"{PATTERN_NEEDED}: pass pattern=, which can be {choice}")
        return tiktoken.parse(data, path, pattern=pattern, special_tokens=special_tokens, backend="python")
    if not OWN.match(start):
        return None
    content = parse_json(data, path)
    if pattern is not None or special_tokens is not None:
        raise TypeError(f"{os.fspath(str(path))!r} already defines its pattern and special tokens: omit both arguments")
    return native.parse(content, path, "python")
