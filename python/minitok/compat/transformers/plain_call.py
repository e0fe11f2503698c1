"""``tok(text)`` and ``tok(texts)`` without the way through an ``Encoding`` for each text.

Most calls ask for ids and masks of texts as they are. ``transformers`` makes an encoding of each text, reads its columns, turns
a dictionary for each into lists, and checks a dozen options. Here the ids come from the codec, and the result is the same
``BatchEncoding``; its encodings are made when they are read. Whatever else a call asks for goes the usual way.

Costs: some 2 microseconds for a call beside those of the codec, and 0.2 for each text of a batch.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from minitok.compat.tokenizers.pipeline import Text

from .backend import Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minitok.compat.tokenizers.columns import SourceSlice
    from minitok.compat.tokenizers.pipeline import Pipeline
    from minitok.compat.tokenizers.processing import Layout

__all__ = ["calling_plainly", "pending_class"]

# The options that are followed here.
OPTIONS = frozenset({"add_special_tokens", "return_attention_mask", "return_token_type_ids"})
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


def calling_plainly(original: Any) -> Any:
    """``PreTrainedTokenizerBase.__call__`` that takes the short way where it leads to the same."""
    from transformers import PreTrainedTokenizerFast
    from transformers.tokenization_utils_base import BatchEncoding

    pending = pending_class(BatchEncoding)
    known: dict[type, bool] = {}

    def is_plain(kind: type) -> bool:
        if kind not in known:
            own = [getattr(kind, name, None) is getattr(PreTrainedTokenizerFast, name, None) for name in METHODS]
            known[kind] = all(own)
        return known[kind]

    @functools.wraps(original)
    def call(self: Any, text: Any = None, *args: Any, **options: Any) -> Any:
        backend = self._tokenizer
        if type(backend) is Backend and not args and options.keys() <= OPTIONS and is_plain(type(self)):
            single = type(text) is str
            if single or (type(text) is list and text and all(type(one) is str for one in text)):
                found = columns(self, backend, [text] if single else text, options)
                if found is not None:
                    data, again = found
                    made = pending.__new__(pending)
                    made.__dict__.update(
                        data={name: rows[0] for name, rows in data.items()} if single else data,
                        _n_sequences=1,
                        _pending=again,
                    )
                    return made
        return original(self, text, *args, **options)

    return call


def columns(
    tokenizer: Any, backend: Backend, texts: list[str], options: dict[str, Any]
) -> tuple[dict[str, list[list[int]]], Any] | None:
    """The columns of a result, and what its encodings can be made of; None if the texts do not stand in one place."""
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = tokenizer.split_special_tokens
    recipe = backend._recipe  # noqa: SLF001 - a backend is a tokenizer of the same package
    pipeline, layout = recipe.pipeline(), recipe.layout(options.get("add_special_tokens", True))
    if layout is None:
        return None
    return filled(tokenizer, pipeline, layout, texts, options), (pipeline, layout, tuple(texts))


def filled(
    tokenizer: Any, pipeline: Pipeline, layout: Layout, texts: list[str], options: dict[str, Any]
) -> dict[str, list[list[int]]]:
    """The columns of some texts: lists of numbers, a row for each."""
    rows = around(layout, pipeline.encode_batch(texts), lambda part: part.source.ids)
    longest = tokenizer.model_max_length
    for row in rows:
        if len(row) > longest:
            tokenizer._eventual_warn_about_too_long_sequence(row, None, True)  # noqa: SLF001 - as it does itself
    data = {"input_ids": rows}
    if wanted(tokenizer, options, "token_type_ids"):
        added = sum(part.size for part in (*layout.before, *layout.after))
        types = [[layout.type_id] * (len(row) - added) for row in rows]
        data["token_type_ids"] = around(layout, types, lambda part: [part.type_id] * part.size)
    if wanted(tokenizer, options, "attention_mask"):
        data["attention_mask"] = [[1] * len(row) for row in rows]
    return data


def around(layout: Layout, rows: list[list[int]], of: Callable[[SourceSlice], Sequence[int]]) -> list[list[int]]:
    """The rows among those of the special tokens."""
    if not layout.before and not layout.after:
        return rows
    before, after = ([number for part in parts for number in of(part)] for parts in (layout.before, layout.after))
    return [[*before, *row, *after] for row in rows]


def wanted(tokenizer: Any, options: dict[str, Any], name: str) -> bool:
    """Whether a column is asked for, or is one of those that the model takes."""
    option = options.get(f"return_{name}")
    return name in tokenizer.model_input_names if option is None else bool(option)
