"""What a ``Tokenizer`` can be made from and turned into: everybody's data and everybody's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import check_holes, check_ids, check_merges
from .backend import load_backend

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Mapping

    from .backend import Vocab
    from .tokenizer import Tokenizer

    Path = str | os.PathLike[str]
    Merge = tuple[int, int, int, int]

__all__ = ["Conversions"]


class Conversions:
    """The part of ``Tokenizer`` that knows other forms of one. The formats themselves are in ``minitok.formats``."""

    if TYPE_CHECKING:

        @classmethod
        def _from_vocab(cls, vocab: Vocab, **options: Any) -> Tokenizer: ...

    @classmethod
    def from_ranks(
        cls,
        ranks: Mapping[bytes, int],
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """From tiktoken's data: each token's bytes and its rank, which is its id.

        Costs O(V L^2) for V tokens of L bytes, once.

        >>> from minitok import Tokenizer
        >>> ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
        >>> Tokenizer.from_ranks(ranks, pattern="gpt2").merges
        [(97, 98)]
        """
        vocab = load_backend(backend).vocab.from_ranks(check_ids(ranks))
        return cls._from_vocab(vocab, pattern=pattern, special_tokens=special_tokens or {}, name=name, backend=backend)

    @classmethod
    def from_tokens(
        cls,
        ids: Mapping[bytes, int],
        merges: Iterable[tuple[int, int]],
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        whole_pieces: bool = False,
        normalizer: str | None = None,
        late_special: Collection[str] = (),
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """From tokens with ids of any order, and merges as pairs of those ids in rank order (Hugging Face, GPT-2).

        Args:
            ids: Each token's bytes and its id.
            merges: Pairs of ids in rank order; the concatenation of each pair must be a token.
            pattern: As for ``Tokenizer``.
            special_tokens: As for ``Tokenizer``.
            whole_pieces: A piece that is a token as it stands is that token, whatever the merges would make of it.
            normalizer: As for ``Tokenizer``.
            late_special: As for ``Tokenizer``.
            name: As for ``Tokenizer``.
            backend: As for ``Tokenizer``.
        """
        vocab = load_backend(backend).vocab.from_tokens(check_ids(ids), check_merges(merges), whole_pieces)
        return cls._from_vocab(
            vocab,
            pattern=pattern,
            special_tokens=special_tokens or {},
            normalizer=normalizer,
            late_special=late_special,
            name=name,
            backend=backend,
        )

    @classmethod
    def from_vocabulary(
        cls,
        tokens: Mapping[int, bytes],
        merges: Iterable[Merge],
        whole_pieces: bool,
        **options: Any,
    ) -> Tokenizer:
        """From the three values of ``vocabulary()``; the options are those of ``Tokenizer``."""
        check_holes(tokens.keys())
        vocab = load_backend(options.get("backend")).vocab(dict(tokens), list(merges), whole_pieces)
        return cls._from_vocab(vocab, **options)

    # -- files -------------------------------------------------------------------------------------------------------

    @classmethod
    def from_tiktoken(
        cls,
        path: Path,
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """From a rank file of tiktoken, which holds neither the pattern nor the special tokens.

        Raises:
            FileFormatError: The file is malformed; the message says where and how.
        """
        from .formats import tiktoken

        return tiktoken.load(path, pattern=pattern, special_tokens=special_tokens, name=name, backend=backend)

    @classmethod
    def from_huggingface(cls, path: Path, *, name: str | None = None, backend: str | None = None) -> Tokenizer:
        """From a ``tokenizer.json`` of byte-level BPE. Its added tokens become special tokens.

        The ids are those of ``tokenizers``: ``encode(text, allowed_special="all")`` here is
        ``encode(text, add_special_tokens=False)`` there.

        Raises:
            FileFormatError: The file is malformed, or asks for what minitok does not do; the message says what.
        """
        from .formats import huggingface

        return huggingface.load(path, name=name, backend=backend)

    @classmethod
    def from_gpt2(
        cls,
        vocab_json: Path,
        merges_txt: Path,
        *,
        pattern: str = "gpt2",
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """From GPT-2's ``vocab.json`` and ``merges.txt``.

        Args:
            vocab_json: The tokens and their ids.
            merges_txt: The merges in rank order.
            pattern: As for ``Tokenizer``.
            special_tokens: Names and ids; without them, the tokens like ``<...>`` that no merge makes.
            name: As for ``Tokenizer``.
            backend: As for ``Tokenizer``.

        Raises:
            FileFormatError: One of the files is malformed; the message says where and how.
        """
        from .formats import gpt2

        return gpt2.load(
            vocab_json, merges_txt, pattern=pattern, special_tokens=special_tokens, name=name, backend=backend
        )

    @classmethod
    def from_minbpe(cls, path: Path, *, name: str | None = None, backend: str | None = None) -> Tokenizer:
        """From a ``.model`` file of minbpe. Raises FileFormatError."""
        from .formats import minbpe

        return minbpe.load(path, name=name, backend=backend)

    def save(self: Tokenizer, path: Path) -> None:  # type: ignore[misc]
        """Write the tokenizer to a file in minitok's own format: whole, or not at all."""
        from .formats import native

        native.save(self, path)

    def to_tiktoken(self: Tokenizer, path: Path) -> None:  # type: ignore[misc]
        """Write a rank file for tiktoken. It holds neither the pattern nor the special tokens.

        Raises:
            VocabularyError: Ranks cannot say these merges; the message says why.
        """
        from .formats import tiktoken

        tiktoken.save(self, path)

    def to_huggingface(self: Tokenizer, path: Path) -> None:  # type: ignore[misc]
        """Write a ``tokenizer.json``, which ``tokenizers`` and ``transformers.PreTrainedTokenizerFast`` load.

        Raises:
            VocabularyError: The format cannot say it; the message says why.
        """
        from .formats import huggingface

        huggingface.save(self, path)

    def to_gpt2(self: Tokenizer, folder: Path) -> None:  # type: ignore[misc]
        """Write ``vocab.json`` and ``merges.txt`` into a folder. They do not hold the pattern.

        Raises:
            VocabularyError: The format cannot say it; the message says why.
        """
        from .formats import gpt2

        gpt2.save(self, folder)

    def to_minbpe(self: Tokenizer, path: Path) -> None:  # type: ignore[misc]
        """Write a ``.model`` file for minbpe.

        Raises:
            VocabularyError: The format cannot say it; the message says why.
        """
        from .formats import minbpe

        minbpe.save(self, path)
