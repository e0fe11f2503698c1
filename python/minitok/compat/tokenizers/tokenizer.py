"""``Tokenizer``: the interface of ``tokenizers`` over minitok's codecs."""

from __future__ import annotations

import json
import os
from asyncio import to_thread
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

from minitok.formats import huggingface
from minitok.formats.files import read, write_atomically
from minitok.formats.hub import cached_model

from .added import AddedToken, as_added
from .batches import as_inputs, encode_inputs
from .options import instance, unsigned
from .processing import added_tokens, pad_all, truncate_and_process
from .recipe import Recipe
from .settings import check_padding, check_truncation
from .shown import shown
from .training import train_model, train_parity_model

if TYPE_CHECKING:
    import minitok

    from .encoding import Encoding
    from .models import BPE

    State = dict[str, Any]


def step_property(name: str) -> Any:
    """A component of a tokenizer, as an attribute."""

    def read(tokenizer: Tokenizer) -> Any:
        return tokenizer._recipe.steps[name]  # noqa: SLF001 - a property of the class

    def write(tokenizer: Tokenizer, step: Any) -> None:
        tokenizer._recipe.set_step(name, step)  # noqa: SLF001 - a property of the class

    return property(read, write, doc=f"The {name}, or None; set to one of minitok's or of ``tokenizers``.")


