"""``Tokenizer``: what every user holds. It never changes and does no work itself.

A tokenizer is a ``Definition``, which says what it is, and the codec that the definition makes, which encodes and decodes.
This file has what makes a tokenizer, from data or from another one; ``methods`` has what a tokenizer does. Both have
signatures, docstrings and bodies of a line or two; anything longer is in the module that the body names.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .arguments import added_special_tokens, check_path, thread_count
from .definition import IDENTITY, Definition
from .definition.fields import short_pattern
from .foreign import explains, has_other_names
from .methods import DecodeMethods, DocumentMethods, EncodeMethods, VocabularyMethods
from .reference.pretokenize import DEFAULT_PATTERN
from .reference.published.names import pattern_named

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Self, Unpack

    from .backend import BackendName
    from .corpus.counts import PieceCounts
    from .corpus.learning import ExtendOptions
    from .definition.fields import Changes
    from .formats import Format
    from .methods.checked import Allowed
    from .reference.published.normalize import Steps as Normalizer

    Path = str | os.PathLike[str]

__all__ = ["Tokenizer"]


@has_other_names
class Tokenizer(EncodeMethods, DecodeMethods, DocumentMethods, VocabularyMethods):
    """A byte-level BPE tokenizer: text to ids and back, without loss.

    ``minitok.get_encoding``, ``minitok.load`` and ``minitok.train`` return one. To make one from merges, pass pairs of ids in
    rank order: merge k, counted from 0, makes id 256 + k.

    Args:
        merges: Pairs of ids in rank order; or a ``Definition``, which holds everything, so that only it is given.
        pattern: How text is cut before merging: ``gpt2``, ``cl100k``, ``o200k`` (the default), a family of models (``llama3``,
            ``qwen2``, ``qwen3.5``, ``tekken``, ``kimi``, ``deepseek3``, ``starcoder``) or ``none``; the name of an encoding or
            of a model of OpenAI, for its pattern; or a regular expression. (Write ``(?:text)`` for one that matches only
            its own text.)
        special_tokens: Names and ids of the special tokens, which are found in a text where the caller allows it.
        added_tokens: Names and ids of the added tokens, which are part of the model's text and found in every text.
        byte_order: The bytes of the ids 0 to 255; by default in ascending order.
        name: A name, for ``repr`` and messages.
        trained: How it was trained, to be saved with it.
        normalizer: The normal form of Unicode that text is put into first (``NFC``, ``NFD``, ``NFKC``, ``NFKD``), another
            step (``lowercase``), or several; see ``minitok.reference.published.normalize``. None leaves text as it is.
        late_tokens: Special and added tokens that are found after the others, in normalized text; see
            ``minitok.reference.published.preprocess``.
        backend: ``rust`` or ``python``; ``minitok.BACKEND`` if not given.

    Raises:
        PatternError: The pattern is malformed, or means different things to the two backends.
        VocabularyError: The merges or the special tokens contradict each other; or the tokens of the merges are longer than
            16 MiB and 256 bytes a merge together (``MINITOK_TOKEN_MIB`` raises the 16 MiB).

    A custom pattern may take 100 million steps and a thousand for each byte of a text; if it needs more, that is a
    PatternError. Patterns from strangers: see SECURITY.md.

    Safe to share between threads and to pickle. Two tokenizers are equal if their tokens, merges, patterns, special
    tokens and normalizers are.

    >>> tok = Tokenizer([(104, 105), (32, 256)], special_tokens={"<|end|>": 258})
    >>> tok.encode("hi hi!")
    [256, 257, 33]
    >>> tok.decode([256, 257, 33])
    'hi hi!'
    """

    @explains
    def __init__(
        self,
        merges: Iterable[tuple[int, int]] | Definition,
        *,
        pattern: str | None = None,
        special_tokens: Mapping[str, int] | None = None,
        added_tokens: Mapping[str, int] | None = None,
        byte_order: bytes | None = None,
        name: str | None = None,
        trained: Mapping[str, Any] | None = None,
        normalizer: Normalizer | None = None,
        late_tokens: Collection[str] = (),
        backend: BackendName | None = None,
    ) -> None:
        options: dict[str, Any] = {
            "pattern": pattern,
            "special_tokens": special_tokens,
            "added_tokens": added_tokens,
            "byte_order": byte_order,
            "name": name,
            "trained": trained,
            "normalizer": normalizer,
            "late_tokens": late_tokens,
            "backend": backend,
        }
        if isinstance(merges, Definition):
            if given := [option for option, value in options.items() if value not in (None, ())]:
                raise TypeError(f"{given[0]} is part of the definition: write definition.replace({given[0]}=...)")
            self._become(merges)
            return
        options["pattern"] = DEFAULT_PATTERN if pattern is None else pattern_named(pattern)
        options["byte_order"] = IDENTITY if byte_order is None else byte_order
        self._become(Definition.from_merges(merges, **options))

    @classmethod
    def _of(cls, definition: Definition) -> Self:
        """Returns the tokenizer of a definition, of this class, whatever the arguments of its ``__init__`` are."""
        tokenizer = cls.__new__(cls)
        tokenizer._become(definition)  # noqa: SLF001 - its own method
        return tokenizer

    @classmethod
    @explains
    def from_ranks(
        cls,
        ranks: Mapping[bytes, int],
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: BackendName | None = None,
    ) -> Tokenizer:
        """Makes a tokenizer from tiktoken's data: the bytes of each token and its rank, which is its id.

        Costs O(V L^2) for V tokens of L bytes, once.

        Raises VocabularyError where a byte of UTF-8 has no token, or an id is out of range.

        >>> ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
        >>> Tokenizer.from_ranks(ranks, pattern="gpt2").merges
        [(97, 98)]
        """
        chosen = pattern_named(pattern)
        return cls._of(
            Definition.from_ranks(ranks, backend=backend, pattern=chosen, special_tokens=special_tokens, name=name)
        )

    # -- other tokenizers made from it ---------------------------------------------------------------------------------

    def shrink(self, vocab_size: int) -> Tokenizer:
        """Returns a tokenizer with a smaller vocabulary, as if it had been trained to that size (SPEC T9).

        The special tokens move to the end of the smaller vocabulary, in the order of their ids; gaps below them remain.

        Raises:
            VocabularyError: The size is not possible, the ids are not in the order of the merges, single bytes first, or
                no merge makes one of them.

        Costs O(n) for n bytes of tokens.

        >>> Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}).shrink(258)
        Tokenizer(vocab_size=258, pattern='o200k', special_tokens=1, backend='rust')
        """
        from .corpus.pruning import shrink

        return self._of(shrink(self._definition, vocab_size))

    def extend(
        self, texts: Iterable[str | bytes] | PieceCounts, vocab_size: int, **options: Unpack[ExtendOptions]
    ) -> Tokenizer:
        """Returns a larger tokenizer that has learnt more from these texts; no existing id changes (SPEC T10).

        The texts are encoded with the existing merges, and training continues from there. New ids begin at ``vocab_size``,
        which is after the special tokens.

        Args:
            texts: As for ``train``; or counts from ``count_pieces`` with this pattern and these special tokens.
            vocab_size: The new ``vocab_size``, if there is that much to learn.
            options: As for ``train``: ``tie_break``, ``min_frequency``, ``max_token_length``, ``threads``, ``progress``,
                ``trace``, and a ``name`` for the new tokenizer; ``max_words`` and ``barred``, by default without limits.

        Raises:
            TrainingError: The options cannot be met, the counts are of other pieces, or the pieces are not those of the text
                alone: with a normalizer, say, or special tokens that take white space with them.

        Costs those of ``train`` for these texts.

        >>> from minitok import train
        >>> tok = train(["low lower lowest"], vocab_size=258)
        >>> tok.extend(["low lower lowest"], vocab_size=260) == train(["low lower lowest"], vocab_size=260)
        True
        >>> train(["low"], 257, special_tokens=["<s>"]).extend(["low low"], 260).special_tokens
        {'<s>': 256}
        """
        from .corpus.learning import extend

        return self._of(extend(self._definition, texts, vocab_size, **options))

    def prune(
        self,
        corpus: PieceCounts | Iterable[str | bytes] | npt.NDArray[Any],
        *,
        keep: Iterable[int | str | bytes] = (),
        vocab_size: int | None = None,
        allowed_special: Allowed = (),
        threads: int | None = None,
    ) -> tuple[Tokenizer, npt.NDArray[np.int64]]:
        """Returns a tokenizer without the tokens that a corpus does not use, and an array of the new id of each old id.

        The new id is -1 where the token is gone. ``minitok.corpus.pruning.prune`` says what is kept and what is raised.

        Args:
            corpus: Texts; or counts from ``count_pieces`` with this pattern and these special tokens; or how often each id
                occurs, as ``numpy.bincount`` counts the ids of a corpus that has been encoded.
            keep: Further tokens to keep, as ids, ``bytes`` or ``str``.
            vocab_size: At most this many ids: the tokens that the corpus makes most often.
            allowed_special: As for ``encode``, for texts.
            threads: How many to use; by default one per processor.

        Costs those of ``count_pieces`` for texts, and O(n) for n bytes of tokens.

        >>> tok = Tokenizer([(97, 98), (256, 99), (98, 99)])
        >>> pruned, new_ids = tok.prune(["abc"])
        >>> pruned.merges, new_ids[[256, 257, 258]].tolist()
        ([(97, 98), (256, 99)], [256, 257, -1])
        """
        from .corpus.pruning import prune

        options: Any = {"keep": keep, "allowed_special": allowed_special, "threads": thread_count(threads)}
        pruned, new_ids = prune(self._definition, corpus, vocab_size=vocab_size, **options)
        return self._of(pruned), new_ids

    def replace(self, **changes: Unpack[Changes]) -> Tokenizer:
        r"""Returns the same tokenizer with other values in these fields of its ``definition``, or on another backend.

        The name is dropped where ids may change, unless a new one is given. ``token_flags`` and ``late_tokens`` stay with
        the special and added tokens of the same names.

        Args:
            changes: ``pattern``, ``special_tokens``, ``added_tokens``, ``normalizer``, ``name``, ``chat`` (a template in Jinja,
                or ``minitok.chat.ChatTemplates``), ``backend``, or any other field of ``Definition``.

        Raises:
            TypeError: There is no such field.

        Costs O(n) for n bytes of tokens, where ids may change; else O(1).

        >>> from minitok import Tokenizer, get_encoding
        >>> tok = get_encoding("gpt2").replace(normalizer="NFC")
        >>> tok.encode("cafe\u0301") == tok.encode("caf\u00e9")
        True
        >>> Tokenizer([(97, 98)]).replace(special_tokens={"<s>": 257}).encode("<s>ab", allowed_special="all")
        [257, 256]
        """
        if "pattern" in changes:
            changes["pattern"] = pattern_named(changes["pattern"])
        return self._of(self._definition.replace(**changes))

    def add_tokens(self, tokens: Mapping[str, int | None] | Iterable[str], *, special: bool = False) -> Tokenizer:
        """Returns the same tokenizer with tokens added to those that it finds in text, and without a name.

        Args:
            tokens: Names and ids, or names alone. Names without ids get the next ones, in the order given, from ``vocab_size``
                on (after the ids given here, if these are higher). A token that exists stays as it is.
            special: Whether they are special tokens, which are found where the caller allows it, or added tokens, which are
                found in every text.

        Raises:
            VocabularyError: A name has another id already, or an id has another token.

        Costs those of ``replace``.

        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 257})
        >>> tok.add_tokens(["<user>", "<assistant>"], special=True).special_tokens
        {'<s>': 257, '<user>': 258, '<assistant>': 259}
        >>> tok.add_tokens({"<pad>": 300}).encode("<pad>")
        [300]
        """
        definition = self._definition
        added = added_special_tokens(
            tokens, definition.found_tokens, definition.vocab.token_bytes, definition.vocab_size
        )
        if special:
            return self.replace(special_tokens={**definition.special_tokens, **added})
        return self.replace(added_tokens={**definition.added_tokens, **added})

    # -- files ---------------------------------------------------------------------------------------------------------

    def save(self, path: Path, *, format: Format = "minitok") -> None:  # noqa: A002 - what it is called everywhere
        """Writes the tokenizer to a file: whole, or not at all. ``minitok.load`` reads it.

        Args:
            path: The file; a folder for ``gpt2``.
            format: ``minitok`` (its own, which holds everything), ``huggingface`` (a ``tokenizer.json``), ``tiktoken`` (a rank
                file, without the pattern and the special tokens), ``gpt2`` (``vocab.json`` and ``merges.txt``; the
                pattern is in the first line of the latter, which other libraries skip) or ``minbpe`` (a ``.model``).

        Raises:
            ValueError: There is no such format.
            VocabularyError: The format cannot hold this tokenizer; the message says why.
            OSError: The file cannot be written.

        Costs O(n) for a file of n bytes.

        >>> import os, tempfile
        >>> from minitok import load
        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 257})
        >>> path = os.path.join(tempfile.mkdtemp(), "tokenizer.json")
        >>> tok.save(path, format="huggingface")
        >>> load(path) == tok
        True
        """
        from .formats import save

        save(self._definition, check_path(path, "path"), format)

    # -- as an object --------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokenizer):
            return NotImplemented
        return self._definition == other._definition

    def __hash__(self) -> int:
        return hash(self._definition)

    def __reduce__(self) -> tuple[Any, ...]:
        definition = self._definition
        if type(self) is Tokenizer and definition.reopen is not None:
            return definition.reopen, (definition.name, definition.backend)
        made = ("_definition", "_codec")
        own = {name: value for name, value in vars(self).items() if name not in made}
        return type(self)._of, (definition,), own or None  # noqa: SLF001 - its own method

    def __repr__(self) -> str:
        held = self._definition
        pattern = short_pattern(held.pattern)
        shown: dict[str, Any] = {"name": held.name or None, "vocab_size": held.vocab_size, "pattern": pattern}
        shown |= {"normalizer": held.normalizer, "prefix": held.prefix, "special_tokens": len(held.special_tokens)}
        shown |= {"added_tokens": len(held.added_tokens) or None, "backend": held.backend}
        return f"Tokenizer({', '.join(f'{name}={value!r}' for name, value in shown.items() if value is not None)})"
