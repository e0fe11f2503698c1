"""``BPE``: the vocabulary and the merges, as a ``tokenizer.json`` has them, and ``PieceEncoder``: its tokens of pieces.

How many bytes of a piece a token has, its name says, unless a piece begins as symbols (SPEC S7). Then a symbol has the bytes of
its character, a run that fuses those of all its characters, and one that is dropped none: ``tokenizers`` counts the tokens of
a piece from its start as if nothing were missing. A token takes as many symbols as its name has characters.

By hand, with the unknown token ``[UNK]``, ``fuse_unk`` and the merge (a, b): ``☃☃ab`` is ``[UNK]`` of six bytes and ``ab``
of two.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.formats import huggingface
from minitok.formats.byte_level import to_bytes
from minitok.formats.files import parse_json, read
from minitok.formats.gpt2 import parse_merges, parse_vocab, read_merges, write
from minitok.formats.huggingface.fields import OPTIONS

from ...lazy import cached_property
from .components import note_change
from .decode_stream import BYTE
from .shown import Shown

if TYPE_CHECKING:
    from minitok.definition import Definition

    from .trainers import BpeTrainer

    Pair = tuple[str, str]

__all__ = ["BPE", "Model", "PieceEncoder", "Token"]

# What a definition does to text before it is cut, and how it cuts: nothing.
PLAIN: dict[str, Any] = {
    "pattern": "none", "prefix": None, "special_tokens": {}, "added_tokens": {}, "late_tokens": (), "token_flags": {},
    "normalizer": None, "words": None,
}  # fmt: skip


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
            raise TypeError("`vocab` and `merges` must be both files, or both their contents")
        if isinstance(vocab, str):
            message = "Deprecated in 0.9.0: files are read by BPE.from_file"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            self._vocab, self._merges = self.read_file(vocab, str(merges))
        else:
            pairs: Any = merges or ()
            self._vocab, self._merges = dict(vocab or {}), [(left, right) for left, right in pairs]
        self._options = OPTIONS | options
        self._data: bytes | None = None

    @classmethod
    def from_json(cls, data: bytes, options: Mapping[str, Any]) -> BPE:
        """The model of a ``tokenizer.json``, whose tokens and merges are read when they are asked for.

        ``options``: the other fields of the model.
        """
        model = cls(**{name: options[name] for name in OPTIONS if name in options})
        model._data = data
        return model

    @classmethod
    def from_content(cls, model: Mapping[str, Any]) -> BPE:
        """The model of a ``tokenizer.json`` that has been read."""
        options = {name: model[name] for name in OPTIONS if name in model}
        return cls(model["vocab"], read_merges(model["merges"]), **options)

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
        ids = parse_vocab(parse_json(read(vocab), vocab), vocab)
        return ids, [pair for _, pair in parse_merges(read(merges), merges)]

    def _load(self) -> None:
        if self._data is not None:
            model = json.loads(self._data)["model"]
            self._vocab, self._merges, self._data = model["vocab"], read_merges(model["merges"]), None

    def options(self) -> dict[str, Any]:
        """The options that the constructor takes."""
        return dict(self._options)

    def vocab(self) -> dict[str, int]:
        """The tokens and their ids."""
        self._load()
        return self._vocab

    def merges(self) -> list[Pair]:
        self._load()
        return self._merges

    @cached_property
    def names(self) -> dict[int, str]:
        """The tokens by id."""
        return {token_id: token for token, token_id in self.vocab().items()}

    def token_to_id(self, token: str) -> int | None:
        return self.vocab().get(token)

    def id_to_token(self, id: int) -> str | None:
        return self.names.get(id)

    def as_json(self) -> dict[str, Any]:
        """The ``model`` of a ``tokenizer.json``."""
        vocab = dict(sorted(self.vocab().items(), key=lambda item: item[1]))
        return {"type": "BPE", **self._options, "vocab": vocab, "merges": [list(pair) for pair in self.merges()]}

    def tokenize(self, sequence: str) -> list[Token]:
        """The tokens of a piece, which is not cut further; in the notation of the vocabulary."""
        return self.pieces.encode([sequence])[0]

    @cached_property
    def pieces(self) -> PieceEncoder:
        """What encodes pieces. Raises FileFormatError for a model that minitok does not run."""
        return PieceEncoder(self, piece_definition(self.as_json()))

    def save(self, folder: str, prefix: str | None = None, name: str | None = None) -> list[str]:
        """Writes ``vocab.json`` and ``merges.txt`` into a folder; returns their paths."""
        start = f"{prefix or name}-" if prefix or name else ""
        paths = [os.path.join(folder, f"{start}{kind}") for kind in ("vocab.json", "merges.txt")]
        write(Path(paths[0]), Path(paths[1]), self.as_json()["vocab"], map(" ".join, self.merges()))
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
            self.__dict__.pop("pieces", None)
            note_change()
        else:
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(BPE, **self._options), (self.vocab(), self.merges())


def piece_definition(model: dict[str, Any]) -> Definition:
    """What encodes pieces with a model, whose tokens are characters: of text, or those that stand for bytes."""
    decoder = {"type": "ByteFallback"} if model["byte_fallback"] else None
    return huggingface.parse({"added_tokens": [], "model": model, "decoder": decoder}, "the model")


class Token(NamedTuple):
    """A token of a piece: its id, its text, and where it begins and ends, in bytes of the piece."""

    id: int
    value: str
    offsets: tuple[int, int]

    def as_tuple(self) -> tuple[int, str, tuple[int, int]]:
        return self.id, self.value, self.offsets


class PieceEncoder:
    """Encodes pieces, as they reach the model after the pre-tokenizer, in the notation of the vocabulary.

    Args:
        model: The model.
        definition: What encodes with it, whatever is done to text before.
    """

    def __init__(self, model: BPE, definition: Definition) -> None:
        self.model, self.definition = model, definition.replace(**PLAIN)
        symbols, self.falls_back = definition.symbols, definition.vocab.fallback is not None
        self.is_text = self.falls_back or (symbols is not None and symbols.unit == "characters")
        self.has_marks = definition.prefix not in (None, "bytes")

    def encode(self, pieces: list[str]) -> list[list[Token]]:
        batch = self.definition.codec().encode_batch(list(map(self.read, pieces)))
        return [self.placed(piece, ids) for piece, ids in zip(pieces, batch, strict=True)]

    def read(self, piece: str) -> str | bytes:
        """A piece as the codec takes it."""
        return piece.replace("▁", " ") if self.has_marks else piece if self.is_text else to_bytes(piece)

    def placed(self, piece: str, ids: Sequence[int]) -> list[Token]:
        """The tokens of ids, with where they stand."""
        names, found, at = self.model.names, [], 0
        for token_id, size in zip(ids, self.sizes(piece, ids), strict=True):
            found.append(Token(token_id, names[token_id], (at, at + size)))
            at += size
        return found

    def sizes(self, piece: str, ids: Sequence[int]) -> list[int]:
        """How many bytes of a piece each of its tokens has."""
        if self.definition.symbols is None:
            values = [self.model.names[token_id] for token_id in ids]
            if values and (suffix := self.model.end_of_word_suffix):
                values[-1] = values[-1].removesuffix(suffix)
            return [1 if self.falls_back and BYTE.fullmatch(value) else len(value.encode()) for value in values]
        if self.model.ignore_merges and piece in self.model.vocab():
            return [len(piece.encode())]
        symbols = iter(self.symbol_sizes(piece))
        return [sum(islice(symbols, count)) for count in self.counts(piece, ids)]

    def counts(self, piece: str, ids: Sequence[int]) -> Iterator[int]:
        """How many symbols each token of a piece takes."""
        vocab, names, unknown = self.model.vocab(), self.model.names, self.model.unk_token
        prefix, suffix = self.model.continuing_subword_prefix or "", self.model.end_of_word_suffix or ""
        # The token that has the first character is written without the prefix; that character may have been dropped.
        begins = bool(unknown) or piece[:1] + (suffix if len(piece) == 1 else "") in vocab
        for at, token_id in enumerate(ids):
            name = names[token_id]
            bare = name.removeprefix("" if begins and at == 0 else prefix)
            yield 1 if name == unknown else len(bare.removesuffix(suffix if at == len(ids) - 1 else ""))

    def symbol_sizes(self, piece: str) -> list[int]:
        """How many bytes each of the symbols has that a piece begins as."""
        vocab, has_unknown = self.model.vocab(), bool(self.model.unk_token)
        prefix, suffix = self.model.continuing_subword_prefix or "", self.model.end_of_word_suffix or ""
        sizes: list[int] = []
        fused = False
        for at, char in enumerate(piece):
            is_token = (prefix if at else "") + char + (suffix if at == len(piece) - 1 else "") in vocab
            if fused and not is_token:
                sizes[-1] += len(char.encode())
            elif is_token or has_unknown:
                sizes.append(len(char.encode()))
            fused = has_unknown and self.model.fuse_unk and not is_token
        return sizes