def on_a_thread(method: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A method that awaits another one, which runs on another thread."""

    @wraps(method)
    async def wait(*args: Any, **options: Any) -> Any:
        return await to_thread(method, *args, **options)

    wait.__doc__ = f"As ``{method.__name__}``, on another thread."
    return wait


class Tokenizer:
    """A tokenizer with the methods, defaults and results of ``tokenizers.Tokenizer``, for BPE.

    Args:
        model: The model.

    >>> import minitok
    >>> tok = Tokenizer.from_minitok(minitok.get_encoding("gpt2"))
    >>> tok.encode("hello world").tokens, tok.decode([31373, 995])
    (['hello', 'Ġworld'], 'hello world')
    """

    # The class of the added tokens that are given out.
    _added_token_class: Any = AddedToken

    def __init__(self, model: BPE) -> None:
        self._recipe = Recipe(model)

    @classmethod
    def _from_recipe(cls, recipe: Recipe) -> Tokenizer:
        tokenizer = cls.__new__(cls)
        tokenizer._recipe = recipe  # noqa: SLF001 - its own
        return tokenizer

    # -- from files and to files ---------------------------------------------------------------------------------------

    @classmethod
    def from_file(cls, path: str) -> Tokenizer:
        """Reads a ``tokenizer.json``.

        Raises:
            FileFormatError: The file is malformed, or has something that minitok does not do; the message says what.
            OSError: The file cannot be read.
        """
        return cls._from_recipe(Recipe.from_bytes(read(path), path))

    @classmethod
    def from_buffer(cls, buffer: bytes) -> Tokenizer:
        """Reads the bytes of a ``tokenizer.json``. Raises FileFormatError."""
        return cls._from_recipe(Recipe.from_bytes(bytes(buffer), "buffer"))

    @classmethod
    def from_str(cls, json: str) -> Tokenizer:
        """Reads the text of a ``tokenizer.json``. Raises FileFormatError."""
        return cls._from_recipe(Recipe.from_bytes(json.encode(), "json"))

    @classmethod
    def from_pretrained(cls, identifier: str, revision: str = "main", token: str | None = None) -> Tokenizer:
        """Reads the ``tokenizer.json`` of a folder, or of a model that Hugging Face's cache on this machine has.

        Nothing is downloaded; ``token`` has no effect. ``revision``: ``main``, or a commit's hash.

        Raises:
            FileNotFoundError: The model is not in the cache.
            FileFormatError: As ``from_file``.
        """
        del token
        folder = identifier if os.path.isdir(identifier) else cached_model(identifier, revision)
        return cls.from_file(os.path.join(folder, "tokenizer.json"))

    @classmethod
    def from_minitok(cls, tokenizer: minitok.Tokenizer) -> Tokenizer:
        """The same tokenizer with this interface.

        Raises:
            VocabularyError: A ``tokenizer.json`` cannot express it; the message says why.
        """
        definition = tokenizer.definition
        return cls._from_recipe(Recipe.from_content(huggingface.dump(definition), definition))

    def to_str(self, pretty: bool = False) -> str:
        """The text of a ``tokenizer.json``, which ``tokenizers`` reads, too."""
        layout: Any = {"indent": 2} if pretty else {"separators": (",", ":")}
        return json.dumps(self._recipe.content(), ensure_ascii=False, **layout)

    def save(self, path: str, pretty: bool = True) -> None:
        """Writes a ``tokenizer.json``: whole, or not at all."""
        write_atomically(path, self.to_str(pretty).encode())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_buffer, (self.to_str().encode(),), {"splits_special": self.encode_special_tokens}

    def __setstate__(self, state: State) -> None:
        self.encode_special_tokens = state["splits_special"]

    def __deepcopy__(self, memo: Any) -> Tokenizer:
        return self._from_recipe(self._recipe.copy())

    # -- text to ids ---------------------------------------------------------------------------------------------------

    def encode(
        self, sequence: Any, pair: Any = None, is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> Encoding:
        """Encodes a text, or a pair of them.

        Args:
            sequence: The text; its words, if ``is_pretokenized``.
            pair: The second text.
            is_pretokenized: Texts come as lists of words, each of which is encoded by itself.
            add_special_tokens: The post-processor adds special tokens.

        Raises:
            TypeError: A text is not what it should be.
            FileFormatError: The tokenizer has something that minitok does not do.
        """
        return encode_inputs(self._recipe, [(sequence, pair)], is_pretokenized, add_special_tokens)[0]

    def encode_batch(
        self, input: Iterable[Any], is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> list[Encoding]:
        """Encodes texts, or pairs of them as tuples, on all processors. See ``encode``."""
        return encode_inputs(self._recipe, as_inputs(input, is_pretokenized), is_pretokenized, add_special_tokens)

    def encode_batch_fast(
        self, input: Iterable[Any], is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> list[Encoding]:
        """As ``encode_batch``, with offsets of 0, without tokens and words."""
        return encode_inputs(
            self._recipe, as_inputs(input, is_pretokenized), is_pretokenized, add_special_tokens, bare=True
        )

    async_encode = on_a_thread(encode)
    async_encode_batch = on_a_thread(encode_batch)
    async_encode_batch_fast = on_a_thread(encode_batch_fast)

    def post_process(
        self, encoding: Encoding, pair: Encoding | None = None, add_special_tokens: bool = True
    ) -> Encoding:
        """Returns the final encoding of one or two: cut down, with special tokens, filled up."""
        second = None if pair is None else pair.copy()
        recipe = self._recipe
        processor = recipe.step_json("post_processor")
        final = truncate_and_process(encoding.copy(), second, processor, recipe.truncation, add_special_tokens)
        pad_all([final], recipe.padding)
        return final

    def num_special_tokens_to_add(self, is_pair: bool) -> int:
        """How many special tokens the post-processor adds."""
        return added_tokens(self._recipe.step_json("post_processor"), is_pair)

    # -- ids to text ---------------------------------------------------------------------------------------------------

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """Returns the text of ids. Those that have no token are left out."""
        return self._recipe.pipeline().decode(ids, skip_special_tokens)

    def decode_batch(self, sequences: Iterable[Sequence[int]], skip_special_tokens: bool = True) -> list[str]:
        """Returns the text of each list of ids."""
        pipeline = self._recipe.pipeline()
        return [pipeline.decode(ids, skip_special_tokens) for ids in sequences]

    async_decode_batch = on_a_thread(decode_batch)

    # -- the vocabulary ------------------------------------------------------------------------------------------------

    def get_vocab(self, with_added_tokens: bool = True) -> dict[str, int]:
        """The tokens and their ids."""
        vocab = dict(self._recipe.model.vocab())
        return vocab | self._recipe.added.ids if with_added_tokens else vocab

    def get_vocab_size(self, with_added_tokens: bool = True) -> int:
        """How many tokens there are."""
        vocab = self._recipe.model.vocab()
        return len(vocab) + (len(self._recipe.added.ids.keys() - vocab.keys()) if with_added_tokens else 0)

    def token_to_id(self, token: str) -> int | None:
        """The id of a token, or None."""
        found = self._recipe.added.ids.get(instance(token, str))
        return self._recipe.model.token_to_id(token) if found is None else found

    def id_to_token(self, id: int) -> str | None:
        """The token of an id, or None. An added token that is looked for in normalized text, as it stands there."""
        found, normalizer = self._recipe.added.tokens.get(unsigned(id)), self.normalizer
        if found is None:
            return self._recipe.model.id_to_token(id)
        return found.content if normalizer is None or not found.normalized else normalizer.normalize_str(found.content)

    def get_added_tokens_decoder(self) -> dict[int, Any]:
        """The added tokens by id."""
        kind = self._added_token_class
        return {token_id: kind(**token.__getstate__()) for token_id, token in sorted(self._recipe.added.tokens.items())}

    def add_tokens(self, tokens: list[Any]) -> int:
        """Adds tokens, given as ``str`` or ``AddedToken``; returns how many were added or changed."""
        return self._add(tokens, special=False)

    def add_special_tokens(self, tokens: list[Any]) -> int:
        """Adds special tokens, given as ``str`` or ``AddedToken``; returns how many were added or changed."""
        return self._add(tokens, special=True)

    def _add(self, tokens: list[Any], *, special: bool) -> int:
        recipe = self._recipe
        new = [token for each in instance(tokens, list, tuple) if (token := as_added(each, special=special)).content]
        if all(recipe.added.tokens.get(recipe.added.ids.get(token.content, -1)) == token for token in new):
            return 0
        size = self.get_vocab_size(with_added_tokens=False)
        return recipe.add_tokens(new, size)

    @property
    def encode_special_tokens(self) -> bool:
        """Whether the special tokens in a text are encoded as text."""
        return self._recipe.splits_special

    @encode_special_tokens.setter
    def encode_special_tokens(self, value: bool) -> None:
        if value != self._recipe.splits_special:
            self._recipe.splits_special = value
            self._recipe.changed()

    # -- truncation and padding ----------------------------------------------------------------------------------------

    def enable_truncation(
        self, max_length: int, stride: int = 0, strategy: str = "longest_first", direction: str = "right"
    ) -> None:
        """Cuts encodings down to a length from now on.

        Raises:
            ValueError: ``strategy`` or ``direction`` is unknown, or ``stride`` is not below what is left for text.
        """
        self._recipe.truncation = check_truncation(
            max_length, stride, strategy, direction, self.num_special_tokens_to_add(is_pair=False)
        )

    def no_truncation(self) -> None:
        """Cuts no encodings from now on."""
        self._recipe.truncation = None

    @property
    def truncation(self) -> State | None:
        """The options of ``enable_truncation``; None without truncation."""
        return self._recipe.truncation and dict(self._recipe.truncation)

    def enable_padding(
        self,
        *,
        direction: str = "right",
        pad_id: int = 0,
        pad_type_id: int = 0,
        pad_token: str = "[PAD]",  # noqa: S107 - no password
        length: int | None = None,
        pad_to_multiple_of: int | None = None,
    ) -> None:
        """Fills encodings up from now on: to a length, or each batch to its longest.

        Raises:
            ValueError: ``direction`` is neither ``left`` nor ``right``.
        """
        self._recipe.padding = check_padding(
            length=length,
            pad_to_multiple_of=pad_to_multiple_of,
            pad_id=pad_id,
            pad_token=pad_token,
            pad_type_id=pad_type_id,
            direction=direction,
        )

    def no_padding(self) -> None:
        """Fills no encodings up from now on."""
        self._recipe.padding = None

    @property
    def padding(self) -> State | None:
        """The options of ``enable_padding``; None without padding."""
        return self._recipe.padding and dict(self._recipe.padding)

    # -- components ----------------------------------------------------------------------------------------------------

    normalizer = step_property("normalizer")
    pre_tokenizer = step_property("pre_tokenizer")
    post_processor = step_property("post_processor")
    decoder = step_property("decoder")

    @property
    def model(self) -> BPE:
        """The model."""
        return self._recipe.model

    @model.setter
    def model(self, model: BPE) -> None:
        self._recipe.model = model
        self._recipe.changed()

    # -- training ------------------------------------------------------------------------------------------------------

    def train(self, files: Sequence[str], trainer: Any = None) -> None:
        """Trains on the lines of files. See ``train_from_iterator``."""

        def lines() -> Iterator[str]:
            for path in files:
                with open(path, encoding="utf-8", newline="\n") as file:
                    yield from file

        self.train_from_iterator(lines(), trainer)

    def train_from_iterator(self, iterator: Iterable[Any], trainer: Any = None, length: int | None = None) -> None:
        """Trains on texts, or on lists of texts. ``length`` has no effect.

        Raises:
            TrainingError: The trainer asks for something that minitok does not do.
            FileFormatError: The pre-tokenizer does.
        """
        del length
        trainer = self.model.get_trainer() if trainer is None else trainer
        self.model = train_model(self.model, iterator, trainer, self.normalizer, self.pre_tokenizer)
        self.add_special_tokens(trainer.special_tokens)

    def _train_by_turns(self, trainer: Any, languages: Any, development: Any, ratio: Sequence[float] | None) -> None:
        """Trains on texts of several languages; ``ParityBpeTrainer`` calls this."""
        self.model = train_parity_model(trainer, languages, development, ratio, self.normalizer, self.pre_tokenizer)
        self.add_special_tokens(trainer.special_tokens)

    def __repr__(self) -> str:
        return shown(self._recipe.shown_content())

    def __str__(self) -> str:
        return shown(self._recipe.shown_content(), short=True)
