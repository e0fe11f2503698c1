"""Tokenizers that are put together: GPT-2's, that of GPT and of Sennrich, and SentencePiece's, each with its training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from . import decoders, normalizers, pre_tokenizers, processors
from .models import BPE
from .tokenizer import Tokenizer
from .trainers import BpeTrainer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .added import AddedToken

    Vocab = str | Mapping[str, int]
    Merges = str | Iterable[tuple[str, str]]

__all__ = ["BaseTokenizer", "ByteLevelBPETokenizer", "CharBPETokenizer", "SentencePieceBPETokenizer"]


class BaseTokenizer(Tokenizer):
    """A tokenizer with a few methods more.

    Args:
        tokenizer: The tokenizer, which this one is another face of.
        parameters: What it was made with, for its ``repr``.
    """

    def __init__(self, tokenizer: Tokenizer, parameters: Mapping[str, Any] | None = None) -> None:
        self._recipe = tokenizer._recipe  # noqa: SLF001 - it is that tokenizer
        self._parameters = dict(parameters or {})

    @property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer._from_recipe(self._recipe)  # noqa: SLF001 - it is that tokenizer

    def normalize(self, sequence: str) -> str:
        """Returns the text after the normalizer."""
        normalizer = self.normalizer
        return sequence if normalizer is None else str(normalizer.normalize_str(sequence))

    def save_model(self, directory: str, prefix: str | None = None) -> list[str]:
        """Writes ``vocab.json`` and ``merges.txt`` into a folder; returns their paths."""
        return self.model.save(directory, prefix)

    def __repr__(self) -> str:
        parameters = ", ".join(f"{name}={value}" for name, value in self._parameters.items())
        return f"Tokenizer(vocabulary_size={self.get_vocab_size()}, {parameters})"

    def __str__(self) -> str:
        return repr(self)


class Trainable(BaseTokenizer):
    """A tokenizer that is trained by options instead of a trainer."""

    # Options of the trainer, unless others are given.
    _trained_with: ClassVar[dict[str, Any]] = {}

    def train(  # type: ignore[override]  # as there
        self, files: str | Sequence[str], vocab_size: int = 30000, min_frequency: int = 2, **options: Any
    ) -> None:
        """Trains on the lines of files. For the options, see ``trainers.BpeTrainer``."""
        paths = [files] if isinstance(files, str) else files
        self._tokenizer.train(paths, self._trainer(vocab_size=vocab_size, min_frequency=min_frequency, **options))

    def train_from_iterator(  # type: ignore[override]  # as there
        self,
        iterator: Iterable[Any],
        vocab_size: int = 30000,
        min_frequency: int = 2,
        length: int | None = None,
        **options: Any,
    ) -> None:
        """Trains on texts, or on lists of texts. For the options, see ``trainers.BpeTrainer``."""
        trainer = self._trainer(vocab_size=vocab_size, min_frequency=min_frequency, **options)
        self._tokenizer.train_from_iterator(iterator, trainer, length)

    def _trainer(self, **options: Any) -> BpeTrainer:
        if "suffix" in options:
            options["end_of_word_suffix"] = options.pop("suffix")
        return BpeTrainer(**{**self._trained_with, **options})


class ByteLevelBPETokenizer(Trainable):
    """BPE of bytes, as GPT-2's.

    >>> tokenizer = ByteLevelBPETokenizer()
    >>> tokenizer.train_from_iterator(["A first sentence", "Another sentence", "And a last one"])
    >>> tokenizer.encode("A sentence").tokens
    ['A', 'Ġsentence']
    """

    _trained_with: ClassVar[dict[str, Any]] = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}

    def __init__(
        self,
        vocab: Vocab | None = None,
        merges: Merges | None = None,
        add_prefix_space: bool = False,
        lowercase: bool = False,
        dropout: float | None = None,
        unicode_normalizer: str | None = None,
        continuing_subword_prefix: str | None = None,
        end_of_word_suffix: str | None = None,
        trim_offsets: bool = False,
    ) -> None:
        parameters = options_of(locals())
        model = BPE()
        if vocab is not None and merges is not None:
            model = BPE(
                vocab,
                merges,
                dropout=dropout,
                continuing_subword_prefix=continuing_subword_prefix or "",
                end_of_word_suffix=end_of_word_suffix or "",
            )
        tokenizer = Tokenizer(model)
        tokenizer.normalizer = in_turn(unicode_normalizer, lowercase=lowercase)
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=trim_offsets)
        super().__init__(tokenizer, {"model": "ByteLevelBPE", **parameters})

    @staticmethod
    def from_file(vocab_filename: str, merges_filename: str, **options: Any) -> ByteLevelBPETokenizer:  # type: ignore[override]  # as there
        """From GPT-2's ``vocab.json`` and ``merges.txt``."""
        return ByteLevelBPETokenizer(*BPE.read_file(vocab_filename, merges_filename), **options)


