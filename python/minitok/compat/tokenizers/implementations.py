"""Tokenizers that are put together: GPT-2's, that of GPT and of Sennrich, and SentencePiece's, each with its training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from . import decoders, normalizers, pre_tokenizers, processors
from .models import BPE
from .tokenizer import Tokenizer
from .trainers import BpeTrainer

if TYPE_CHECKING:
    from typing_extensions import Self

    from .added import AddedToken

    Vocab = str | Mapping[str, int]
    Merges = str | Iterable[tuple[str, str]]


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

    def _become(self, name: str, given: Mapping[str, Any], model: Mapping[str, Any], **steps: Any) -> None:
        """Makes the model and sets the steps. ``given``: the arguments of the constructor."""
        has_files = given["vocab"] is not None and given["merges"] is not None
        tokenizer = Tokenizer(BPE(*(given["vocab"], given["merges"]) if has_files else (), **model))
        unknown = model.get("unk_token")
        if unknown is not None and tokenizer.token_to_id(unknown) is not None:
            tokenizer.add_special_tokens([unknown])
        for step, component in steps.items():
            setattr(tokenizer, step, component)
        hidden = ("self", "vocab", "merges", "fuse_unk")
        parameters = {key: value for key, value in given.items() if key not in hidden}
        BaseTokenizer.__init__(self, tokenizer, {"model": name, **parameters})

    @classmethod
    def from_file(cls, vocab_filename: str, merges_filename: str, **options: Any) -> Self:  # type: ignore[override]  # as there
        """From ``vocab.json`` and ``merges.txt``."""
        return cls(*BPE.read_file(vocab_filename, merges_filename), **options)  # type: ignore[arg-type]  # of the classes below

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
        given = dict(locals())
        marks = {name: given[name] or "" for name in ("continuing_subword_prefix", "end_of_word_suffix")}
        self._become(
            "ByteLevelBPE",
            given,
            {} if vocab is None or merges is None else {"dropout": dropout, **marks},
            normalizer=in_turn(unicode_normalizer, lowercase=lowercase),
            pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space),
            decoder=decoders.ByteLevel(),
            post_processor=processors.ByteLevel(trim_offsets=trim_offsets),
        )


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
        self._become(
            "BPE",
            dict(locals()),
            {"unk_token": str(unk_token), "dropout": dropout, "end_of_word_suffix": suffix},
            normalizer=in_turn(unicode_normalizer, bert=bert_normalizer, lowercase=lowercase),
            pre_tokenizer=pre_tokenizers.WhitespaceSplit()
            if split_on_whitespace_only
            else pre_tokenizers.BertPreTokenizer(),
            decoder=decoders.BPEDecoder(suffix=suffix),
        )


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
        given = dict(locals())
        scheme = "always" if add_prefix_space else "never"
        self._become(
            "SentencePieceBPE",
            given,
            {"unk_token": str(unk_token), "dropout": dropout, "fuse_unk": bool(fuse_unk)},
            normalizer=normalizers.NFKC(),
            pre_tokenizer=pre_tokenizers.Metaspace(replacement, scheme),
            decoder=decoders.Metaspace(replacement, scheme),
        )


def in_turn(form: str | None, *, bert: bool = False, lowercase: bool = False) -> Any:
    """The normalizers that are asked for, one after the other; None for none."""
    steps: list[normalizers.Normalizer] = [normalizers.unicode_normalizer_from_str(form)] if form else []
    steps += [normalizers.BertNormalizer(lowercase=False)] * bert + [normalizers.Lowercase()] * lowercase
    return normalizers.Sequence(steps) if len(steps) > 1 else steps[0] if steps else None
