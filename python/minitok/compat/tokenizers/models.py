"""``BPE``: the vocabulary and the merges, as a ``tokenizer.json`` has them."""

from __future__ import annotations

import json
import os
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from minitok.errors import FileFormatError
from minitok.formats import huggingface
from minitok.formats.files import parse_json, read, write_atomically
from minitok.formats.gpt2 import parse_merges

from .components import Component
from .piece_encoder import PieceEncoder, Token
from .shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from minitok.definition import Definition

    from .trainers import BpeTrainer

    Pair = tuple[str, str]

__all__ = ["BPE", "Model", "Token"]

# The options with their defaults, in the order of the file.
OPTIONS: dict[str, Any] = {
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
    "ignore_merges": False,
}


class Model(Shown):
    """What makes ids of pieces."""


class BPE(Model):
    """Byte-pair encoding.

    Args:
        vocab: The tokens and their ids; or a ``vocab.json``, which is deprecated.
        merges: The merges as pairs of tokens, in rank order; or a ``merges.txt``.
        options: ``dropout``, ``unk_token``, ``continuing_subword_prefix``, ``end_of_word_suffix``, ``fuse_unk``,
            ``byte_fallback`` and ``ignore_merges``. What minitok does not run is refused when text is encoded.

    >>> model = BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")])
    >>> model.token_to_id("ab"), model.id_to_token(0)
    (2, 'a')
    """

    def __init__(
        self, vocab: Mapping[str, int] | str | None = None, merges: Iterable[Pair] | str | None = None, **options: Any
    ) -> None:
        options.pop("cache_capacity", None)
        if unknown := options.keys() - OPTIONS.keys():
            raise TypeError(f"BPE has no option {min(unknown)!r}")
        if (vocab is None) != (merges is None):
            raise ValueError("`vocab` and `merges` must be both specified")
        if isinstance(vocab, str) != isinstance(merges, str):
            raise TypeError("`vocab` and `merges` must be both files, or both what they hold")
        if isinstance(vocab, str):
            message = "Deprecated in 0.9.0: files are read by BPE.from_file"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            self._vocab, self._merges = self.read_file(vocab, str(merges))
        else:
            pairs: Any = merges or ()
            self._vocab, self._merges = dict(vocab or {}), [(left, right) for left, right in pairs]
        self._options = OPTIONS | options
        self._data: bytes | None = None
        self._names: dict[int, str] | None = None
        self._pieces: PieceEncoder | None = None

    @classmethod
    def from_json(cls, data: bytes, options: Mapping[str, Any]) -> BPE:
        """The model of a ``tokenizer.json``, whose tokens and merges are read when they are asked for.

        ``options``: the fields of the model beside these.
        """
        model = cls(**{name: options[name] for name in OPTIONS if name in options})
        model._data = data
        return model

    @classmethod
    def from_content(cls, model: Mapping[str, Any]) -> BPE:
        """The model of a ``tokenizer.json`` that has been read."""
        options = {name: model[name] for name in OPTIONS if name in model}
        return cls(model["vocab"], pairs_of(model["merges"]), **options)

    @classmethod
    def from_file(cls, vocab: str, merges: str, **options: Any) -> BPE:
        """From GPT-2's ``vocab.json`` and ``merges.txt``."""
        return cls(*cls.read_file(vocab, merges), **options)

    @staticmethod
    def read_file(vocab: str, merges: str) -> tuple[dict[str, int], list[Pair]]:
        """Reads ``vocab.json`` and ``merges.txt``.

        Raises:
            FileFormatError: One of the files is malformed.
        """
        content = parse_json(read(vocab), vocab)
        if not isinstance(content, dict):
            raise FileFormatError(vocab, f"not tokens and ids but a {type(content).__name__}")
        return content, [pair for _, pair in parse_merges(read(merges), merges)]

    def _load(self) -> None:
        if self._data is not None:
            model = json.loads(self._data)["model"]
            self._vocab, self._merges, self._data = model["vocab"], pairs_of(model["merges"]), None

    def options(self) -> dict[str, Any]:
        """The options that the constructor takes."""
        return dict(self._options)

    def vocab(self) -> dict[str, int]:
        """The tokens and their ids."""
        self._load()
        return self._vocab

    def merges(self) -> list[Pair]:
        """The merges."""
        self._load()
        return self._merges

    def names(self) -> dict[int, str]:
        """The tokens by id."""
        if self._names is None:
            self._names = {token_id: token for token, token_id in self.vocab().items()}
        return self._names

    def token_to_id(self, token: str) -> int | None:
        """The id of a token."""
        return self.vocab().get(token)

    def id_to_token(self, id: int) -> str | None:  # noqa: A002 - as there
        """The token of an id."""
        return self.names().get(id)

    def as_json(self) -> dict[str, Any]:
        """The ``model`` of a ``tokenizer.json``."""
        vocab = dict(sorted(self.vocab().items(), key=lambda item: item[1]))
        return {"type": "BPE", **self._options, "vocab": vocab, "merges": [list(pair) for pair in self.merges()]}

    def tokenize(self, sequence: str) -> list[Token]:
        """The tokens of a piece, which is not cut further; in the notation of the vocabulary."""
        return self.pieces.encode([sequence])[0]

    @property
    def pieces(self) -> PieceEncoder:
        """What encodes pieces. Raises FileFormatError for a model that minitok does not run."""
        if self._pieces is None:
            self._pieces = PieceEncoder(self, piece_definition(self.as_json()))
        return self._pieces

    def save(self, folder: str, prefix: str | None = None, name: str | None = None) -> list[str]:
        """Writes ``vocab.json`` and ``merges.txt`` into a folder; returns their paths."""
        start = f"{prefix or name}-" if prefix or name else ""
        paths = [os.path.join(folder, f"{start}{kind}") for kind in ("vocab.json", "merges.txt")]
        write_atomically(paths[0], json.dumps(self.as_json()["vocab"], ensure_ascii=False).encode())
        lines = ["#version: 0.2", *(" ".join(pair) for pair in self.merges()), ""]
        write_atomically(paths[1], "\n".join(lines).encode())
        return paths

    def get_trainer(self) -> BpeTrainer:
        """A trainer with the options of the model."""
        from .trainers import BpeTrainer

        return BpeTrainer()

    def __getattr__(self, name: str) -> Any:
        options = self.__dict__.get("_options", {})
        if name not in options:
            raise AttributeError(f"'BPE' object has no attribute {name!r}")
        return options[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OPTIONS:
            self._options = self._options | {name: value}
            self._pieces = None
            Component.changes += 1
        else:
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(BPE, **self._options), (self.vocab(), self.merges())


def pairs_of(rows: Iterable[Any]) -> list[Pair]:
    """The merges out of a file, from either notation."""
    return [(left, right) for left, right in (row.split(" ", 1) if isinstance(row, str) else row for row in rows)]


def piece_definition(model: dict[str, Any]) -> Definition:
    """What encodes pieces with a model, whose tokens are characters: of text, or those that stand for bytes."""
    marks = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"} if model["byte_fallback"] else None
    return huggingface.parse({"added_tokens": [], "model": model, "normalizer": marks}, "the model")
