"""The tokenizers that a reader may name: the published encodings, and the reader's own.

A tokenizer of the reader's own is named by its content: ``own-`` and the beginning of the hash of its file. So the server
keeps nothing that could not be sent again: if it has forgotten one, or was restarted, the page sends the file again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from ..encodings import get_encoding, list_encoding_names
from ..errors import FileFormatError, MinitokError
from ..formats import native
from ..formats.detect import PATTERN_NEEDED, read_file
from ..tokenizer import Tokenizer

__all__ = ["KNOWN_FOR", "Forgotten", "PatternNeeded", "Shelf", "describe"]

OWN = "own-"
FILE = "the tokenizer's file"
# The models that readers look for, beside the encodings that they use.
KNOWN_FOR = {
    "r50k_base": ["davinci"],
    "p50k_base": ["text-davinci-003"],
    "p50k_edit": ["text-davinci-edit-001"],
    "cl100k_base": ["gpt-4", "gpt-3.5-turbo", "text-embedding-3-small"],
    "o200k_base": ["gpt-5", "gpt-4.1", "gpt-4o", "o3"],
    "o200k_harmony": ["gpt-oss-120b"],
}


class Forgotten(MinitokError):  # noqa: N818
    """The reader's own tokenizer that was named is not here; the page can send it again."""


class PatternNeeded(MinitokError):  # noqa: N818
    """A rank file, of which the reader is to say how it cuts text."""


class Shelf:
    """Published encodings, and a limited number of the reader's own, of which the least recently used is dropped first."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.own: OrderedDict[str, Tokenizer] = OrderedDict()
        self.lock = Lock()

    def get(self, name: str) -> Tokenizer:
        """The tokenizer of a name. Raises Forgotten or UnknownEncodingError.

        >>> Shelf(1).get("gpt2").n_vocab
        50257
        """
        if not name.startswith(OWN):
            return get_encoding(name)
        with self.lock:
            if name not in self.own:
                raise Forgotten(f"the tokenizer {name!r} is no longer available")
            self.own.move_to_end(name)
            return self.own[name]

    def put(self, tokenizer: Tokenizer) -> dict[str, Any]:
        """Keep a tokenizer; its description, and the file that brings it back.

        >>> from minitok import Tokenizer
        >>> shelf = Shelf(1)
        >>> told = shelf.put(Tokenizer([(104, 105)]))
        >>> shelf.get(told["name"]).encode("hi"), shelf.read(told["file"].encode())["name"] == told["name"]
        ([256], True)
        """
        file = native.dump(tokenizer.definition)
        name = OWN + hashlib.sha256(file.encode()).hexdigest()[:16]
        with self.lock:
            self.own[name] = tokenizer
            self.own.move_to_end(name)
            while len(self.own) > self.kept:
                self.own.popitem(last=False)
        return {**describe(tokenizer, name), "n_merges": len(tokenizer.merges), "file": file}

    def read(self, data: bytes, name: str | None = None, pattern: str | None = None) -> dict[str, Any]:
        """Keep the tokenizer of a file of any format.

        Args:
            data: The bytes of the file.
            name: The name of the file, for a tokenizer that has none of its own.
            pattern: How a rank file cuts text; other files say it themselves.

        Raises:
            FileFormatError: The file is malformed, or not a tokenizer's.
            PatternNeeded: It is a rank file, and there is no pattern.
        """
        with TemporaryDirectory(prefix="minitok-play-") as folder:
            path = Path(folder) / "file"
            path.write_bytes(data)
            try:
                definition = read_file(path, pattern or None, None, None)
            except FileFormatError as error:
                if error.reason.startswith(PATTERN_NEEDED):
                    raise PatternNeeded(f"{PATTERN_NEEDED}: choose its pattern") from None
                raise FileFormatError(FILE, error.reason, error.line) from None
            except TypeError:
                # It says itself how text is cut.
                definition = read_file(path, None, None, None)
        if definition.name is None and name:
            definition = definition.replace(name=PurePosixPath(name).stem)
        return self.put(Tokenizer.from_definition(definition))

    def published(self) -> list[str]:
        """The names of the published encodings."""
        return list_encoding_names()


def describe(tokenizer: Tokenizer, name: str) -> dict[str, Any]:
    """Returns what a page must know of a tokenizer."""
    return {
        "name": name,
        "title": tokenizer.name or f"{tokenizer.n_vocab:,} ids",
        "n_vocab": tokenizer.n_vocab,
        "pattern": tokenizer.pattern,
        "special_tokens": tokenizer.special_tokens,
        "added_tokens": tokenizer.added_tokens,
    }
