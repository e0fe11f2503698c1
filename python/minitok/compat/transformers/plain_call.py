"""``tok(text)``, ``tok(texts)`` and ``tok.encode(text)`` without the way through an ``Encoding`` for each text.

Most calls ask for ids and masks of texts as they are. ``transformers`` makes an encoding of each text, reads its columns, turns
a dictionary for each into lists, and checks a dozen options. Here the extension makes the columns in one step. The result is
the same ``BatchEncoding``; its encodings are made when they are read. Other calls go the usual way: those with other options,
those with a text that ``truncation=True`` cuts (servers always ask for that, and few prompts are too long), and all calls on
the Python backend.

Costs: those of the codec, and about half a microsecond a call.
"""

from __future__ import annotations

import copy
import functools
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.arguments import thread_count
from minitok.backend.shortcuts import PlainCalls, tokenizer_changes
from minitok.compat.tokenizers.encoded_text import Text

from .backend import Backend

if TYPE_CHECKING:
    from minitok.compat.tokenizers.processing import Layout

# The options that are followed here.
COLUMNS = ("token_type_ids", "attention_mask")
OPTIONS = frozenset(
    {"add_special_tokens", "return_attention_mask", "return_token_type_ids", "truncation", "max_length"}
)
# The attributes of a tokenizer that matter; the last one where there is truncation.
ATTRIBUTES = ("split_special_tokens", "model_input_names", "model_max_length", "truncation_side")
# A class with one of these methods of its own makes its results by itself.
METHODS = (
    *("_encode_plus", "_batch_encode_plus", "_call_one", "_convert_encoding", "set_truncation_and_padding"),
    *("_eventual_warn_about_too_long_sequence", "_get_padding_truncation_strategies", "_switch_to_input_mode"),
)


def pending_class(base: Any) -> Any:
    """A ``BatchEncoding`` that makes its encodings when they are first read, and is an ordinary one from then on."""

    def encodings(self: Any) -> Any:
        (pipeline, layout), texts = self.__dict__.pop("_pending")
        texts = (texts,) if isinstance(texts, str) else texts
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
    """How plain calls with some options are answered.

    Attributes:
        calls: What answers them.
        truncation: The truncation that is asked for, which texts of up to its length do not notice; None if none is.
        source: What encodings are made of: what encodes, and where the tokens of a text stand among special ones.
    """

    calls: PlainCalls
    truncation: dict[str, Any] | None
    source: tuple[Any, Layout | None]

    @classmethod
    def of(cls, tokenizer: Any, backend: Backend, options: dict[str, Any]) -> Plan:
        """How a tokenizer answers calls with these options now."""
        backend.encode_special_tokens = tokenizer.split_special_tokens
        changes, recipe = tokenizer_changes(), backend._recipe  # noqa: SLF001 - of the same package
        pipeline, layout = recipe.pipeline(), recipe.layout(options.get("add_special_tokens", True))
        truncation = truncation_of(tokenizer, options)
        names = ATTRIBUTES if truncation else ATTRIBUTES[:-1]
        attributes = {name: copy.copy(getattr(tokenizer, name)) for name in names}
        asked = (options.get(f"return_{name}") for name in COLUMNS)
        inputs = tokenizer.model_input_names
        has_types, has_masks = (name in inputs if ask is None else bool(ask) for name, ask in zip(COLUMNS, asked))
        kind: Any = type(tokenizer)
        is_followed = layout is not None and truncation is not None and is_plain(kind)
        sides = (layout.before, layout.after) if layout is not None else ((), ())
        ids = [[token_id for part in side for token_id in part.source.ids] for side in sides]
        types = [[part.type_id for part in side for _ in range(part.size)] for side in sides]
        calls = PlainCalls.planned(
            changes,
            kind,
            attributes,
            options,
            pipeline.codec if is_followed else None,
            pipeline.allowed,
            (ids[0], ids[1]),
            (types[0], layout.type_id, types[1]) if has_types and layout is not None else None,
            has_masks,
            (at_most(truncation["max_length"]), sys.maxsize)
            if truncation
            else (sys.maxsize, at_most(tokenizer.model_max_length)),
            thread_count(None),
        )
        return cls(calls, truncation or None, (pipeline, layout))


def at_most(length: Any) -> int:
    """A number of ids that may be of any size, as one that a list can have."""
    return int(max(0, min(length, sys.maxsize)))


def truncation_of(tokenizer: Any, options: dict[str, Any]) -> dict[str, Any] | None:
    """The truncation that the options ask for, as a recipe has it; empty if none; None if it is for ``transformers`` to say."""
    wanted, length = options.get("truncation"), options.get("max_length")
    if not wanted and length is None:
        return {}
    if wanted is not True or type(length) is not int or length <= 0:
        return None
    return {"max_length": length, "stride": 0, "strategy": "longest_first", "direction": tokenizer.truncation_side}


@functools.cache
def is_plain(kind: type) -> bool:
    """Whether a class of tokenizers makes its results as ``transformers`` does."""
    from transformers import PreTrainedTokenizerFast

    return all(getattr(kind, name, None) is getattr(PreTrainedTokenizerFast, name, None) for name in METHODS)


def renewed(tokenizer: Any, backend: Backend, options: dict[str, Any]) -> Plan:
    """Plans calls with these options, and keeps the plan for the next call; not if some option is not followed here."""
    if options.keys() <= OPTIONS:
        backend._plan = Plan.of(tokenizer, backend, options)  # noqa: SLF001 - of the same package
    plan: Plan = backend._plan  # noqa: SLF001 - the same
    return plan


def calling_plainly(original: Any) -> Any:
    """``PreTrainedTokenizerBase.__call__`` that takes the short way where it leads to the same."""
    from transformers.tokenization_utils_base import BatchEncoding

    pending = pending_class(BatchEncoding)
    new = pending.__new__

    @functools.wraps(original)
    def call(self: Any, text: Any = None, *args: Any, **options: Any) -> Any:
        backend, kind = self._tokenizer, type(text)
        if args or type(backend) is not Backend or (kind is not str and kind is not list):
            return original(self, text, *args, **options)
        texts = text if kind is str else tuple(text)
        calls, truncation, source = backend._plan  # noqa: SLF001 - of the same package
        data = calls.columns(self, texts, options)
        if data is None:
            calls, truncation, source = renewed(self, backend, options)
            data = calls.columns(self, texts, options)
        if data is None or data is NotImplemented:
            return original(self, text, **options)
        recipe = backend._recipe  # noqa: SLF001 - of the same package
        recipe.truncation, recipe.padding = truncation, None
        made = new(pending)
        made.data = data
        made._n_sequences = 1  # noqa: SLF001 - made here
        made._pending = source, texts  # noqa: SLF001
        return made

    return call


def encoding_plainly(original: Any) -> Any:
    """``PreTrainedTokenizerBase.encode`` that takes the short way where it leads to the same."""

    @functools.wraps(original)
    def encode(self: Any, text: Any, *args: Any, **options: Any) -> Any:
        backend = self._tokenizer
        if args or type(backend) is not Backend or type(text) is not str:
            return original(self, text, *args, **options)
        calls, truncation, _ = backend._plan  # noqa: SLF001 - of the same package
        ids = calls.ids(self, text, options)
        if ids is None:
            calls, truncation, _ = renewed(self, backend, options)
            ids = calls.ids(self, text, options)
        if ids is None or ids is NotImplemented:
            return original(self, text, **options)
        recipe = backend._recipe  # noqa: SLF001 - of the same package
        recipe.truncation, recipe.padding = truncation, None
        return ids

    return encode