class CharBPETokenizer(Trainable):
    """BPE of characters with a mark at the end of words, as GPT's and Sennrich's."""

    _trained_with: ClassVar[dict[str, Any]] = {
        "special_tokens": ["<unk>"],
        "limit_alphabet": 1000,
        "end_of_word_suffix": "</w>",
    }

    def __init__(
        self,
        vocab: Vocab | None = None,
        merges: Merges | None = None,
        unk_token: str | AddedToken = "<unk>",  # noqa: S107 - no password
        suffix: str = "</w>",
        dropout: float | None = None,
        lowercase: bool = False,
        unicode_normalizer: str | None = None,
        bert_normalizer: bool = True,
        split_on_whitespace_only: bool = False,
    ) -> None:
        parameters = options_of(locals())
        both = (vocab, merges) if vocab is not None and merges is not None else ()
        tokenizer = Tokenizer(BPE(*both, unk_token=str(unk_token), dropout=dropout, end_of_word_suffix=suffix))
        if tokenizer.token_to_id(str(unk_token)) is not None:
            tokenizer.add_special_tokens([str(unk_token)])
        tokenizer.normalizer = in_turn(unicode_normalizer, bert=bert_normalizer, lowercase=lowercase)
        words = pre_tokenizers.WhitespaceSplit() if split_on_whitespace_only else pre_tokenizers.BertPreTokenizer()
        tokenizer.pre_tokenizer = words
        tokenizer.decoder = decoders.BPEDecoder(suffix=suffix)
        super().__init__(tokenizer, {"model": "BPE", **parameters})

    @staticmethod
    def from_file(vocab_filename: str, merges_filename: str, **options: Any) -> CharBPETokenizer:  # type: ignore[override]  # as there
        """From ``vocab.json`` and ``merges.txt``."""
        return CharBPETokenizer(*BPE.read_file(vocab_filename, merges_filename), **options)


class SentencePieceBPETokenizer(Trainable):
    """BPE of characters with a marker before words, as SentencePiece's."""

    _trained_with: ClassVar[dict[str, Any]] = {"special_tokens": ["<unk>"], "limit_alphabet": 1000}

    def __init__(
        self,
        vocab: Vocab | None = None,
        merges: Merges | None = None,
        unk_token: str | AddedToken = "<unk>",  # noqa: S107 - no password
        replacement: str = "▁",
        add_prefix_space: bool = True,
        dropout: float | None = None,
        fuse_unk: bool | None = False,
    ) -> None:
        parameters = {
            "unk_token": unk_token,
            "replacement": replacement,
            "add_prefix_space": add_prefix_space,
            "dropout": dropout,
        }
        both = (vocab, merges) if vocab is not None and merges is not None else ()
        tokenizer = Tokenizer(BPE(*both, unk_token=str(unk_token), dropout=dropout, fuse_unk=bool(fuse_unk)))
        if tokenizer.token_to_id(str(unk_token)) is not None:
            tokenizer.add_special_tokens([str(unk_token)])
        scheme = "always" if add_prefix_space else "never"
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement, scheme)
        tokenizer.decoder = decoders.Metaspace(replacement, scheme)
        super().__init__(tokenizer, {"model": "SentencePieceBPE", **parameters})

    @staticmethod
    def from_file(vocab_filename: str, merges_filename: str, **options: Any) -> SentencePieceBPETokenizer:  # type: ignore[override]  # as there
        """From ``vocab.json`` and ``merges.txt``."""
        return SentencePieceBPETokenizer(*BPE.read_file(vocab_filename, merges_filename), **options)


def options_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor beside the vocabulary."""
    return {name: value for name, value in values.items() if name not in ("self", "vocab", "merges", "__class__")}


def in_turn(form: str | None, *, bert: bool = False, lowercase: bool = False) -> Any:
    """The normalizers that are asked for, one after the other; None for none."""
    steps: list[normalizers.Normalizer] = []
    if form:
        steps.append(normalizers.unicode_normalizer_from_str(form))
    if bert:
        steps.append(normalizers.BertNormalizer(lowercase=False))
    if lowercase:
        steps.append(normalizers.Lowercase())
    return normalizers.Sequence(steps) if len(steps) > 1 else steps[0] if steps else None
