"""The tokenizers that a reader may name: the published encodings, and the reader's own.

A tokenizer of the reader's own is named by its content: ``own-`` and the beginning of the hash of its file. So the server
keeps nothing that could not be sent again: if it has forgotten one, or was restarted, the page sends the file again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Any

from ..encodings import get_encoding, list_encoding_names
from ..errors import MinitokError
from ..formats import huggingface, native
from ..formats.files import parse_json
from ..tokenizer import Tokenizer

__all__ = ["Forgotten", "Shelf", "describe"]

OWN = "own-"
FILE = "the tokenizer's file"


class Forgotten(MinitokError):  # noqa: N818
    """The reader's own tokenizer that was named is not here; the page can send it again."""


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
                raise Forgotten(f"the tokenizer {name!r} is not here any more")
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

    def read(self, data: bytes) -> dict[str, Any]:
        """Keep the tokenizer of a file, minitok's or Hugging Face's. Raises FileFormatError."""
        content = parse_json(data, FILE)
        if isinstance(content, dict) and "model" in content and content.get("format") != "minitok":
            return self.put(Tokenizer.from_definition(huggingface.parse(content, FILE)))
        return self.put(Tokenizer.from_definition(native.parse_file(content, FILE)))

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
