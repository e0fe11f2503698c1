"""``tok(text)``, ``tok(texts)`` and ``tok.encode(text)`` without the way through an ``Encoding`` for each text.

Most calls ask for ids and masks of texts as they are. ``transformers`` makes an encoding of each text, reads its columns, turns
a dictionary for each into lists, and checks a dozen options. Here the ids come from the codec, and the result is the same
``BatchEncoding``; its encodings are made when they are read. Whatever else a call asks for goes the usual way. So does a text
that ``truncation=True`` cuts: servers always ask for that, and few prompts are too long.

Costs: about a microsecond for a call beside those of the codec, and 0.2 for each text of a batch.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.compat.tokenizers.components import Component
from minitok.compat.tokenizers.encoded_text import Text

from .backend import Backend

if TYPE_CHECKING:
    from minitok.compat.tokenizers.recipe import Recipe

# The options that are followed here.
COLUMNS = ("token_type_ids", "attention_mask")
OPTIONS = frozenset(
    {"add_special_tokens", "return_attention_mask", "return_token_type_ids", "truncation", "max_length"}
)
# A class with one of these methods of its own makes its results by itself.
METHODS = (
    *("_encode_plus", "_batch_encode_plus", "_call_one", "_convert_encoding", "set_truncation_and_padding"),
    *("_eventual_warn_about_too_long_sequence", "_get_padding_truncation_strategies", "_switch_to_input_mode"),
)


def pending_class(base: Any) -> Any:
    """A ``BatchEncoding`` that makes its encodings when they are first read, and is an ordinary one from then on."""

    def encodings(self: Any) -> Any:
        pipeline, layout, texts = self.__dict__.pop("_pending")
        rows = pipeline.encode_batch(texts)
        self.__class__ = base
        self._encodings = [layout.place(Text(pipeline, text, ids)) for text, ids in zip(texts, rows)]
        return self._encodings

    def reduce(self: Any, protocol: Any) -> Any:
        encodings(self)
        return self.__reduce_ex__(protocol)

    members = {"_encodings": property(encodings), "__reduce_ex__": reduce, "__module__": base.__module__}
    return type(base.__name__, (base,), members)


class Plan(NamedTuple):
    """How plain calls are answered, as long as nothing that it depends on changes.

    Attributes:
        state: What it depends on.
        pipeline: What encodes; None if calls go the usual way.
        layout: Where the tokens of a text stand among special ones.
        ids: The ids before a text, and those behind it.
        types: The types of these tokens; None if types are not wanted.
        masks: Whether masks are wanted.
        truncation: The truncation that is asked for, which texts of up to its length do not notice; None if none is.
    """

    state: Any
    pipeline: Any = None
    layout: Any = None
    ids: Any = ((), ())
    types: Any = None
    masks: bool = False
    truncation: Any = None

    @classmethod
    def of(cls, tokenizer: Any, backend: Backend, options: dict[str, Any]) -> Plan:
        """How a tokenizer answers calls with these options now."""
        backend.encode_special_tokens = tokenizer.split_special_tokens
        recipe, names = backend._recipe, list(tokenizer.model_input_names)  # noqa: SLF001 - of the same package
        pipeline, layout = recipe.pipeline(), recipe.layout(options.get("add_special_tokens", True))
        state = state_of(tokenizer, recipe, names, options)
        truncation = truncation_of(tokenizer, options)
        if layout is None or truncation is None or not options.keys() <= OPTIONS or not is_plain(type(tokenizer)):  # type: ignore[arg-type]  # a class has a hash
            return cls(state)
        sides = layout.before, layout.after
        ids = tuple([token_id for part in side for token_id in part.source.ids] for side in sides)
        types = tuple([part.type_id for part in side for _ in range(part.size)] for side in sides)
        asked = (options.get(f"return_{name}") for name in COLUMNS)
        has_types, has_masks = (name in names if ask is None else bool(ask) for name, ask in zip(COLUMNS, asked))
        return cls(state, pipeline, layout, ids, types if has_types else None, has_masks, truncation or None)

    def row(self, tokenizer: Any, ids: list[int]) -> dict[str, list[int]]:
        """The columns of a text with these ids."""
        before, after = self.ids
        if before or after:
            ids = [*before, *ids, *after]
        size = len(ids)
        if size > tokenizer.model_max_length and self.truncation is None:
            tokenizer._eventual_warn_about_too_long_sequence(ids, None, True)  # noqa: SLF001 - as it does itself
        data = {"input_ids": ids}
        if self.types is not None:
            before, after = self.types
            data["token_type_ids"] = [*before, *[self.layout.type_id] * (size - len(before) - len(after)), *after]
        if self.masks:
            data["attention_mask"] = [1] * size
        return data

    def columns(self, tokenizer: Any, rows: list[list[int]]) -> dict[str, list[list[int]]]:
        """The columns of texts with these ids, a list for each text."""
        before, after = self.ids
        plain = not before and not after and self.types is None and self.masks
        if plain and max(map(len, rows)) <= tokenizer.model_max_length:
            return {"input_ids": rows, "attention_mask": [[1] * len(row) for row in rows]}
        made = [self.row(tokenizer, ids) for ids in rows]
        return {name: [row[name] for row in made] for name in made[0]}

    def cuts(self, ids: list[int]) -> bool:
        """Whether a text with these ids is truncated."""
        if self.truncation is None:
            return False
        before, after = self.ids
        return len(before) + len(ids) + len(after) > int(self.truncation["max_length"])


def truncation_of(tokenizer: Any, options: dict[str, Any]) -> dict[str, Any] | None:
    """The truncation that the options ask for, as a recipe has it; empty if none; None if it is for ``transformers`` to say."""
    wanted, length = options.get("truncation"), options.get("max_length")
    if not wanted and length is None:
        return {}
    if wanted is not True or type(length) is not int or length <= 0:
        return None
    return {"max_length": length, "stride": 0, "strategy": "longest_first", "direction": tokenizer.truncation_side}


def state_of(tokenizer: Any, recipe: Recipe, names: list[str], options: dict[str, Any]) -> Any:
    """What a plan depends on."""
    sides = tokenizer.split_special_tokens, tokenizer.truncation_side
    return type(tokenizer), recipe.made, Component.changes, sides, names, options


@functools.cache
def is_plain(kind: type) -> bool:
    """Whether a class of tokenizers makes its results as ``transformers`` does."""
    from transformers import PreTrainedTokenizerFast

    return all(getattr(kind, name, None) is getattr(PreTrainedTokenizerFast, name, None) for name in METHODS)


def plan_of(tokenizer: Any, options: dict[str, Any]) -> Plan | None:
    """How a tokenizer answers calls with these options; None if they go the usual way."""
    backend = tokenizer._tokenizer  # noqa: SLF001 - where transformers has it
    recipe, plan = backend._recipe, backend._plan  # noqa: SLF001 - of the same package
    if plan is None or plan.state != state_of(tokenizer, recipe, tokenizer.model_input_names, options):
        plan = backend._plan = Plan.of(tokenizer, backend, options)  # noqa: SLF001 - the same
    return None if plan.pipeline is None else plan


def calling_plainly(original: Any) -> Any:
    """``PreTrainedTokenizerBase.__call__`` that takes the short way where it leads to the same."""
    from transformers.tokenization_utils_base import BatchEncoding

    pending = pending_class(BatchEncoding)

    @functools.wraps(original)
    def call(self: Any, text: Any = None, *args: Any, **options: Any) -> Any:
        single = type(text) is str
        if type(self._tokenizer) is not Backend or args:
            return original(self, text, *args, **options)
        if not single and (type(text) is not list or set(map(type, text)) != {str}):
            return original(self, text, *args, **options)
        plan = plan_of(self, options)
        if plan is None:
            return original(self, text, *args, **options)
        texts = (text,) if single else text.copy()
        rows = [plan.pipeline.encode(text)] if single else plan.pipeline.encode_batch(texts)
        if plan.truncation is not None and any(map(plan.cuts, rows)):
            return original(self, text, **options)
        recipe = self._tokenizer._recipe  # noqa: SLF001 - of the same package
        recipe.truncation, recipe.padding = plan.truncation, None
        made = pending.__new__(pending)
        made.data = plan.row(self, rows[0]) if single else plan.columns(self, rows)
        made._n_sequences = 1  # noqa: SLF001 - made here
        made._pending = plan.pipeline, plan.layout, texts  # noqa: SLF001
        return made

    return call


def encoding_plainly(original: Any) -> Any:
    """``PreTrainedTokenizerBase.encode`` that takes the short way where it leads to the same."""

    @functools.wraps(original)
    def encode(self: Any, text: Any, *args: Any, **options: Any) -> Any:
        if type(self._tokenizer) is not Backend or args or type(text) is not str:
            return original(self, text, *args, **options)
        plan = plan_of(self, options)
        if plan is None or plan.cuts(ids := plan.pipeline.encode(text)):
            return original(self, text, **options)
        recipe = self._tokenizer._recipe  # noqa: SLF001 - of the same package
        recipe.truncation, recipe.padding = plan.truncation, None
        return plan.row(self, ids)["input_ids"]

    return encode
